"""Nodes without children: numbers, text, bytes and dtypes that JSON has no form for (SPEC 3.3)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from holotype.errors import BlueprintError
from holotype.graph.dtypes import parse_dtype, text_codec
from holotype.graph.nodes import DtypeNode, Node, ScalarNode, ValueNode

__all__ = ["ATOM_FORMS", "exactly", "members", "plain", "raw_bytes", "within"]

_HEX_INT = re.compile(r"-?0x[1-9a-f][0-9a-f]*")
_NON_FINITE = ("nan", "inf", "-inf")


def exactly(value: dict[str, Any], path: str, *names: str) -> list[Any]:
    """The members of a node that has these and no others."""
    if value.keys() != set(names):
        raise BlueprintError(path, f"a node with {members(value)} is of no known form")
    return [value[name] for name in names]


def within(value: dict[str, Any], path: str, required: set[str], optional: set[str]) -> None:
    """Demand that a node has the ``required`` members, and no others but ``optional`` ones."""
    if not required <= value.keys() <= required | optional:
        raise BlueprintError(path, f"a node with {members(value)} is of no known form")


def members(value: dict[str, Any]) -> str:
    """What a node has, for a message."""
    return ", ".join(sorted(value))[:120] or "no members"


def plain(value: Any, path: str) -> Node:
    """A node that is a JSON value itself."""
    if type(value) is int and abs(value) >= 1 << 53:
        raise BlueprintError(path, "an integer of 2**53 or more is written as text")
    return value


def raw_bytes(text: Any, path: str) -> bytes:
    """The bytes of base64 text in its one form."""
    if not isinstance(text, str):
        raise BlueprintError(path, "base64 text was expected")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BlueprintError(path, "text is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise BlueprintError(path, "base64 text is not in its one form")
    return raw


def _float(value: dict[str, Any], path: str) -> ValueNode:
    (text,) = exactly(value, path, "float")
    if text not in _NON_FINITE:
        raise BlueprintError(path, "float is nan, inf or -inf")
    return ValueNode(float(text))  # each nan is another object, and so another key


def _int(value: dict[str, Any], path: str) -> ValueNode:
    (text,) = exactly(value, path, "int")
    if not isinstance(text, str) or not _HEX_INT.fullmatch(text):
        raise BlueprintError(path, "int is hexadecimal text such as 0x1f")
    number = int(text, 16)
    if abs(number) < 1 << 53:
        raise BlueprintError(path, "an integer below 2**53 is written as a number")
    return ValueNode(number)


def _str(value: dict[str, Any], path: str) -> Node:
    (text,) = exactly(value, path, "str")
    try:
        result = raw_bytes(text, path).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise BlueprintError(path, "str is not UTF-8 with surrogates") from None
    return ValueNode(result)


def _complex(value: dict[str, Any], path: str) -> Node:
    (pair,) = exactly(value, path, "complex")
    if not isinstance(pair, list) or len(pair) != 2:
        raise BlueprintError(path, "complex is a list of two floats")
    numbers = [_number(part, path) for part in pair]
    if not all(type(number) is float for number in numbers):
        raise BlueprintError(path, "complex is a list of two floats")
    return ValueNode(complex(*numbers))


def _number(value: Any, path: str) -> Any:
    """The number of a node, or the node if it has none."""
    if isinstance(value, dict):
        form = _NUMBERS.get(next(iter(value), ""))
        return value if form is None else form(value, path).value
    return plain(value, path)


def _dtype(value: dict[str, Any], path: str) -> Node:
    (described,) = exactly(value, path, "dtype")
    return DtypeNode(np.dtype(object) if described == "|O" else parse_dtype(described, path))


def _scalar(value: dict[str, Any], path: str) -> Node:
    described, content = exactly(value, path, "scalar", "value")
    dtype = parse_dtype(described, path)
    if dtype.kind in "biu":
        number = _number(content, path)
        wanted = bool if dtype.kind == "b" else int
        if type(number) is not wanted:
            raise BlueprintError(path, f"the value of a {dtype} scalar is a {wanted.__name__}")
        if wanted is int and not np.iinfo(dtype).min <= number <= np.iinfo(dtype).max:
            raise BlueprintError(path, f"{number} does not fit into {dtype}")
        return ScalarNode(dtype.type(number))
    if dtype.kind == "f":
        number = _number(content, path)
        if type(number) is not float:
            raise BlueprintError(path, f"the value of a {dtype} scalar is a float")
        with np.errstate(over="ignore"):
            return ScalarNode(dtype.type(number))
    raw = raw_bytes(content, path)
    if len(raw) != dtype.itemsize:
        raise BlueprintError(path, f"the value of a {dtype} scalar has another size")
    if dtype.kind == "S":  # trailing zeros belong to it
        return ScalarNode(np.bytes_(raw))
    if dtype.kind == "U":
        try:
            return ScalarNode(np.str_(raw.decode(*text_codec(dtype))))
        except UnicodeDecodeError:
            raise BlueprintError(path, "the value of a str scalar is not UTF-32") from None
    if not raw:
        return ScalarNode(np.zeros(1, dtype)[0])
    return ScalarNode(np.frombuffer(bytearray(raw), dtype)[0])


_NUMBERS: dict[str, Callable[[dict[str, Any], str], ValueNode]] = {"float": _float, "int": _int}

ATOM_FORMS: dict[str, Callable[[dict[str, Any], str], Node]] = {
    **_NUMBERS,
    "str": _str,
    "complex": _complex,
    "dtype": _dtype,
    "scalar": _scalar,
}
"""By the member that names a form, the function that reads it."""
