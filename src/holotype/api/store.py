"""Store: many models and their versions, in a directory or in the cloud."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt

from holotype.api.checking import verify
from holotype.api.common import FILES, collector_paused
from holotype.api.saving import dump
from holotype.archive.reader import ArchiveReader, open_archive
from holotype.restore.ladder import Check, Restoring, Wish, climb
from holotype.store.records import Tag, Version
from holotype.store.shelf import Entry, Usage
from holotype.store.vault import Vault
from holotype.trust.policy import Policy

__all__ = ["Entry", "Store", "Tag", "Usage", "Version"]

Progress = Callable[[int, int], None]


class Store:
    """Models by name and version, each part of them kept once.

    Args:
        url: a directory, or ``s3://bucket/prefix``, ``gs://…``, ``az://…`` (extra
            ``holotype[cloud]``), or ``memory://name`` for the length of the process. By default
            ``$HOLOTYPE_STORE``, else a folder in the user's data directory.
        create: make it where there is nothing.

    Raises:
        StoreError: it cannot be read, or is none.
    """

    def __init__(self, url: str | os.PathLike[str] | None = None, *, create: bool = True) -> None:
        self._vault = Vault.at(url, create=create)

    @property
    def url(self) -> str:
        """The address of the store."""
        return self._vault.place.url

    def push(
        self,
        name: str,
        model: Any,
        *,
        version: str | None = None,
        tags: Iterable[str] = (),
        message: str | None = None,
        level: str = "balanced",
        progress: Progress | None = None,
        **said: Any,
    ) -> Version:
        """Store a model, or an archive given by its path, as a new version of ``name``."""
        with _archive_of(model, said) as (reader, trust_level):
            pushed = self._vault.push(
                name,
                reader,
                trust_level=trust_level,
                number=version,
                level=level,
                message=message,
                progress=progress,
            )
        for tag in tags:
            self._vault.tag(str(pushed), tag)
        return pushed

    def load(
        self,
        spec: str,
        *,
        mmap: bool = False,
        verify: bool = True,
        trust: Iterable[str] = (),
        policy: Policy | None = None,
        check: Check = "auto",
        restore: Restoring = None,
        wheels: str | os.PathLike[str] | None = None,
    ) -> Any:
        """The model of a version; arguments and errors are those of :func:`holotype.load`."""
        wish = Wish(
            restore=restore,
            mmap=mmap,
            verify=verify,
            trust=Policy.of(trust),
            policy=policy,
            check=check,
            wheels=None if wheels is None else os.fspath(wheels),
        )
        with self._vault.opened(spec) as reader, collector_paused():
            return climb(reader, wish).model

    def pull(
        self, spec: str, target: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> Version:
        """Write the archive of a version to a file: byte by byte what was pushed."""
        version = self._vault.find(spec)
        self._vault.pull(version, target, progress)
        return version

    def array(self, spec: str, name: str) -> npt.NDArray[Any]:
        """One array of a version, by its name in the archive; reads only its bytes."""
        return self._vault.array(self._vault.find(spec), name)

    def find(self, spec: str) -> Version:
        """What is meant: ``churn`` (the latest), ``churn@1.4.0``, ``churn@production``, an id."""
        return self._vault.find(spec)

    def list(self) -> Sequence[Entry]:
        """All models."""
        return self._vault.entries()

    def log(self, name: str | None = None, *, removed: bool = False) -> Sequence[Version]:
        """The versions of a model, or of all, by ascending number."""
        return self._vault.versions(name, removed=removed)

    def tags(self, name: str | None = None) -> Sequence[Tag]:
        """The tags of a model, or of all."""
        return self._vault.tags(name)

    def tag(self, spec: str, tag: str) -> Tag:
        """Give a version a tag, such as ``production``; a tag that is taken moves."""
        return self._vault.tag(spec, tag)

    def untag(self, name: str, tag: str) -> None:
        """Take a tag away; the version stays."""
        self._vault.untag(name, tag)

    def remove(self, spec: str, *, why: str | None = None) -> Version:
        """Take a version out. Its number is never used again; :meth:`gc` frees the space."""
        return self._vault.remove(spec, why=why)

    def usage(self) -> Usage:
        """How many bytes the store takes, and how many full copies of its versions would."""
        return self._vault.usage()


@contextmanager
def _archive_of(model: Any, said: dict[str, Any]) -> Iterator[tuple[ArchiveReader, str]]:
    if isinstance(model, FILES) and not said:
        report = verify(model)
        report.require()
        with open_archive(model) as reader:
            yield reader, report.level
        return
    with tempfile.TemporaryFile() as file:
        receipt = dump(model, file, **said)
        file.seek(0)
        with open_archive(file) as reader:
            yield reader, receipt.level
