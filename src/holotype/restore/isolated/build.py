"""An environment is built: in the cache, once, whole or not at all.

It grows under another name, while a lock is held that ends with whoever holds it, and gets its own
name when it is complete. Rule: an installer takes wheels only, so nothing of a package runs before
it is asked for, and what was recorded of a package's files must be what was installed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from holotype.errors import IsolationError
from holotype.restore.isolated.commands import Tell, telling
from holotype.restore.isolated.installed import distributions
from holotype.restore.isolated.installing import fetch, install, other_builds
from holotype.restore.isolated.interpreters import interpreters
from holotype.restore.isolated.plan import Plan
from holotype.restore.isolated.wheelhouse import (
    LIST,
    kept_wheels,
    write_list,
)
from holotype.structs import reader_of
from holotype.trust import folders

__all__ = ["Built", "built", "built_environment", "cache_folder", "keep_wheels"]

_ABOUT = "environment.json"

_log = logging.getLogger("holotype")


class Built(msgspec.Struct, frozen=True):
    """An environment that stands ready.

    ``python`` is its interpreter; ``libraries`` what is installed, by name; ``seconds`` what
    building took; ``notes`` in what it differs from what was recorded; ``others`` which packages
    should have had the files that were recorded, and have not.
    """

    python: str
    version: str
    libraries: dict[str, str]
    seconds: float
    notes: tuple[str, ...]
    others: tuple[str, ...]


_read = reader_of(Built)


def cache_folder(*, make: bool = True) -> Path:
    """Where environments are kept: ``$HOLOTYPE_CACHE``, or ``holotype`` in the user's cache.

    Raises IsolationError where another user may write there, for programs are run from it, and
    where it cannot be made.
    """
    base = folders.cache_folder()
    if base is None:
        raise IsolationError("HOLOTYPE_CACHE=0: environments cannot be kept; set it to a folder")
    folder = base / "environments"
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not folder.exists():
            return folder
        status = folder.stat()
    except OSError as error:
        raise IsolationError(f"environments cannot be kept: {error}; set HOLOTYPE_CACHE") from None
    if not folders.is_own(status):
        raise IsolationError(f"{folder}: other users may write to it; chmod go-w {folder}")
    return folder


def built(plan: Plan, *, any_build: bool = True) -> Built | None:
    """The environment of a plan, where it was built before, and its Python is still there.

    Raises IsolationError where its builds are others than recorded, and ``any_build`` is not said.
    """
    if folders.cache_folder() is None:
        return None
    folder = cache_folder(make=False) / plan.name
    try:
        found = _read((folder / _ABOUT).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    python = folder / found.python
    if not os.access(python, os.X_OK):
        return None
    _demand(found, allowed=any_build)
    return msgspec.structs.replace(found, python=str(python))


def _demand(found: Built, *, allowed: bool) -> None:
    if found.others and not allowed:
        raise IsolationError(
            f"{', '.join(found.others)}: another build than what was recorded. Keep the wheels "
            "with wheels(…) where a model is saved, or allow other builds with any_build=True"
        )


def built_environment(plan: Plan, *, wheels: Path | None = None, any_build: bool = False) -> Built:
    """The environment of a plan; it is built where it is not there.

    Args:
        plan: what is wanted.
        wheels: a folder that ``keep_wheels`` filled, or the user's own.
        any_build: take packages whose files are not those that were recorded.

    Raises IsolationError where it cannot be built; nothing of it is left then.
    """
    complete = built(plan, any_build=any_build)
    if complete is not None:
        return complete
    folder = cache_folder() / plan.name
    with telling() as tell, _alone(folder, tell) as lock:
        complete = built(plan, any_build=any_build)  # by whoever held the lock
        if complete is not None:
            return complete
        growing = folder.with_name(f"{folder.name}.growing")
        shutil.rmtree(growing, ignore_errors=True)  # of a process that was killed
        try:
            _grow(growing, plan, wheels, tell, lock, any_build=any_build)
            shutil.rmtree(folder, ignore_errors=True)  # whose Python is gone
            growing.rename(folder)
        except OSError as error:  # no room, for example
            raise IsolationError(f"the environment could not be built: {error}") from error
        finally:
            shutil.rmtree(growing, ignore_errors=True)
    complete = built(plan, any_build=any_build)
    if complete is None:
        raise IsolationError(f"{folder} was changed while it was built")
    return complete


def keep_wheels(plan: Plan, folder: Path) -> Path:
    """Fetch exactly the wheels of a plan into a folder of ``folder``, named by the plan's digest.

    Raises IsolationError where they cannot be had.
    """
    target = folder / plan.name
    if (target / LIST).exists():
        kept_wheels(target)
        return target
    folder.mkdir(parents=True, exist_ok=True)
    growing = target.with_name(f"{target.name}.growing")
    problems: list[str] = []
    with telling() as tell, _alone(cache_folder() / f"{plan.name}.wheels", tell) as lock:
        for python in interpreters(plan.pythons):
            shutil.rmtree(growing, ignore_errors=True)
            growing.mkdir()
            try:
                fetch(growing, plan, python, folder, tell, lock)
                write_list(growing, plan.digest)
                growing.rename(target)
                return target
            except IsolationError as error:
                problems.append(str(error))
            finally:
                shutil.rmtree(growing, ignore_errors=True)
    raise _no_way(plan, problems)


# -- one environment -----------------------------------------------------------------------------


def _grow(
    folder: Path, plan: Plan, wheels: Path | None, tell: Tell, lock: int, *, any_build: bool
) -> None:
    """Make it with the first Python that is here and for which there are wheels."""
    problems: list[str] = []
    for python in interpreters(plan.pythons):
        began = time.perf_counter()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            site = install(folder, plan, python, wheels, tell, lock)
        except IsolationError as error:
            problems.append(str(error))
            continue
        exact = plan.recorded_minor == python.version[1]
        notes = list(plan.notes)
        if plan.recorded is not None and not exact:
            has = ".".join(map(str, python.version))
            notes.append(f"Python {plan.recorded} was recorded, and this is {has}")
        tell("comparing what was installed with what was recorded")
        others = other_builds(site, plan)
        if others:
            notes.append(f"{', '.join(others)}: another build than what was recorded")
        about = Built(
            python="bin/python",
            version=".".join(map(str, python.version)),
            libraries={name: each.version for name, each in distributions(site).items()},
            seconds=time.perf_counter() - began,
            notes=tuple(notes),
            others=tuple(others) if plan.demanded and exact else (),
        )
        _demand(about, allowed=any_build)
        (folder / _ABOUT).write_bytes(msgspec.json.encode(about))
        return
    raise _no_way(plan, problems)


def _no_way(plan: Plan, problems: Sequence[str]) -> IsolationError:
    wanted = ", ".join(f"3.{minor}" for minor in plan.pythons[:3])
    if not problems:
        return IsolationError(
            f"the model needs Python {wanted}, which was not found on the PATH, in ~/.pyenv or by "
            "uv. Install one of them; none is downloaded unasked"
        )
    return IsolationError(
        f"the environment could not be built: {problems[0]}. Where the index cannot be reached, "
        "name a folder of wheels with wheels=…"
    )


# -- one builder at a time -----------------------------------------------------------------------


@contextmanager
def _alone(folder: Path, tell: Tell) -> Iterator[int]:
    """No other process builds it meanwhile. The descriptor given keeps the lock where inherited."""
    with open(folder.with_name(f"{folder.name}.lock"), "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another process that builds this environment")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
