"""A digest of what stands at a place of a model, however it is written: as nodes or in columns.

Equal marks say that two parts are the same model part, bit by bit. Rule: a mark is a hint for
aligning lists, and never the reason for not comparing; what cannot be marked has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Any

import numpy as np

from holotype.compare.reading import Child, Foreign, Half, Items, Listed, Pairs, Plain, Thing
from holotype.compare.reading import flat_of as _flat
from holotype.digest import data_digest
from holotype.graph.nodes import ArrayNode, Ref

__all__ = ["Marks", "plain_mark"]

_MAX_ITEMS = 200_000  # of one list, whose elements are marked one by one


class Marks:
    """The marks of one archive's parts; ``skip`` names attributes that do not count."""

    def __init__(self, half: Half, skip: Collection[str] = ()) -> None:
        self._half = half
        self._skip = skip
        self._known: dict[int, bytes | None] = {}  # of shared entries, by their index

    def of(self, child: Child) -> bytes | None:
        """The mark of a part; None where it nests too deeply or is too large."""
        try:
            return self._mark(child)
        except RecursionError:
            return None

    def of_items(self, items: Items) -> bytes | None:
        """The mark of the elements of a list."""
        try:
            return _joined(self._items(items))
        except RecursionError:
            return None

    def _mark(self, child: Child) -> bytes | None:
        if type(child) is not Ref:
            return self._digest(child)
        if child.index not in self._known:
            self._known[child.index] = b"itself"  # which a cycle comes back to
            self._known[child.index] = self._digest(child)
        return self._known[child.index]

    def _digest(self, child: Child) -> bytes | None:
        return _joined(self._pieces(child))

    def _pieces(self, child: Child) -> Iterator[bytes | None]:
        part = self._half.part(child)
        match part:
            case Plain():
                yield plain_mark(part)
            case ArrayNode():
                yield f"array {part.dtype!r} {part.order} {part.shape}".encode()
                yield part.digest.encode()
            case np.ndarray():
                yield f"array {part.dtype!r} C {part.shape}".encode()
                yield data_digest(_flat(part).view(np.uint8) if part.nbytes else b"").encode()
            case Listed():
                yield part.kind.encode()
                yield from self._items(part.items)
            case Pairs():
                yield b"dict"
                yield from self._items(part.keys)
                yield from self._items(part.values)
            case Thing():
                yield from self._thing(part)
            case Foreign():
                yield f"{part.word}\n{part.text}".encode()
                for name, each in part.named.items():
                    yield name.encode()
                    yield self._mark(each)

    def _thing(self, part: Thing) -> Iterator[bytes | None]:
        yield f"{part.kind} {part.key}".encode()
        for each in part.args:
            yield self._mark(each)
        for name in sorted(part.named):
            if name not in self._skip:
                yield f".{name}".encode()
                yield self._mark(part.named[name])
        if part.state is not None:
            yield self._mark(part.state)
        if part.items is not None:
            yield from self._items(part.items)
        if part.pairs is not None:
            yield from self._items(part.pairs.keys)
            yield from self._items(part.pairs.values)

    def _items(self, items: Items) -> Iterator[bytes | None]:
        words = self._half.words(items)
        if words is not None:
            yield b"texts"
            yield "\0".join(words).encode()
            return
        numbers = self._half.numbers(items)
        if numbers is not None and numbers.dtype.kind in "iufb":
            yield b"numbers"
            yield numbers.astype(np.float64).tobytes()
            return
        count = self._half.count(items)
        if count > _MAX_ITEMS:
            yield None
            return
        for index in range(count):
            yield self._mark(self._half.at(items, index))


def _joined(pieces: Iterable[bytes | None]) -> bytes | None:
    digest = sha256()
    for piece in pieces:
        if piece is None:
            return None
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.digest()


def plain_mark(part: Plain) -> bytes:
    """The mark of a plain value; numbers of other types and the same value have others."""
    value: Any = part.value
    kind = value.dtype.str if isinstance(value, np.generic) else type(value).__name__
    told = value.tobytes() if isinstance(value, np.generic) else repr(value).encode()
    return f"{part.word} {kind} ".encode() + told
