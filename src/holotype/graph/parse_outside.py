"""The forms of what is not of the table become nodes (SPEC 3.11-3.15), and what they ask of trust.

Rule: nothing is compiled, imported or unpickled here, and a form stands only where a writer puts
it: what could be reached by one without asking for trust is refused, whatever the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from holotype.code.definition import Definition
from holotype.digest import canonical_json
from holotype.errors import BlueprintError
from holotype.graph.atoms import exactly, within
from holotype.graph.foreign import is_module, package_of
from holotype.graph.nodes import (
    BytesNode,
    CellNode,
    CodeNode,
    DictNode,
    InstanceNode,
    MemberNode,
    ModuleNode,
    Node,
    OpaqueNode,
    Seq,
    ValueNode,
)
from holotype.graph.pins import (
    Pins,
    check_cells,
    check_owner,
    check_spaces,
    home_of,
    opaque_digest,
)
from holotype.trust.levels import Level, Need

__all__ = ["OutsideForms"]

_HOWS = ("object", "new", "call")
_ABSENT = object()
_CODE = {"code", "kind", "name", "qualname", "module", "scope", "space", "cells", "globals"}
_MORE = {
    "function": {
        "text_annotations",
        "submodules",
        "defaults",
        "kwdefaults",
        "annotations",
        "attributes",
    },
    "class": {"text_annotations", "submodules", "attributes", "methods"},
}


class Parser(Protocol):
    """The parser, as far as it is needed here."""

    strict: int
    depth: int
    needs: list[int]
    making: int

    def node(self, value: Any, path: str) -> Node: ...
    def seq(self, value: Any, path: str) -> Seq: ...
    def pairs(self, content: Any, path: str) -> DictNode: ...


class OutsideForms:
    """Reads these forms for one parser, and remembers what must be trusted."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.forms: dict[str, Callable[[dict[str, Any], str], Node]] = {
            "code": self._code,
            "cell": self._cell_apart,
            "instance": self._instance,
            "member": self._member,
            "bound": self._member,
            "opaque": self._opaque,
        }
        self.named: dict[str, str] = {}  # foreign keys and where they stand first
        self.codes: list[CodeNode] = []
        self.opaque: list[OpaqueNode] = []
        self.cells: list[CellNode] = []  # those that stand by themselves
        self.owned: list[InstanceNode | MemberNode] = []
        self.spaces: dict[tuple[int, str], bytes] = {}

    def trust(self, shared: list[Node]) -> tuple[list[Need], list[tuple[CodeNode, str]]]:
        """What must be trusted, and the digest of each piece of code."""
        check_cells(self.codes, self.cells, shared)
        for node in self.owned:
            check_owner(node, shared)
        check_spaces(self.codes)
        needs = [
            Need(Level.NAMED, key, package_of(key).partition(".")[0], path)
            for key, path in self.named.items()
        ]
        pins = Pins(shared)
        codes = [(code, pins.of(code)) for code in self.codes]
        for code, pin in codes:
            what = f"the {code.definition.kind} {_short(code.definition.qualname)}"
            needs.append(Need(Level.CODE, what, f"code:{pin}", code.path))
        for island in self.opaque:
            what = f"pickle bytes of {_short(island.what)}"
            argument = f"opaque:{opaque_digest(island)}"
            needs.append(Need(Level.OPAQUE, what, argument, island.path))
        return needs, codes

    # -- code ----------------------------------------------------------------------------------

    def _code(self, value: dict[str, Any], path: str) -> Node:
        within(value, path, _CODE, _MORE.get(str(value.get("kind")), set()))
        definition = _definition(value, path)
        for name in value.keys() - _CODE - {"text_annotations", "defaults"}:
            if not value[name]:
                raise BlueprintError(path, f"{name} is left out where it is empty")
        names = _texts(value["globals"], f"{path}.globals")
        from holotype.code.build import check

        eager = check(definition, names, path=path)
        first = eager if definition.kind == "class" else frozenset()
        space = value["space"]
        if type(space) is not int or space < 0:
            raise BlueprintError(path, "space is a number")
        cells: dict[str, Node] = {}
        bound: dict[str, Node] = {}
        # What a class statement reads must be complete before it runs; all else may come later.
        self._bind(value, first, True, path, cells, bound)
        if self.parser.depth == 1:
            self.parser.making = len(self.parser.needs)
        self._bind(value, first, False, path, cells, bound)
        node = CodeNode(
            path=path,
            definition=definition,
            space=space,
            submodules=_submodules(value, path),
            cells=cells,
            globals=bound,
            eager=first,
            defaults=self._given(value.get("defaults", _ABSENT), f"{path}.__defaults__"),
            kwdefaults=self._named(value, "kwdefaults", path),
            annotations=self._named(value, "annotations", path),
            attributes=self._named(value, "attributes", path),
            methods=self._methods(value.get("methods", {}), path),
        )
        self.codes.append(node)
        self._same_everywhere(space, "", home_of(node), path)
        for name in names:
            self._same_everywhere(space, name, value["globals"][name], path)
        return node

    def _bind(
        self,
        value: dict[str, Any],
        first: frozenset[str],
        now: bool,
        path: str,
        cells: dict[str, Node],
        bound: dict[str, Node],
    ) -> None:
        """Read the cells and globals that come first, or the others."""
        strict = self.parser.strict
        self.parser.strict += now
        for name, item in value["cells"].items():
            here = f"{path}.{_short(name)}"
            # The cell itself must be there from the start; its content only where it is read.
            if isinstance(item, dict) and "ref" in item:
                if now:
                    self.parser.strict = strict + (name in first)
                    cells[name] = self.parser.node(item, here)
                    self.parser.strict = strict + now
            elif (name in first) is now:
                cells[name] = self._cell(item, here)
        for name, item in value["globals"].items():
            if (name in first) is now:
                bound[name] = self._binding(item, f"{path}.{_short(name)}")
        self.parser.strict = strict

    def _same_everywhere(self, space: int, name: str, item: Any, path: str) -> None:
        """Functions of one space share its names, so none may change what another's stand for."""
        written = canonical_json(_nameless(item))
        if self.spaces.setdefault((space, name), written) != written:
            what = _short(name) or "the module"
            raise BlueprintError(path, f"{what} is bound twice in one space of names")

    def _binding(self, value: Any, path: str) -> Node:
        if isinstance(value, dict) and "module" in value and "code" not in value:
            (name,) = exactly(value, path, "module")
            return ModuleNode(path, _module(name, path))
        return self.parser.node(value, path)

    def _cell_apart(self, value: dict[str, Any], path: str) -> Node:
        node = self._cell(value, path)
        self.cells.append(node)
        return node

    def _cell(self, value: Any, path: str) -> CellNode:
        if not isinstance(value, dict):
            raise BlueprintError(path, "a closure variable is a cell")
        (content,) = exactly(value, path, "cell")
        if not isinstance(content, list) or len(content) > 1:
            raise BlueprintError(path, "a cell holds one value or none")
        return CellNode(path, tuple(self._binding(item, path) for item in content))

    def _given(self, values: Any, path: str) -> tuple[Node, ...] | None:
        if values is _ABSENT:
            return None
        if not isinstance(values, list):
            raise BlueprintError(path, "defaults are a list")
        return tuple(self.parser.node(item, f"{path}[{i}]") for i, item in enumerate(values))

    def _named(self, value: dict[str, Any], member: str, path: str) -> dict[str, Node]:
        found = value.get(member, {})
        _texts(found, f"{path}.{member}")
        return {
            name: self.parser.node(item, f"{path}.{member}.{_short(name)}")
            for name, item in found.items()
        }

    def _methods(self, value: Any, path: str) -> dict[str, Any]:
        _texts(value, f"{path}.methods")
        result = {}
        for name, item in value.items():
            here = f"{path}.{_short(name)}"
            if not isinstance(item, dict):
                raise BlueprintError(here, "a method has defaults, kwdefaults and attributes")
            exactly(item, here, "defaults", "kwdefaults", "attributes")
            result[name] = (
                self._given(_ABSENT if item["defaults"] is None else item["defaults"], here),
                self._named(item, "kwdefaults", here),
                self._named(item, "attributes", here),
            )
        return result

    # -- objects of such classes ---------------------------------------------------------------

    def _instance(self, value: dict[str, Any], path: str) -> Node:
        how: Literal["object", "new", "call"] = value.get("how", "")
        parser = self.parser
        if how not in _HOWS:
            raise BlueprintError(path, "how an object is made is object, new or call")
        plain = how == "object"
        within(
            value,
            path,
            {"instance", "how"} | (set() if plain else {"args"}),
            {"state"} | (set() if plain else {"items", "pairs"}),
        )
        parser.strict += 1
        maker = parser.node(value["instance"], f"{path}.__class__")
        args = tuple(
            parser.node(item, f"{path}.args[{i}]")
            for i, item in enumerate(_list(value, "args", path))
        )
        if parser.depth == 1:
            parser.making = len(parser.needs)
        parser.strict -= plain
        state: Node = self._named(value, "state", path) if plain else None
        if not plain and "state" in value:
            state = parser.node(value["state"], f"{path}.state")
        parser.strict -= not plain
        items = parser.seq(value["items"], path) if "items" in value else None
        pairs = parser.pairs(value["pairs"], path) if "pairs" in value else None
        if plain and any(name[:2] == "__" for name in state):
            raise BlueprintError(path, "an attribute's name begins with two underscores")
        node = InstanceNode(path, maker, how, args, state, items, pairs)
        self.owned.append(node)
        return node

    def _member(self, value: dict[str, Any], path: str) -> Node:
        bound = "bound" in value
        name, owner = exactly(value, path, *(("bound", "self") if bound else ("member", "of")))
        if not isinstance(name, str) or not name.isidentifier():
            raise BlueprintError(path, "a member has a name")
        self.parser.strict += 1
        node = MemberNode(path, name, self.parser.node(owner, path), bound)
        self.parser.strict -= 1
        self.owned.append(node)
        return node

    def _opaque(self, value: dict[str, Any], path: str) -> Node:
        data, *texts = exactly(value, path, "opaque", "python", "tool", "what")
        if not all(isinstance(text, str) for text in texts):
            raise BlueprintError(path, "python, tool and what are text")
        content = self.parser.node(data, path)
        inline = isinstance(content, ValueNode) and type(content.value) is bytes
        if not inline and not isinstance(content, BytesNode):
            raise BlueprintError(path, "opaque is bytes")
        node = OpaqueNode(path, content, *texts)
        self.opaque.append(node)
        return node


