"""The text forms of protocol 0, read as the unpickler of CPython reads them.

Rule: what takes more than linear time to read is limited. A number of more digits than Python
reads from text by default is refused, as it is there.
"""

from __future__ import annotations

import re

__all__ = ["parse_float", "parse_int", "parse_long", "parse_string", "parse_unicode"]

_MAX_DIGITS = 4300  # sys.int_info.default_max_str_digits
_MAX_FLOAT = 4300
_ESCAPE = re.compile(rb"\\(\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_SIMPLE = {
    b"\n": b"",
    b"\\": b"\\",
    b"'": b"'",
    b'"': b'"',
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


def parse_int(line: bytes) -> int | bool:
    """The operand of INT; ``00`` and ``01`` are the booleans."""
    if line == b"01":
        return True
    if line == b"00":
        return False
    return _number(line)


def parse_long(line: bytes) -> int:
    """The operand of LONG, which may end in ``L``."""
    return _number(line.removesuffix(b"L"))


def _number(line: bytes) -> int:
    if len(line) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(line)} digits, at most {_MAX_DIGITS} may be")
    text = line.decode("ascii")
    try:
        return int(text, 0)
    except ValueError:
        return int(text, 8)  # strtol reads numbers with leading zeros so


def parse_float(line: bytes) -> float:
    """The operand of FLOAT."""
    if len(line) > _MAX_FLOAT:
        raise ValueError(f"a float of {len(line)} digits, at most {_MAX_FLOAT} may be")
    return float(line)


def parse_string(line: bytes) -> bytes:
    """The operand of STRING: a literal of Python 2."""
    line = line.strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise ValueError("its operand is not quoted")
    body = line[1:-1]
    return _ESCAPE.sub(_unescaped, body) if b"\\" in body else body


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    if escape in _SIMPLE:
        return _SIMPLE[escape]
    if escape[:1] == b"x" and len(escape) == 3:
        return bytes([int(escape[1:], 16)])
    if escape[:1] in b"01234567":
        return bytes([int(escape, 8) & 0xFF])
    return found[0]  # an unknown escape stays as it is


def parse_unicode(line: bytes) -> str:
    """The operand of UNICODE."""
    return line.decode("raw-unicode-escape")
