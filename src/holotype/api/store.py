"""Store: many models and their versions, in a directory or in the cloud."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holotype.api.common import FILES
from holotype.api.opening import restored
from holotype.api.sources import Stored, open_source
from holotype.archive.reader import ArchiveReader
from holotype.restore.ladder import Check, Restoring
from holotype.store.names import check_free
from holotype.store.places.opening import open_place
from holotype.store.places.place import Place
from holotype.store.records import Note, Tag, Version
from holotype.store.shelf import Entry, Usage
from holotype.store.vault import Vault
from holotype.trust.policy import PolicySource

if TYPE_CHECKING:  # what only some methods need is imported there: loading is quick
    import numpy.typing as npt

    from holotype.api.sealing import Ask, Key, SealReceipt
    from holotype.signing.seals import Seal
    from holotype.store.collecting import Collected
    from holotype.store.copying import Copied
    from holotype.store.findings import Scrubbed

__all__ = ["Entry", "Note", "Store", "Tag", "Usage", "Version"]

Progress = Callable[[int, int], None]


_REPORT = "application/vnd.holotype.scrub+json"


class Store:
    """Models by name and version, each part of them kept once.

    Args:
        url: a directory, or ``s3://bucket/prefix``, ``gs://…``, ``az://…`` (extra
            ``holotype[cloud]``), or ``memory://name`` for the length of the process. By default
            ``$HOLOTYPE_STORE``, else a folder in the user's data directory.
        create: make it where there is nothing.
        config: options of the object storage, such as ``{"aws_endpoint": "http://…"}``; by default
            those of the environment (``AWS_…``, ``GOOGLE_…``, ``AZURE_…``).

    Raises:
        StoreError: it cannot be read, or is none.
    """

    def __init__(
        self,
        url: str | os.PathLike[str] | None = None,
        *,
        create: bool = True,
        config: Mapping[str, str] | None = None,
    ) -> None:
        self._vault = Vault(open_place(url, create=create, config=config))
        self._vault.open(create=create)

    @classmethod
    def over(cls, place: Place, *, create: bool = True) -> Store:
        """The store at a place of your own making; see :mod:`holotype.testing`."""
        store = cls.__new__(cls)
        store._vault = Vault(place)
        store._vault.open(create=create)
        return store

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
        seal: Key | None = None,
        progress: Progress | None = None,
        **said: Any,
    ) -> Version:
        """Store a model as a new version of ``name``; the version that it is already, if it is one.

        The number follows from what changed: a schema that breaks callers makes it major,
        architecture and hyper-parameters minor, what was learned patch. The same model is the same
        version; what its archive says otherwise is kept as a note, and so are seals.

        Args:
            name: letters, digits and ``. _ -``, with ``/`` between levels.
            model: any object that :func:`dump` takes, or an archive: its path, or its bytes.
            version: the number to give it: at least that which follows from what changed.
            tags: names for this version, such as ``production``; those that are taken move.
            message: what changed and why, in your words.
            level: how hard to look for what repeats: ``fast``, ``balanced`` or ``small``; ``none``
                stores arrays as they are, so that :meth:`load` can map them.
            seal: your private key, to seal it with; see :meth:`seal`.
            progress: is told how many bytes were done, and of how many.
            said: for a model, the further arguments of :func:`dump`, such as ``metrics``.

        Raises:
            UnsupportedError: a part of the model could not be restored exactly; names its path.
            ConflictError: the number is taken, or too small a step.
            StoreError: it could not be written; the store is as it was before.
        """
        from holotype.api.numbering import derived

        wanted = [check_free(tag) for tag in tags]
        with _archive_of(model, said) as (reader, trust_level):
            pushed = self._vault.push(
                name,
                reader,
                trust_level=trust_level,
                number=version,
                level=level,
                message=message,
                numbering=derived,
                progress=progress,
            )
        if seal is not None:
            self.seal(str(pushed), seal)
        for tag in wanted:
            self._vault.tag(str(pushed), tag)
        return pushed

    def load(
        self,
        spec: str,
        *,
        mmap: bool = False,
        verify: bool = True,
        trust: Iterable[str] = (),
        policy: PolicySource = None,
        check: Check = "auto",
        restore: Restoring = None,
        wheels: str | os.PathLike[str] | None = None,
        name: str | None = None,
        version: str | None = None,
        keys: Iterable[str] = (),
    ) -> Any:
        """The model of a version; arguments and errors are those of :func:`holotype.load`.

        Without ``name`` and ``version``, a seal that says another name or number than the store
        does not count.
        """
        found = self._vault.find(spec)
        return restored(
            Stored(self._vault, found),
            mmap=mmap,
            verify=verify,
            trust=trust,
            policy=policy,
            check=check,
            restore=restore,
            wheels=wheels,
            name=name,
            version=version,
            keys=keys,
        ).model

    def source(self, spec: str) -> Stored:
        """A version, for every function that takes an archive."""
        return Stored(self._vault, self._vault.find(spec))

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

    def gc(self, *, dry_run: bool = False, progress: Progress | None = None) -> Collected:
        """Delete what no version needs; safe at any time, whoever else is at work.

        With ``dry_run`` it only says what would go.
        """
        from holotype.store.collecting import collect

        return collect(self._vault, dry_run=dry_run, progress=progress)

    def scrub(
        self,
        *,
        deep: bool = False,
        source: Store | str | os.PathLike[str] | None = None,
        resume: bool = True,
        report: str | os.PathLike[str] | None = None,
        key: Key | None = None,
        progress: Progress | None = None,
    ) -> Scrubbed:
        """Compare every pack with its SHA-256, and look whether every version has what it needs.

        ``deep`` also decodes every block. What is damaged is mended from the store ``source``, as
        far as that has it. A scrub that was stopped goes on where it was, unless ``resume`` is
        false. ``report`` is a file for what was found, as canonical JSON; with a private ``key`` it
        is signed, in a DSSE envelope beside it whose name ends with ``.dsse.json``.
        """
        from holotype.store.mending import scrub

        other = source._vault if isinstance(source, Store) else source
        found = scrub(
            self._vault, deep=deep, from_=other, resume=resume, report=report, progress=progress
        )
        if report is not None and key is not None:
            _sign(report, key)
        return found

    def copy(
        self,
        target: Store | str | os.PathLike[str],
        spec: str | None = None,
        *,
        tags: bool = False,
        progress: Progress | None = None,
    ) -> Copied:
        """Copy versions to another store; only what it lacks travels.

        ``spec`` is one version (``churn@1.4.0``, ``churn@latest``), all of a model (``churn``), or
        by default the whole store. ``tags`` are set there as they are here.

        Raises:
            ConflictError: something else has the number there; nothing was written.
            DamagedStoreError: what was read here is not what was stored.
        """
        from holotype.store.copying import copy

        other = target if isinstance(target, Store) else Store(target)
        return copy(self._vault, spec, other._vault, tags=tags, progress=progress)

    def seal(self, spec: str, key: Key, *, ask: Ask | None = None) -> SealReceipt:
        """Seal a version: sign its id, and say by which name and version it is here.

        The seal is kept beside what was pushed, and is in every archive that is pulled from now on.
        Arguments and errors are those of :func:`holotype.seal`.
        """
        from holotype.api.sealing import SealReceipt, seal_of
        from holotype.archive.seals import seal_members
        from holotype.digest import sha256
        from holotype.signing.places import find_key

        version = self._vault.find(spec)
        signing = find_key(key, ask) if isinstance(key, (str, os.PathLike)) else key
        with self._vault.opened_version(version) as archive:
            made = seal_of(archive, signing, version.name, version.version, None)
            size = archive.size
        self._vault.add_seals(version, [made])
        (member,) = seal_members([made])
        return SealReceipt(
            version.id, sha256(signing.spki), version.name, version.version, member, size
        )

    def seals(self, spec: str | Version) -> Sequence[Seal]:
        """The seals of a version, as they say of themselves; :func:`holotype.verify` checks them.

        Raises:
            FormatError: something in the place of a seal is none.
        """
        from holotype.signing.seals import parse_seal

        version = self._vault.find(spec) if isinstance(spec, str) else spec
        return [parse_seal(seal, f"a seal of {version}") for seal in self._vault.seals(version)]

    def notes(self, spec: str | Version) -> Sequence[Note]:
        """What other archives of the same model said of a version when they were pushed."""
        return self._vault.notes(self._vault.find(spec) if isinstance(spec, str) else spec)

    def usage(self) -> Usage:
        """How many bytes the store takes, and how many full copies of its versions would."""
        return self._vault.usage()


@contextmanager
def _archive_of(model: Any, said: dict[str, Any]) -> Iterator[tuple[ArchiveReader, str]]:
    if isinstance(model, FILES):
        if said:
            raise TypeError(f"{', '.join(said)}: of an archive, nothing more can be said")
        from holotype.api.checking import verify

        report = verify(model)
        report.require()
        with open_source(model) as reader:
            reader.complete()
            yield reader, report.level
        return
    from holotype.api.saving import dump

    with tempfile.TemporaryFile() as file:
        receipt = dump(model, file, **said)
        file.seek(0)
        with open_source(file) as reader:
            yield reader, receipt.level


def _sign(report: str | os.PathLike[str], key: Key) -> None:
    """Write an envelope around a report beside it."""
    from holotype.archive.atomic import replacing, write_at
    from holotype.signing.dsse import enveloped
    from holotype.signing.places import find_key

    signing = find_key(key) if isinstance(key, (str, os.PathLike)) else key
    envelope = enveloped(_REPORT, Path(report).read_bytes(), signing.sign, signing.spki)
    with replacing(f"{os.path.realpath(os.fspath(report))}.dsse.json") as file:
        write_at(file, [envelope.to_json()], 0)
