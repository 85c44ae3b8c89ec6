"""Wheels that are kept: what an environment is made of, without an index.

``wheels(...)`` fills a folder named by the environment's digest; a list beside the wheels says the
SHA-256 of each, and nothing else is installed from there. A wheel is read here as the ZIP file
that it is: nothing of it is unpacked or run.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from holotype.digest import sha256
from holotype.errors import IsolationError
from holotype.restore.isolated.eras import canonical
from holotype.structs import reader_of

__all__ = [
    "LIST",
    "Wheel",
    "kept_folder",
    "kept_wheels",
    "read_wheel",
    "requirement_lines",
    "wheel_of",
    "write_list",
]

LIST = "wheels.json"
"""Which wheels a folder keeps, with their digests."""

_FILE = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-([0-9A-Za-z.+_]+)(?:-[0-9][0-9A-Za-z_.]*)?"
    r"-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+\.whl"
)
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+_]*")
_MAX_LIST = 1 << 20
_MAX_WHEELS = 1000
_MAX_FOLDERS = 10_000
_MAX_MEMBERS = 200_000


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """One wheel; ``path`` is relative to the list that it stands in, or where it was found."""

    name: str
    version: str
    path: str
    digest: str


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    environment: str
    wheels: list[Wheel]


_read_list = reader_of(_List)


def read_wheel(path: Path) -> Wheel:
    """Name, version and digest of a wheel; IsolationError where the file is not named as one."""
    found = _FILE.fullmatch(path.name)
    if found is None or _VERSION.fullmatch(found[2]) is None:
        raise IsolationError(f"{path.name} is not the name of a wheel")
    digest = sha256(path.read_bytes())
    return Wheel(name=canonical(found[1]), version=found[2], path=str(path), digest=digest)


def wheel_of(folder: Path, root: str) -> Wheel | None:
    """The wheel in ``folder`` that brings the import root ``root``; None where there is none.

    Raises IsolationError where there are several.
    """
    found = [path for path in sorted(folder.glob("*.whl")) if root in _roots(path)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise IsolationError(f"{folder} has several wheels with {root}: {names}; keep one")
    return read_wheel(found[0].resolve()) if found else None


def _roots(path: Path) -> set[str]:
    """What can be imported from a wheel."""
    try:
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()[:_MAX_MEMBERS]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise IsolationError(f"{path.name} cannot be read: {error}") from None
    first = {name.partition("/")[0] for name in names if not name.endswith("/")}
    return {
        name.removesuffix(".py") for name in first if not name.endswith((".dist-info", ".data"))
    }


def write_list(folder: Path, environment: str) -> int:
    """List all wheels of ``folder``; how many there are."""
    wheels = [read_wheel(path) for path in sorted(folder.glob("*.whl"))]
    listed = [msgspec.structs.replace(wheel, path=Path(wheel.path).name) for wheel in wheels]
    content = msgspec.json.format(msgspec.json.encode(_List(environment, listed)), indent=1)
    (folder / LIST).write_bytes(content + b"\n")
    return len(wheels)


def kept_folder(folder: Path, first: str, asked: Mapping[str, str | None]) -> Path | None:
    """The folder of kept wheels in ``folder``, or itself, that has all of these.

    Looked for in ``first`` before the others: a later Holotype may name an environment otherwise.
    """
    try:
        others = sorted(path for path in folder.iterdir() if path.is_dir())[:_MAX_FOLDERS]
    except OSError as error:
        raise IsolationError(f"the folder of wheels cannot be read: {error}") from None
    for each in (folder / first, folder, *others):
        if (each / LIST).is_file():
            there = {wheel.name: wheel.version for wheel in _listed(each)}
            exact = {name: version or there.get(name) for name, version in asked.items()}
            if None not in exact.values() and exact.items() <= there.items():
                return each
    return None


def kept_wheels(folder: Path) -> list[Wheel]:
    """The wheels of a folder that ``write_list`` listed, each compared with its digest.

    Raises IsolationError where one is missing or another one.
    """
    return [_compared(folder, wheel) for wheel in _listed(folder)]


def _listed(folder: Path) -> list[Wheel]:
    try:
        with open(folder / LIST, "rb") as file:
            found = _read_list(file.read(_MAX_LIST))
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise IsolationError(f"{folder / LIST} cannot be read: {error}") from None
    if len(found.wheels) > _MAX_WHEELS:
        raise IsolationError(f"{folder / LIST} lists more than {_MAX_WHEELS} wheels")
    return found.wheels


def _compared(folder: Path, stated: Wheel) -> Wheel:
    if _FILE.fullmatch(stated.path) is None:
        raise IsolationError(f"{folder / LIST}: {stated.path!r} is not the name of a wheel")
    try:
        wheel = read_wheel((folder / stated.path).resolve())
    except OSError as error:
        raise IsolationError(f"a wheel that is listed cannot be read: {error}") from None
    same = (wheel.name, wheel.version, wheel.digest)
    if same != (stated.name, stated.version, stated.digest):
        raise IsolationError(f"{folder / stated.path} is not the wheel that was kept")
    return wheel


def requirement_lines(wheels: Iterable[Wheel]) -> list[str]:
    """Each wheel for an installer that demands its digest."""
    return [
        f"{wheel.name}=={wheel.version} --hash={wheel.digest}" for wheel in sorted(wheels, key=str)
    ]
