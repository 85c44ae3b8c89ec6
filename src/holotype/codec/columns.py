"""Columns: words of one kind, packed by the way that a sample of them says is best.

A plan is what the sample said; a frame also records where a plane of bytes did not do as expected,
so reading needs no plan. The frame of a column: the way, then one block for each plane.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from holotype.codec.frames import ENTROPY, MATCHES, Method, Reader, Writer, size_packed
from holotype.codec.words import (
    Words,
    fold,
    from_deltas,
    join,
    narrow,
    split,
    to_deltas,
    unfold,
)
from holotype.errors import FormatError

__all__ = [
    "BITS",
    "BYTES",
    "DELTAS",
    "PLANES",
    "POOL",
    "SIGN_MOVED",
    "Plan",
    "make_plan",
    "plan_for",
    "plan_with",
    "read_column",
    "write_column",
]

BYTES, PLANES, SIGN_MOVED, DELTAS, POOL, BITS = range(6)
_WAYS = 6
_ASIDE = 3  # added to the way in steps of 16: what was done with the parent's words before it
_NOTHING, _MINUS, _XOR = range(3)

_ENTROPY_PREFERRED = 1.03  # matches take three times as long: they must save more than this
_POOL_WORTH = 0.8  # sorting takes longer than all else: a pool must save this much


class Plan(NamedTuple):
    """How to pack: what to do with a parent's words, which way, and each plane's method."""

    parent: int
    way: int
    methods: tuple[Method | None, ...]
    share: float  # packed size over size, of the sample


def make_plan(words: Words, kind: str, level: str, *, whole: bool = False) -> Plan:
    """The best plan for a sample of ``words``: those of floats (``kind`` f), numbers or bytes.

    ``whole`` says that the words are few and all there are, so that sorting them costs nothing.
    """
    best = _best(plan_for(words, way, level=level) for way in _ways(words, kind))
    if words.itemsize > 1 and len(words) > 256 and best.share > 0.1:
        distinct = len(np.unique(words[:4096]))
        if distinct < min(len(words), 4096) * (0.9 if whole else 0.25):
            pooled = plan_for(words, POOL, level=level)
            if pooled.share < best.share * _POOL_WORTH:
                return pooled
    return best


def plan_with(words: Words, parent: Words, level: str) -> Plan:
    """The best plan for a sample of ``words`` as a difference from a parent's."""
    return _best(
        plan_for(_without(words, parent, how), PLANES, how, level=level) for how in (_MINUS, _XOR)
    )


def _best(plans: Iterable[Plan]) -> Plan:
    return min(plans, key=lambda plan: plan.share)


def _ways(words: Words, kind: str) -> tuple[int, ...]:
    if kind == "b" and words.itemsize == 1 and len(words) and words.max() <= 1:
        return BYTES, BITS
    if words.itemsize == 1:
        return (BYTES, DELTAS) if kind in "iu" else (BYTES,)
    if kind == "f" or (kind == "u" and words.itemsize == 2):  # bfloat16 has no dtype of its own
        return PLANES, SIGN_MOVED, DELTAS, BYTES
    return (PLANES, DELTAS, BYTES) if kind in "iu" else (PLANES, BYTES)


def plan_for(words: Words, way: int, parent: int = _NOTHING, *, level: str) -> Plan:
    """How to pack ``words`` in this way: each plane by the method that suits it."""
    methods: list[Method | None] = []
    total = 0
    matches = MATCHES[level]
    planes = _planes(words, way)
    for plane in planes:
        if not plane.size:
            methods.append(None)
            continue
        entropy, matched = size_packed(plane, ENTROPY), size_packed(plane, matches)
        least = min(entropy, matched)
        if least > 0.97 * plane.size:
            methods.append(None)
        elif entropy <= matched * (1 if level == "small" else _ENTROPY_PREFERRED):
            methods.append(ENTROPY)
        else:
            methods.append(matches)
        total += least
    return Plan(parent, way, tuple(methods), total / max(words.nbytes, 1))


