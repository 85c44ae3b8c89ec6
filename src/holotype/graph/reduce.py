"""Taking objects apart by the protocol that pickle uses: their own word on what their state is."""

from __future__ import annotations

import copyreg
from functools import lru_cache
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.table import Reduced

__all__ = ["methods_of", "reduce_by_protocol", "type_name"]

_NEWOBJ = copyreg.__newobj__  # type: ignore[attr-defined]


def reduce_by_protocol(obj: Any, kind: str) -> Reduced:
    """Take an object apart by its own ``__reduce_ex__``, as pickle would."""
    cls: Any = type(obj)
    registered = copyreg.dispatch_table.get(cls)
    try:
        if kind == "object" and registered is None and _is_ordinary(cls):
            return Reduced((), _attributes(cls, obj.__getstate__()))
        reduced = obj.__reduce_ex__(4) if registered is None else registered(obj)
    except UnsupportedError:
        raise
    except Exception as error:
        raise UnsupportedError("", f"cannot be taken apart: {error}.") from error
    if not isinstance(reduced, tuple):
        raise UnsupportedError("", f"a {type_name(cls)} reduces to a global name.")
    function, args, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    if function is _NEWOBJ and args[0] is cls:
        args = args[1:]
    elif kind == "object" or function is not cls:
        # Whoever builds it calls the class: any other function might make something else.
        raise UnsupportedError("", f"a {type_name(cls)} reduces in a way that is not known.")
    for what, kinds in ((items, list), (pairs, dict)):
        if what is not None and not isinstance(obj, kinds):
            raise UnsupportedError("", f"a {type_name(cls)} has contents of a {kinds.__name__}.")
    if kind == "object":
        if args:
            raise UnsupportedError("", f"a {type_name(cls)} needs arguments to be created.")
        state = _attributes(cls, state)
    return Reduced(
        tuple(args),
        state,
        None if items is None else list(items),
        None if pairs is None else list(pairs),
    )


@lru_cache(maxsize=4096)
def _is_ordinary(cls: type) -> bool:
    """Whether ``__reduce_ex__`` would say no more than "a new one, with this ``__getstate__``"."""
    inherited: Any = object
    return (
        cls.__reduce_ex__ is inherited.__reduce_ex__
        and cls.__reduce__ is inherited.__reduce__
        and not issubclass(cls, (list, dict))
        and not hasattr(cls, "__getnewargs__")
        and not hasattr(cls, "__getnewargs_ex__")
    )


def _attributes(cls: type, state: Any) -> dict[str, Any] | None:
    """The attributes that a state stands for: of ``__dict__``, or of that and of slots."""
    match state:
        case None | dict():
            return state
        case (None | dict(), dict()):
            return {**(state[0] or {}), **state[1]}
    raise UnsupportedError("", f"a {type_name(cls)} keeps its state in a form of its own.")


@lru_cache(maxsize=4096)
def methods_of(cls: type) -> frozenset[str]:
    """Names that an object's own attribute would cover: methods, and what turns into one.

    A file that put something else in the place of a method that checks its arguments would take the
    check away from the compiled code behind it.
    """
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found.update(base.__dict__)
    return frozenset(name for name, value in found.items() if _is_method(value))


def _is_method(value: Any) -> bool:
    kind = type(value)
    return not hasattr(kind, "__set__") and (callable(value) or hasattr(kind, "__get__"))


def type_name(cls: type) -> str:
    """Module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"
