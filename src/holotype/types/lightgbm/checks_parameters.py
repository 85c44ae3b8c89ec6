"""Parameters are checked before LightGBM gets them as one text of ``name=value`` words.

LightGBM cuts that text at spaces; it is asked for threads that cannot be started, which ends the
process, and makes a table of all pairs of classes. Rule: a parameter is one word that sets nothing
else, however it is nested, and threads and classes are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.types.lightgbm.checks_header import MOST_CLASSES
from holotype.types.lightgbm.columns import Fault

__all__ = ["check_parameters"]

_MOST_THREADS = 512
_BOUNDS = {
    **dict.fromkeys(("n_jobs", "num_threads", "num_thread", "nthread", "nthreads"), _MOST_THREADS),
    **dict.fromkeys(("num_class", "num_classes"), MOST_CLASSES),
}
_NAME = re.compile(r"[^\s=]{1,200}")
_SPACE = re.compile(r"\s")
_DIGITS = re.compile(r"-?\d{1,9}", re.ASCII)
# A list may stand in a file once and be meant a million times: what is written of it is bounded.
_MOST_WORDS = 1 << 16
_MOST_CHARACTERS = 1 << 20
_ATOMS = (str, int, float, bool, np.generic, type(None))


def check_parameters(parameters: Mapping[Any, Any]) -> None:
    """Raise Fault for parameters that would not reach LightGBM as what they are."""
    for name, value in parameters.items():
        if type(name) is not str or not _NAME.fullmatch(name):
            raise Fault(f"{name!r:.80} is not the name of a parameter")
        if name in _BOUNDS and value is not None:
            _check_number(name, value)
        _check_texts(name, value)


def _check_number(name: str, value: Any) -> None:
    most = _BOUNDS[name]
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    number = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not number or abs(int(value)) > most:
        raise Fault(f"{name} is not an integer of at most {most}")


def _check_texts(name: str, value: Any) -> None:
    if isinstance(value, Shadow) and value.key.startswith("pathlib."):
        value = " ".join(str(part) for part in value.args(0, 1000))
    elif isinstance(value, PurePath):
        value = str(value)
    characters = 0
    for text in _words(name, value):
        characters += len(text)
        if characters > _MOST_CHARACTERS:
            raise Fault(f"{name} has more than {_MOST_CHARACTERS} characters")
        space = _SPACE.search(text)
        if space is not None and text.find("=", space.end()) >= 0:
            raise Fault(f"{name} is a text that sets other parameters")


def _words(name: str, value: Any) -> Iterator[str]:
    """The texts that a parameter is written by, where it is one or a list of such."""
    waiting = [value]
    known = 1
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, (list, tuple, set, frozenset, np.ndarray)):
            parts = each.ravel().tolist() if isinstance(each, np.ndarray) else each
            known += len(parts)
            if known > _MOST_WORDS:
                raise Fault(f"{name} is a list of more than {_MOST_WORDS} values")
            waiting.extend(parts)
        elif each is not value and not isinstance(each, _ATOMS):
            raise Fault(f"{name} is a list of what is no number, text or list")
