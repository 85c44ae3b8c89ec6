"""What a block may be the difference from: the same bytes of the version before, or an older one.

Reading a difference takes all that come before it, so a chain of them has an end: what is too deep
is taken as the difference from the beginning of the chain instead, which is older and less alike,
but a single step away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from holotype.store.catalog import Catalog
from holotype.store.packs import Base

__all__ = ["base_of", "depth_of"]


class _Stretch(NamedTuple):
    """``size`` bytes of a part, from ``start`` on."""

    part: str
    start: int
    size: int


def base_of(
    catalog: Catalog,
    digests: Iterable[str | None],
    most: int,
    start: int = 0,
    size: int | None = None,
) -> Base | None:
    """These objects together, or ``size`` bytes of them from ``start`` on, as a base that is less
    than ``most`` blocks deep: they themselves, or what they go back to. None if there is neither.
    """
    parts: list[str] = []
    for digest in digests:
        own = catalog.parts(digest) if digest else None
        if own is None:
            return None
        parts += own
    if size is None:
        size = sum(where.size for part in parts for where in catalog.places(part)) - start
    stretches = list(_stretches(catalog, parts, start, size))
    base = _joined(catalog, stretches)
    if base is None or depth_of(catalog, base) < most:
        return base
    base = _joined(catalog, [root for each in stretches for root in _roots(catalog, each)])
    return base if base is None or depth_of(catalog, base) < most else None


def depth_of(catalog: Catalog, base: Base) -> int:
    """How deep the deepest of its parts is."""
    return max(where.block.depth for part in base.parts for where in catalog.places(part))


def _stretches(catalog: Catalog, parts: Iterable[str], start: int, size: int) -> Iterator[_Stretch]:
    """Bytes ``start`` to ``start + size`` of these parts together, as far as they reach."""
    stop = start + size
    position = 0
    for part in parts:
        (where,) = catalog.places(part)
        low, high = max(start - position, 0), min(stop - position, where.size)
        if low < high:
            yield _Stretch(part, low, high - low)
        position += where.size


def _roots(catalog: Catalog, stretch: _Stretch) -> Iterator[_Stretch]:
    """What these bytes go back to: the bytes in their place at the beginning of the chain."""
    (where,) = catalog.places(stretch.part)
    base = where.block.base
    if base is None:
        yield stretch
        return
    before = sum(size for _, size in where.block.parts[: where.part])
    start = base.start + before + stretch.start
    for each in _stretches(catalog, base.parts, start, stretch.size):
        yield from _roots(catalog, each)


def _joined(catalog: Catalog, stretches: Sequence[_Stretch]) -> Base | None:
    """Stretches as a base, if they follow each other without a gap."""
    parts: list[str] = []
    stop = 0  # of the last part, in bytes
    for part, start, size in stretches:
        if parts and part == parts[-1] and start == stop:
            stop += size
            continue
        if parts and (start or stop != catalog.places(parts[-1])[0].size):
            return None
        parts.append(part)
        stop = start + size
    return Base(stretches[0].start, tuple(parts)) if parts else None
