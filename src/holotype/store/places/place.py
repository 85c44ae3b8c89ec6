"""What a store asks of the place where its bytes are kept: few operations, each all or nothing.

A place maps keys to immutable bytes, or to small ones that are replaced whole. Rules that every
place keeps, and `holotype.testing.PlaceSuite` checks: what was written is durable when ``write``
returns; nobody ever sees half of it; of any number of writers that write only if absent, just one
succeeds; a key that was written is listed and read at once, by everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from holotype.errors import StoreError

__all__ = ["ABSENT", "Condition", "Found", "Place", "checked"]

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*")
_MAX_KEY = 512


class Found(NamedTuple):
    """A key and what is under it: bytes, time by the place's clock, and a tag of the content."""

    key: str
    size: int
    modified: datetime
    tag: str


class _Absent:
    """Write only if nothing is there."""


ABSENT = _Absent()
Condition = _Absent | Found | None
"""Write if nothing is there, or if it is still what was found, or whatever is there."""


class Place(Protocol):
    """Bytes by key. Errors of the system leave as StoreError, with the key and what to do next.

    What is cached of one place is told from that of others by its ``url``, or by ``origin`` if it
    has one: a text for places whose addresses are not all that says where they lead.
    """

    @property
    def url(self) -> str:
        """What a person may give to open this place again; holds no secret."""

    @property
    def local(self) -> bool:
        """Whether reading costs no round trip: what is read need not be gathered or cached."""

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
        """``size`` bytes from ``start`` on, or all. NotInStoreError, or StoreError if too short."""

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        """Fill ``target`` with the bytes from ``start`` on."""

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        """The same bytes mapped, private and writable; None where this place cannot map."""

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        """Write all of ``data`` (a file object: from its position on), durable when this returns.

        ConflictError where the condition does not hold.
        """

    def find(self, key: str) -> Found | None:
        """What is under a key, or None."""

    def list(self, prefix: str) -> Iterator[Found]:
        """All keys that begin with ``prefix``, which is empty or ends with /; in no order."""

    def delete(self, key: str) -> None:
        """Remove a key; nothing happens where there is none."""

    def now(self) -> datetime:
        """The time by the clock that ``modified`` is of."""


def checked(key: str) -> str:
    """``key``, if it is one: printable, relative, without dots that lead elsewhere."""
    if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
        raise StoreError(f"{key!a} is no key of a store")
    return key
