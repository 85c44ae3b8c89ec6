"""verify and doctor: whether an archive is sound, and what will bring its model back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import msgspec

from holotype.api.common import Openable, collector_paused
from holotype.api.old import convert
from holotype.api.opening import vouched
from holotype.api.sources import Stored, open_source
from holotype.archive.reader import ArchiveReader
from holotype.errors import ArchiveError, HolotypeError, LegacyError
from holotype.graph.nodes import Blueprint
from holotype.restore.ladder import Restoring, Wish, climb
from holotype.restore.native import check_contents, checked_blueprint
from holotype.signing.proof import Witnessed, described, prove
from holotype.trust.levels import Need, level_of
from holotype.trust.policy import Policy, PolicySource, policy_of

if TYPE_CHECKING:
    from holotype.restore.doctor import Diagnosis

__all__ = ["Check", "Report", "doctor", "verify"]


class Check(msgspec.Struct, frozen=True):
    """One thing that ``verify`` looked at."""

    name: str
    ok: bool
    detail: str = ""


class Report(msgspec.Struct):
    """The result of :func:`verify`; true where everything is in order."""

    checks: list[Check] = msgspec.field(default_factory=list)
    error: HolotypeError | None = None
    id: str | None = None
    fingerprint: str | None = None
    needs: tuple[Need, ...] = ()
    seals: tuple[Witnessed, ...] = ()

    @property
    def level(self) -> str:
        """The trust that the model asks for, as far as it could be read: data, named, …"""
        return str(level_of(self.needs))

    @property
    def ok(self) -> bool:
        return self.error is None

    def __bool__(self) -> bool:
        return self.ok

    def require(self) -> None:
        """Raise the error that was found, if one was."""
        if self.error is not None:
            raise self.error


def verify(
    file: Openable,
    *,
    run: bool = False,
    trust: Iterable[str] = (),
    policy: PolicySource = None,
    restore: Restoring = None,
    name: str | None = None,
    version: str | None = None,
    keys: Iterable[str] = (),
) -> Report:
    """Check every digest and every rule of an archive, constructing nothing of it.

    Its seals are held against ``policy``, which may be the path of one, or the user's configured
    one, and against the ``name`` and ``version`` that the archive is asked for by, if any. With
    ``keys``, ids of keys or public keys in PEM, one of these must have sealed it, whatever the
    policy's signers are.

    With ``run``, the model is then opened, as far as ``trust`` and ``policy`` allow, by the rung
    that ``restore`` names (see :func:`load`), and asked for its golden predictions, whatever that
    takes.

    Returns a report; only an error of the operating system is raised.
    """
    report = Report()
    step = "container"
    try:
        with open_source(file) as reader, collector_paused():
            report.id, report.fingerprint = reader.id, reader.manifest.fingerprint
            report.checks.append(Check(step, True, f"{len(reader.members)} members, no byte more"))
            report.checks.append(Check("manifest", True, f"id {reader.id}"))
            step = "checksums"
            reader.check_sums()
            reader.check_others()
            report.checks.append(Check(step, True, "CRC-32 of every member"))
            step = "blueprint"
            blueprint = checked_blueprint(reader)
            report.needs = tuple(blueprint.trust)
            report.checks.append(Check(step, True, _described(blueprint)))
            step = "arrays"
            with reader.map_arrays(blueprint, verify=True) as arrays:
                arrays.check_booleans()
            count = len({node.name for node in blueprint.arrays})
            report.checks.append(Check(step, True, f"SHA-256 of {count} arrays"))
            step = "contents"
            check_contents(blueprint, arrays, reader.manifest.libraries)
            report.checks.append(Check(step, True, f"{_objects(blueprint)} objects"))
            step = "seals"
            asked = policy_of(policy, keys)
            demanded = (name, version) != (None, None)
            if not demanded and isinstance(file, Stored):
                name, version = file.version.name, file.version.version
            proof = prove(reader, asked, name=name, version=version, demanded=demanded, check=True)
            report.seals = proof.seals
            report.checks += [Check("seal", True, described(each)) for each in proof.seals]
            if run:
                step = "predictions"
                granted = Policy.of(trust)
                granted |= (granted | asked).vouched(blueprint.trust, proof.level)
                wish = Wish(restore=restore, trust=granted, policy=asked, check=True)
                report.checks.append(Check(step, True, climb(reader, wish).attempts[-1].why))
    except HolotypeError as error:
        report.error = error
        if step == "container" and getattr(error, "clause", "").startswith("5"):
            report.checks.append(Check(step, True))
            step = "manifest"
        report.checks.append(Check(step, False, str(error)))
    return report


def doctor(
    file: Openable,
    *,
    python: str | None = None,
    packages: Iterable[str] = (),
    build: bool = False,
    trust: Iterable[str] = (),
    policy: PolicySource = None,
) -> Diagnosis:
    """Which rungs of the restore ladder bring a model back, here or in another environment.

    Args:
        file: an archive, or an old model file, which is converted in memory: a path, a binary file
            object, or its bytes.
        python: the Python of the other environment, such as ``"3.14"``.
        packages: its libraries, such as ``"scikit-learn==1.9"``; others are as they were saved.
        build: build the environments that are needed to try what is otherwise only said.
        trust: as for :func:`load`.
        policy: as for :func:`load`.

    Raises:
        ValueError: ``python`` or ``packages`` are not of this form.
        HolotypeError: the file is damaged, no model, or asks for trust.
    """
    from holotype.restore.doctor import There, diagnose

    there = There.of(python, tuple(packages))
    granted = Policy.of(trust)
    asked = policy_of(policy)
    with _archive_of(file) as reader, collector_paused():
        granted |= vouched(reader, granted | asked)
        return diagnose(reader, there=there, build=build, trust=granted, policy=asked)


@contextmanager
def _archive_of(file: Openable) -> Iterator[ArchiveReader]:
    """An archive, or what an old model file is converted to; both may look like a ZIP file."""
    if isinstance(file, Stored):
        with open_source(file) as reader:
            yield reader
        return
    if hasattr(file, "read"):
        file = file.read()
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(open_source(file))
        except ArchiveError:
            converted = io.BytesIO()
            try:
                convert(file, converted)
            except LegacyError:
                converted.close()
            if converted.closed:  # it is neither: say what is wrong with the archive
                raise
            reader = stack.enter_context(open_source(converted.getvalue()))
        yield reader


def _described(blueprint: Blueprint) -> str:
    if not blueprint.trust:
        return f"{len(blueprint.keys)} types, all in the table"
    return f"level {level_of(blueprint.trust)}: {len(blueprint.trust)} parts ask for trust"


def _objects(blueprint: Blueprint) -> int:
    return sum(getattr(node, "count", 1) for node in blueprint.objects)
