"""What the functions of the interface share: what they take, and how they begin."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from holotype.api.sources import Stored
from holotype.archive.reader import Source
from holotype.graph.outside import Saving
from holotype.trust.levels import Level

__all__ = ["FILES", "Metrics", "Openable", "Source", "Target", "collector_paused", "saving_of"]

Target = str | os.PathLike[str] | BinaryIO
Openable = Source | Stored
"""Whatever holds an archive."""

Metrics = Mapping[str, Any] | Sequence[Mapping[str, Any]]
FILES = (str, os.PathLike, bytes, bytearray, memoryview, Stored)


def saving_of(max_level: str, embed: Iterable[str]) -> Saving:
    names = [str(level) for level in Level]
    if max_level not in names:
        raise ValueError(f"max_level is one of {', '.join(names)}, not {max_level!r}")
    if isinstance(embed, str):
        raise TypeError(f"embed is a list: write embed=[{embed!r}]")
    return Saving(Level(names.index(max_level)), frozenset(embed))


@contextmanager
def collector_paused() -> Iterator[None]:
    """New objects by the million, none of them garbage: the collector would only walk them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
