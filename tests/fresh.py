"""A fresh interpreter that finds the same packages as this one, installed or not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

__all__ = ["ENVIRONMENT", "arguments", "run"]

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    "PYTHONHASHSEED": "0",
    "COLUMNS": "120",
    "NO_COLOR": "1",
    "TERM": "dumb",
}


def arguments(code: str, *rest: str) -> list[str]:
    """The command that runs ``code`` with every warning as an error."""
    return [sys.executable, "-W", "error", "-c", code, *rest]


def run(
    code: str | Sequence[str], *rest: str, status: int = 0, timeout: float = 60, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run Python ``code``, or ``python`` with a list of arguments; ``extra`` are variables."""
    command = arguments(code, *rest) if isinstance(code, str) else [sys.executable, *code]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env={**ENVIRONMENT, **extra},
    )
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
