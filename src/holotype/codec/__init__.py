"""Arrays made small without losing a bit, in layers that measurement chooses.

`encode` and `decode` are for any array, `encode_trees` and `decode_trees` for the arrays of tree
ensembles, `encode_columns` and `decode_columns` for those of one booster together. Rule: whatever
was encoded is undone exactly, and whatever was not gives `FormatError` without taking more memory
than the caller expects the arrays to have.
"""

from __future__ import annotations

from holotype.codec.arrays import decode, encode
from holotype.codec.boosters import (
    belong_together,
    count_trees,
    cut_by_trees,
    decode_columns,
    encode_columns,
)
from holotype.codec.coded import Coded
from holotype.codec.trees import Trees, decode_trees, encode_trees

__all__ = [
    "Coded",
    "Trees",
    "belong_together",
    "count_trees",
    "cut_by_trees",
    "decode",
    "decode_columns",
    "decode_trees",
    "encode",
    "encode_columns",
    "encode_trees",
]
