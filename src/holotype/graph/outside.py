"""What is not of the table becomes nodes: by name, as source with captured values, or as pickle.

Each of these asks its reader for more trust than the one before, so the least is taken that holds
the object exactly; and none is taken above the level that the caller allows (SPEC 3.8).
"""

from __future__ import annotations

import platform
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

from holotype.digest import is_text
from holotype.errors import UnsupportedError
from holotype.graph.foreign import (
    Parts,
    foreign_key,
    is_module,
    is_standard,
    method_of,
    take_apart,
)
from holotype.graph.reduce import type_name
from holotype.graph.table import Table
from holotype.trust.levels import Level

if TYPE_CHECKING:
    from holotype.code.definition import Captured

__all__ = ["Outside", "Saving"]

Node = Any
_FUNCTION = types.FunctionType
_CALLABLE = (type, _FUNCTION, types.BuiltinFunctionType)
_CACHE = "__slotnames__"  # which copyreg leaves on classes whose objects were taken apart
_APART = 1 << 20  # deeper than nodes nest: what is met there goes to the shared table


class Saving(NamedTuple):
    """What may be written: up to which level, and which packages' code goes along as source."""

    max_level: Level = Level.CODE
    embed: frozenset[str] = frozenset()


class Walk(Protocol):
    """The encoder, as far as it is needed here."""

    keys: set[str]
    """What the blueprint names of libraries."""
    depth: int
    making: set[int]
    """Ids of tuples and objects whose parts are being written, which must be there first."""

    def child(self, obj: Any, segment: str) -> Node: ...
    def once(self, obj: Any) -> Node: ...
    def path(self) -> str: ...
    def keep(self, obj: Any) -> None: ...
    def contents(self, node: dict[str, Any], obj: Any, items: Any, pairs: Any) -> None: ...


