"""Structs that are read: from JSON, or from values of Python's own types.

msgspec looks at the fields of a struct when it is first asked to read one, and where two threads do
so at once, the process crashes (seen with 0.22). So whoever reads a struct gets the function for it
from here while its module is imported, which one thread does. Rule: nothing else calls msgspec's
``decode`` or ``convert`` with a type.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

__all__ = ["converter_of", "reader_of"]

T = TypeVar("T")


def reader_of(kind: type[T]) -> Callable[[Any], T]:
    """Gives a ``kind`` for the JSON of one; raises MsgspecError, RecursionError or UnicodeError."""
    return msgspec.json.Decoder(kind).decode


def converter_of(kind: type[T]) -> Callable[[Any], T]:
    """Gives a ``kind`` for values of Python's own types; raises ValidationError."""
    msgspec.msgpack.Decoder(kind)
    return partial(msgspec.convert, type=kind)
