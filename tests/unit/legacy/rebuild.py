"""Symbols of plain values, made into the values again: for tests to compare with ``pickle``."""

from __future__ import annotations

from typing import Any

from holotype.legacy.symbols import ByteArray, Call, Dict, FrozenSet, Global, Set, Symbol, bytes_of

_CALLS = {"set": set, "frozenset": frozenset, "complex": complex, "bytearray": bytearray}


def rebuild(symbol: Symbol) -> Any:
    """The value; containers that were shared, or hold themselves, do so again."""
    return _Rebuilder().value(symbol)


class _Rebuilder:
    def __init__(self) -> None:
        self.made: dict[int, Any] = {}

    def value(self, symbol: Symbol) -> Any:
        if id(symbol) in self.made:
            return self.made[id(symbol)]
        found: Any
        if isinstance(symbol, list):
            found = self.made[id(symbol)] = []
            found.extend(map(self.value, symbol))
        elif isinstance(symbol, Dict):
            found = self.made[id(symbol)] = {}
            found.update((self.value(key), self.value(value)) for key, value in symbol.pairs)
        elif isinstance(symbol, Set | FrozenSet):
            kind = set if isinstance(symbol, Set) else frozenset
            found = self.made[id(symbol)] = kind(map(self.value, symbol.items))
        elif isinstance(symbol, tuple):
            found = self.made[id(symbol)] = tuple(map(self.value, symbol))
        elif isinstance(symbol, ByteArray):
            found = self.made[id(symbol)] = bytearray(symbol.data)
        elif bytes_of(symbol) is not None:
            found = bytes(bytes_of(symbol) or b"")
        elif isinstance(symbol, Call):
            assert isinstance(symbol.function, Global)
            assert symbol.function.module == "builtins"
            args = self.value(symbol.args)
            found = self.made[id(symbol)] = _CALLS[symbol.function.name](*args)
        else:
            found = symbol
        return found
