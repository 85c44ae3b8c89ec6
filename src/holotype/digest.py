"""SHA-256 digests of bytes, canonical JSON, and the two-level digest of large arrays.

There is one algorithm, SHA-256 (SPEC 1.3). Data of more than one chunk (1 MiB) is hashed by
chunks, and the digest is that of the chunks' digests, so that all cores can work on one array and
a reader can check a piece of it. The prefix tells the two apart, and the size decides which one
must stand there: no bytes have two valid digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

__all__ = [
    "CHUNK",
    "PENDING",
    "Digest",
    "canonical_json",
    "chunk_spans",
    "data_digest",
    "is_text",
    "join_chunks",
    "pending",
    "sha256",
]

Digest = str
"""``sha256:`` or ``sha256-tree:`` followed by 64 lower-case hexadecimal digits."""

CHUNK = 1 << 20
"""Bytes in one chunk of a large array."""

PLAIN = "sha256:"
TREE = "sha256-tree:"
PENDING = "0" * 64
"""Stands for the digits of a digest that is not known yet: its length is already right."""

_encoder = msgspec.json.Encoder(order="sorted")


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON without white space, object keys sorted, floats in their shortest form."""
    return _encoder.encode(value)


def is_text(value: str) -> bool:
    """Whether UTF-8, and so JSON, can hold it: there are no lone surrogates in it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def sha256(data: Any) -> Digest:
    """Digest of a bytes-like object."""
    return PLAIN + hashlib.sha256(data).hexdigest()


def chunk_spans(size: int) -> Iterator[tuple[int, int]]:
    """Start and stop, in bytes, of each chunk of ``size`` bytes; one empty span for no bytes."""
    if size <= CHUNK:
        yield 0, size
        return
    for start in range(0, size, CHUNK):
        yield start, min(start + CHUNK, size)


def join_chunks(digests: Iterable[bytes], size: int) -> Digest:
    """Digest of ``size`` bytes from the raw SHA-256 of each of its chunks, in order."""
    if size <= CHUNK:
        (only,) = digests
        return PLAIN + only.hex()
    return TREE + hashlib.sha256(b"".join(digests)).hexdigest()


def data_digest(data: Any) -> Digest:
    """Digest of an array's bytes: plain up to one chunk, two-level above."""
    view = memoryview(data).cast("B")
    spans = chunk_spans(view.nbytes)
    return join_chunks((hashlib.sha256(view[a:b]).digest() for a, b in spans), view.nbytes)


def pending(size: int) -> Digest:
    """A digest of the right form and length for ``size`` bytes whose digits are not known yet."""
    return (PLAIN if size <= CHUNK else TREE) + PENDING
