"""Every error that Holotype raises on purpose.

    HolotypeError
    ├── SaveError               the model could not be preserved; nothing was written
    │   └── UnsupportedError    a part could not be restored exactly (names the attribute)
    ├── ArchiveError            the file is not an archive that may be opened (cites the SPEC)
    │   ├── FormatError         its container or one of its parts breaks a rule of the format
    │   ├── DigestError         bytes are not the bytes that were hashed
    │   └── LimitError          it declares more than the loader's limits allow
    ├── LegacyError             an old model file could not be read (names opcode and offset)
    ├── BlueprintError          the object graph breaks a rule (names the dotted path)
    │   ├── UntrustedError      it asks for a type that is not in the table, or for trust
    │   └── InvalidStateError   the contents of a known type would be unsafe or meaningless
    │       └── BuildError      its library did not take contents that are sound
    ├── MissingLibraryError     a library the model needs is absent, or lacks the type
    ├── ProbeError              the model does not predict what it predicted (shows rows)
    ├── RestoreError            no way of bringing the model back is open (names each, and why)
    │   ├── UpgradeError        its meaning cannot be kept in the versions that are installed
    │   ├── NotCoveredError     a part has no portable evaluator (names all such parts)
    │   └── IsolationError      its environment could not be rebuilt, or its process failed
    ├── SealError               a seal is missing, or does not prove what the reader's policy asks
    │   ├── NotSealedError      there is none, or it was taken off
    │   ├── ForgedSealError     its signature is not that of the key that it names
    │   ├── MisplacedSealError  it is that of another archive, name or version
    │   ├── UnknownSignerError  the reader's policy does not know its key
    │   ├── ExpiredSealError    its key is not trusted at its time, or no more
    │   ├── RevokedSealError    its key, or the archive itself, was revoked
    │   ├── UnmetPinError       whose seal a name must have did not seal it
    │   ├── BundleError         an OpenSSF model signature is none, or is of other files
    │   └── SigningKeyError     a key could not be made, read, unlocked or used
    ├── StoreError              a store could not be read or written (names the place)
    │   ├── NotInStoreError     there is no such model, version or tag in it
    │   ├── ConflictError       the name or number is taken by something else
    │   └── DamagedStoreError   it has lost bytes, or has others than were stored
    └── PolicyError             the reader's own policy is not one

    VersionWarning (a UserWarning)   a library has another version than when the model was saved
    ProbeWarning (a UserWarning)     golden predictions were not compared, and why
    TrackWarning (a UserWarning)     a model that was fitted was not pushed, and why
    RestoreWarning (a UserWarning)   the model is not an object of the library that made it

Errors of other packages (zlib, msgspec, numpy) never leave ``load``, ``show`` or ``verify``.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ArchiveError",
    "BlueprintError",
    "BuildError",
    "BundleError",
    "ConflictError",
    "DamagedStoreError",
    "DigestError",
    "ExpiredSealError",
    "ForgedSealError",
    "FormatError",
    "HolotypeError",
    "InvalidStateError",
    "IsolationError",
    "LegacyError",
    "LimitError",
    "MisplacedSealError",
    "MissingLibraryError",
    "NotCoveredError",
    "NotInStoreError",
    "NotSealedError",
    "PolicyError",
    "ProbeError",
    "ProbeWarning",
    "RestoreError",
    "RestoreWarning",
    "RevokedSealError",
    "SaveError",
    "SealError",
    "SigningKeyError",
    "StoreError",
    "TrackWarning",
    "UnknownSignerError",
    "UnmetPinError",
    "UnsupportedError",
    "UntrustedError",
    "UpgradeError",
    "VersionWarning",
]


class HolotypeError(Exception):
    """Base of every error in this module; its text cannot steer a terminal, whatever it cites."""

    def __str__(self) -> str:
        text = super().__str__()
        return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


class SaveError(HolotypeError):
    """The model could not be preserved; the target is as it was before."""


class UnsupportedError(SaveError):
    """A part of the model could not be restored exactly, so nothing was written.

    ``path`` is where it stands, such as ``model.steps[1][1].func``.
    """

    def __init__(self, path: str, problem: str, advice: str = "") -> None:
        self.path = path
        self.problem = problem
        self.advice = advice
        super().__init__(f"{path}: {problem}" + (f" {advice}" if advice else ""))


class ArchiveError(HolotypeError):
    """The file is not an archive that may be opened.

    ``clause`` is the number of the SPEC.md clause that it breaks, such as ``"2.4"``, or empty.
    """

    def __init__(self, problem: str, *, clause: str = "") -> None:
        self.problem = problem
        self.clause = clause
        super().__init__(f"{problem} (SPEC {clause})" if clause else problem)


class FormatError(ArchiveError):
    """The container or one of its parts breaks a rule of the format."""


class DigestError(ArchiveError):
    """Bytes are not the bytes that were hashed when the archive was written."""


class LimitError(ArchiveError):
    """The archive declares more bytes, nodes or depth than the loader's limits allow."""


