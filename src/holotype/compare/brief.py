"""Small values as JSON, to be told from old to new; larger ones in a few words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holotype.compare.reading import (
    Child,
    Foreign,
    Half,
    Items,
    Listed,
    Pairs,
    Part,
    Plain,
    Thing,
)
from holotype.digest import is_text
from holotype.graph.nodes import ArrayNode

__all__ = ["LONG", "brief", "in_words", "json_value", "kind_of", "same_number"]

LONG: Any = object()
"""Stands for what is not small."""

_MAX_ITEMS = 32
_MAX_DEPTH = 4
_MAX_PARTS = 200  # in all
_MAX_TEXT = 1000
_MAX_BYTES = 40
_MAX_BITS = 1024


def brief(half: Half, child: Child) -> Any:
    """A plain value, or a small container of such, as JSON; LONG for anything else."""
    return _Brief(half).of(child, 0)


class _Brief:
    """One value on its way; what refers to itself again and again is long, however little it is."""

    def __init__(self, half: Half) -> None:
        self.half = half
        self.left = _MAX_PARTS

    def of(self, child: Child, depth: int) -> Any:
        part = self.half.part(child)
        self.left -= 1
        if isinstance(part, Plain):
            return json_value(part)
        if depth == _MAX_DEPTH or self.left < 0 or not isinstance(part, Listed | Pairs):
            return LONG
        lists = [part.items] if isinstance(part, Listed) else [part.keys, part.values]
        found = [self.each(items, depth + 1) for items in lists]
        if any(told is LONG for told in found):
            return LONG
        if isinstance(part, Listed):
            return found[0]
        return {_key(key): value for key, value in zip(*found, strict=True)}

    def each(self, items: Items, depth: int) -> Any:
        if self.half.count(items) > _MAX_ITEMS:
            return LONG
        found = []
        for child in self.half.each(items):
            value = self.of(child, depth)
            if value is LONG:
                return LONG
            found.append(value)
        return found


def _key(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def json_value(part: Plain) -> Any:
    """A plain value as JSON: what JSON has no form for is told in words."""
    value: Any = part.value
    if part.word and part.word != "slice":
        return {part.word: value}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, bytes):
        return repr(value) if len(value) <= _MAX_BYTES else f"{len(value)} bytes"
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    text = text if is_text(text) else ascii(text)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def same_number(left: Any, right: Any) -> bool:
    """Whether two values are one number that is written in two types: 1 and 1.0, not True."""
    kinds = (int, float, np.integer, np.floating)
    numbers = all(isinstance(each, kinds) and type(each) is not bool for each in (left, right))
    return numbers and bool(left == right)


def kind_of(part: Part) -> str:
    """What stands there, in a word: the type of an object, list, array."""
    match part:
        case Thing():
            return part.key
        case Foreign():
            return part.word
        case Listed():
            return part.kind
        case Pairs():
            return "dict"
        case Plain():
            return part.word or type(part.value).__name__
    return "array"


def in_words(half: Half, child: Child) -> str:
    """A part in a few words: its type and how large it is."""
    part = half.part(child)
    match part:
        case Thing() | Foreign():
            return kind_of(part)[:_MAX_TEXT]
        case Listed():
            return f"{part.kind} of {half.count(part.items)}"
        case Pairs():
            return f"dict of {half.count(part.keys)}"
        case ArrayNode():
            return f"{part.dtype} array {' × '.join(map(str, part.shape)) or 'of one'}"
        case np.ndarray():
            return f"{part.dtype} array {' × '.join(map(str, part.shape)) or 'of one'}"
    value = json_value(part)
    return value if isinstance(value, str) else repr(value)
