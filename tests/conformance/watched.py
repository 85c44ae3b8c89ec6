"""Opens every hostile file in a process of its own, capped and watched, and says what happened.

Run as a module with a folder for the files; prints one JSON object a line. Each child is a fork of
this process, in which everything that an honest archive needs was imported and used once: so
whatever a child imports, compiles, starts or opens beyond its file, a hostile file made it do.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - so that nobody imports it later
import contextlib
import importlib
import io
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attacks.forge import blueprint, reseal
from attacks.make import ATTACKS
from attacks.seals import sealed

import holotype
from holotype.archive.reader import open_archive
from holotype.cli.show import command as show_command
from holotype.cli.terminal import safe
from holotype.code.names import PARSED_ONLY
from holotype.restore.doctor import There, diagnose
from holotype.restore.isolated.build import cache_folder
from holotype.restore.portable.evaluators import TABLE
from holotype.trust.settings import config_path
from holotype.types.table import type_table

MEMORY = 700 << 20
"""Bytes that a child may take beyond what this process has."""

SECONDS = 30
"""Of processor time, for all ways to open one file."""

WATCHED = (
    "import",
    "exec",
    "compile",
    "open",
    "os.",
    "subprocess.",
    "socket.",
    "ctypes.",
    "pickle.",
    "marshal.",
    "shutil.",
    "tempfile.",
    "code.__new__",
    "function.__new__",
    "sys.",
    "urllib.",
    "ftplib.",
    "http.",
    "pty.",
    "syslog.",
    "signal.",
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HARMLESS = frozenset({"os.fspath", "sys.unraisablehook"})


def ways(path: Path) -> dict[str, Callable[[], Any]]:
    """Every way in which a user can open a file from someone else."""
    data = path.read_bytes()
    return {
        "load": lambda: holotype.load(path),
        "mapped": lambda: holotype.load(path, mmap=True),
        "bytes": lambda: holotype.loads(data),
        "unverified": lambda: holotype.load(path, verify=False),
        "mapped, unverified": lambda: holotype.load(path, mmap=True, verify=False),
        "show": lambda: holotype.show(path),
        "verify": lambda: holotype.verify(path).require(),
        "fingerprint": lambda: holotype.fingerprint(path),
        "command": lambda: printed(path),
        "portable": lambda: holotype.load(path, restore="portable"),
        "doctor": lambda: diagnosed(path),
    }


def printed(path: Path) -> None:
    """What ``holotype show`` writes to the terminal; an error if it could steer one."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        show_command(path, arrays=True, depth=6)
    if not all(c.isprintable() or c == "\n" for c in output.getvalue()):
        raise AssertionError("control characters were printed")
    if len(output.getvalue()) > 1_000_000:
        raise AssertionError("endless text was printed")


def diagnosed(path: Path) -> None:
    """What ``holotype doctor`` says of an archive, here and under an old version."""
    for versions in ((), ("scikit-learn==1.2",)):
        with open_archive(path) as reader:
            diagnose(reader, there=There.of(None, versions))


def watch(path: Path, events: list[str]) -> None:
    """Record from now on what the interpreter is made to do, but for reading ``path``."""
    readable = (str(path), str(config_path()), PARSED_ONLY)
    environments = str(cache_folder(make=False))  # it is looked whether one stands ready

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith(WATCHED) or event in HARMLESS:
            return
        name = str(arguments[0]) if arguments else ""
        if event == "open" and not arguments[2] & WRITES:
            if name in readable or name.startswith(environments):
                return
            if name in sys.path or name.endswith(".dist-info/METADATA"):  # what is installed here
                return
        if event == "os.listdir" and name in sys.path:
            return
        if event == "compile" and arguments[1] == PARSED_ONLY:  # to a syntax tree, and no further
            return
        events.append(f"{event} {str(arguments[:1])[:100]}")

    sys.addaudithook(hook)


def child(path: Path) -> dict[str, Any]:
    """Open one file in every way."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    events: list[str] = []
    outcomes: dict[str, Any] = {}
    opened = ways(path)
    watch(path, events)
    for way, function in opened.items():
        try:
            function()
            outcomes[way] = {"error": None}
        except Exception as error:  # whatever it is: it is judged elsewhere
            outcomes[way] = {
                "error": type(error).__name__,
                "ours": isinstance(error, holotype.HolotypeError),
                "clause": getattr(error, "clause", ""),
                "message": str(error)[:2000],
                "length": len(str(error)),
            }
    return {"outcomes": outcomes, "events": events[:20]}


def in_a_fork(path: Path) -> dict[str, Any]:
    """What ``child`` says, or by which signal it ended."""
    reading, writing = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        signal.alarm(4 * SECONDS)
        answer = json.dumps(child(path)).encode()
        with open(writing, "wb") as file:
            file.write(answer)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        said = file.read()
    _, status = os.waitpid(pid, 0)
    found: dict[str, Any] = json.loads(said) if said else {"outcomes": {}, "events": []}
    return {**found, "status": status, "seconds": time.monotonic() - started}


def use(path: Path) -> None:
    """Open it in every way, whatever comes of that."""
    for function in ways(path).values():
        with contextlib.suppress(holotype.HolotypeError):
            function()


def warm_up(folder: Path) -> None:
    """Import and use once what any honest archive needs."""
    path = folder / "honest.holo"
    holotype.dump({"a": [1, 2.5, "x"], "b": tuple(range(100)), "long": bytes(6 << 20)}, path)
    use(path)
    holotype.dump([lambda x: x], path)
    use(path)
    for evaluator in TABLE.values():
        importlib.import_module(f"holotype.restore.portable.{evaluator.partition(':')[0]}")
    path.write_bytes(sealed())
    use(path)
    # Refused by every rung: one after the other is tried.
    old = {"object": "sklearn.ensemble.AdaBoostClassifier", "state": {"estimators_": None}}
    path.write_bytes(reseal(blueprint(old), manifest={"libraries": {"scikit-learn": "1.0.2"}}))
    use(path)
    for dangerous in ("\x1b[1m", "\ud800"):
        safe(dangerous)
    "x".encode("utf-32-le").decode("utf-32-le")
    type_table().keys()  # our own table, whole, and what is installed of those of others
    type_table().entry("unheard_of.Type")
    path.unlink()


def main(folder: Path) -> None:
    """Make, open and report on every attack."""
    warm_up(folder)
    for attack in ATTACKS.values():
        path = folder / attack.file
        path.write_bytes(attack.make())
        print(json.dumps({"name": attack.name, **in_a_fork(path)}), flush=True)
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