def _definition(value: dict[str, Any], path: str) -> Definition:
    texts = {name: value[name] for name in ("kind", "name", "qualname", "module", "scope")}
    for name, text in {**texts, "code": value["code"]}.items():
        if not isinstance(text, str):
            raise BlueprintError(path, f"{name} is not text")
    if texts["kind"] not in ("function", "class"):
        raise BlueprintError(path, "kind is function or class")
    if value.get("text_annotations", True) is not True:
        raise BlueprintError(path, "text_annotations is true or absent")
    return Definition(
        **texts,
        source=value["code"],
        text_annotations="text_annotations" in value,
        free=_texts(value["cells"], f"{path}.cells"),
    )


def _texts(value: Any, path: str) -> tuple[str, ...]:
    """The sorted names of a JSON object."""
    if not isinstance(value, dict):
        raise BlueprintError(path, "an object of names was expected")
    return tuple(sorted(value))


def _short(name: str) -> str:
    """A name of the file's, for a path: what stands below would repeat it without end."""
    return name[:80]


def _nameless(item: Any) -> Any:
    """A node without the names of its arrays, whose digests tell them apart as well."""
    if isinstance(item, dict):
        return {name: "" if name == "array" else _nameless(each) for name, each in item.items()}
    return [_nameless(each) for each in item] if isinstance(item, list) else item


def _submodules(value: dict[str, Any], path: str) -> tuple[str, ...]:
    names = [_module(each, path) for each in _list(value, "submodules", path)]
    if names != sorted(set(names)):
        raise BlueprintError(path, "submodules are sorted")
    return tuple(names)


def _list(value: dict[str, Any], member: str, path: str) -> list[Any]:
    found = value.get(member, [])
    if not isinstance(found, list):
        raise BlueprintError(path, f"{member} is a list")
    return found


def _module(name: Any, path: str) -> str:
    if not isinstance(name, str) or not is_module(name):
        raise BlueprintError(path, "a module has a dotted name")
    return name
