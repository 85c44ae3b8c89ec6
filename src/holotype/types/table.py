"""The closed table: every type, function and constant that a blueprint may name.

A key is the public path of a thing in its library (``sklearn.linear_model.LogisticRegression``)
and stays the same when the library moves its modules. Rule: a key from a file only ever selects an
entry that was written down, by us or by an installed package for its own import root; what to
import is said by the entry.

The table is filled library by library: ``_fill`` stands before every look into it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache, partial
from threading import RLock, get_ident
from typing import Any

from holotype.errors import MissingLibraryError
from holotype.graph.foreign import resolve_foreign
from holotype.graph.table import Entry
from holotype.types.admission import admitted, differences
from holotype.types.libraries import CORE, LIBRARIES, entries_of, install_hint, root_of
from holotype.types.plugins import Plugins

__all__ = ["TypeTable", "key_of", "type_table"]

_ABSENT = object()
Source = Callable[[], Iterable[Entry]]


class TypeTable:
    """Entries by key, and the way from a live class or function to its entry.

    ``sources`` make the entries of more libraries, by import root, when one is first asked for;
    ``plugins`` are those that installed packages bring for roots of their own.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        sources: Mapping[str, Source] | None = None,
        plugins: Plugins | None = None,
    ) -> None:
        self._entries: dict[str, Entry] = {}
        self._origins: dict[str, str] = {}
        self._resolved: dict[str, Any] = {}
        self._by_class: dict[type, Entry | None] = {}
        self._sources = dict(sources or {})
        self._plugins = plugins
        self._registered: dict[str, dict[str, Entry]] = {}  # by root, then by key
        self._hints: dict[str, str] = {}  # of those: what to install
        self._filling: set[tuple[int, str]] = set()  # by which thread
        self._lock = RLock()
        self._add(entries)
        self._ours = frozenset(map(root_of, self._entries)) | frozenset(self._sources)

    def __len__(self) -> int:
        self._fill_all()
        return len(self._entries)

    def keys(self) -> Iterable[str]:
        """All keys of ours and those that were registered; no plugin is loaded for this."""
        self._fill_all()
        return list(self._entries)

    def entry(self, key: str) -> Entry | None:
        """The entry of this key; no library is imported, at most the table that a package brings.

        Raises MissingLibraryError where that table cannot be used.
        """
        found = self._entries.get(key)
        if found is None:
            self._fill(root_of(key))
            found = self._entries.get(key)
        return found

    def at(self, where: str) -> Entry | None:
        """The entry that stands for ``module:qualified.name``, by one of its places or aliases."""
        self._fill(root_of(where))
        key = self._origins.get(where)
        return None if key is None else self._entries[key]

    def register(self, root: str, entries: Iterable[Entry], *, install: str = "") -> None:
        """Add the entries of another package, all of them or none.

        The same ones may be registered again. Raises ValueError for what may not be let in.
        """
        new = {entry.key: entry for entry in admitted(root, entries)}
        if root in self._ours:
            raise ValueError(f"the types of {root} stand in Holotype's own table")
        self._fill(root)  # with what the package brings by its entry point
        with self._lock:
            known = self._registered.get(root)
            if known is not None:
                if odd := differences(known, new):
                    raise ValueError(f"{root} was registered before, with another {odd}")
                return
            self._add(new.values())
            self._registered[root] = new
            self._hints[root] = install or root
            for cls in [cls for cls, entry in self._by_class.items() if entry is None]:
                del self._by_class[cls]

    # -- filling -------------------------------------------------------------------------------

    def _add(self, entries: Iterable[Entry]) -> None:
        made: dict[str, Entry] = {}
        for entry in entries:
            if entry.key in self._entries or entry.key in made:
                raise ValueError(f"{entry.key} stands twice in the table")
            made[entry.key] = entry
        self._entries.update(made)
        self._origins.update(
            (where, entry.key)
            for entry in made.values()
            for where in (*entry.where, *entry.aliases)
        )

    def _fill(self, root: str) -> None:
        """Let the library of a root bring its entries, if it has any and has not yet."""
        plugins = None if root in self._ours else self._plugins
        if root not in self._sources and (plugins is None or plugins.waiting(root) is None):
            return
        filling = (get_ident(), root)
        if filling in self._filling:
            return  # what is being filled asks for itself
        self._filling.add(filling)
        try:
            if plugins is None:
                self._fill_from_ours(root)
            else:
                self._fill_from_plugin(root, plugins)
        finally:
            self._filling.discard(filling)

    def _fill_from_ours(self, root: str) -> None:
        with self._lock:
            source = self._sources.get(root)
            if source is not None:
                self._add(source())
                for each in [each for each, other in self._sources.items() if other is source]:
                    del self._sources[each]

    def _fill_from_plugin(self, root: str, plugins: Plugins) -> None:
        """Without the lock: it imports, and another thread may be importing what registers."""
        plugin = plugins.waiting(root)
        if plugin is not None:
            entries = plugin.entries()
            try:
                self.register(root, entries, install=plugin.install)
            except ValueError as error:
                raise plugin.failure(error) from error
            plugins.done(root)

    def _fill_all(self) -> None:
        for root in list(self._sources):
            self._fill(root)

    # -- looking -------------------------------------------------------------------------------

    def resolve(self, entry: Entry) -> Any:
        """Import and return what the entry stands for; MissingLibraryError where it is absent."""
        found = self._resolved.get(entry.key, _ABSENT)
        if found is _ABSENT:
            found = resolve_foreign(entry.key) if entry.foreign else _locate(entry)
            if found is _ABSENT:
                raise MissingLibraryError(self._absence(entry))
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
        return self.at(where) is not None or self.entry(key_of(*where.split(":", 1))) is not None

    def name_of(self, obj: Any) -> str | None:
        """The key under which a class, function or constant may be named."""
        return self._key_for(obj)

    def _key_for(self, obj: Any) -> str | None:
        for key in self._candidates(obj):
            entry = self.entry(key)
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
            if module == "numpy" and name.startswith("dtype["):
                yield f"ml_dtypes.{name}"  # the class of a dtype that another package has made
            if isinstance(module, str):
                origin = self.at(f"{module}:{name}")
                if origin is not None:
                    yield origin.key
                yield key_of(module, name)
            for library in _BARE:  # ufuncs and built-in functions that do not know their module
                if root_of(library) in sys.modules:
                    yield f"{library}.{name}"
        elif isinstance(obj, Enum):
            member = f"{type(obj).__qualname__}.{obj.name}"
            origin = self.at(f"{type(obj).__module__}:{member}")
            if origin is not None:
                yield origin.key
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

    def _absence(self, entry: Entry) -> str:
        library = entry.where[0].partition(":")[0].partition(".")[0]
        package, command = install_hint(library)
        if library in self._hints:
            package, command = self._hints[library], f"pip install {self._hints[library]}"
        try:
            module = importlib.import_module(library)
        except ImportError:
            return f"{entry.key} needs {package}: {command}"
        version = getattr(module, "__version__", "installed")
        return f"{entry.key} is not part of {package} {version}, which is installed here"

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
    """The one table of this process; importing no library."""
    sources: dict[str, Source] = {}
    for library in LIBRARIES:
        sources |= dict.fromkeys(library.roots, partial(entries_of, library.name))
    return TypeTable((entry for name in CORE for entry in entries_of(name)), sources, Plugins())
