"""Values in words, as people are told them; whatever a file says, they are short."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["value_in_words"]

_MAX = 90
_MAX_BITS = 1000
_DIGEST = re.compile(r"(sha256(?:-tree)?:[0-9a-f]{12})[0-9a-f]{52}")


def value_in_words(value: Any) -> str:
    """A JSON value in one short line; digests by their beginning."""
    if isinstance(value, str):
        text = _DIGEST.sub(r"\1…", value)
    elif value is None:
        text = "None"
    elif isinstance(value, int) and value.bit_length() > _MAX_BITS:
        text = "a number beyond all measure"
    elif isinstance(value, bool | int):
        text = str(value)
    elif isinstance(value, float):
        text = repr(value) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    else:
        text = _DIGEST.sub(r"\1…", msgspec.json.encode(value).decode())
    return text if len(text) <= _MAX else f"{text[: _MAX - 1]}…"
