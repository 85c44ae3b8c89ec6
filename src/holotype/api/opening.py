"""load: an archive becomes a live model again."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from holotype.api.common import Openable, collector_paused
from holotype.api.sources import Stored, open_source
from holotype.archive.reader import ArchiveReader
from holotype.errors import FormatError
from holotype.restore.ladder import Check, Climb, Restoring, Wish, climb
from holotype.restore.native import checked_blueprint
from holotype.trust.levels import Level
from holotype.trust.policy import Policy, PolicySource, policy_of

__all__ = ["load", "loads", "restored", "vouched", "wheels"]


_CONTAINER = "2."  # clauses of the SPEC about the container
_HINT = (
    "Is it a file of pickle, joblib, torch, skops or NumPy? holotype.convert makes an archive of "
    "it, and holotype.scan says what it would run."
)


def load(
    file: Openable,
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
    """Open an archive and return its model; runs no code that was not trusted before.

    A model of *data* needs no trust. For another, the error lists everything that is missing, and
    the ``trust`` that would allow it. A model that does not predict what it predicted when it was
    saved is refused.

    Args:
        file: a path, a binary file object, or the archive's bytes.
        mmap: map the arrays instead of reading them: memory is shared between processes until an
            array is written to. The file must not be changed while the model is in use.
        verify: hash every byte of the arrays before use. ``False`` skips that, and only that.
        trust: what may be built beside data: names of packages (``"mypackage"``), and digests of
            code (``"code:sha256:…"``) or of pickle bytes (``"opaque:sha256:…"``) in the file.
        policy: instead of the policy in the user's configuration file, to which ``trust`` is added:
            a :class:`Policy`, or the path of a file. It says whose seals count, and may demand one.
        check: compare the model's answers with its golden predictions. ``"auto"``: unless asking it
            might take very long, with a ProbeWarning that says so.
        restore: the rung of the ladder. ``"native"``: an object of the installed libraries, moved
            to their versions by upgrade rules. ``"portable"``: evaluated with NumPy alone.
            ``"isolated"``: asked in its own environment, rebuilt as it was recorded. ``"auto"``:
            the first of these that answers the golden predictions. By default the same, except
            that no environment is built for it, and a RestoreWarning tells of any but the native
            one. What was done stands in ``model.__holotype__``.
        wheels: a folder that :func:`wheels` filled, to build an environment from without an index.
        name: what the archive must be sealed as, by a signer of the policy.
        version: which version of that name.
        keys: ids of keys or public keys in PEM, one of which must have sealed the archive, whatever
            the policy's signers are.

    Raises:
        ProbeError: the model does not predict what it predicted; names the rows and versions.
        ArchiveError: the file is damaged, was changed, or is no archive.
        UntrustedError: it asks for a type that is not in the table, or for more trust.
        BlueprintError: its object graph or the contents of its objects are unsafe.
        SealError: its seals are wrong, or not those that the policy, ``name`` or ``keys`` demand.
        PolicyError: ``trust``, ``policy`` or the configuration file is none.
        MissingLibraryError: a library that the model needs is not installed.
        RestoreError: no rung can bring the model back; names what each would need.
    """
    return restored(
        file,
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


def restored(
    file: Openable,
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
) -> Climb:
    """What :func:`load` does, and how: the model with every rung that was tried for it."""
    granted = Policy.of(trust)
    asked = policy_of(policy, keys)
    demanded = (name, version) != (None, None)
    if not demanded and isinstance(file, Stored):
        name, version = file.version.name, file.version.version
    wish = Wish(
        restore=restore,
        mmap=mmap,
        verify=verify,
        trust=granted,
        policy=asked,
        check=check,
        wheels=None if wheels is None else os.fspath(wheels),
    )
    try:
        with open_source(file) as reader, collector_paused():
            more = vouched(reader, granted | asked, name=name, version=version, demanded=demanded)
            return climb(reader, replace(wish, trust=granted | more))
    except FormatError as error:
        if error.clause.startswith(_CONTAINER):
            error.add_note(_HINT)
        raise


def vouched(
    reader: ArchiveReader,
    policy: Policy,
    *,
    name: str | None = None,
    version: str | None = None,
    demanded: bool = True,
) -> Policy:
    """What the seals of an open archive allow of what its model asks for.

    Raises SealError where they do not meet the demands of the policy, or of the caller.
    """
    asked = demanded and (name, version) != (None, None)
    if not (reader.seals() or policy.seals or asked):
        return Policy()
    from holotype.signing.proof import prove

    level = prove(reader, policy, name=name, version=version, demanded=demanded).level
    if level is Level.DATA:
        return Policy()
    return policy.vouched(checked_blueprint(reader).trust, level)


def loads(
    data: bytes,
    *,
    trust: Iterable[str] = (),
    policy: PolicySource = None,
    check: Check = "auto",
    restore: Restoring = None,
    wheels: str | os.PathLike[str] | None = None,
    name: str | None = None,
    version: str | None = None,
    keys: Iterable[str] = (),
) -> Any:
    """The model of an archive given as bytes; see :func:`load`."""
    return load(
        data,
        trust=trust,
        policy=policy,
        check=check,
        restore=restore,
        wheels=wheels,
        name=name,
        version=version,
        keys=keys,
    )


def wheels(
    file: Openable,
    folder: str | os.PathLike[str],
    *,
    trust: Iterable[str] = (),
    policy: PolicySource = None,
) -> Path:
    """Keep the wheels of an archive's environment, so that no index is needed to rebuild it.

    Returns the folder in ``folder`` that holds them, which is named by the environment's digest:
    models of one environment share it.

    Args:
        file: a path, a binary file object, or the archive's bytes.
        folder: where to. Wheels of your own packages are taken from it.
        trust: as for :func:`load`: your own packages are kept only where they are trusted.
        policy: as for :func:`load`.

    Raises:
        IsolationError: the wheels cannot be had.
    """
    from holotype.restore.isolated import wheels as keep

    with open_source(file) as reader:
        return keep(reader, folder, trust=Policy.of(trust), policy=policy_of(policy))
