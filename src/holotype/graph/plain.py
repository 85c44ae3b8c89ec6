"""Values without parts on their way out, and sets in the one order that every process gives them.

The counterpart of ``atoms``, which reads these nodes (SPEC 3.3).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from holotype.digest import canonical_json
from holotype.graph.dtypes import dtype_node, padding_of, text_codec
from holotype.graph.reduce import type_name
from holotype.graph.values import is_value

__all__ = ["complex_node", "float_node", "in_order", "int_node", "scalar_node", "text_node"]

MAX_EXACT_INT = 1 << 53  # JSON numbers are doubles in most languages
_SORTABLE = frozenset({str, int, bytes, bool})

Node = Any


def text_node(obj: str) -> Node:
    """Text; as bytes where lone surrogates keep it from being UTF-8."""
    if obj.isascii():
        return obj
    try:
        obj.encode()
    except UnicodeEncodeError:
        return {"str": base64.b64encode(obj.encode("utf-8", "surrogatepass")).decode()}
    return obj


def int_node(obj: int) -> Node:
    """An integer; as text where a double could not hold it."""
    return obj if -MAX_EXACT_INT < obj < MAX_EXACT_INT else {"int": hex(obj)}


def float_node(obj: float) -> Node:
    """A float; by name where JSON has no form for it."""
    if obj - obj == 0.0:
        return obj
    return {"float": "nan" if obj != obj else "inf" if obj > 0 else "-inf"}


def complex_node(obj: complex) -> Node:
    """A complex number, as its two parts."""
    return {"complex": [float_node(obj.real), float_node(obj.imag)]}


def scalar_node(obj: Any, path: str) -> Node:
    """A NumPy scalar; UnsupportedError for a dtype that is not data."""
    dtype = obj.dtype
    node = {"scalar": dtype_node(dtype, path)}
    if dtype.kind == "b":
        node["value"] = obj.item()
    elif dtype.kind in "iu":
        node["value"] = int_node(obj.item())
    elif dtype.kind == "f":
        node["value"] = float_node(float(obj))
    elif dtype.kind in "SU":  # an array of one would lose trailing zeros
        raw = obj.encode(*text_codec(dtype)) if dtype.kind == "U" else obj
        node["value"] = base64.b64encode(raw).decode()
    else:
        zeroed = np.zeros((), dtype)
        zeroed[()] = obj
        node["value"] = base64.b64encode(_scalar_bytes(zeroed)).decode()
    return node


def _scalar_bytes(zeroed: Any) -> bytes:
    raw = bytearray(zeroed.tobytes())
    for unused in padding_of(zeroed.dtype):
        raw[unused] = bytes(unused.stop - unused.start)
    return bytes(raw)


def in_order(items: Iterable[Any], encode: Callable[[Any], Node]) -> list[Any]:
    """The elements of a set, in an order that does not depend on the process.

    Raises ValueError for elements that do not encode to the same bytes in every process.
    """
    kinds = set(map(type, items))
    if len(kinds) == 1 and kinds <= _SORTABLE:
        return sorted(items)
    for item in items:
        if not is_value(item):
            raise ValueError(
                f"a set holds a {type_name(type(item))}, whose place among the others "
                "differs from process to process"
            )
    return sorted(items, key=lambda item: _sort_key(item, encode))


def _sort_key(item: Any, encode: Callable[[Any], Node]) -> bytes:
    """What puts an element of a set in its place: its value, and not where arrays are kept."""
    if type(item) is frozenset:
        return b"{%s}" % b",".join(sorted(_sort_key(each, encode) for each in item))
    if type(item) is tuple:
        return b"(%s)" % b",".join(_sort_key(each, encode) for each in item)
    if type(item) is bytes:
        return canonical_json({"bytes": base64.b64encode(item).decode()})
    node = encode(item)
    if isinstance(item, type) and node.keys() != {"name"}:
        raise ValueError(f"a set holds the class {type_name(item)}, which has no name of its own")
    return canonical_json(node)
