"""Hostile files, each by a small function that says what it tries, and the error that it must give.

``python -m attacks.make FOLDER`` writes them all; ``tests/conformance/test_attacks.py`` opens them.
"""
