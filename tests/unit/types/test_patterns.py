"""Which regular expressions are quick, by what they do to a text that keeps others busy."""

from __future__ import annotations

import re

import pytest

from holotype.types.patterns import is_quick

QUICK = [
    r"(?u)\b\w\w+\b",
    r"\w+|[^\w\s]",
    r"[a-zA-Z]{3,}",
    r"(?i)[a-z]+",
    r"a?a?a?aaa",
    r"a*?b",
    r"(?:ab){2}c*",
    r"\d{4}-\d\d",
    r"(?<=a)b+",
    b"[a-z]+",
    "",
]
SLOW = [
    r"(a+)+$",
    r"(a|aa)+$",
    r"(?:a{1,9}){1,9}b",
    r"(?:a?){200}a{200}",
    r"(.*)\1",
    r"(a)?(?(1)b|c)",
    r"\w+\s\w+",
    r"(?:a|b|ab){12}",
    "(",
    "a" * 1001,
    7,
]


@pytest.mark.parametrize("pattern", QUICK, ids=str)
def test_what_matches_in_one_way_is_quick(pattern: str) -> None:
    assert is_quick(pattern)
    text = "a" * 5000 + "!"
    list(re.finditer(pattern, text.encode() if isinstance(pattern, bytes) else text))


@pytest.mark.parametrize("pattern", SLOW, ids=lambda pattern: str(pattern)[:20])
def test_what_may_go_back_is_not(pattern: object) -> None:
    assert not is_quick(pattern)
