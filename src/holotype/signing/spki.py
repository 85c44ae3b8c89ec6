"""Public keys as bytes: the SubjectPublicKeyInfo of the two kinds of key that seals use.

Rule: a key that a file brings is told by comparing it with the one DER form of its kind, byte by
byte; nobody parses ASN.1 of an untrusted file.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["ALGORITHMS", "Algorithm", "algorithm_of"]

Algorithm = Literal["ed25519", "ecdsa-p256"]
ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ecdsa-p256")

# RFC 8410 section 4, and RFC 5480 section 2 with an uncompressed point: what stands before the key
# itself, and how many bytes follow.
_FORMS: dict[Algorithm, tuple[bytes, int]] = {
    "ed25519": (bytes.fromhex("302a300506032b6570032100"), 32),
    "ecdsa-p256": (bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"), 64),
}


def algorithm_of(spki: bytes) -> Algorithm | None:
    """Which algorithm a public key is for, None where it is for none of ours."""
    for algorithm, (head, size) in _FORMS.items():
        if spki.startswith(head) and len(spki) == len(head) + size:
            return algorithm
    return None
