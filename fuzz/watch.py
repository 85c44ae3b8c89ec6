"""What a process may do while it loads a file and asks a model: compute, and import its libraries.

Rule: the audit hook of the interpreter sees every import, file, program and socket. What the honest
models already caused is the base line; beside that, only importing parts of the libraries is free.
"""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
import typing
import zoneinfo
from pathlib import Path
from types import FrameType
from typing import Any

import fuzz
import holotype
from holotype import structs
from holotype.types.libraries import LIBRARIES

__all__ = ["Watch"]

_WATCHED = (
    *("import", "exec", "compile", "open", "os.", "subprocess.", "socket.", "ctypes.", "pickle."),
    *("marshal.", "shutil.", "tempfile.", "code.__new__", "function.__new__", "urllib.", "ftplib."),
    *("http.", "pty.", "syslog.", "webbrowser.", "smtplib.", "sqlite3.", "mmap.", "fcntl."),
)
_HARMLESS = frozenset({"os.fspath", "os.listdir", "os.scandir", "os.walk"})
_LIBRARIES = frozenset(
    {"sklearn", "scipy", "numpy", "pandas", "joblib", "threadpoolctl", "dateutil", "holotype"}
    | {root for library in LIBRARIES for root in library.roots}
)
_NOT_FREE = frozenset(
    {"antigravity", "code", "ctypes", "pickle", "pty", "runpy", "smtplib", "socket", "subprocess"}
)
_IMPORTERS = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Where libraries and this program are: a warning may read the line of source that it is about.
_FOLDERS = (
    *{sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")},
    *(str(Path(module.__file__ or "").parent) for module in (fuzz, holotype)),
)
# Time zones, and how many processors there are.
_MACHINE = (*zoneinfo.TZPATH, "/sys/fs/cgroup/", "/proc/cpuinfo", "/proc/self/")


class Watch:
    """Learns what honest models cause, and writes down what others cause beyond that."""

    def __init__(self) -> None:
        self._known: set[tuple[str, ...]] = set()
        self._mode = "off"
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def learn(self) -> None:
        """From now on, everything is honest."""
        self._mode = "learn"

    def judge(self) -> None:
        """From now on, everything that is new is suspicious."""
        self._mode = "judge"

    def off(self) -> None:
        """Look away: the fuzzer itself is at work."""
        self._mode = "off"

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._mode == "off" or not event.startswith(_WATCHED) or event in _HARMLESS:
            return
        caller = sys._getframe(1).f_code.co_filename
        signature = (event, caller, _what(event, arguments))
        if self._mode == "learn":
            self._known.add(signature)
        elif signature not in self._known and not _is_free(event, arguments, caller):
            self.seen.append(f"{event} {_what(event, arguments)[:120]} (from {caller[-60:]})")


def _what(event: str, arguments: tuple[Any, ...]) -> str:
    if event.startswith("ctypes."):
        return ""  # addresses
    if not arguments:
        return ""
    first = arguments[1] if event == "compile" and len(arguments) > 1 else arguments[0]
    return str(getattr(first, "co_filename", first))[:200]


def _is_free(event: str, arguments: tuple[Any, ...], caller: str) -> bool:
    if caller in _IMPORTERS and event in ("open", "marshal.loads", "compile", "exec"):
        return _in_library(_what(event, arguments)) or event == "marshal.loads"
    if event == "import":
        top = str(arguments[0]).partition(".")[0]
        return top in _LIBRARIES or (top in sys.stdlib_module_names and top not in _NOT_FREE)
    if event == "compile" and caller == ast.__file__:
        return True  # parsed, not run: signatures of built-in functions, joblib's arithmetic
    if event in ("exec", "compile"):
        # Modules of this program that are imported late have annotations, which are strings.
        ours = caller == typing.__file__ and _called_by(structs.__file__)
        return ours or _in_library(_what(event, arguments))
    if event == "open":
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        path = str(arguments[0])
        return not flags & _WRITES and (_in_library(path) or path.startswith(_MACHINE))
    return False


def _called_by(path: str) -> bool:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename != path:
        frame = frame.f_back
    return frame is not None


def _in_library(path: str) -> bool:
    return path.startswith((*_FOLDERS, "<frozen "))
