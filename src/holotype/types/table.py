"""The closed table: every type, function and constant that a blueprint may name.

A key is the public path of a thing in its library (``sklearn.linear_model.LogisticRegression``)
and stays the same when the library moves its modules. Rule: a key from a file only ever selects an
entry that this package wrote down; what to import is said by the entry.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Any

from holotype.errors import MissingLibraryError
from holotype.graph.foreign import resolve_foreign
from holotype.graph.table import Entry

__all__ = ["TypeTable", "key_of", "type_table"]

_ABSENT = object()


class TypeTable:
    """Entries by key, and the way from a live class or function to its entry."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        self._origins: dict[str, str] = {}
        for entry in entries:
            if entry.key in self._entries:
                raise ValueError(f"{entry.key} stands twice in the table")
            self._entries[entry.key] = entry
            for where in (*entry.where, *entry.aliases):
                self._origins[where] = entry.key
        self._resolved: dict[str, Any] = {}
        self._by_class: dict[type, Entry | None] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def keys(self) -> Iterable[str]:
        """All keys."""
        return self._entries.keys()

    def entry(self, key: str) -> Entry | None:
        """The entry of this key, importing nothing."""
        return self._entries.get(key)

    def resolve(self, entry: Entry) -> Any:
        """Import and return what the entry stands for; MissingLibraryError where it is absent."""
        found = self._resolved.get(entry.key, _ABSENT)
        if found is _ABSENT:
            found = resolve_foreign(entry.key) if entry.foreign else _locate(entry)
            if found is _ABSENT:
                raise MissingLibraryError(_absence(entry))
            self._resolved[entry.key] = found
        return found

    def entry_of(self, cls: type) -> Entry | None:
        """The object or call entry whose class is exactly ``cls``."""
        try:
            return self._by_class[cls]
        except KeyError:
            key = self._key_for(cls)
            entry = None if key is None else self._entries[key]
            if entry is not None and entry.kind == "name":
                entry = None
            self._by_class[cls] = entry
            return entry

    def knows(self, where: str) -> bool:
        """Whether ``module:qualified.name`` is something that an entry stands for."""
        return where in self._origins or key_of(*where.split(":", 1)) in self._entries

    def name_of(self, obj: Any) -> str | None:
        """The key under which a class, function or constant may be named."""
        return self._key_for(obj)

    def _key_for(self, obj: Any) -> str | None:
        for key in self._candidates(obj):
            entry = self._entries.get(key)
            if entry is not None:
                try:
                    found = self.resolve(entry)
                except MissingLibraryError:
                    continue
                if found is obj:
                    return key
        return None

    def _candidates(self, obj: Any) -> Iterable[str]:
        name = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None)
        module = getattr(obj, "__module__", None)
        if isinstance(name, str):
            if isinstance(module, str):
                origin = self._origins.get(f"{module}:{name}")
                if origin is not None:
                    yield origin
                yield key_of(module, name)
            for library in _BARE:  # ufuncs and built-in functions that do not know their module
                yield f"{library}.{name}"
        elif isinstance(obj, Enum):
            member = f"{type(obj).__qualname__}.{obj.name}"
            yield self._origins.get(f"{type(obj).__module__}:{member}", "")
            yield key_of(type(obj).__module__, member)
        elif type(obj).__module__ in _NAMED_INSTANCES:
            yield key_of(type(obj).__module__, str(vars(obj).get("name")))
        elif id(obj) in _CONSTANTS:
            yield _CONSTANTS[id(obj)]
        else:
            cls = type(obj)
            singleton = _SINGLETONS.get(f"{cls.__module__}.{cls.__qualname__}")
            if singleton is not None:
                yield singleton

    def refusal(self, obj: Any) -> tuple[str, str]:
        """Why ``obj``, which is not of the table, cannot be saved, and what to do about it."""
        return _refusal(obj)


def key_of(module: str, name: str) -> str:
    """The public path of something defined in ``module``: cut at the first private part."""
    parts = module.split(".")
    for index, part in enumerate(parts):
        if part.startswith("_") and index:
            parts = parts[:index]
            break
    return ".".join([*parts, name])


def _locate(entry: Entry) -> Any:
    for where in entry.where:
        module, _, name = where.partition(":")
        try:
            found = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            continue
        return found
    return _ABSENT


_BARE = ("numpy", "scipy.special", "builtins", "math")
# Where module-level instances say by what name they are known: scipy.stats.norm.
_NAMED_INSTANCES = frozenset(
    f"scipy.stats.{module}" for module in ("_continuous_distns", "_discrete_distns")
)
# By identity: what is asked about may have no hash, or one of its own making.
_CONSTANTS = {id(each): f"builtins.{each!r}" for each in (Ellipsis, NotImplemented)}
# The one instance of each of these types; by type, since its library may not be imported yet.
_SINGLETONS = {
    "pandas._libs.missing.NAType": "pandas.NA",
    "pandas._libs.tslibs.nattype.NaTType": "pandas.NaT",
    "pandas.api.typing.NAType": "pandas.NA",
    "pandas.api.typing.NaTType": "pandas.NaT",
}


def _absence(entry: Entry) -> str:
    library = entry.where[0].partition(":")[0].partition(".")[0]
    package = {"sklearn": "scikit-learn"}.get(library, library)
    try:
        importlib.import_module(library)
    except ImportError:
        return f"{entry.key} needs {package}: pip install {package}"
    version = getattr(importlib.import_module(library), "__version__", "installed")
    return f"{entry.key} is not part of {package} {version}, which is installed here"


def _refusal(obj: Any) -> tuple[str, str]:
    cls = type(obj)
    if isinstance(obj, type):
        what = f"the class {obj.__module__}.{obj.__qualname__}"
    elif cls.__name__ in ("function", "builtin_function_or_method", "method", "ufunc"):
        name = getattr(obj, "__qualname__", getattr(obj, "__name__", "?"))
        if name == "<lambda>":
            return (
                "a lambda cannot be stored as data.",
                "Use a function of a library, such as numpy.log1p, or drop it.",
            )
        kind = "bound method" if cls.__name__ == "method" else "function"
        what = f"the {kind} {getattr(obj, '__module__', None) or '?'}.{name}"
    else:
        what = f"an object of type {cls.__module__}.{cls.__qualname__}"
    return (
        f"{what} is not in the table of types that can be restored exactly.",
        "Replace it by one that is, or set it to None before saving.",
    )


@lru_cache(maxsize=1)
def type_table() -> TypeTable:
    """The table of this version of Holotype, built on first use; importing no library."""
    from holotype.types import builtins, numpy, pandas, scipy, sklearn

    return TypeTable(
        entry for module in (builtins, numpy, scipy, pandas, sklearn) for entry in module.entries()
    )
