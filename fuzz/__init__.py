"""Hostile files by the thousand: honest archives, changed at random and sealed again.

    python -m fuzz --seconds 60 --seed 0 --jobs 2     the same seed tries the same files
    python -m fuzz --only histogram --keep FOLDER     some models; findings are written there
    python -m fuzz --replay FOLDER/FILE.holo          one of them again

``specimens`` are the models, ``mutate`` and ``contents`` change them, ``trial`` loads a file in a
forked child and asks the model everything that ``ask`` knows, while ``watch`` looks on. What is
found becomes a named file of ``attacks/``.
"""
