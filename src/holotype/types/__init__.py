"""The table of types: closed to files, open to packages that bring their own types.

One module or package for each library of ours. What stands here is for authors of other packages:
``docs/extending.md`` shows how a table is written, found by its entry point, and tested.
"""

from __future__ import annotations

from holotype.graph.shadow import ABSENT, Named, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.registration import (
    Check,
    called,
    estimators,
    functions,
    like,
    objects,
    register,
    sizes,
)

__all__ = [
    "ABSENT",
    "Check",
    "Entry",
    "Named",
    "Reduced",
    "Shadow",
    "called",
    "estimators",
    "functions",
    "is_trusted",
    "like",
    "objects",
    "register",
    "sizes",
]
