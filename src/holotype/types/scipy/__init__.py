"""SciPy: sparse arrays and matrices, distributions, interpolators, KD-trees and named functions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from holotype.graph.table import Entry
from holotype.types.scipy.functions import entries as functions
from holotype.types.scipy.interpolate import entries as interpolators
from holotype.types.scipy.sparse import entries as sparse
from holotype.types.scipy.spatial import entries as spatial
from holotype.types.scipy.stats import entries as stats

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The entries of SciPy."""
    return chain(sparse(), stats(), interpolators(), spatial(), functions())
