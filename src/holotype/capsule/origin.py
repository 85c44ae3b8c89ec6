"""Which program saves a model: the script or notebook, and the commit on which it stands.

git is asked for it, in bounded time, without prompts, hooks or programs of the repository's own,
and once a minute at most. Rule: no absolute path, no address of a remote, nobody's name unless it
was asked for; what cannot be found out is left out, and never stops a save.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from holotype.archive.theta import Git, Origin

__all__ = ["origin_of"]

_SECONDS = 2.0
_KEPT = 60.0  # seconds
_MAX_DIFF = 256 << 20
_KEPT_BYTES = 1 << 16
# Where git looks for repositories and its user's settings; the rest of GIT_* would lead it astray.
_OURS = frozenset({"GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"})
_SAFE = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.pager=cat")
# One text for one change, whatever the user's settings are.
_DIFF = (
    *("diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"),
    *("--full-index", "--binary", "--unified=3", "--inter-hunk-context=0", "--no-relative"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--diff-algorithm=myers", "--no-indent-heuristic"),
    *("--ignore-submodules=all", f"-O{os.devnull}"),
)


class _Repository(NamedTuple):
    top: Path
    git: Git


_known: dict[Path, tuple[float, _Repository | None]] = {}


def origin_of(*, identify: bool = False) -> Origin:
    """The program of this process and its commit; user and host where ``identify`` says so."""
    script = _script()
    module = _module()
    own = script is not None and module is None and not _is_installed(script)
    folder = script.parent if own and script is not None else _folder()
    found = None if folder is None else _repository(folder)
    program = f"-m {module}" if module else None if script is None else script.name
    if own and script is not None and found is not None:
        with suppress(ValueError):
            program = script.relative_to(found.top).as_posix()
    return Origin(
        program=_text(program),
        git=None if found is None else found.git,
        user=_text(_user()) if identify else None,
        host=_text(platform.node()) if identify else None,
    )


def _script() -> Path | None:
    """The file of the script or notebook that runs."""
    main = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    for path in (
        main.get("__vsc_ipynb_file__"),  # Visual Studio Code
        os.environ.get("JPY_SESSION_NAME") if "__file__" not in main else None,  # Jupyter
        main.get("__file__"),
    ):
        if isinstance(path, str) and path:
            return _resolved(path)
    return None


@lru_cache(maxsize=8)
def _resolved(path: str) -> Path | None:
    with suppress(OSError, ValueError, RuntimeError):
        return Path(path).resolve()
    return None


def _module() -> str | None:
    """The module of ``python -m module``."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    name = getattr(spec, "name", None)
    return name.removesuffix(".__main__") if isinstance(name, str) else None


@lru_cache(maxsize=8)
def _is_installed(script: Path) -> bool:
    """Whether it is a program of the environment, such as ``pytest``: where it runs counts then."""
    prefixes = {Path(sys.prefix).resolve(), Path(sys.exec_prefix).resolve()}
    return any(script.is_relative_to(prefix) for prefix in prefixes)


def _folder() -> Path | None:
    with suppress(OSError):
        return Path.cwd()
    return None


def _user() -> str | None:
    import getpass

    with suppress(Exception):
        return getpass.getuser()
    return None


def _text(value: str | None) -> str | None:
    """What UTF-8 can hold of a name that the system gave; None for none."""
    return value.encode("utf-8", "replace").decode() if value else None


def _repository(folder: Path) -> _Repository | None:
    when = time.monotonic()
    known = _known.get(folder)
    if known is None or when - known[0] > _KEPT:
        if len(_known) > 64:
            _known.clear()
        known = (when, _ask(folder))
        _known[folder] = known
    return known[1]


def _ask(folder: Path) -> _Repository | None:
    head = _git(folder, "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD")
    lines = head.content.decode("utf-8", "replace").splitlines() if head else []
    if len(lines) != 3 or not _is_commit(lines[1]):
        return None
    top, commit, branch = lines
    # From the top: a diff below it would state another set of files.
    diff = _git(Path(top), *_DIFF)
    return _Repository(
        Path(top),
        Git(
            commit=commit,
            branch=None if branch == "HEAD" else branch,
            dirty=None if diff is None else diff.size > 0,
            diff=f"sha256:{diff.digest}" if diff is not None and diff.size else None,
        ),
    )


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


class _Said(NamedTuple):
    content: bytes  # of which no more than the beginning is kept
    size: int
    digest: str


def _git(folder: Path, *arguments: str) -> _Said | None:
    """What git prints; None where it is absent, fails, or takes too long."""
    program = shutil.which("git")
    if program is None or not os.path.isabs(program):
        return None
    try:
        with subprocess.Popen(  # noqa: S603 - git, with arguments of ours
            [program, "--no-optional-locks", *_SAFE, *arguments],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            stop = threading.Timer(_SECONDS, process.kill)
            stop.start()
            try:
                said = _read(process)
                if said is None:
                    process.kill()
                process.wait()
            finally:
                stop.cancel()
        return said if process.returncode == 0 else None
    except OSError:
        return None


def _read(process: Any) -> _Said | None:
    digest, content, size = hashlib.sha256(), b"", 0
    while piece := process.stdout.read1(1 << 16):
        digest.update(piece)
        size += len(piece)
        if len(content) < _KEPT_BYTES:
            content += piece
        if size > _MAX_DIFF:
            return None
    return _Said(content, size, digest.hexdigest())


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _OURS
    }
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
