"""show, card, bom and fingerprint: what an archive says, without building anything of it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec

from holotype.api.common import FILES, Openable, collector_paused, saving_of
from holotype.api.sources import open_source
from holotype.archive.manifest import Manifest
from holotype.archive.writer import fingerprint_of
from holotype.errors import UntrustedError
from holotype.graph.dtypes import parse_dtype
from holotype.graph.encode import encode
from holotype.graph.parse import read_json
from holotype.restore.native import checked_blueprint
from holotype.signing.seen import SealInfo, seen
from holotype.trust.levels import Need, level_of
from holotype.trust.policy import Policy
from holotype.types.table import type_table

__all__ = ["Archive", "ArrayInfo", "SealInfo", "SourceInfo", "bom", "card", "fingerprint", "show"]

_MAX_PATH = 400
_NAMES_OF_CODE = frozenset(
    {"cells", "globals", "kwdefaults", "annotations", "attributes", "methods"}
)


class ArrayInfo(msgspec.Struct, frozen=True):
    """One array of an archive; ``size`` in bytes. ``path`` is where the blueprint uses it."""

    name: str
    path: str
    dtype: str
    shape: tuple[int, ...]
    order: str
    size: int
    digest: str


class SourceInfo(msgspec.Struct, frozen=True):
    """A function or class that an archive carries as source, and the digest that trusts it."""

    name: str
    digest: str
    text: str


class Archive(msgspec.Struct, frozen=True):
    """What is in an archive, without its arrays having been read.

    ``blueprint`` is the parsed JSON of ``blueprint.json``; ``size`` is that of the file in bytes.
    ``needs`` is what a reader must trust to open it, and why; ``level`` the highest of these.
    ``sources`` is the code that it carries. Where a type is not even ``known``, these are empty.
    ``seals`` are those that it has, as they say themselves.
    """

    id: str
    fingerprint: str
    size: int
    manifest: Manifest
    blueprint: dict[str, Any]
    arrays: tuple[ArrayInfo, ...]
    needs: tuple[Need, ...] = ()
    sources: tuple[SourceInfo, ...] = ()
    known: bool = True
    seals: tuple[SealInfo, ...] = ()

    @property
    def level(self) -> str:
        """data, named, code or opaque."""
        return str(level_of(self.needs))


def show(file: Openable) -> Archive:
    """Look into an archive: manifest, blueprint, arrays. Imports no framework, builds nothing.

    Structure, manifest and blueprint are checked, but types that are not in the table are shown
    too; use :func:`verify` for them and for the arrays. Seals are shown whether they fit or not,
    with the signer's name where the configured policy knows the key; whether they count, which
    :func:`verify` says, is not asked.
    """
    with open_source(file) as reader, collector_paused():
        checked = None
        with suppress(UntrustedError):  # which comes last: all else is in order
            checked = checked_blueprint(reader)
        value = read_json(reader.blueprint, "blueprint.json")
        arrays: dict[str, ArrayInfo] = {}
        _collect_arrays(value, arrays)
        return Archive(
            reader.id,
            reader.manifest.fingerprint,
            reader.size,
            reader.manifest,
            value,
            tuple(arrays.values()),
            tuple(checked.trust) if checked else (),
            tuple(
                SourceInfo(code.definition.qualname, pin, code.definition.source)
                for code, pin in (checked.codes if checked else ())
            ),
            checked is not None,
            tuple(seen(reader, Policy.configured().seals)) if reader.sealed else (),
        )


def card(file: Openable, *, format: str = "markdown") -> str:  # noqa: A002 - the word for it
    """The model card of an archive; imports no framework, builds nothing.

    All text of the archive is escaped: the card of a file from anyone may be published.

    Args:
        file: a path, a binary file object, or the archive's bytes.
        format: ``"markdown"``, with the metadata block that the Hugging Face Hub reads, or
            ``"html"``: one page with plots, without scripts and without anything from elsewhere.

    Raises:
        ArchiveError, BlueprintError: what the card would show is damaged or unsafe.
    """
    from holotype.capsule.card import card_of

    with open_source(file) as reader, collector_paused():
        return card_of(reader, _name_of(file), format)


def bom(file: Openable, *, format: str = "cyclonedx") -> str:  # noqa: A002 - the word for it
    """The bill of materials of an archive, as JSON; imports no framework, builds nothing.

    The same archive gives the same bytes. Needs the extra ``holotype[bom]``.

    Args:
        file: a path, a binary file object, or the archive's bytes.
        format: ``"cyclonedx"``: an ML-BOM of CycloneDX 1.6; or ``"spdx"``: SPDX 2.3.

    Raises:
        MissingLibraryError: the libraries that write it are not installed.
        ArchiveError: the file is damaged or is no archive.
    """
    from holotype.capsule.bom import bom_of

    with open_source(file) as reader, collector_paused():
        return bom_of(reader, _name_of(file), format)


def fingerprint(model_or_file: Any, *, max_level: str = "code", embed: Iterable[str] = ()) -> str:
    """The fingerprint of a model, or of the archive at a path, in a file object or in bytes.

    Two models with equal fingerprints have the same types, hyper-parameters and arrays, bit by bit.
    ``max_level`` and ``embed`` are those of :func:`dump`: code that goes along as source counts as
    another thing than code that is found by its name.
    """
    if isinstance(model_or_file, FILES) or hasattr(model_or_file, "read"):
        with open_source(model_or_file) as reader:
            return reader.manifest.fingerprint
    with collector_paused():
        saving = saving_of(max_level, embed)
        return fingerprint_of(encode(model_or_file, type_table(), saving=saving))


def _name_of(file: Openable) -> str:
    """What to call an archive: the name of its file, where it has one."""
    path = file if isinstance(file, (str, os.PathLike)) else getattr(file, "name", None)
    if not isinstance(path, (str, os.PathLike)):
        return "model.holo"
    name = os.path.basename(os.fspath(path))
    return name.encode(errors="replace").decode()  # no bytes that are no text


def _collect_arrays(value: Any, found: dict[str, ArrayInfo]) -> None:
    """All arrays in the parsed JSON of a checked blueprint, in order, each name once."""
    waiting: list[tuple[Any, str, bool]] = [(value, "", False)]
    while waiting:
        node, path, attributes = waiting.pop()
        if isinstance(node, dict):
            if "array" in node and not attributes:
                if node["array"] not in found:
                    found[node["array"]] = _array_info(node, path)
                continue
            named = frozenset() if attributes else _by_name(node)
            waiting.extend(
                (child, _below(path, f".{name}"), name in named)
                for name, child in reversed(node.items())
            )
        elif isinstance(node, list):
            items = [(child, _below(path, f"[{i}]"), False) for i, child in enumerate(node)]
            waiting.extend(reversed(items))


def _by_name(node: dict[str, Any]) -> frozenset[str]:
    """Members of a node that hold nodes by names of the user's, which may be any."""
    if "code" in node or {"defaults", "kwdefaults"} <= node.keys():
        return _NAMES_OF_CODE
    by_name = "object" in node or "column" in node or node.get("how") == "object"
    return frozenset({"state"}) if by_name else frozenset()


def _below(path: str, part: str) -> str:
    """A path with one part more, cut where a hostile file makes it long."""
    longer = path + part
    return longer if len(longer) <= _MAX_PATH else f"…{longer[-_MAX_PATH // 2 :]}"


def _array_info(node: dict[str, Any], path: str) -> ArrayInfo:
    dtype = parse_dtype(node["dtype"], path)
    shape = tuple(node["shape"])
    size = math.prod(shape) * dtype.itemsize
    return ArrayInfo(
        node["array"], path.lstrip("."), str(dtype), shape, node["order"], size, node["digest"]
    )
