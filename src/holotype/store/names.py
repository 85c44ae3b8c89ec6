"""Names of models, version numbers and tags, and what a person may write for one of them.

Version numbers are those of semver.org 2.0.0. Rule: no name, number or tag has two spellings, and
each is a safe part of a key.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from holotype.errors import StoreError

__all__ = [
    "LATEST",
    "Number",
    "Spec",
    "check_free",
    "check_name",
    "check_tag",
    "parse_number",
    "parse_spec",
]

LATEST = "latest"
"""The tag of the highest version, which nobody sets."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NUMBER = re.compile(
    r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    r"(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
)
_MAX_NUMBER = 100  # characters
_MAX_NAME = 300


class Number(NamedTuple):
    """A version number: semver.org, without build metadata, which does not order."""

    major: int
    minor: int
    patch: int
    pre: str = ""

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        return f"{text}-{self.pre}" if self.pre else text

    @property
    def order(self) -> tuple[object, ...]:
        """What sorts as semver.org says (clause 11): a pre-release comes before its version."""
        pre = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in self.pre.split("."))
        return (self.major, self.minor, self.patch, not self.pre, pre if self.pre else ())

    def next_patch(self) -> Number:
        """One patch step on; of a pre-release, the version that it leads to."""
        return Number(self.major, self.minor, self.patch + (not self.pre))


class Spec(NamedTuple):
    """What a person asks for: a name with a version, a tag or nothing (the latest), or a digest."""

    name: str
    version: Number | None = None
    tag: str = LATEST
    digest: str = ""


def check_name(name: str) -> str:
    """The name of a model: letters, digits and ``. _ -``; up to four levels with ``/`` between.

    A lower level is no version number and does not end in ``.json``: records have such keys.
    """
    below = name.split("/")[1:]
    taken = any(level.endswith(".json") or _NUMBER.fullmatch(level) for level in below)
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name) or taken:
        raise StoreError(
            f"{name!a} is no name of a model: letters, digits and . _ - are, and / between levels"
        )
    return name


def check_tag(tag: str) -> str:
    """A tag: begins with a letter, so that it is no version number."""
    if not _TAG.fullmatch(tag):
        raise StoreError(f"{tag!a} is no tag: a letter, then letters, digits and . _ -")
    return tag


def check_free(tag: str) -> str:
    """A tag that may be set: any but that of the highest version."""
    if check_tag(tag) == LATEST:
        raise StoreError(f"{LATEST} is always the highest version; nobody sets it")
    return tag


def parse_number(text: str) -> Number:
    """A version number such as ``1.4.0`` or ``2.0.0-rc.1``."""
    found = _NUMBER.fullmatch(text) if len(text) <= _MAX_NUMBER else None
    if found is None:
        raise StoreError(f"{text!a} is no version number: 1.4.0 is, and 2.0.0-rc.1")
    major, minor, patch, pre = found.groups()
    return Number(int(major), int(minor), int(patch), pre or "")


def parse_spec(text: str) -> Spec:
    """``churn``, ``churn@1.4.0``, ``churn@production``, ``churn@latest`` or ``sha256:…``."""
    if text.startswith("sha256:"):
        if not _DIGEST.fullmatch(text):
            raise StoreError(f"{text!a} is no digest: sha256: and 64 digits of 0-9 and a-f")
        return Spec("", digest=text)
    name, _, wanted = text.partition("@")
    check_name(name)
    if "@" not in text:
        return Spec(name)
    if wanted[:1].isdigit():
        return Spec(name, version=parse_number(wanted))
    return Spec(name, tag=check_tag(wanted))
