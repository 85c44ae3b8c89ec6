"""Where this user's own files are: configuration, data and caches.

Rule: what others may write to is not the user's own.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder", "is_own", "own_folder"]

_OFF = ("0", "false", "no", "off")


def own_folder(variable: str, *usual: str) -> Path:
    """``holotype`` in the folder that a variable of XDG names, else in the usual one at home."""
    named = os.environ.get(variable, "")
    base = Path(named) if os.path.isabs(named) else Path.home().joinpath(*usual)
    return base / "holotype"


def cache_folder() -> Path | None:
    """``$HOLOTYPE_CACHE``, or ``holotype`` in ``$XDG_CACHE_HOME`` or ``~/.cache``.

    None where ``HOLOTYPE_CACHE=0`` says that nothing is to be kept.
    """
    named = os.environ.get("HOLOTYPE_CACHE", "")
    if named.lower() in _OFF:
        return None
    return Path(named).absolute() if named else own_folder("XDG_CACHE_HOME", ".cache")


def is_own(status: os.stat_result) -> bool:
    """Whether a file or folder is this user's, and no other user may write to it."""
    return status.st_uid == os.getuid() and not status.st_mode & 0o022