class LegacyError(HolotypeError):
    """An old model file could not be read, or not to its end.

    ``offset`` is where in bytes, or None; ``opcode`` is the pickle opcode that stands there, or
    empty.
    """

    def __init__(self, problem: str, *, offset: int | None = None, opcode: str = "") -> None:
        self.problem = problem
        self.offset = offset
        self.opcode = opcode
        where = "" if offset is None else f" at byte {offset}"
        what = f"{opcode}{where}" if opcode else where.strip()
        super().__init__(f"{what}: {problem}" if what else problem)


class BlueprintError(HolotypeError):
    """The object graph breaks a rule. ``path`` is dotted: ``root.state.coef_``."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class UntrustedError(BlueprintError):
    """The blueprint asks for what is not in the table and was not trusted either.

    ``missing`` lists what could be trusted (each with its ``argument`` for ``load(trust=[...])``);
    it is empty where a type is simply unknown.
    """

    def __init__(self, path: str, problem: str, missing: tuple[Any, ...] = ()) -> None:
        super().__init__(path, problem)
        self.missing = missing


class InvalidStateError(BlueprintError):
    """The contents of a known type would be unsafe or meaningless to its library."""


class BuildError(InvalidStateError):
    """The installed library did not take contents that are sound: it is of another version."""


class MissingLibraryError(HolotypeError):
    """A library that the model needs is not installed, or its version lacks the type."""


class ProbeError(HolotypeError):
    """The model does not predict what it predicted when it was saved.

    ``answers`` says for each method how far it is from that.
    """

    def __init__(self, problem: str, answers: tuple[Any, ...] = ()) -> None:
        super().__init__(problem)
        self.answers = answers


class RestoreError(HolotypeError):
    """No way of bringing the model back is open; the text names each that was tried, and why."""


class UpgradeError(RestoreError):
    """What an old version of a library meant cannot be said in the version that is installed.

    ``path`` is the type that it is about, or where it stands in the model.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}" if path else problem)


class NotCoveredError(RestoreError):
    """Parts of the model have no portable evaluator; ``parts`` are their places and types."""

    def __init__(self, problem: str, parts: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(problem)
        self.parts = parts


class IsolationError(RestoreError):
    """The recorded environment could not be rebuilt, or the process in it failed."""


class SealError(HolotypeError):
    """A seal is missing, or does not prove what the reader's policy asks for."""


class NotSealedError(SealError):
    """An archive has no seal where the policy asks for one: it never had, or it was taken off."""


class ForgedSealError(SealError):
    """The signature of a seal is not that of the key that it names."""


class MisplacedSealError(SealError):
    """A seal is that of another archive, or of another name or version."""


class UnknownSignerError(SealError):
    """An archive is sealed, by keys that the policy does not know."""


class ExpiredSealError(SealError):
    """The key of a seal is not trusted for the time that it states, or no more at all."""


class RevokedSealError(SealError):
    """The key of a seal, or the archive itself, was revoked."""


class UnmetPinError(SealError):
    """A name is pinned to signers, and too few of them sealed the archive."""


class BundleError(SealError):
    """An OpenSSF model signature is none, is of another key, or is of other files."""


class SigningKeyError(SealError):
    """A key could not be made, read, unlocked or used, or an identity could not sign."""


class StoreError(HolotypeError):
    """A store could not be read or written; what was in it before is still there."""


class NotInStoreError(StoreError):
    """There is no such model, version or tag in the store; names those that come near."""


class ConflictError(StoreError):
    """The name or number is taken by something else, or somebody changed it at the same time."""


class DamagedStoreError(StoreError):
    """The store has lost bytes, or has others than were stored; ``keys`` names the objects."""

    def __init__(self, problem: str, keys: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.keys = keys


class PolicyError(HolotypeError):
    """A policy, or the configuration file that holds it, is not one."""


class VersionWarning(UserWarning):
    """A library has another minor version than when the model was saved; predictions may differ."""


class RestoreWarning(UserWarning):
    """A model was brought back by another rung than the native one; the text says which and why."""


class ProbeWarning(UserWarning):
    """The golden predictions of an archive were not compared; the text says why."""


class TrackWarning(UserWarning):
    """A model that was fitted while it was tracked was not pushed; the text says why."""
