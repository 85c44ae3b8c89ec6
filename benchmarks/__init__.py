"""Holotype beside its peers: time, size and memory of saving and loading eight models.

``python -m benchmarks`` measures and prints; ``--help`` lists what can be narrowed. The rule kept
here: every figure of a table comes from one run on one machine, with the peers interleaved, and is
printed whether it flatters Holotype or not.
"""
