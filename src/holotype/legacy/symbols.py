"""What a pickle says, as inert data.

Plain immutable values stand for themselves: None, bool, int, float, complex, str, bytes, and tuples
of symbols; a list is a real list of symbols. Bytes of more than ``VIEW_ABOVE`` are read-only
memoryviews of the file instead, so that nothing is copied. All else is one of the classes below.

Rules: two places that a pickle makes one object hold the same Python object, so sharing is identity
and cycles are possible. Symbols are equal only to themselves. Nothing that follows symbols may
recurse, nor hash or compare tuples of them: a file decides how deep they nest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np

__all__ = [
    "VIEW_ABOVE",
    "ByteArray",
    "Call",
    "Dict",
    "Extension",
    "FrozenSet",
    "Global",
    "How",
    "ObjectArray",
    "OldString",
    "OutOfBand",
    "Persistent",
    "RawArray",
    "Set",
    "SideFile",
    "Symbol",
    "Thing",
    "bytes_of",
    "class_with_source",
]

VIEW_ABOVE = 4096

Symbol = Any
# reduce: f(*args); newobj, newobj_ex: cls.__new__(cls, *args, **kwargs); inst and obj, of protocol
# 0 and 1: cls(*args), or without arguments an empty instance.
How = Literal["reduce", "newobj", "newobj_ex", "obj", "inst"]


class Thing(msgspec.Struct, eq=False, kw_only=True):
    """What a pickle may do things to without knowing what it is.

    The sequences are empty tuples until something is put into them, and lists from then on.

    states    what BUILD was given, in order; nearly always one
    appended  what APPEND and APPENDS added, as to a list
    pairs     what SETITEM and SETITEMS set, as on a dict; a key may come more than once
    added     what ADDITEMS added, as to a set
    """

    states: Sequence[Symbol] = ()
    appended: Sequence[Symbol] = ()
    pairs: Sequence[tuple[Symbol, Symbol]] = ()
    added: Sequence[Symbol] = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Global(Thing, eq=False, kw_only=False):
    """Something by its name: ``module`` and ``name``, which may be dotted, under today's names.

    Python 2 had other names for some modules; those of pickles of its protocols are translated as
    ``pickle`` does. One machine makes one Global of each name.
    """

    module: str
    name: str

    def __repr__(self) -> str:
        return f"<Global {self.module} {self.name}>"


class Call(Thing, eq=False, kw_only=False):
    """The result of calling ``function`` with ``args``: in sane files, a Global and a tuple.

    ``kwargs`` is a symbol (a Dict) for *newobj_ex* and None otherwise. ``offset`` is where in the
    file the opcode stands.
    """

    function: Symbol
    args: Symbol
    kwargs: Symbol = None
    how: How = "reduce"
    offset: int = 0

    def __repr__(self) -> str:
        return f"<Call of {self.function!r}>" if type(self.function) is Global else "<Call>"


class Persistent(Thing, eq=False, kw_only=False):
    """An object that the file's program finds elsewhere, by ``pid``: storages of torch."""

    pid: Symbol


class Extension(Thing, eq=False, kw_only=False):
    """A code of the reader's ``copyreg`` extension registry."""

    code: int


class OutOfBand(Thing, eq=False, kw_only=False):
    """The next buffer that was kept outside of the pickle, by its number."""

    index: int
    readonly: bool = False


class RawArray(Thing, eq=False, kw_only=False):
    """An array whose elements stand in the file as they are.

    dtype   has no objects in it
    order   ``C`` or ``F``: how ``data`` is laid out
    data    exactly ``prod(shape) * itemsize`` bytes of the file, not aligned
    offset  where ``data`` begins
    cls     Global of ``numpy.ndarray`` or a subclass; None where the format has arrays only
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["C", "F"]
    data: memoryview
    offset: int
    cls: Symbol = None


class ObjectArray(Thing, eq=False, kw_only=False):
    """An array of objects that joblib or NumPy pickled apart; ``value`` is that pickle's result.

    It is a numpy array, with a shape of its own; joblib does not look at the wrapper's.
    """

    value: Symbol
    cls: Symbol = None


class SideFile(Thing, eq=False, kw_only=False):
    """An array in a file beside this one, as joblib wrote before 0.10."""

    filename: str
    wrapper: Call


class Dict(msgspec.Struct, eq=False):
    """A dict: pairs in the order of setting; a key may come more than once, the last one counts.

    Keys are symbols and need not be hashable.
    """

    pairs: list[tuple[Symbol, Symbol]]

    def __repr__(self) -> str:
        return f"<Dict of {len(self.pairs)}>"


class Set(msgspec.Struct, eq=False):
    """A set, in the order of adding; equal elements may come more than once."""

    items: list[Symbol]

    def __repr__(self) -> str:
        return f"<Set of {len(self.items)}>"


class FrozenSet(msgspec.Struct, eq=False):
    """A frozenset; equal elements may come more than once."""

    items: list[Symbol]

    def __repr__(self) -> str:
        return f"<FrozenSet of {len(self.items)}>"


class ByteArray(msgspec.Struct, eq=False):
    """A bytearray."""

    data: bytes | memoryview

    def __repr__(self) -> str:
        return f"<ByteArray of {len(self.data)}>"


class OldString(msgspec.Struct, eq=False):
    """A ``str`` of Python 2 that is not ASCII: text in some encoding, or the bytes of an array.

    One that is ASCII is a str, which stands for bytes too where an array's bytes are wanted.
    """

    data: bytes | memoryview

    def __repr__(self) -> str:
        return f"<OldString of {len(self.data)}>"


def class_with_source(pid: Symbol) -> Global | None:
    """The class of a module that torch's older format names together with the text of its source.

    Its reader takes the class and at most compares the text with today's.
    """
    match pid:
        case ("module", Global() as cls, str() | None, str() | None):
            return cls
    return None


def bytes_of(symbol: Symbol) -> bytes | memoryview | None:
    """The bytes that a symbol stands for, in any of the forms of the protocols; None for others.

    Protocols 0 to 2 write bytes as a call: ``_codecs.encode(text, "latin1")``, or ``bytes()``.
    """
    if isinstance(symbol, bytes | memoryview):
        return symbol
    if type(symbol) is OldString:
        return symbol.data
    if type(symbol) is not Call or type(symbol.function) is not Global or symbol.how != "reduce":
        return None
    name = (symbol.function.module, symbol.function.name)
    if name == ("builtins", "bytes") and symbol.args == ():
        return b""
    if name != ("_codecs", "encode") or type(symbol.args) is not tuple or len(symbol.args) != 2:
        return None
    text, codec = symbol.args
    if type(text) is not str or type(codec) is not str or codec not in ("latin1", "latin-1"):
        return None
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None
