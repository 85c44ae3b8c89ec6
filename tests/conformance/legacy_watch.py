"""An audit hook for a process that reads old files: what else than reading it was made to do."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["watch"]

_WATCHED = (
    *("import", "exec", "compile", "open", "os.", "subprocess.", "socket.", "ctypes.", "pickle."),
    *("marshal.", "shutil.", "code.__new__", "function.__new__", "pty.", "urllib.", "ftplib."),
    *("http.", "sys.", "signal.", "webbrowser.", "glob.", "sqlite3."),
)
_HARMLESS = frozenset({"os.fspath", "sys.unraisablehook", "os.listdir", "os.scandir"})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def watch(folder: Path) -> list[str]:
    """A list that grows by what happens from now on, but for reading files in ``folder``.

    Temporary files without a name, to which large files are unpacked, are no event.
    """
    events: list[str] = []
    temporary = tempfile.gettempdir()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith(_WATCHED) or event in _HARMLESS:
            return
        if event == "open":
            if isinstance(arguments[0], int):  # a file that is open already
                return
            if not arguments[2] & _WRITES and str(arguments[0]).startswith(str(folder)):
                return
            if str(arguments[0]) == temporary:  # a folder can be opened in no other way
                return
        events.append(f"{event} {str(arguments[:1])[:100]}")

    sys.addaudithook(hook)
    return events
