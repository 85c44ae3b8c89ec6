"""Keras 3: models by configuration and weights."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.keras import models, wrappers

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The entries of this library."""
    yield from models.entries()
    yield from wrappers.entries()
