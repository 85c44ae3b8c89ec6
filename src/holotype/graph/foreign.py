"""Classes and functions that are not of the table, by the name under which they are installed.

Their key is ``module:qualified.name``; no key of the table has a colon. Rules: only what is defined
under that very name is found by it, so a key cannot reach through a module to what it imported; and
nothing here runs before the caller's policy has allowed the package.
"""

from __future__ import annotations

import copyreg
import importlib
import keyword
import sys
import types
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from holotype.digest import is_text
from holotype.errors import MissingLibraryError, UnsupportedError
from holotype.graph.reduce import methods_of, type_name
from holotype.graph.table import Entry, Reduced

__all__ = [
    "How",
    "Parts",
    "foreign_entry",
    "foreign_key",
    "is_dotted",
    "is_foreign_key",
    "is_module",
    "is_standard",
    "member_of",
    "method_of",
    "package_of",
    "resolve_foreign",
    "set_state",
    "take_apart",
    "words_of",
]

How = Literal["object", "new", "call"]
"""Empty and then attributes; ``cls.__new__(cls, *args)``; or a call of a class or function."""

_NEWOBJ = copyreg.__newobj__  # type: ignore[attr-defined]
_NEWOBJ_EX = copyreg.__newobj_ex__  # type: ignore[attr-defined]
_NAMED = (type, types.FunctionType, types.BuiltinFunctionType)


class Parts(NamedTuple):
    """An object taken apart: ``maker`` is its class, or what is called to make it."""

    how: How
    maker: Any
    reduced: Reduced


def is_foreign_key(key: str) -> bool:
    """Whether a key has the form ``module:qualified.name``, of a package.

    Python's own modules are none: whoever trusted ``builtins`` would trust ``eval``.
    """
    module, colon, name = key.partition(":")
    return bool(colon) and is_module(module) and is_dotted(name) and not is_standard(module)


def is_standard(module: str) -> bool:
    """Whether a module is one of Python's own."""
    return module.partition(".")[0] in sys.stdlib_module_names


def is_dotted(name: str) -> bool:
    """Whether it is identifiers, joined by dots."""
    return all(map(_is_name, name.split(".")))


def is_module(name: str) -> bool:
    """Whether it can be the name of a module, the same one in every process."""
    return is_dotted(name) and name != "__main__"


def _is_name(part: str) -> bool:
    return part.isidentifier() and not keyword.iskeyword(part)


def package_of(key: str) -> str:
    """The module of a key, which a policy trusts by its name or by that of a package above it."""
    return key.partition(":")[0]


def foreign_key(obj: Any) -> str | None:
    """The key of a class or function that is found again under its own name, else None."""
    module, name = getattr(obj, "__module__", None), getattr(obj, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    key, home = f"{module}:{name}", sys.modules.get(module)  # nothing is imported to save it
    return key if is_foreign_key(key) and _look_up(home, key) is obj else None


def resolve_foreign(key: str) -> Any:
    """Import what a key names; MissingLibraryError where it is not defined there."""
    try:
        found = _look_up(importlib.import_module(package_of(key)), key)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a package does when it is imported
        raise MissingLibraryError(f"{key} cannot be imported: {words_of(error)}") from error
    if found is None:
        raise MissingLibraryError(
            f"{key}: the module defines no class or function of this name; "
            "is it the version that the model was saved with?"
        )
    return found


def words_of(error: BaseException) -> str:
    """What an error of somebody else's code says; even that is code of theirs."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - it is only words
        return type(error).__name__


def _look_up(home: Any, key: str) -> Any:
    module, _, name = key.partition(":")
    found = home
    for part in name.split("."):
        # The namespace itself: an attribute hook or a property would be code.
        found = vars(found).get(part) if isinstance(found, (type, types.ModuleType)) else None
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
    own = isinstance(found, _NAMED) and (found.__module__, found.__qualname__) == (module, name)
    return found if own else None


@lru_cache(maxsize=4096)
def foreign_entry(
    key: str, how: How | Literal["name"], takes: Literal["", "items", "pairs"] = ""
) -> Entry:
    """The entry of a key, as if it stood in the table."""
    if how in ("object", "name"):
        return Entry(key=key, where=(key,), kind=how, foreign=True)
    build = _new if how == "new" else None
    return Entry(
        key=key,
        where=(key,),
        kind="call",
        build=build,
        setstate=set_state,
        takes=takes,
        foreign=True,
    )


def _new(cls: Any, args: Sequence[Any]) -> Any:
    return cls.__new__(cls, *args)


def set_state(obj: Any, state: Any) -> None:
    """Give an object its state as ``pickle`` does: ``__setstate__``, or attributes and slots."""
    given = getattr(obj, "__setstate__", None)
    if given is not None:
        given(state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state:
        obj.__dict__.update(state)
    for name, value in (slots or {}).items():
        setattr(obj, name, value)


def member_of(cls: Any, name: str) -> Any:
    """The function or class that a class holds under a name, without static or class method."""
    found = vars(cls).get(name) if isinstance(cls, type) else None
    if isinstance(found, (staticmethod, classmethod)):
        found = found.__func__
    return found if isinstance(found, (types.FunctionType, type)) else None


def method_of(owner: Any, name: str) -> Any:
    """The method of this name, bound to an object, or to a class; None where there is none."""
    cls: type = owner if isinstance(owner, type) else type(owner)
    found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if isinstance(found, classmethod):
        found, owner = found.__func__, cls
    return types.MethodType(found, owner) if isinstance(found, types.FunctionType) else None


def take_apart(obj: Any) -> Parts:
    """Take an object of any class apart by its own ``__reduce_ex__``, as pickle would."""
    cls: Any = type(obj)
    registered = copyreg.dispatch_table.get(cls)
    try:
        reduced = obj.__reduce_ex__(4) if registered is None else registered(obj)
        if not isinstance(reduced, tuple):
            raise UnsupportedError("", f"a {type_name(cls)} reduces to a global name.")
        nothing: list[Any] = [None] * (6 - len(reduced))
        function, args, state, items, pairs, setter = [*reduced, *nothing]
        maker, given = function, list(args)
        if function is _NEWOBJ_EX and not given[2]:
            function, given = _NEWOBJ, [given[0], *given[1]]
        if function is _NEWOBJ:
            maker, *given = given
        items = None if items is None else list(items) or None
        pairs = None if pairs is None else list(pairs) or None
    except UnsupportedError:
        raise
    except Exception as error:
        raise UnsupportedError("", f"cannot be taken apart: {words_of(error)}.") from error
    if setter is not None:
        raise UnsupportedError("", f"a {type_name(cls)} sets its state by a function of its own.")
    if items and pairs:
        raise UnsupportedError("", f"a {type_name(cls)} is a list and a dict at once.")
    if function is not _NEWOBJ:
        return Parts("call", maker, Reduced(tuple(given), state, items, pairs))
    if not (given or items or pairs) and _are_attributes(maker, state):
        return Parts("object", maker, Reduced((), state))
    return Parts("new", maker, Reduced(tuple(given), state, items, pairs))


def _are_attributes(cls: type, state: Any) -> bool:
    """Whether a state is a dict like attributes, none of which covers a method.

    Whether they are attributes, or what ``__setstate__`` takes, the class decides when it is built.
    """
    if state is None:
        return True
    return (
        type(state) is dict
        and len(state) > 0
        and all(type(name) is str and name[:2] != "__" and is_text(name) for name in state)
        and methods_of(cls).isdisjoint(state)
    )
