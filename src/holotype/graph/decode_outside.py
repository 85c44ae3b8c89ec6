"""Nodes of what is not of the table become live: code, its objects, pickle bytes.

Rule: the caller's policy has allowed each of them before this module runs.
"""

from __future__ import annotations

import importlib
import platform
from collections.abc import Callable, Collection
from types import CellType, FunctionType
from typing import Any, Protocol

from holotype.code.definition import Method
from holotype.digest import data_digest
from holotype.errors import DigestError, HolotypeError, InvalidStateError, MissingLibraryError
from holotype.graph.foreign import member_of, method_of, set_state, words_of
from holotype.graph.nodes import (
    CellNode,
    CodeNode,
    DictNode,
    InstanceNode,
    MemberNode,
    ModuleNode,
    Node,
    OpaqueNode,
    Seq,
)
from holotype.graph.pins import home_of, opaque_digest
from holotype.graph.reduce import methods_of

__all__ = ["OutsideBuilder"]


class Builder(Protocol):
    """The decoder, as far as it is needed here."""

    def value(self, node: Node) -> Any: ...
    def seq(self, items: Seq) -> list[Any]: ...
    def keys(self, node: DictNode) -> Collection[Any]: ...


class OutsideBuilder:
    """Builds these nodes for one decoder."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.spaces: dict[int, dict[str, Any]] = {}
        self.cells: dict[int, dict[str, CellType]] = {}  # of each piece of code, by id of its node
        self.whole: dict[type, Callable[[Any], Any]] = {
            CodeNode: self._complete,
            CellNode: self._complete,
            InstanceNode: self._complete,
            ModuleNode: self._module,
            MemberNode: self._member,
            OpaqueNode: self._opaque,
        }

    def shell(self, node: Any) -> Any:
        """The object, as far as it can be made before what it refers to is there."""
        if type(node) is CellNode:
            return CellType()
        make = self._code if type(node) is CodeNode else self._made
        return self._guard(node.path, make, node)

    def fill(self, shell: Any, node: Any) -> None:
        """Complete what ``shell`` made."""
        if type(node) is CellNode:
            if node.content:
                shell.cell_contents = self.builder.value(node.content[0])
        elif type(node) is CodeNode:
            self._guard(node.path, self._fill_code, shell, node)
        else:
            self._guard(node.path, self._fill_instance, shell, node)

    def _complete(self, node: Any) -> Any:
        shell = self.shell(node)
        self.fill(shell, node)
        return shell

    def _guard(self, path: str, function: Callable[..., Any], *args: Any) -> Any:
        """Whatever the code that was trusted raises is reported with its place.

        That includes SystemExit: opening a file does not end the process.
        """
        try:
            return function(*args)
        except (HolotypeError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise InvalidStateError(path, f"it could not be built: {words_of(error)}") from error

    # -- code ----------------------------------------------------------------------------------

    def _code(self, node: CodeNode) -> Any:
        from holotype.code.build import make_class, make_namespace, shell_function

        space = self.spaces.setdefault(node.space, make_namespace(home_of(node)))
        cells = {name: self._cell(cell) for name, cell in node.cells.items()}
        self.cells[id(node)] = cells
        if node.definition.kind == "function":
            return shell_function(node.definition, space, cells, path=node.path)
        for name in node.submodules:
            self._imported(name)
        self._bind(node, space, node.eager)
        return make_class(node.definition, space, cells, path=node.path)

    def _cell(self, node: Node) -> CellType:
        cell: CellType = CellType() if type(node) is CellNode else self.builder.value(node)
        return cell

    def _bind(self, node: CodeNode, space: dict[str, Any], names: Collection[str]) -> None:
        """Give some of the names that the code uses their values."""
        value = self.builder.value
        for name in names:
            if name in node.globals:
                space[name] = value(node.globals[name])
            cell = node.cells.get(name)
            if type(cell) is CellNode and cell.content:
                self.cells[id(node)][name].cell_contents = value(cell.content[0])

    def _fill_code(self, shell: Any, node: CodeNode) -> None:
        from holotype.code.build import complete_class, fill_function

        for name in node.submodules:
            self._imported(name)
        self._bind(node, self.spaces[node.space], (node.globals | node.cells).keys() - node.eager)
        del self.cells[id(node)]
        attributes = self._values(node.attributes)
        if isinstance(shell, FunctionType):
            fill_function(
                shell,
                defaults=self._given(node.defaults),
                kwdefaults=self._values(node.kwdefaults) or None,
                annotations=self._values(node.annotations),
                attributes=attributes,
            )
            return
        methods = {
            name: Method(self._given(given), self._values(named) or None, self._values(more))
            for name, (given, named, more) in node.methods.items()
        }
        complete_class(shell, attributes=attributes, methods=methods, path=node.path)

    def _values(self, nodes: dict[str, Node]) -> dict[str, Any]:
        return {name: self.builder.value(node) for name, node in nodes.items()}

    def _given(self, nodes: tuple[Node, ...] | None) -> tuple[Any, ...] | None:
        return None if nodes is None else tuple(map(self.builder.value, nodes))

    def _module(self, node: ModuleNode) -> Any:
        return self._imported(node.name)

    def _imported(self, name: str) -> Any:
        try:
            return importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a module does when it is imported
            raise MissingLibraryError(
                f"the code in the file uses {name}, which cannot be imported: {words_of(error)}"
            ) from error

    # -- objects of such classes ---------------------------------------------------------------

    def _made(self, node: InstanceNode) -> Any:
        maker = self.builder.value(node.maker)
        args = [self.builder.value(arg) for arg in node.args]
        if node.how == "call":
            return maker(*args)
        if not isinstance(maker, type):
            raise TypeError("it is made by something that is not a class")
        return maker.__new__(maker, *args)

    def _fill_instance(self, shell: Any, node: InstanceNode) -> None:
        if node.how == "object":
            cls: Any = type(shell)
            covered = methods_of(cls) & node.state.keys()
            if covered:
                raise TypeError(f"{min(covered)} is a method, and no attribute")
            if node.state:
                set_state(shell, self._values(node.state))
            return
        if node.state is not None:
            set_state(shell, self.builder.value(node.state))
        if node.items is not None:
            shell.extend(self.builder.seq(node.items))
        if node.pairs is not None:
            values = self.builder.seq(node.pairs.values)
            for key, item in zip(self.builder.keys(node.pairs), values, strict=True):
                shell[key] = item

    def _member(self, node: MemberNode) -> Any:
        owner = self.builder.value(node.owner)
        found = (method_of if node.bound else member_of)(owner, node.name)
        if found is None:
            raise InvalidStateError(node.path, f"there is no method {node.name}")
        return found

    # -- pickle --------------------------------------------------------------------------------

    def _opaque(self, node: OpaqueNode) -> Any:
        here = ".".join(platform.python_version_tuple()[:2])
        if node.python != here:
            raise MissingLibraryError(
                f"{node.what[:80]} is kept as pickle bytes, which only Python {node.python[:9]} "
                f"reads; this is {here}. Open the file there, and save it with its source at hand"
            )
        import pickle

        data = self.builder.value(node.data)
        if data_digest(data) != opaque_digest(node):  # whether or not the arrays were verified
            raise DigestError("the pickle bytes are not those that were trusted", clause="3.15")
        return self._guard(node.path, pickle.loads, data)