class Outside:
    """Writes the nodes of one model for what its table does not know."""

    def __init__(self, walk: Walk, table: Table, saving: Saving) -> None:
        self.walk = walk
        self.table = table
        self.saving = saving
        self.level = Level.DATA
        self.spaces: dict[int, int] = {}  # which functions shared their module's names
        self.cells: set[int] = set()  # ids of the closure variables of code

    def node(self, obj: Any) -> Node:
        """The node of an object, class or function that the table does not know."""
        if isinstance(obj, types.MethodType):
            return self._bound(obj)
        if isinstance(obj, types.CellType):
            if id(obj) not in self.cells:
                raise UnsupportedError(self.walk.path(), "a closure variable stands by itself.")
            return self.walk.once(obj)
        if isinstance(obj, types.ModuleType):
            raise UnsupportedError(
                self.walk.path(),
                f"the module {obj.__name__} stands where no code names it.",
                "Use it in the function itself.",
            )
        if isinstance(obj, _CALLABLE):
            key = self._key(obj)
            if key is not None:
                self._allow(Level.NAMED, obj)
                self.walk.keys.add(key)
                return {"name": key}
            if isinstance(obj, types.BuiltinFunctionType):
                self._refuse(obj)
            member = self._member(obj)
            if member is not None:
                return member
            return self._apart_where_made(obj)
        # An object of a class that is found by name is written as one of the table's is.
        named = self._key(type(obj)) is not None
        return self.walk.once(obj) if named else self._apart_where_made(obj)

    def _apart_where_made(self, obj: Any) -> Node:
        """What a tuple or a call is made of must be there before it is: this may lead back."""
        return self._apart(self.walk.once, obj) if self.walk.making else self.walk.once(obj)

    def _apart(self, write: Callable[..., Node], *given: Any) -> Node:
        """Write something as an element of the shared table, so that it may be filled later."""
        depth, self.walk.depth = self.walk.depth, _APART
        node = write(*given)
        self.walk.depth = depth
        return node

    def fill(self, obj: Any, node: dict[str, Any]) -> None:
        """Fill the node that was begun for an object; the first sight of it."""
        if isinstance(obj, types.CellType):
            self._fill_cell(obj, node)
            return
        try:
            if isinstance(obj, (type, _FUNCTION)):
                from holotype.code.capture import capture

                captured = capture(obj)
            else:
                parts = self._take_apart(obj)
        except UnsupportedError as error:
            if self.saving.max_level < Level.OPAQUE:
                self._refuse(obj, error)
            self._fill_opaque(obj, node)
            return
        if isinstance(obj, (type, _FUNCTION)):
            self._allow(Level.CODE, obj)
            self._fill_code(captured, node)
        else:
            self._fill_object(obj, parts, node)

    # -- by name -------------------------------------------------------------------------------

    def _key(self, obj: Any) -> str | None:
        module = getattr(obj, "__module__", None) or ""
        parts = module.split(".")
        if any(".".join(parts[:count]) in self.saving.embed for count in range(1, len(parts) + 1)):
            return None
        return foreign_key(obj)

    def _bound(self, obj: types.MethodType) -> Node:
        """A method of an object or class of the user's own, by its name."""
        owner, name = obj.__self__, obj.__func__.__name__
        cls = owner if isinstance(owner, type) else type(owner)
        if self.table.name_of(cls) is not None or method_of(owner, name) != obj:
            self._refuse(obj)
        self._allow(Level.NAMED, obj)
        return {"bound": name, "self": self._apart(self.walk.child, owner, "__self__")}

    def _member(self, obj: Any) -> Node | None:
        """What a class makes itself is found in that class."""
        from holotype.code.capture import owner_of

        owner = owner_of(obj)
        if owner is None:
            return None
        of = self._apart(self.walk.child, owner, "__class__")
        return {"member": obj.__name__, "of": of}

    def _take_apart(self, obj: Any) -> Parts:
        parts = take_apart(obj)
        maker = parts.maker
        known = not isinstance(maker, _CALLABLE) or self.table.name_of(maker) is not None
        if known or is_standard(maker.__module__ or "builtins"):
            raise UnsupportedError(
                "", f"a {type_name(type(obj))} is made by something that is not its own."
            )
        return parts

    def _fill_object(self, obj: Any, parts: Parts, node: dict[str, Any]) -> None:
        """An object of a class that has a name, or of one that is carried as source."""
        how, maker, reduced = parts
        self.walk.keep(reduced)
        key = self._key(maker)
        if key is None:
            node["instance"] = self._apart(self.walk.child, maker, "__class__")
            node["how"] = how
        else:
            self._allow(Level.NAMED, obj)
            self.walk.keys.add(key)
            node[how] = key
        child = self.walk.child
        if how == "object":
            state = reduced.state or {}
            if state:
                node["state"] = {name: child(state[name], name) for name in sorted(state)}
            return
        self.walk.making.add(id(obj))
        node["args"] = self._listed(reduced.args, "args")
        self.walk.making.discard(id(obj))
        if reduced.state is not None:
            node["state"] = child(reduced.state, "state")
        self.walk.contents(node, obj, reduced.items, reduced.pairs)

    # -- as source -----------------------------------------------------------------------------

    def _fill_code(self, captured: Captured, node: dict[str, Any]) -> None:
        self.walk.keep(captured)
        self.cells.update(map(id, captured.cells.values()))
        for text in (captured.name, captured.qualname, captured.module):
            self._text(text)
        node["code"] = captured.source
        node["kind"] = captured.kind
        node["name"] = captured.name
        node["qualname"] = captured.qualname
        node["module"] = captured.module
        node["scope"] = captured.scope
        node["space"] = self.spaces.setdefault(id(captured.namespace), len(self.spaces))
        if captured.text_annotations:
            node["text_annotations"] = True
        if captured.submodules:
            node["submodules"] = sorted(self._module(each) for each in captured.submodules)
        cells = captured.cells
        node["cells"] = {name: self.walk.child(cells[name], name) for name in sorted(cells)}
        names = dict(captured.globals)
        home = captured.namespace.get("__name__")
        if type(home) is str and home != captured.module:  # a decorator has copied its label
            names["__name__"] = home
        node["globals"] = {name: self._binding(names[name], name) for name in sorted(names)}
        if captured.defaults is not None:
            node["defaults"] = self._listed(captured.defaults, "__defaults__")
        if captured.annotations:
            node["annotations"] = self._named(self._annotations(captured), "__annotations__")
        attributes = {
            name: value
            for name, value in captured.attributes.items()
            if name.rpartition(".")[2] != _CACHE
        }
        if captured.kwdefaults:
            node["kwdefaults"] = self._named(captured.kwdefaults, "__kwdefaults__")
        if attributes:
            node["attributes"] = self._named(attributes, "__attributes__")
        if captured.methods:
            node["methods"] = {
                name: {
                    "defaults": None
                    if method.defaults is None
                    else self._listed(method.defaults, name),
                    "kwdefaults": self._named(method.kwdefaults or {}, name),
                    "attributes": self._named(method.attributes, name),
                }
                for name, method in sorted(captured.methods.items())
            }

    def _named(self, values: Mapping[str, Any], segment: str) -> dict[str, Node]:
        return {
            self._text(name): self.walk.child(values[name], f"{segment}.{name}")
            for name in sorted(values)
        }

    def _text(self, name: str) -> str:
        if not is_text(name):
            raise UnsupportedError(self.walk.path(), f"the name {name!r} is not text.")
        return name

    def _annotations(self, captured: Captured) -> dict[str, Any]:
        """Annotations: as they are where the table knows them, else as their text.

        They are for people; ``list[int]`` is no reason to refuse a function, nor to ask for trust.
        """
        from holotype.code.capture import annotation_texts

        texts = annotation_texts(captured.source)
        return {
            name: value if self._is_plain(value) else texts.get(name, _named_type(value))
            for name, value in captured.annotations.items()
        }

    def _is_plain(self, value: Any) -> bool:
        return value is None or type(value) is str or self.table.name_of(value) is not None

    def _listed(self, items: Sequence[Any], segment: str) -> list[Node]:
        return [self.walk.child(item, f"{segment}[{i}]") for i, item in enumerate(items)]

    def _fill_cell(self, cell: types.CellType, node: dict[str, Any]) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # a variable that has no value yet
            node["cell"] = []
        else:
            node["cell"] = [self._binding(content, "cell")]

    def _binding(self, value: Any, name: str) -> Node:
        """What a name of the code stands for: here, and nowhere else, it may be a module."""
        if isinstance(value, types.ModuleType):
            return {"module": self._module(value)}
        return self.walk.child(value, name)

    def _module(self, module: types.ModuleType) -> str:
        name = module.__name__
        if sys.modules.get(name) is not module or not is_module(name):
            raise UnsupportedError(self.walk.path(), f"the module {name} is not found by its name.")
        self.walk.keys.add(name)
        return name

    # -- as pickle -----------------------------------------------------------------------------

    def _fill_opaque(self, obj: Any, node: dict[str, Any]) -> None:
        try:
            import cloudpickle
        except ImportError:
            raise UnsupportedError(
                self.walk.path(), "storing this needs cloudpickle.", "pip install cloudpickle"
            ) from None
        try:
            content = cloudpickle.dumps(obj, protocol=5)
        except Exception as error:
            raise UnsupportedError(
                self.walk.path(), f"not even cloudpickle can store it: {error}."
            ) from error
        self.level = Level.OPAQUE
        self.walk.keep(content)
        node["opaque"] = self.walk.child(content, "opaque")
        node["python"] = ".".join(platform.python_version_tuple()[:2])
        node["tool"] = f"cloudpickle {cloudpickle.__version__}"
        node["what"] = _named_type(obj)

    # -- refusals ------------------------------------------------------------------------------

    def _allow(self, level: Level, obj: Any) -> None:
        if level > self.saving.max_level:
            problem, _ = self.table.refusal(obj)
            raise UnsupportedError(
                self.walk.path(),
                f"{problem} Loading it asks for the trust level {level}.",
                f"Replace it, or allow that with max_level={str(level)!r}.",
            )
        self.level = max(self.level, level)

    def _refuse(self, obj: Any, error: UnsupportedError | None = None) -> NoReturn:
        problem, advice = self.table.refusal(obj)
        if error is not None:
            problem = f"{problem} {error.problem[:1].upper()}{error.problem[1:]}"
            advice = f"{error.advice or advice} Or keep its pickle bytes: max_level='opaque'."
        raise UnsupportedError(self.walk.path(), problem, advice) from None


def _named_type(obj: Any) -> str:
    """The name of a class, or of that of an object; and no address, as its text may have."""
    return type_name(obj if isinstance(obj, type) else type(obj))
