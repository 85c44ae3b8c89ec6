"""What XGBoost pickles of a booster, as three parts: the model, its trees, how it was trained.

The export is an object of two members (``src/learner.cc``): *Model*, which ``save_model`` writes as
well, and *Config*, the parameters with which training goes on. The parts are

model     plain facts, the objective, attributes, names of features, and the categories that a
          DataFrame had (as their bytes, which need not be text, or as integers)
trees     the columns of ``layout.py`` with the groups, rounds and weights of the trees; of a linear
          booster, its weights
training  Config without what it repeats of Model

Rule: a member that is not known is no member to drop; its export is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.errors import MissingLibraryError
from holotype.types.xgboost.frame import RawTrees, read_trees
from holotype.types.xgboost.layout import columns_of
from holotype.types.xgboost.rewrite import write_trees
from holotype.types.xgboost.ubjson import Malformed, read, write

__all__ = ["Parts", "Version", "parse", "segments", "snapshot"]

Array = npt.NDArray[Any]
Version = tuple[int, int, int]

_WITH_VECTOR_BASE: Version = (3, 1, 0)  # base_score became a vector, and categories are kept
_WITH_LEAF_ROWS: Version = (3, 2, 0)

# Numbers by which XGBoost calls the types of typed arrays (``json.h: ValueKind``).
_KINDS = {"|i1": 9, "|u1": 10, "<i2": 11, "<i4": 13, "<i8": 15}


class Parts(NamedTuple):
    """A booster taken apart."""

    model: dict[str, Any]
    trees: dict[str, Any]
    training: dict[str, Any]


def parse(data: bytes) -> Parts:
    """The parts of a pickled booster; Malformed where it is not what XGBoost writes."""
    try:
        return _parse(data)
    except Malformed:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Malformed(
            f"one of its members has another form than XGBoost gives it: {error}"
        ) from None


def _parse(data: bytes) -> Parts:
    whole = _members(read(data, {"trees": read_trees}), "Config Model")
    exported = _members(whole["Model"], "learner version")
    learner = _members(
        exported["learner"],
        "attributes feature_names feature_types gradient_booster learner_model_param objective",
    )
    stated = _members(
        learner["learner_model_param"],
        "base_score boost_from_average num_class num_feature num_target",
    )
    model: dict[str, Any] = {
        "version": tuple(exported["version"]),
        "num_feature": _number(stated["num_feature"]),
        "num_class": _number(stated["num_class"]),
        "num_target": _number(stated["num_target"]),
        "base_score": _floats(stated["base_score"]),
        "boost_from_average": _number(stated["boost_from_average"]) != 0,
        "objective": _native(learner["objective"]),
        "attributes": learner["attributes"],
        "feature_names": learner["feature_names"],
        "feature_types": learner["feature_types"],
    }
    trees = _booster(learner["gradient_booster"], model)
    config = _members(whole["Config"], "learner version")
    return Parts(model, trees, _training(config["learner"], learner, model, trees))


def _members(value: Any, names: str, optional: str = "") -> dict[str, Any]:
    if type(value) is not dict:
        raise Malformed(f"it has no members {names}")
    expected = frozenset(names.split())
    for odd in sorted(expected ^ value.keys()):
        if odd not in optional.split():
            raise Malformed(f"the member {odd!r} is not known here, or missing")
    return value


def _number(text: Any) -> int:
    if type(text) is not str or not re.fullmatch(r"-?\d{1,18}", text):
        raise Malformed("a parameter is no number")
    return int(text)


def _floats(text: Any) -> Array:
    """``5E-1`` or ``[5E-1,1E0]``: float32 in its shortest form."""
    if type(text) is not str or not re.fullmatch(r"\[?-?\d[-+.,\dE]*\]?", text):
        raise Malformed("base_score is no number")
    try:
        return np.array(text.strip("[]").split(","), dtype="<f4")
    except ValueError:
        raise Malformed("base_score is no number") from None


def _native(value: Any) -> Any:
    """With arrays in this machine's order, as they are kept."""
    if isinstance(value, np.ndarray):
        return value.astype(value.dtype.newbyteorder("<"))
    if type(value) is dict:
        return {key: _native(item) for key, item in value.items()}
    return [_native(item) for item in value] if type(value) is list else value


