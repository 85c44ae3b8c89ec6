"""Everything that keeps a model from being converted, found at once and named with its places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.specimen import Specimen
from holotype.legacy.rules.taken import Foreign, StandIn

__all__ = ["CALLED", "Faults", "refuse"]

Faults = dict[int, tuple[Specimen, str, int]]
"""By id of a specimen: itself, what is wrong with it, and its offset in the pickle."""

CALLED = "is called, and is no function of the table"

_LIBRARIES = frozenset({"dateutil", "numpy", "pandas", "pyarrow", "pytz", "scipy", "sklearn"})
_MAX_PLACES = 3
_MAX_NAMES = 100
_MAX_PATH = 400


def refuse(model: Any, faults: Faults, *, keep_names: bool) -> None:
    """Raise UnsupportedError where something in the model could not be converted; list all of it.

    With ``keep_names``, objects and names of other packages than those of the table become what is
    kept by name. The walk follows what the encoder would write, and what foreign objects are made
    of.
    """
    found: dict[str, list[str]] = {}
    order: list[tuple[str, str]] = []
    seen: set[int] = set()
    stack: list[tuple[Any, str, bool]] = [(model, "model", False)]
    while stack:
        value, path, inside = stack.pop()
        if type(value) in _PLAIN or id(value) in seen:
            continue
        seen.add(id(value))
        if keep_names and type(value) is Foreign and not _of_the_table(value):
            value.keep_name()
        problem = _problem(value, faults)
        if problem and not (inside and _is_internal(value)):
            places = found.setdefault(problem, [])
            if len(places) <= _MAX_PLACES:
                places.append(path)
            order.append((problem, path))
        inside = inside or id(value) in faults
        stack.extend(reversed([(part, _cut(path + at), inside) for part, at in _parts(value)]))
    if order:
        raise UnsupportedError(order[0][1], *_said(found))


_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, memoryview})


def _problem(value: Any, faults: Faults) -> str:
    if type(value) is Foreign and value.entry.foreign:
        return ""
    if type(value) is Foreign:
        return f"{value.name} {value.problem}".rstrip() if value.problem else value.name
    if type(value) is Specimen and id(value) in faults:
        _, problem, offset = faults[id(value)]
        return f"{value.entry.key}{f' at byte {offset}' if offset else ''}: {problem}"
    return ""


def _is_internal(value: Any) -> bool:
    """Whether it is what a library makes its objects of: it is no problem of its own."""
    return type(value) is Foreign and value.problem in ("", CALLED) and _of_the_table(value)


def _of_the_table(value: Foreign) -> bool:
    """Whether it is of a library of the table, which then would have it if it could be kept."""
    return value.name.partition(".")[0] in _LIBRARIES


def _parts(value: Any) -> Iterable[tuple[Any, str]]:
    """What a value holds, each with its place in it."""
    kind = type(value)
    if kind is list or kind is tuple:
        return [(item, f"[{i}]") for i, item in enumerate(value) if type(item) not in _PLAIN]
    if kind is dict:
        return _pairs(value.items())
    if kind is set or kind is frozenset:
        return [(item, "{}") for item in value]
    if kind is np.ndarray and value.dtype == object:
        return _parts(value.ravel().tolist())
    if kind is StandIn:
        return [(value.value, "")]
    if kind is Specimen:
        return _specimen_parts(value)
    if kind is Foreign and value.entry.foreign:
        return _specimen_parts(value)
    if kind is Foreign and value.taken is not None:
        taken = value.taken
        states = [(state, ".state") for state in taken.states if type(state) is not dict]
        named = [pair for state in taken.states if type(state) is dict for pair in _named(state)]
        args = [(arg, f".args[{i}]") for i, arg in enumerate(map(taken.plain, taken.args))]
        return [*args, *states, *named, *_parts(taken.items), *_pairs(taken.pairs)]
    return ()


def _specimen_parts(value: Specimen) -> list[tuple[Any, str]]:
    reduced = value.reduced
    state = reduced.state
    parts = [(arg, f".args[{i}]") for i, arg in enumerate(reduced.args)]
    parts += _named(state) if type(state) is dict else [(state, ".state")]
    parts += _parts(reduced.items or [])
    return parts + _pairs(reduced.pairs or [])


def _named(state: dict[Any, Any]) -> list[tuple[Any, str]]:
    return [(part, f".{name}") for name, part in state.items() if type(part) not in _PLAIN]


def _pairs(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, str]]:
    found = []
    for key, item in pairs:
        at = f"[{key!r:.40}]" if type(key) in (str, int) else f"[{type(key).__name__}]"
        found.append((item, at))
        if type(key) not in _PLAIN:
            found.append((key, at))
    return found


def _cut(path: str) -> str:
    return path if len(path) <= _MAX_PATH else f"…{path[-_MAX_PATH // 2 :]}"


def _said(found: dict[str, list[str]]) -> tuple[str, str]:
    lines = []
    for problem, places in list(found.items())[:_MAX_NAMES]:
        more = ", …" if len(places) > _MAX_PLACES else ""
        lines.append(f"{problem} ({', '.join(places[:_MAX_PLACES])}{more})")
    if len(found) > _MAX_NAMES:
        lines.append(f"and {len(found) - _MAX_NAMES} more")
    return (
        f"{len(found)} thing{'s' if len(found) > 1 else ''} of the file cannot be converted: "
        + "; ".join(lines)
        + ".",
        "Load the file where it was made, replace these, and dump it with Holotype there.",
    )
