"""The user's configuration file: where it is, who may have written it, and what it sets.

Rule: nothing here ever comes from an archive, and a file that others may write to says nothing.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from holotype.errors import PolicyError
from holotype.trust.folders import own_folder

__all__ = ["config_path", "identifies", "own_config", "sections_of"]

_SECTIONS = ("pins", "save", "seals", "signers", "trust")


def config_path() -> Path:
    """Where the user's configuration is looked for.

    ``HOLOTYPE_CONFIG`` names the file; else it is ``holotype/holotype.toml`` in ``XDG_CONFIG_HOME``
    or in ``~/.config``.
    """
    named = os.environ.get("HOLOTYPE_CONFIG")
    if named:
        return Path(named)
    return own_folder("XDG_CONFIG_HOME", ".config") / "holotype.toml"


def own_config() -> Path | None:
    """The user's configuration file, None where there is none.

    A folder that is closed to this user is another's: a process that changed its user may still
    have the home of the first. A file that ``HOLOTYPE_CONFIG`` names is there, or asked for.
    """
    path = config_path()
    try:
        os.stat(path)
    except FileNotFoundError:
        return None
    except PermissionError:
        if os.environ.get("HOLOTYPE_CONFIG"):
            raise
        return None
    return path


def sections_of(path: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """The sections of a configuration file, such as ``[trust]`` and ``[save]``, each a table.

    Raises PolicyError where the file is not one, or where other users may write to it, and OSError
    where it cannot be read.
    """
    import tomllib

    with open(path, "rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o022:
            raise PolicyError(f"{path}: other users may write to it; chmod go-w {path}")
        try:
            content = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PolicyError(f"{path}: {error}") from None
    if content.keys() - set(_SECTIONS) or not all(isinstance(v, dict) for v in content.values()):
        listed = ", ".join(f"[{name}]" for name in _SECTIONS)
        raise PolicyError(f"{path}: the file has sections {listed} and nothing else")
    return content


def identifies() -> bool:
    """Whether archives name their user and host: ``identify`` in section ``[save]``, else not.

    Raises PolicyError where the configuration file is none.
    """
    path = own_config()
    if path is None:
        return False
    section = sections_of(path).get("save", {})
    if section.keys() - {"identify"} or not isinstance(section.get("identify", False), bool):
        raise PolicyError(f"{path}: [save] has identify = true or false, and nothing else")
    return bool(section.get("identify", False))