def _booster(value: Any, model: dict[str, Any]) -> dict[str, Any]:
    """The part that depends on the kind of booster; its name goes into ``model``."""
    name = value.get("name") if type(value) is dict else None
    if name not in ("gbtree", "dart", "gblinear"):
        raise Malformed("its booster is not known")
    model["booster"] = name
    if name == "gblinear":
        linear = _members(_members(value, "model name")["model"], "boosted_rounds weights")
        return {"weight": _native(linear["weights"]), "rounds": linear["boosted_rounds"]}
    if name == "dart":
        dart = _members(value, "gbtree name weight_drop")
        trees = _trees(dart["gbtree"], model)
        trees["drop_weight"] = np.array(dart["weight_drop"], "<f4")
        return trees
    return _trees(value, model)


def _trees(value: Any, model: dict[str, Any]) -> dict[str, Any]:
    exported = _members(
        _members(value, "model name")["model"],
        "cats gbtree_model_param iteration_indptr tree_info trees",
        "cats",
    )
    stated = _members(exported["gbtree_model_param"], "num_parallel_tree num_trees")
    raw = exported["trees"]
    if not isinstance(raw, RawTrees) or len(raw.stated) != _number(stated["num_trees"]):
        raise Malformed("it has another number of trees than it says")
    columns, outputs = columns_of(raw, model["num_feature"])
    if "cats" in exported:
        _take_categories(exported["cats"], model)
    return {
        **columns,
        "outputs": outputs,
        "num_parallel_tree": _number(stated["num_parallel_tree"]),
        "group": np.array(exported["tree_info"], "<i4"),
        "rounds": np.array(exported["iteration_indptr"], "<i4"),
    }


def _take_categories(value: Any, model: dict[str, Any]) -> None:
    """The categories of a DataFrame, feature by feature, and in which order they rise."""
    cats = _members(value, "enc feature_segments sorted_idx")
    found = []
    for column in cats["enc"]:
        if "offsets" in column:
            found.append(_native(_members(column, "offsets values")))
            continue
        values = _native(_members(column, "type values")["values"])
        if not isinstance(values, np.ndarray) or _KINDS.get(values.dtype.str) != column["type"]:
            raise Malformed(
                "it has categories of a type that XGBoost itself cannot read back "
                "(unsigned integers of more than 8 bits, say); make them text or int64"
            )
        found.append({"values": values})
    if not np.array_equal(segments(found), cats["feature_segments"]):
        raise Malformed("its categories have odd segments")
    if found:
        model["categories"] = found
        model["category_order"] = _native(cats["sorted_idx"])


def segments(categories: Any) -> Array:
    """Where the categories of each feature begin among all of them, and where the last end."""
    sizes = [
        max(0, len(column["offsets"]) - 1) if "offsets" in column else len(column["values"])
        for column in categories
    ]
    return np.cumsum([0, *sizes]).astype("<i4") if sizes else np.zeros(0, "<i4")


def _training(
    value: Any, learner: Mapping[str, Any], model: Mapping[str, Any], trees: Mapping[str, Any]
) -> dict[str, Any]:
    """Config without what Model says as well, which must be the same."""
    config = _members(
        value,
        "generic_param gradient_booster learner_model_param learner_train_param metrics objective",
    )
    booster = dict(config["gradient_booster"])
    kinds = [booster]
    if model["booster"] == "dart":
        inner = booster["gbtree"] = dict(
            _members(booster, "dart_train_param gbtree name")["gbtree"]
        )
        kinds.append(inner)
    names = [kind.pop("name", None) for kind in kinds]
    if names != [model["booster"], "gbtree"][: len(kinds)]:
        raise Malformed("it was trained as another kind of booster")
    if model["booster"] != "gblinear":
        repeated = _members(kinds[-1].pop("gbtree_model_param"), "num_parallel_tree num_trees")
        if _number(repeated["num_parallel_tree"]) != trees["num_parallel_tree"]:
            raise Malformed("it was trained with another number of parallel trees")
    for name in ("learner_model_param", "objective"):
        if not _same(config[name], learner[name]):
            raise Malformed(f"{name} of its model is not the one of its training")
    return {
        "booster": _native(booster),
        "generic_param": config["generic_param"],
        "learner_train_param": config["learner_train_param"],
        "metrics": _native(config["metrics"]),
    }


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.tobytes() == other.tobytes())
    if type(one) is dict:
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


# -- and back ------------------------------------------------------------------------------------


