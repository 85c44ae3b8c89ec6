"""The two consoles, and how sizes and text from files are written.

Text from an archive is never markup and never reaches the terminal with its control characters.
"""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.text import Text

__all__ = ["console", "errors", "human_size", "plain", "print_json", "safe"]

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def human_size(size: int) -> str:
    """Bytes in decimal units: ``1.5 MB``."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def safe(text: str) -> str:
    """``text`` with every unprintable character escaped, so that it cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain(text: str, style: str = "") -> Text:
    """Text that is shown as it is."""
    return Text(safe(text), style=style)


def print_json(value: Any) -> None:
    """Machine-readable output, on standard output alone."""
    print(json.dumps(value, indent=2, ensure_ascii=True))  # noqa: T201
