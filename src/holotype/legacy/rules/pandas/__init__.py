"""pandas 1.5 to 3: what its pickles say of frames, indexes, arrays, dtypes, scalars and offsets.

pandas pickles what its classes keep inside, which differs from version to version; the table keeps
what they mean. These rules read all of the versions' forms and give the one of the table.
"""

from __future__ import annotations

from holotype.legacy.rules.pandas import arrays, arrow, dtypes, frames, scalars
from holotype.legacy.rules.pandas.indexes import FUNCTIONS as INDEX_FUNCTIONS
from holotype.legacy.rules.taken import FunctionRule, TypeRule

__all__ = ["FUNCTIONS", "TYPES"]

FUNCTIONS: dict[str, FunctionRule] = {
    **arrays.FUNCTIONS,
    **INDEX_FUNCTIONS,
    **scalars.FUNCTIONS,
}

TYPES: dict[str, TypeRule] = {
    **arrays.TYPES,
    **arrow.TYPES,
    **dtypes.TYPES,
    **frames.TYPES,
    **scalars.TYPES,
}