def snapshot(parts: Parts, installed: Version) -> tuple[bytearray, bool]:
    """What the installed XGBoost reads, and whether that is a pickled booster or a saved model.

    Another version than the one that trained it reads its model, but not how it was trained.
    """
    model, trees, _ = parts
    exported = {
        "learner": {
            "attributes": model["attributes"],
            "feature_names": model["feature_names"],
            "feature_types": model["feature_types"],
            "gradient_booster": _export_booster(model, trees, installed),
            "learner_model_param": _stated(model, installed),
            "objective": model["objective"],
        },
        "version": model["version"],
    }
    out: list[bytes] = []
    same = model["version"] == installed
    if same:
        write({"Config": _config(parts), "Model": exported}, out)
    else:
        write(exported, out)
    return bytearray(b"").join(out), same


def _stated(model: Mapping[str, Any], installed: Version) -> dict[str, str]:
    scores = [_shortest(score) for score in model["base_score"]]
    vector = installed >= _WITH_VECTOR_BASE
    if not vector and len(set(scores)) != 1:
        raise MissingLibraryError(
            "xgboost.Booster has a base_score for each output here, which needs XGBoost 3.1 or "
            "later: pip install -U xgboost"
        )
    # A scalar of older versions stays one: it is for the reader to make it a vector.
    plain = not vector or model["version"] < _WITH_VECTOR_BASE
    return {
        "base_score": scores[0] if plain else f"[{','.join(scores)}]",
        "boost_from_average": str(int(model["boost_from_average"])),
        "num_class": str(model["num_class"]),
        "num_feature": str(model["num_feature"]),
        "num_target": str(model["num_target"]),
    }


def _shortest(score: np.float32) -> str:
    """As XGBoost writes it: ``5E-1``."""
    digits = np.format_float_scientific(score, unique=True, trim="-", exp_digits=1)
    return digits.replace("e+", "E").replace("e", "E")


def _export_booster(
    model: Mapping[str, Any], trees: Mapping[str, Any], installed: Version
) -> dict[str, Any]:
    if model["booster"] == "gblinear":
        linear = {"boosted_rounds": trees["rounds"], "weights": trees["weight"]}
        return {"model": linear, "name": "gblinear"}
    rows = installed >= _WITH_LEAF_ROWS
    written = write_trees(trees, model["num_feature"], trees["outputs"], rows=rows)
    categories = model.get("categories", [])
    if categories and installed < _WITH_VECTOR_BASE:
        raise MissingLibraryError(
            "xgboost.Booster knows its categories by name here, which needs XGBoost 3.1 or "
            "later: pip install -U xgboost"
        )
    exported = {
        "cats": {
            "enc": [_category(column) for column in categories],
            "feature_segments": segments(categories),
            "sorted_idx": model.get("category_order", np.zeros(0, "<i4")),
        },
        "gbtree_model_param": {
            "num_parallel_tree": str(trees["num_parallel_tree"]),
            "num_trees": str(len(trees["nodes"])),
        },
        "iteration_indptr": trees["rounds"].tolist(),
        "tree_info": trees["group"].tolist(),
        "trees": written,
    }
    plain = {"model": exported, "name": "gbtree"}
    if model["booster"] == "gbtree":
        return plain
    drop = trees["drop_weight"]
    weights = b"".join([_LIST, len(drop).to_bytes(8, "big"), _numbers(drop)])
    return {"gbtree": plain, "name": "dart", "weight_drop": weights}


_LIST = b"[#L"


def _numbers(values: Array) -> bytes:
    """An array that is no typed one: each float32 with its type before it."""
    records = np.empty(len(values), [("type", "S1"), ("value", ">f4")])
    records["type"] = b"d"
    records["value"] = values
    return records.tobytes()


def _category(column: Mapping[str, Any]) -> dict[str, Any]:
    if "offsets" in column:
        return dict(column)
    return {"type": _KINDS[column["values"].dtype.str], "values": column["values"]}


def _config(parts: Parts) -> dict[str, Any]:
    model, _, training = parts
    booster = {**training["booster"], "name": model["booster"]}
    repeated = {"num_parallel_tree": "1", "num_trees": "0"}  # nobody reads them there
    if model["booster"] == "gbtree":
        booster["gbtree_model_param"] = repeated
    elif model["booster"] == "dart":
        inner = {**booster["gbtree"], "gbtree_model_param": repeated, "name": "gbtree"}
        booster["gbtree"] = inner
    return {
        "learner": {
            "generic_param": training["generic_param"],
            "gradient_booster": booster,
            "learner_model_param": {},
            "learner_train_param": training["learner_train_param"],
            "metrics": training["metrics"],
            "objective": model["objective"],
        },
        "version": model["version"],
    }
