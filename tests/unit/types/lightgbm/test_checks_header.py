"""Each rule about the header refuses text that LightGBM would read as something else."""

from __future__ import annotations

from typing import Any

import pytest

from holotype.types.lightgbm.checks_header import check_header
from holotype.types.lightgbm.columns import Fault

HONEST: dict[str, Any] = {
    "num_class": 1,
    "label_index": 0,
    "objective": "regression",
    "average_output": False,
    "feature_names": ["a", "b=c", "Größe{}"],
    "feature_infos": ["[-2.5:1e+30]", "none", "-1:0:7"],
    "monotone_constraints": [1, 0, -1],
    "parameters": {"boosting": "gbdt", "interaction_constraints": "[0,1]:x] y", "data": ""},
}

_GOOD: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no objective": {"objective": None, "num_class": 3},
    "square root": {"objective": "regression_l1 sqrt"},
    "binary": {"objective": "binary sigmoid:0.7"},
    "classes": {"objective": "multiclass num_class:3", "num_class": 3},
    "each against all": {"objective": "multiclassova num_class:3 sigmoid:1e-05", "num_class": 3},
    "ranks": {"objective": "lambdarank"},
    "no constraints, no parameters": {"monotone_constraints": None, "parameters": None},
    "infinite ranges": {"feature_infos": ["[-inf:inf]", "[nan:-nan]", "5"]},
    "two names with an equals sign": {"feature_names": ["a=", "b=", "c"]},
    "all alike": {"feature_infos": ["none"] * 3},
}

_BAD: dict[str, dict[str, Any]] = {
    "a member too many": {"more": 1},
    "no number of classes": {"num_class": 0},
    "true classes": {"num_class": True},
    "more classes than there is memory for": {"num_class": 4097, "objective": None},
    "a label before the first": {"label_index": -1},
    "an average that is a number": {"average_output": 1},
    "names that are no list": {"feature_names": ("a", "b", "c")},
    "names that are no text": {"feature_names": ["a", "b", 3]},
    "no names": {"feature_names": [], "feature_infos": [], "monotone_constraints": None},
    "an empty name": {"feature_names": ["a", "", "c"]},
    "a name with a space": {"feature_names": ["a", "b c", "c"]},
    "a name with a line": {"feature_names": ["a", "b\nversion=v3", "c"]},
    "a name with a return": {"feature_names": ["a", "b\rc", "c"]},
    "a name that ends the text": {"feature_names": ["a", "b\0", "c"]},
    "a name that is cut": {"feature_names": ["a", "b", "c="]},
    "facts of fewer features": {"feature_infos": ["none", "none"]},
    "half a range": {"feature_infos": ["[1]", "none", "none"]},
    "an open range": {"feature_infos": ["[1:2", "none", "none"]},
    "a range with a line": {"feature_infos": ["[1:2]\n", "none", "none"]},
    "a range in other digits": {"feature_infos": ["[\u0661:2]", "none", "none"]},
    "an empty fact": {"feature_infos": ["", "none", "none"]},
    "constraints of fewer features": {"monotone_constraints": [0, 1]},
    "a constraint of two": {"monotone_constraints": [0, 1, 2]},
    "constraints that are text": {"monotone_constraints": "0 1 0"},
    "an unknown objective": {"objective": "custom"},
    "an objective and more": {"objective": "regression num_class:3"},
    "an objective with a line": {"objective": "regression\n"},
    "an objective that is no text": {"objective": 1},
    "other classes": {"objective": "multiclass num_class:2", "num_class": 3},
    "classes of an objective with one": {"num_class": 3},
    "no sigmoid": {"objective": "binary sigmoid:0"},
    "an endless sigmoid": {"objective": "binary sigmoid:1e999"},
    "parameters that are a list": {"parameters": []},
    "a parameter with a colon": {"parameters": {"a:b": "1"}},
    "a parameter without a name": {"parameters": {"": "1"}},
    "a number for text": {"parameters": {"a": 1}},
    "a parameter of two lines": {"parameters": {"a": "1]\nend of parameters"}},
    "one text said too often": {
        "feature_names": [str(i) for i in range(2000)],
        "feature_infos": ["1" + ":1" * 10_000] * 2000,
        "monotone_constraints": None,
    },
}


@pytest.mark.parametrize("name", _GOOD)
def test_an_honest_header_passes(name: str) -> None:
    check_header({**HONEST, **_GOOD[name]})


@pytest.mark.parametrize("name", _BAD)
def test_a_header_that_says_something_else_is_refused(name: str) -> None:
    with pytest.raises(Fault):
        check_header({**HONEST, **_BAD[name]})


def test_a_header_lacks_nothing() -> None:
    for name in HONEST:
        with pytest.raises(Fault, match="members"):
            check_header({each: HONEST[each] for each in HONEST if each != name})
    with pytest.raises(Fault, match="members"):
        check_header([*HONEST])
