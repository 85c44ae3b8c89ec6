"""The command line: one module per command, and the only place that writes to the terminal.

Exit codes: 0 all is well; 1 the answer is no (a damaged archive, a failed check); 2 the command
could not be carried out (no such file, wrong usage); 130 interrupted.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command that the process was started with."""
    try:
        from holotype.cli.app import run

        run()
    except KeyboardInterrupt:  # while modules were still being imported
        raise SystemExit(130) from None
