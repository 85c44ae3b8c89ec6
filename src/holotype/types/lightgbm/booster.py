"""``lightgbm.Booster``: from the native model to header and columns, and back.

Saving asks the library for the text that pickle would keep, and takes it apart. Building writes a
text from the checked columns and hands it over as unpickling does. Rule: no text of a file ever
reaches the library; of training, what pickle keeps and what has a meaning without the data is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Reduced
from holotype.types.lightgbm.checks_header import check_header
from holotype.types.lightgbm.checks_parameters import check_parameters
from holotype.types.lightgbm.checks_trees import check_trees
from holotype.types.lightgbm.columns import Fault, Model
from holotype.types.lightgbm.parse import parse_model
from holotype.types.lightgbm.write import write_model

__all__ = [
    "build_booster",
    "check_booster",
    "reduce_booster",
    "reduce_text",
    "restate",
    "sizes_of",
]

# What is kept, and what a new Booster has instead.
_KEPT = ("best_iteration", "best_score", "params", "pandas_categorical")
_OPTIONAL = ("name_valid_sets",)
# What a Booster needs for training with data that it does not have any more.
_LEFT = frozenset(
    {"_handle", "handle", "_network", "network", "_train_data_name", "train_set", "valid_sets"}
    | {"train_set_version"}
    | {
        f"_Booster__{name}"
        for name in (
            "attr",
            "higher_better_inner_eval",
            "init_predictor",
            "inner_predict_buffer",
            "is_predicted_cur_iter",
            "name_inner_eval",
            "need_reload_eval_info",
            "num_class",
            "num_dataset",
            "num_inner_eval",
            "set_objective_to_none",
        )
    }
)
_BUFFER = 1 << 24  # bytes, touched only as far as the text goes
_MOST = (1 << 31) - 1


# -- saving --------------------------------------------------------------------------------------


def reduce_booster(booster: Any) -> Reduced:
    """Header and columns as arguments, the attributes that are kept as state."""
    try:
        return reduce_text(_text_of(booster), vars(booster))
    except Fault as fault:
        raise UnsupportedError(
            "",
            f"this Booster cannot be kept: {fault}.",
            "Train it again without that, or leave it out.",
        ) from None


def reduce_text(text: bytes, attributes: dict[str, Any]) -> Reduced:
    """The same of the text and the attributes; Fault where loading would refuse them."""
    known = _LEFT | {*_KEPT, *_OPTIONAL}
    for name in attributes:
        if name not in known:
            raise Fault(f"it has {name[:40]!r}, which is not an attribute of a Booster")
    model = parse_model(text)
    _check_model(model)
    state = {name: attributes.get(name) for name in _KEPT}
    state |= {name: attributes[name] for name in _OPTIONAL if name in attributes}
    if state["params"] is None:  # before version 3
        state["params"] = {}
    _check_state(state)
    return Reduced((dict(model.header), dict(model.trees)), state)


def _text_of(booster: Any) -> bytes:
    """All iterations, as ``model_to_string(num_iteration=-1)``, in one call where that is possible.

    The library's own method asks a second time, which costs as much again, from a megabyte on.
    """
    import ctypes

    if not booster._handle:
        raise Fault("it has no model")
    try:
        from lightgbm.basic import _LIB, _safe_call
    except ImportError:  # not where it was in version 4
        return bytes(booster.model_to_string(num_iteration=-1).encode())
    size = _BUFFER
    length = ctypes.c_int64(0)
    while True:
        buffer = np.empty(size, np.uint8)
        _safe_call(
            _LIB.LGBM_BoosterSaveModelToString(
                booster._handle,
                ctypes.c_int(0),
                ctypes.c_int(-1),
                ctypes.c_int(0),
                ctypes.c_int64(size),
                ctypes.byref(length),
                ctypes.c_char_p(buffer.ctypes.data),
            )
        )
        if length.value <= size:
            return buffer[: length.value - 1].tobytes()
        size = length.value


# -- building ------------------------------------------------------------------------------------


def build_booster(cls: Any, args: Sequence[Any]) -> Any:
    """A Booster of this header and these trees, as one that was loaded from a file."""
    header, trees = args
    booster = cls.__new__(cls)
    booster.__setstate__(
        {
            "_handle": write_model(Model(header, trees)).decode(),
            "_network": False,
            "_train_data_name": "training",
            "_Booster__inner_predict_buffer": [],
            "_Booster__is_predicted_cur_iter": [],
            "_Booster__need_reload_eval_info": True,
            "_Booster__num_class": header["num_class"],
            "_Booster__num_dataset": 0,
            "_Booster__set_objective_to_none": False,
        }
    )
    return booster


def restate(booster: Any, state: Any) -> None:
    """Give a new Booster the attributes that are kept."""
    vars(booster).update(state)


# -- checking ------------------------------------------------------------------------------------


def check_booster(shadow: Shadow) -> None:
    """Everything that the loader and the predictor will rely on."""
    header, trees = shadow.args(2)
    try:
        _check_model(Model(header, trees))
        _check_state(shadow.state())
    except Fault as fault:
        raise shadow.fail(str(fault)) from None


def sizes_of(booster: Shadow) -> tuple[int, int]:
    """Features and trees in an iteration of a Booster, whose own check says whether they are so."""
    header = booster.arg(0)
    names = header.get("feature_names") if isinstance(header, dict) else None
    if not isinstance(names, list):
        raise booster.fail("its features have no names")
    return len(names), booster.as_integer(header.get("num_class"), "num_class")


def _check_model(model: Model) -> None:
    check_header(model.header)
    check_trees(model.trees, len(model.header["feature_names"]), model.header["num_class"])


def _check_state(state: Any) -> None:
    if not isinstance(state, dict) or not {*_KEPT} <= state.keys() <= {*_KEPT, *_OPTIONAL}:
        raise Fault("its state is not the attributes that are kept")
    best = state["best_iteration"]
    if type(best) is not int or not -_MOST <= best <= _MOST:
        raise Fault("best_iteration is not an integer")
    if not isinstance(state["params"], dict):
        raise Fault("params is not a dict")
    check_parameters(state["params"])
    categories = state["pandas_categorical"]
    if categories is not None and not (
        isinstance(categories, list) and all(isinstance(each, list) for each in categories)
    ):
        raise Fault("pandas_categorical is not a list of lists of categories")
