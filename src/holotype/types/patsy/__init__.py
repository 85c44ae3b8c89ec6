"""patsy: how the columns of a design matrix are made, as results of formulas keep it."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.patsy.design import entries as designs

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The entries of patsy."""
    return designs()
