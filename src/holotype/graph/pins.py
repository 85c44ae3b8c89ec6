"""What a policy pins of code that an archive carries, and what pieces of code may not do together.

Rule: the digest covers the source *and* what its names are bound to, so the same text cannot be
made to call something else: not by what stands beside it in the file either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from holotype.code.compiling import claims
from holotype.code.definition import digest
from holotype.digest import canonical_json, sha256
from holotype.errors import BlueprintError
from holotype.graph.nodes import (
    BytesNode,
    CellNode,
    CodeNode,
    InstanceNode,
    MemberNode,
    ModuleNode,
    NameNode,
    Node,
    ObjectNode,
    OpaqueNode,
    Ref,
)

__all__ = ["Pins", "check_cells", "check_owner", "check_spaces", "home_of", "opaque_digest"]

_MAX_BINDINGS = 32


def home_of(code: CodeNode) -> str:
    """The ``__name__`` of the globals; ``module`` is a label that decorators copy."""
    name = code.globals.get("__name__")
    return name if isinstance(name, str) else code.definition.module


def opaque_digest(node: OpaqueNode) -> str:
    """The digest of pickle bytes."""
    if isinstance(node.data, BytesNode):
        return node.data.data.digest
    return sha256(node.data.value)


class Pins:
    """The digests of the code in one blueprint."""

    def __init__(self, shared: list[Node]) -> None:
        self.shared = shared
        self.digests: dict[int, str] = {}  # of definitions, by id of their node

    def of(self, code: CodeNode) -> str:
        """What a policy pins."""
        methods = {
            name: [self._tags(given or ()), self._bound(named), self._bound(attributes)]
            for name, (given, named, attributes) in code.methods.items()
        }
        return sha256(
            canonical_json(
                {
                    "definition": self._digest(code),
                    "module": [code.definition.module, home_of(code)],
                    "submodules": code.submodules,
                    "cells": self._bound(code.cells),
                    "globals": self._bound(code.globals),
                    "defaults": self._tags(code.defaults or ()),
                    "kwdefaults": self._bound(code.kwdefaults),
                    "attributes": self._bound(code.attributes),
                    "methods": methods,
                }
            )
        )

    def _digest(self, code: CodeNode) -> str:
        if id(code) not in self.digests:
            self.digests[id(code)] = digest(code.definition)
        return self.digests[id(code)]

    def _tags(self, nodes: Iterable[Node]) -> list[Any]:
        return [self._tag(node, 0) for node in nodes]

    def _bound(self, names: dict[str, Node]) -> dict[str, Any]:
        return {name: self._tag(node, 0) for name, node in names.items()}

    def _tag(self, node: Node, depth: int) -> Any:
        """What something is bound to, as far as it decides what runs; values are data."""
        node = _target(node, self.shared)
        if depth > _MAX_BINDINGS:
            raise BlueprintError("code", "what a name stands for leads from one thing to another")
        match node:
            case ModuleNode():
                return f"module:{node.name}"
            case NameNode():
                return f"name:{node.entry.key}"
            case CodeNode():
                return f"code:{self._digest(node)}"
            case CellNode():
                return [self._tag(item, depth + 1) for item in node.content]
            case ObjectNode():
                return f"object:{node.entry.key}"
            case InstanceNode():
                return ["instance", self._tag(node.maker, depth + 1)]
            case MemberNode():
                return ["member", node.name, self._tag(node.owner, depth + 1)]
            case OpaqueNode():
                return f"opaque:{opaque_digest(node)}"
        return "data"


def _target(node: Node, shared: list[Node]) -> Node:
    return shared[node.index] if isinstance(node, Ref) else node


# -- what would get round the policy ---------------------------------------------------------------


def check_owner(node: InstanceNode | MemberNode, shared: list[Node]) -> None:
    """Demand that what makes an object, or has a member, asks for trust itself.

    By these forms nothing of the table may be called or looked up: there it goes unchecked.
    """
    if isinstance(node, InstanceNode):
        maker = _target(node.maker, shared)
        if isinstance(maker, CodeNode):
            good = node.how == "call" or maker.definition.kind == "class"
        else:
            good = isinstance(maker, OpaqueNode) or _is_member(maker)
    else:
        owner = _target(node.owner, shared)
        if isinstance(owner, (NameNode, ObjectNode)):
            good = owner.entry.foreign and (node.bound or isinstance(owner, NameNode))
        else:
            good = isinstance(owner, (CodeNode, OpaqueNode)) or _is_member(owner)
            good = good or (node.bound and isinstance(owner, InstanceNode))
    if not good:
        raise BlueprintError(node.path, "it is made by, or a part of, what cannot be that")


def _is_member(node: Node) -> bool:
    return isinstance(node, MemberNode) and not node.bound


def check_cells(codes: list[CodeNode], cells: list[CellNode], shared: list[Node]) -> None:
    """Demand that closure variables are cells, and that all ``cells`` are variables of code.

    A cell may hold a module, which the digest of the code covers; by itself nobody would be asked.
    """
    known: set[int] = set()
    for code in codes:
        for cell in code.cells.values():
            target = _target(cell, shared)
            if not isinstance(target, CellNode):
                raise BlueprintError(cell.path, "a closure variable is a cell")
            known.add(id(target))
    for each in cells:
        if id(each) not in known:
            raise BlueprintError(each.path, "a cell stands where no code closes over it")


def check_spaces(codes: list[CodeNode]) -> None:
    """Demand that nothing is put in the place of a builtin by what shares the same globals."""
    spaces: dict[int, list[CodeNode]] = {}
    for code in codes:
        spaces.setdefault(code.space, []).append(code)
    for group in spaces.values():
        bound = {name for code in group for name in code.globals} - {"__name__"}
        for code in group:
            others = bound - code.globals.keys()
            if others and not others.isdisjoint(_reads(code)):
                raise BlueprintError(code.path, "a name is bound by what shares its globals alone")


def _reads(code: CodeNode) -> frozenset[str]:
    names = claims(code.definition)
    return (names.reads - set(code.definition.free)) | names.declared
