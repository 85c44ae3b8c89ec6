"""Reading the columns of a model that a file holds, before anything relies on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.digest import is_text
from holotype.graph.shadow import Shadow

__all__ = ["Section", "are_in", "are_texts"]

Array = npt.NDArray[Any]


class Section:
    """One group of columns, which has these names and no others."""

    def __init__(self, shadow: Shadow, name: str, value: Any, names: Collection[str]) -> None:
        if not isinstance(value, dict) or set(value) != set(names):
            raise shadow.fail(f"{name} is not its columns")
        self._shadow = shadow
        self._name = name
        self._value: Mapping[str, Any] = value

    def demand(self, good: bool | np.bool_, problem: str) -> None:
        """Raise the error for a rule that is broken."""
        if not good:
            raise self._shadow.fail(f"{self._name}: {problem}")

    def __getitem__(self, name: str) -> Any:
        return self._value[name]

    def column(self, name: str, dtype: str, count: int | None = None) -> Array:
        """A flat array of this dtype, and of ``count`` elements."""
        array = self._shadow.as_array(
            self._value[name], f"{self._name}.{name}", ndim=1, dtype=np.dtype(dtype).str
        )
        self.demand(count is None or len(array) == count, f"{name} has {len(array)} elements")
        return array

    def rows(self, name: str, dtype: str) -> int:
        """How many rows there are: the elements of this column, at least one."""
        count = len(self.column(name, dtype))
        self.demand(count > 0, "it is empty")
        return count

    def counts(self, name: str, rows: int, total: int) -> npt.NDArray[np.int64]:
        """How many elements belong to each row, which are ``total`` together."""
        counts = self.column(name, "<i4", rows).astype(np.int64)
        fits = not (counts < 0).any() and counts.sum() == total
        self.demand(fits, f"{name} does not add up to the elements that there are")
        return counts

    def names(self, count: int) -> None:
        """The column *name*: text for each row."""
        names = self._value["name"]
        good = isinstance(names, list) and len(names) == count and are_texts(names)
        self.demand(good, "name is not text for each of its rows")

    def rising_borders(self, rows: int) -> npt.NDArray[np.int64]:
        """``border_count`` and ``border``: numbers that rise within each row."""
        border = self.column("border", "<f4")
        counts = self.counts("border_count", rows, len(border))
        first = np.zeros(len(border) + 1, bool)
        first[np.cumsum(counts) - counts] = True
        rises = np.ones(len(border), bool)
        rises[1:] = border[1:] > border[:-1]
        good = not np.isnan(border).any() and (rises | first[:-1]).all()
        self.demand(good, "its borders do not rise")
        return counts


def are_texts(values: Collection[Any]) -> bool:
    """Whether all are text that can be written."""
    return all(type(value) is str and (value.isascii() or is_text(value)) for value in values)


def are_in(values: Array, known: Array) -> npt.NDArray[np.bool_]:
    """Which of the values are among the known ones; ``numpy.isin`` would import more of NumPy."""
    if not len(known):
        return np.zeros(len(values), bool)
    order = np.sort(known)
    places = np.minimum(np.searchsorted(order, values), len(order) - 1)
    found: npt.NDArray[np.bool_] = order[places] == values
    return found
