"""Which process a writer runs in, and whether that can be seen to have ended.

A process is named by the machine's boot, the namespace of its number, the number and the time at
which it started, so that no other process ever has its name. Where any of that is unknown, it is
never taken for dead by its name.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["has_ended", "this_process"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_UNKNOWN = "unknown"


def this_process() -> str:
    """The name of this process, or that it has none."""
    started = _started(os.getpid())
    space = _space()
    return f"{space}:{os.getpid()}:{started}" if space and started else _UNKNOWN


def has_ended(process: str) -> bool:
    """Whether it ran where this process runs, and does not run any more."""
    space, _, rest = process.rpartition(":")[0].rpartition(":")
    number, started = rest, process.rpartition(":")[2]
    if not space or space != _space() or not number.isdigit():
        return False
    return _started(int(number)) != started


def _space() -> str:
    """This boot of this machine, and the namespace in which processes have their numbers."""
    with suppress(OSError):
        return f"{_BOOT.read_text().strip()}:{os.readlink('/proc/self/ns/pid')}".replace(" ", "")
    return ""


def _started(number: int) -> str:
    """When a process started, in ticks since the boot; empty if it does not run."""
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[:1] in (["Z"], ["X"]) else fields[19]
