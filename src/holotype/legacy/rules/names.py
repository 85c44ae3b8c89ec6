"""Which entry of the table a name in an old file means, under the paths of then and of now.

Rule: a name selects an entry that the table has, or nothing. Libraries have moved their modules
over the years; the moves are written down here, and nothing is looked up in a library.
"""

from __future__ import annotations

from functools import lru_cache

from holotype.graph.specimen import Named
from holotype.graph.table import Entry
from holotype.legacy.symbols import Global
from holotype.types.table import key_of, type_table

__all__ = ["canonical", "entry_for", "entry_named", "named"]

# Modules that moved as a whole: the beginning of the path, then and now.
_MOVED = (
    ("numpy.core.", "numpy._core."),
    ("sklearn.externals.joblib.", "joblib."),
    ("pandas.indexes.", "pandas.core.indexes."),
    ("pandas.tslib", "pandas._libs.tslibs"),
)
_EXACT = {
    "pandas.core.index": "pandas.core.indexes.base",
    "pandas.core.indexes.numeric": "pandas.core.indexes.numeric",
    "sklearn.neighbors.dist_metrics": "sklearn.metrics._dist_metrics",
    "sklearn.neighbors._dist_metrics": "sklearn.metrics._dist_metrics",
    "sklearn.neighbors.kd_tree": "sklearn.neighbors._kd_tree",
    "sklearn.neighbors.ball_tree": "sklearn.neighbors._ball_tree",
    "scipy.spatial.ckdtree": "scipy.spatial._ckdtree",
    "scipy.spatial.kdtree": "scipy.spatial._kdtree",
}
# Libraries that hid their modules: sklearn.ensemble.forest became sklearn.ensemble._forest.
_HID = ("sklearn", "scipy")


@lru_cache(maxsize=4096)
def canonical(module: str, name: str) -> str:
    """``module:name`` under the path of today."""
    module = _EXACT.get(module, module)
    for then, now in _MOVED:
        if module.startswith(then):
            module = now + module[len(then) :]
    return f"{module}:{name}"


def entry_for(name: Global) -> Entry | None:
    """The entry that a global of a file means; None where it is not in the table."""
    return entry_named(canonical(name.module, name.name))


@lru_cache(maxsize=4096)
def entry_named(origin: str) -> Entry | None:
    """The entry of ``module:name``; None of one that is only ever refused."""
    found = _entry_named(origin)
    return None if found is not None and found.refused else found


def _entry_named(origin: str) -> Entry | None:
    table = type_table()
    known = table.at(origin)
    if known is not None:
        return known
    module, _, name = origin.partition(":")
    if not module or not name:
        return None
    found = table.entry(key_of(module, name))
    if found is None and module.partition(".")[0] in _HID and module.count(".") > 1:
        found = table.entry(f"{module.rpartition('.')[0]}.{name}")
    if found is None and module.startswith("numpy._core."):
        found = table.entry(f"numpy.{name}")
    return found


@lru_cache(maxsize=4096)
def named(entry: Entry) -> Named:
    """The one Named of an entry, so that it is one key of a dict wherever it stands."""
    return Named(entry)
