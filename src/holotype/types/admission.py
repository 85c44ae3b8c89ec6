"""What the entries of another package must be, to be let into the table.

Rule: a package speaks for its own import root and for nothing else. Its keys and what they import
lie under that root, so it can neither replace an entry of ours or of another package, nor give a
new name to something that has a validator under its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from holotype.graph.foreign import is_dotted
from holotype.graph.table import Entry

__all__ = ["admitted", "check_root", "differences"]

_KINDS = ("object", "call", "name")


def check_root(root: str) -> None:
    """Raise ValueError for what cannot be the import root of another package."""
    if not root.isidentifier():
        raise ValueError(f"{root!r} is not the name of a package as it is imported")
    if root in sys.stdlib_module_names or root in ("holotype", "__main__"):
        raise ValueError(f"{root} is not a package that brings types of its own")


def admitted(root: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries, each of them checked to be of ``root``; ValueError that says which is not."""
    check_root(root)
    found = list(entries)
    for entry in found:
        if not isinstance(entry, Entry):
            raise ValueError(f"{root} registers a {type(entry).__name__} that is no Entry")
        if problem := _problem(root, entry):
            raise ValueError(f"{root} cannot register {entry.key!r}: {problem}")
    return found


def _problem(root: str, entry: Entry) -> str:
    """What is wrong with an entry; empty where nothing is."""
    if not _is_key(entry.key) or entry.key.partition(".")[0] != root:
        return f"a key is a dotted path that begins with {root}."
    if entry.kind not in _KINDS or entry.foreign:
        return f"its kind is one of {', '.join(_KINDS)}, and it is not foreign"
    if not entry.where:
        return "where does not say what to import"
    for where in entry.where:
        module, colon, name = where.partition(":")
        if not colon or not is_dotted(module) or not is_dotted(name):
            return f"{where!r} is not module:qualified.name"
        if module.partition(".")[0] != root:
            return f"{where} is of another package"
    for alias in entry.aliases:
        module, colon, name = alias.partition(":")
        # What a compiled module calls itself that has lost its package: one name, and private.
        if not colon or not module.startswith("_") or not module.isidentifier():
            return f"the alias {alias!r} is not of a private module without a package"
        if not is_dotted(name) or module in sys.stdlib_module_names:
            return f"the alias {alias!r} is not of a private module without a package"
    if entry.kind == "object" and (entry.build or entry.setstate or entry.own_setstate):
        return "an object is made empty and given its attributes; for build it is a call"
    return ""


def _is_key(key: Any) -> bool:
    parts = key.split(".") if isinstance(key, str) else [""]
    return len(parts) > 1 and is_dotted(key) and not any("__" in part for part in parts)


def differences(known: Mapping[str, Entry], new: Mapping[str, Entry]) -> str:
    """The first key that two registrations do not have in common, or not alike; empty if none."""
    for key in sorted(known.keys() | new.keys()):
        if key not in known or key not in new or not _is_alike(known[key], new[key]):
            return key
    return ""


def _is_alike(one: Entry, other: Entry) -> bool:
    """Whether two entries say the same; functions that were made anew are known by their place."""
    return all(
        _place(getattr(one, name)) == _place(getattr(other, name))
        for name in Entry.__struct_fields__
    )


def _place(value: Any) -> Any:
    if not callable(value):
        return value
    return getattr(value, "__module__", ""), getattr(value, "__qualname__", id(value))
