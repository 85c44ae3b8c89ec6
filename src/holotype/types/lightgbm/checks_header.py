"""What stands around the trees is checked before it is written into a text for LightGBM's loader.

Names and parameters are text that a file chose. Rule: none of it can end its line or its word, what
the loader counts agrees, and an objective is one of those that LightGBM has, in the form that it
gives it: LightGBM sizes its output by one number of classes and fills it by another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from holotype.types.lightgbm.columns import HEADER, Fault

__all__ = ["MOST_CLASSES", "check_header"]

# LightGBM makes a table of all pairs of classes whenever it predicts: 134 MB of it for these.
MOST_CLASSES = 4096
_MOST = (1 << 31) - 1
# One text may stand in a file once and be meant a million times: what is written of it is bounded.
_REPEATED = 8
_FREE = 1 << 24  # characters

_NUMBER = r"\d{1,20}(?:\.\d{1,40})?(?:e[+-]?\d{1,3})?"
_BOUND = rf"-?(?:{_NUMBER}|inf|nan)"
_INFO = re.compile(rf"none|\[{_BOUND}:{_BOUND}\]|-?\d{{1,10}}(?::-?\d{{1,10}})*", re.ASCII)
_OBJECTIVE = re.compile(
    r"(?:regression|regression_l1|huber|fair|poisson|quantile|mape|gamma|tweedie)(?: sqrt)?"
    r"|lambdarank|rank_xendcg|cross_entropy|cross_entropy_lambda"
    rf"|binary sigmoid:(?P<binary>{_NUMBER})"
    rf"|multiclass num_class:(?P<classes>\d{{1,9}})"
    rf"|multiclassova num_class:(?P<ova>\d{{1,9}}) sigmoid:(?P<sigmoid>{_NUMBER})",
    re.ASCII,
)
_BREAKS = re.compile(r"[\x00-\x20\x7f]")  # what ends a word, a line or the text
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_KEY = re.compile(r"\w{1,80}", re.ASCII)


def check_header(header: Any) -> None:
    """Raise Fault for a header that would not be read back as it is."""
    if not isinstance(header, dict) or set(header) != set(HEADER):
        raise Fault("its header is not the members that a header has")
    classes = _integer(header["num_class"], "num_class", 1, MOST_CLASSES)
    _integer(header["label_index"], "label_index", 0, _MOST)
    if type(header["average_output"]) is not bool:
        raise Fault("average_output is not true or false")
    names = _texts(header["feature_names"], "feature_names")
    _check_names(names)
    infos = _texts(header["feature_infos"], "feature_infos")
    if len(infos) != len(names) or not all(map(_INFO.fullmatch, infos)):
        raise Fault("feature_infos are not a range, categories or none for each feature")
    _check_constraints(header["monotone_constraints"], len(names))
    _check_objective(header["objective"], classes)
    _check_parameters(header["parameters"])


def _integer(value: Any, name: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Fault(f"{name} is not an integer from {low} to {high}")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(type(each) is str for each in value):
        raise Fault(f"{name} is not a list of text")
    _check_size(value, name)
    return value


def _check_size(texts: Sequence[str], name: str) -> None:
    if sum(map(len, texts)) > _FREE + _REPEATED * sum(map(len, set(texts))):
        raise Fault(f"{name} says the same too often")


def _check_names(names: list[str]) -> None:
    if not 0 < len(names) <= _MOST:
        raise Fault("there are no features, or more than LightGBM can count")
    together = "".join(names)
    if not all(names) or _BREAKS.search(together):
        raise Fault("the name of a feature is empty, or has a space or a control character in it")
    # The loader divides the line at every "=", and takes it as a whole where there are several.
    parts = [part for part in " ".join(names).split("=") if part]
    if "=" in together and len(parts) < 2:
        raise Fault("LightGBM cannot read the name of a feature whose only '=' is at its end")


def _check_constraints(constraints: Any, features: int) -> None:
    if constraints is None:
        return
    if not isinstance(constraints, list) or len(constraints) != features:
        raise Fault("monotone_constraints is not a list with one for each feature")
    for each in constraints:
        _integer(each, "a monotone constraint", -1, 1)


def _check_objective(objective: Any, classes: int) -> None:
    if objective is None:
        return
    match = _OBJECTIVE.fullmatch(objective) if type(objective) is str else None
    if match is None:
        raise Fault(f"its objective, {objective!r:.80}, is not one that is known")
    said = match["classes"] or match["ova"] or "1"
    if int(said) != classes:
        raise Fault("its objective has another number of classes than its trees")
    for name in ("binary", "sigmoid"):
        if match[name] and not 0 < float(match[name]) < math.inf:
            raise Fault("the sigmoid of its objective is not positive")


def _check_parameters(parameters: Any) -> None:
    if parameters is None:
        return
    if not isinstance(parameters, dict):
        raise Fault("its parameters are not a dict")
    for key, value in parameters.items():
        if type(key) is not str or not _KEY.fullmatch(key):
            raise Fault(f"{key!r:.80} is not the name of a parameter")
        if type(value) is not str or _CONTROLS.search(value):
            raise Fault(f"parameter {key} is not one line of text")
    _check_size([*parameters.values()], "its parameters")