def _planes(words: Words, way: int) -> list[np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    if way == BYTES:
        return [words.view(np.uint8)]
    if way == BITS:
        return [np.packbits(words)]
    if way == DELTAS:
        words = to_deltas(words)
    elif way == POOL:
        pool, index = np.unique(words, return_inverse=True)
        return [*split(to_deltas(pool)), *split(narrow(index.reshape(-1).astype(np.uint64)))]
    return list(split(words, move_sign=way == SIGN_MOVED))


def _without(words: Words, parent: Words, how: int) -> Words:
    if how == _MINUS:
        return fold(words - parent)
    return words ^ parent if how == _XOR else words


def _with(words: Words, parent: Words | None, how: int) -> Words:
    if how == _NOTHING:
        return words
    if parent is None:
        raise FormatError("compressed data are a difference from an array that is not at hand")
    return unfold(words) + parent if how == _MINUS else words ^ parent


def write_column(writer: Writer, words: Words, plan: Plan, parent: Words | None = None) -> None:
    """``words`` by ``plan``; a difference only where there is a parent to differ from."""
    if not len(words):
        return
    how, way, methods = plan.parent, plan.way, plan.methods
    if parent is None:
        how = _NOTHING
    else:
        words = _without(words, parent, how)
    if way == BITS and words.max() > 1:
        way, methods = BYTES, (ENTROPY,)
    writer.number(way + 16 * how)
    if way == POOL:
        _write_pool(writer, words, methods)
        return
    for plane, method in zip(_planes(words, way), methods, strict=True):
        writer.block(plane, method)


def _write_pool(writer: Writer, words: Words, methods: tuple[Method | None, ...]) -> None:
    pool, index = np.unique(words, return_inverse=True)
    writer.count(len(pool))
    for plane in split(to_deltas(pool)):
        writer.block(plane, ENTROPY)
    chosen = methods[words.itemsize :] or (ENTROPY,)
    narrowed = index.reshape(-1).astype(_index_dtype(len(pool)))
    for position, plane in enumerate(split(narrowed)):
        writer.block(plane, chosen[min(position, len(chosen) - 1)])


def _index_dtype(pool: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype(f"u{next(width for width in (1, 2, 4, 8) if pool <= 1 << 8 * width)}")


def read_column(
    reader: Reader,
    count: int,
    dtype: np.dtype[np.unsignedinteger],
    parent: Words | None = None,
    out: Words | None = None,
) -> Words:
    """``count`` words of ``dtype``; they may be read-only.

    They may be ``out``, room for just as many, where that saves a copy.
    """
    if not count:
        return np.empty(0, dtype)
    form = reader.number(below=16 * _ASIDE)
    how, way = divmod(form, 16)
    if way >= _WAYS:
        raise FormatError("compressed data use a form that does not exist")
    if way == BYTES:
        words = reader.block(count * dtype.itemsize).view(dtype)
    elif way == BITS:
        if dtype.itemsize != 1:
            raise FormatError("compressed data hold single bits where numbers should stand")
        words = np.unpackbits(reader.block((count + 7) // 8), count=count)
    elif way == POOL:
        words = _read_pool(reader, count, dtype)
    elif way == SIGN_MOVED and dtype.itemsize == 1:
        raise FormatError("compressed data hold floats where bytes should stand")
    else:
        words = _read_words(reader, count, dtype, way == SIGN_MOVED, out)
        if way == DELTAS:
            words = from_deltas(words)
    return _with(words, parent, how)


def _read_words(
    reader: Reader,
    count: int,
    dtype: np.dtype[np.unsignedinteger],
    sign_moved: bool = False,
    out: Words | None = None,
) -> Words:
    planes = [reader.block(count) for _ in range(dtype.itemsize)]
    return join(planes, dtype, out, sign_moved=sign_moved)


def _read_pool(reader: Reader, count: int, dtype: np.dtype[np.unsignedinteger]) -> Words:
    size = reader.count(most=count)
    if not size:
        raise FormatError("compressed data choose from no values at all")
    pool = from_deltas(_read_words(reader, size, dtype))
    index = _read_words(reader, count, _index_dtype(size))
    if index.max() >= size:
        raise FormatError("compressed data choose a value that is not there")
    return pool[index]
