"""Regular expressions that no text can keep busy for long.

Python's engine goes back and tries again; a short pattern with one repetition inside another takes
centuries on thirty letters. Rule: only what plainly cannot do that is called quick.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["is_quick"]

_MOST_WAYS = 1000
_LONGEST = 1000
_PLAIN = ("LITERAL", "NOT_LITERAL", "ANY", "IN", "CATEGORY", "RANGE", "NEGATE", "AT")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def is_quick(pattern: Any, flags: int = 0) -> bool:
    r"""Whether a search takes at most the square of the text's length.

    So it is with one open repetition, of one character, in each alternative (``\b\w\w+\b``,
    ``\w+|[^\w\s]``), beside few other choices. False for much that is quick too.
    """
    if not isinstance(pattern, (str, bytes)) or len(pattern) > _LONGEST:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = re._parser.parse(pattern, flags)  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError, ValueError):
        return False
    opened, ways = _choices(parsed)
    return opened <= 1 and ways <= _MOST_WAYS


def _choices(parsed: Iterable[Any]) -> tuple[float, float]:
    """How many open repetitions may follow each other, and in how many ways the rest can match."""
    opened, ways = 0.0, 1.0
    for operator, argument in parsed:
        name = str(operator)
        if name in _PLAIN:
            continue
        if name in _REPEATS:
            each = _repeated(*argument)
        elif name == "BRANCH":
            all_ways = [_choices(branch) for branch in argument[1]]
            each = max(one for one, _ in all_ways), sum(way for _, way in all_ways)
        elif name in ("SUBPATTERN", "ASSERT", "ASSERT_NOT"):
            each = _choices(argument[-1])
        else:  # references to groups, conditions, and what later versions of Python add
            return math.inf, math.inf
        opened, ways = opened + each[0], min(ways * each[1], _MOST_WAYS + 1)
    return opened, ways


def _repeated(low: int, high: int, inner: Sequence[Any]) -> tuple[float, float]:
    opened, ways = _choices(inner)
    if int(high) >= _MOST_WAYS:
        plain = len(inner) == 1 and str(inner[0][0]) in _PLAIN
        return (1.0, 1.0) if plain else (math.inf, math.inf)
    lengths = int(high) - int(low) + 1
    return opened * max(1, int(high)), min(lengths * min(ways, 2e3) ** min(int(high), 99), 2e3)
