"""What a bill of materials lists, in the words of neither standard."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from holotype.archive.manifest import Manifest
from holotype.archive.reader import ArchiveReader
from holotype.errors import FormatError, LimitError, UntrustedError
from holotype.graph.parse import parse_blueprint
from holotype.trust.levels import level_of
from holotype.types.table import type_table

__all__ = ["Library", "Material", "licence_of", "material_of"]

_MAX_LISTED = 2000  # of any one thing: the standards' validators compare each with each
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,198}[a-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,99}")
_EXPRESSION = re.compile(r"[A-Za-z0-9.+() -]{1,1000}")


class Library(msgspec.Struct, frozen=True):
    """A distribution that the model needs. ``files`` is the digest of SPEC 5.8, where known."""

    name: str
    version: str
    files: str | None = None

    @property
    def purl(self) -> Any:
        """Its package URL; None where name or version are not those of a distribution."""
        from packageurl import PackageURL

        if _NAME.fullmatch(self.name) and _VERSION.fullmatch(self.version):
            return PackageURL("pypi", name=self.name, version=self.version)
        return None


class Material(msgspec.Struct, frozen=True):
    """One archive: its ``name``, ``id``, the SHA-256 of the ``file`` in hex, and what it needs.

    ``level`` is the trust that opening it asks for; None where types of it are not known.
    """

    name: str
    id: str
    file: str
    created: datetime
    manifest: Manifest
    libraries: list[Library]
    python: str | None
    level: str | None

    @property
    def uuid(self) -> uuid.UUID:
        """The same for the same archive, whatever its file is called."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"urn:holotype:{self.id}")

    def properties(self) -> Iterator[tuple[str, str]]:
        """(name, value) of what neither standard has a place for."""
        manifest, model = self.manifest, self.manifest.model
        yield "holotype:id", self.id
        yield "holotype:fingerprint", manifest.fingerprint
        yield "holotype:level", self.level or "unknown"
        yield "holotype:type", model.type
        yield "holotype:kind", model.kind
        yield "holotype:parameters", str(model.parameters)
        if manifest.author:
            yield "holotype:author", manifest.author
        about = manifest.about
        yield from (("holotype:contact", each) for each in (about.contacts if about else ()))
        yield from (("holotype:seed", f"{k}={_number(v)}") for k, v in manifest.seeds.items())
        yield from (
            ("holotype:hyperparameter", f"{name}={msgspec.json.encode(value).decode()}")
            for name, value in model.hyperparameters.items()
        )


def material_of(reader: ArchiveReader, name: str) -> Material:
    """Read what the bill of an open archive lists; LimitError where that is absurdly much."""
    manifest = reader.manifest
    level = None
    with suppress(UntrustedError):
        blueprint = parse_blueprint(reader.blueprint, type_table(), stored=reader.size)
        level = str(level_of(blueprint.trust))
    where = manifest.environment
    needed = {n: Library(n, v) for n, v in manifest.libraries.items() if n != "python"}
    if where is not None:
        needed |= {
            each.name: Library(each.name, each.version, each.files) for each in where.requirements
        }
    for what, count in (
        (
            "libraries, data sets and parents",
            len(needed) + len(manifest.data) + len(manifest.parents),
        ),
        ("metrics", len(manifest.metrics)),
        ("contacts", len(manifest.about.contacts) if manifest.about else 0),
        ("seeds", len(manifest.seeds)),
        ("hyper-parameters", len(manifest.model.hyperparameters)),
    ):
        if count > _MAX_LISTED:
            raise LimitError(f"the manifest lists {count} {what}, more than {_MAX_LISTED}")
    try:
        created = datetime.fromisoformat(manifest.created)
    except ValueError as error:
        raise FormatError(f"the time {manifest.created} is none: {error}", clause="5.2") from None
    return Material(
        name=name,
        id=reader.id,
        file=reader.digest().partition(":")[2],
        created=created,
        manifest=manifest,
        libraries=[needed[name] for name in sorted(needed)],
        python=manifest.libraries.get("python") or (where.python if where is not None else None),
        level=level,
    )


def licence_of(text: str) -> Any:
    """A parsed SPDX expression of known licences; None where ``text`` is none."""
    from license_expression import ExpressionError, get_spdx_licensing

    if _EXPRESSION.fullmatch(text) is None:
        return None
    try:
        return get_spdx_licensing().parse(text, validate=True, strict=True)
    except (ExpressionError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # of which boolean.py raises one or the other for what is no expression


def _number(value: int) -> str:
    return hex(value) if value.bit_length() > 1000 else str(value)
