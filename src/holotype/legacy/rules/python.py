"""Python's own types and those of its standard library."""

from __future__ import annotations

import decimal
import fractions
import pathlib
import re
import uuid
from collections.abc import Iterable
from typing import Any

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.graph.values import check_keys
from holotype.legacy.rules.names import entry_named
from holotype.legacy.rules.taken import (
    Foreign,
    FunctionRule,
    Odd,
    Taken,
    TypeRule,
    raw_bytes,
)
from holotype.legacy.symbols import Global
from holotype.types import builtins as table

__all__ = ["FUNCTIONS", "TYPES"]


# -- what the protocols have no opcode for -------------------------------------------------------


def _complex(taken: Taken) -> complex:
    real, imaginary = taken.arguments(2)
    if type(real) is not float or type(imaginary) is not float:
        raise Odd("a complex number is made of two floats")
    return complex(real, imaginary)


def _elements(taken: Taken) -> list[Any]:
    arguments = taken.arguments(0, 1)
    if not arguments:
        return []
    if type(arguments[0]) not in (list, tuple):
        raise Odd("a set is made of a list of its elements")
    items = list(arguments[0])
    check_keys(items)
    return items


def _set(taken: Taken) -> set[Any]:
    return set(_elements(taken))


def _frozenset(taken: Taken) -> frozenset[Any]:
    return frozenset(_elements(taken))


def _type(taken: Taken) -> Any:
    (value,) = taken.arguments(1)
    if value is not None:
        raise Odd("the type of an object is not kept")
    return Global("types", "NoneType")


def _getattr(taken: Taken) -> Any:
    """A function of a class by the class and its name; a method of an object is none of these."""
    owner, name = taken.arguments(2)
    if type(owner) is Global and type(name) is str:
        return Global(owner.module, f"{owner.name}.{name}")
    return Foreign(
        "builtins.getattr", taken, f"takes {name!r:.60} of an object, which is no plain data"
    )


# -- containers ----------------------------------------------------------------------------------


def _bytearray(taken: Taken) -> Reduced:
    arguments = taken.arguments(0, 2)
    taken.no_state()
    if len(arguments) == 2:  # as protocols 0 to 2 have no bytes
        text, encoding = arguments
        if type(text) is not str or encoding != "latin-1":
            raise Odd("its content is not bytes")
        return Reduced((text.encode("latin-1"),))
    return Reduced((bytes(raw_bytes(arguments[0])) if arguments else b"",))


def _deque(taken: Taken) -> Reduced:
    first, length, *_ = (*taken.args, None, None)
    if len(taken.args) > 2 or first not in (None, (), []) or taken.pairs:
        raise Odd("it does not begin empty")
    taken.no_state()
    return Reduced((length,), items=list(taken.items))


def _mapping(taken: Taken) -> Reduced:
    """OrderedDict and Counter, which may be called with what they hold."""
    pairs = list(taken.pairs)
    if taken.args:
        (held,) = taken.args
        pairs = [*_pairs_of(held), *pairs]
    state = taken.state()
    if type(state) is dict and state.keys() == {"_metadata"}:  # of a state_dict of torch
        return Reduced(state=state, pairs=_last(pairs))
    taken.no_state()
    return Reduced(pairs=_last(pairs))


def _pairs_of(held: Any) -> Iterable[tuple[Any, Any]]:
    if type(held) is dict:
        return held.items()
    if type(held) is list and all(type(pair) in (list, tuple) and len(pair) == 2 for pair in held):
        return [(pair[0], pair[1]) for pair in held]
    raise Odd("it does not hold pairs")


def _last(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The pairs as a dict has them after all were set: of equal keys, the last value counts."""
    check_keys([key for key, _ in pairs])
    return list(dict(pairs).items())


def _defaultdict(taken: Taken) -> Reduced:
    if len(taken.args) > 1 or taken.items:
        raise Odd("it is not made with a factory")
    taken.no_state()
    factory = taken.plain(taken.args[0]) if taken.args else None
    return Reduced((factory,), pairs=_last(list(taken.pairs)))


def _namespace(taken: Taken) -> Reduced:
    taken.arguments(0)
    return Reduced(state=taken.attributes())


# -- numbers and text ----------------------------------------------------------------------------


def _decimal(taken: Taken) -> Reduced:
    (text,) = taken.arguments(1)
    taken.no_state()
    if type(text) is not str:
        raise Odd("its value is not text")
    try:
        return table._reduce_decimal(decimal.Decimal(text))
    except decimal.InvalidOperation:
        raise Odd("its value is no decimal number") from None


_FRACTION = re.compile(r"-?[0-9]+(?:/[0-9]+)?", re.ASCII)


def _fraction(taken: Taken) -> Reduced:
    arguments = taken.arguments(1, 2)
    taken.no_state()
    if len(arguments) == 1:  # before Python 3.12
        (text,) = arguments
        if type(text) is not str or not _FRACTION.fullmatch(text):
            raise Odd("its value is no fraction")
        value = fractions.Fraction(text)
        return Reduced((value.numerator, value.denominator))
    return Reduced(arguments)


_SAFETY = {0: "safe", -1: "unsafe", None: "unknown"}


def _safety(taken: Taken) -> Global:
    (value,) = taken.arguments(1)
    if type(value) not in (int, type(None)) or value not in _SAFETY:
        raise Odd("it has no such member")
    return Global("uuid", f"SafeUUID.{_SAFETY[value]}")


def _uuid(taken: Taken) -> Reduced:
    state = taken.instance()
    number, safety = state.get("int"), state.get("is_safe")
    if type(number) is not int or not 0 <= number < 1 << 128:
        raise Odd("its value is not a number of 128 bits")
    if safety is None or type(safety) is int:
        name = Global("uuid", f"SafeUUID.{_SAFETY[safety]}")
        safety = taken.plain(name)
    return Reduced((str(uuid.UUID(int=number)), safety))


def _pattern(taken: Taken) -> Specimen:
    pattern, flags = taken.arguments(2)
    taken.no_state()
    if type(pattern) not in (str, bytes, memoryview) or type(flags) is not int:
        raise Odd("a pattern is made of text and flags")
    return _call("re:Pattern", taken.plain(pattern), flags)


def _call(origin: str, *args: Any) -> Specimen:
    entry = entry_named(origin)
    if entry is None:
        raise AssertionError(f"{origin} is not in the table")
    return Specimen(entry, Reduced(args))


# -- paths ---------------------------------------------------------------------------------------


def _texts(taken: Taken) -> tuple[str, ...]:
    taken.no_state()
    if taken.items or taken.pairs or not all(type(part) is str for part in taken.args):
        raise Odd("it is not made of text")
    return taken.args


def _posix(taken: Taken) -> Specimen:
    return _path(pathlib.PurePosixPath(*_texts(taken)))


def _windows(taken: Taken) -> Specimen:
    return _path(pathlib.PureWindowsPath(*_texts(taken)))


def _path(path: pathlib.PurePath) -> Specimen:
    home = "WindowsPath" if pathlib.Path is pathlib.WindowsPath else "PosixPath"
    for origin in (f"pathlib:{home}", "pathlib:PosixPath", "pathlib:WindowsPath"):
        entry = entry_named(origin)
        if entry is not None and entry.key == "pathlib.Path":
            return Specimen(entry, Reduced((path.as_posix(),)))
    raise AssertionError("pathlib.Path is not in the table")


def _pure(cls: type[pathlib.PurePath]) -> TypeRule:
    def rule(taken: Taken) -> Reduced:
        return Reduced((str(cls(*_texts(taken))),))

    return rule


# -- dates and times -----------------------------------------------------------------------------

_FOLD = 0x80  # of the first byte of a time, and of the month of a datetime


def _packed(taken: Taken, size: int) -> tuple[bytes, Any]:
    raw, zone = (*taken.arguments(1, 2), None)[:2]
    taken.no_state()
    data = bytes(raw_bytes(raw)) if type(raw) is not str else raw.encode("latin-1")
    if len(data) != size:
        raise Odd(f"its value has {len(data)} bytes, not {size}")
    return data, zone


def _date(taken: Taken) -> Reduced:
    data, _ = _packed(taken, 4)
    return Reduced((data[0] << 8 | data[1], data[2], data[3]))


def _clock(data: bytes) -> tuple[int, ...]:
    hour, minute, second, *micro = data
    return hour, minute, second, int.from_bytes(bytes(micro), "big")


def _time(taken: Taken) -> Reduced:
    data, zone = _packed(taken, 6)
    fold, first = divmod(data[0], _FOLD)
    return Reduced((*_clock(bytes([first]) + data[1:]), zone, fold))


def _datetime(taken: Taken) -> Reduced:
    data, zone = _packed(taken, 10)
    fold, month = divmod(data[2], _FOLD)
    date = (data[0] << 8 | data[1], month, data[3])
    return Reduced((*date, *_clock(data[4:]), zone, fold))


def _zone(taken: Taken) -> Specimen:
    key, cached = taken.arguments(2)
    taken.no_state()
    if type(key) is not str:
        raise Odd("a time zone has no name")
    return _call("zoneinfo:ZoneInfo", key, bool(cached))


def _zone_called(taken: Taken) -> Reduced:
    (key,) = taken.arguments(1)
    taken.no_state()
    return Reduced((key, True))


# -- functions -----------------------------------------------------------------------------------


def _partial(taken: Taken) -> Reduced:
    (called,) = taken.arguments(1)
    state = taken.state()
    if type(state) is not tuple or len(state) != 4 or state[0] is not called:
        raise Odd("its state is not a function and arguments")
    function, args, keywords, attributes = state
    if attributes not in (None, {}):
        raise Odd("it has attributes of its own")
    return Reduced((taken.plain(function), args, keywords or {}))


FUNCTIONS: dict[str, FunctionRule] = {
    "builtins:complex": _complex,
    "builtins:frozenset": _frozenset,
    "builtins:getattr": _getattr,
    "builtins:set": _set,
    "builtins:type": _type,
    "re:_compile": _pattern,
    "uuid:SafeUUID": _safety,
    "zoneinfo:ZoneInfo._unpickle": _zone,
    **{f"{module}:PosixPath": _posix for module in ("pathlib", "pathlib._local")},
    **{f"{module}:WindowsPath": _windows for module in ("pathlib", "pathlib._local")},
}

TYPES: dict[str, TypeRule] = {
    "builtins.bytearray": _bytearray,
    "collections.Counter": _mapping,
    "collections.OrderedDict": _mapping,
    "collections.defaultdict": _defaultdict,
    "collections.deque": _deque,
    "datetime.date": _date,
    "datetime.datetime": _datetime,
    "datetime.time": _time,
    "decimal.Decimal": _decimal,
    "fractions.Fraction": _fraction,
    "functools.partial": _partial,
    "pathlib.PurePosixPath": _pure(pathlib.PurePosixPath),
    "pathlib.PureWindowsPath": _pure(pathlib.PureWindowsPath),
    "types.SimpleNamespace": _namespace,
    "uuid.UUID": _uuid,
    "zoneinfo.ZoneInfo": _zone_called,
}
