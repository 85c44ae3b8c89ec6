"""category_encoders 2.8 and later: every encoder, and its two wrappers.

Everything is Python over pandas, and what is learnt stands in frames and series. Rule: where an
encoder turns its own text into a name or its numbers into processes and memory, they are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from holotype.errors import UnsupportedError
from holotype.graph.shadow import ABSENT, Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.registration import estimators
from holotype.types.sklearn.native import _check_attributes, _make_empty, _set_attributes

__all__ = ["NAME", "entries", "reduce_hashing"]

_ENCODERS = {
    "category_encoders.backward_difference": "BackwardDifferenceEncoder",
    "category_encoders.basen": "BaseNEncoder",
    "category_encoders.binary": "BinaryEncoder",
    "category_encoders.cat_boost": "CatBoostEncoder",
    "category_encoders.count": "CountEncoder",
    "category_encoders.count_target": "CountTargetEncoder",
    "category_encoders.glmm": "GLMMEncoder",
    "category_encoders.gray": "GrayEncoder",
    "category_encoders.hashing": "HashingEncoder",
    "category_encoders.helmert": "HelmertEncoder",
    "category_encoders.james_stein": "JamesSteinEncoder",
    "category_encoders.leave_one_out": "LeaveOneOutEncoder",
    "category_encoders.m_estimate": "MEstimateEncoder",
    "category_encoders.multi_hot": "MultiHotEncoder",
    "category_encoders.one_hot": "OneHotEncoder",
    "category_encoders.ordinal": "OrdinalEncoder",
    "category_encoders.polynomial": "PolynomialEncoder",
    "category_encoders.quantile_encoder": "QuantileEncoder SummaryEncoder",
    "category_encoders.rankhot": "RankHotEncoder",
    "category_encoders.sum_coding": "SumEncoder",
    "category_encoders.target_encoder": "TargetEncoder",
    "category_encoders.woe": "WOEEncoder",
}
_HASHES = (
    *("blake2b", "blake2s", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"),
    *("sha3_224", "sha3_256", "sha3_384", "sha3_512"),
)
_STARTS = ("fork", "forkserver", "spawn")
_MOST_PROCESSES = 128  # as its constructor has it
_MOST = (1 << 31) - 1
NAME = "__name__"


def entries() -> Iterable[Entry]:
    """The entries of category_encoders."""
    checks = {"HashingEncoder": _check_hashing} | dict.fromkeys(
        ("BaseNEncoder", "BinaryEncoder", "GrayEncoder"), _check_base
    )
    for entry in estimators(_ENCODERS, public="category_encoders", checks=checks):
        if entry.key.endswith(".HashingEncoder"):
            entry = replace(entry, reduce=reduce_hashing)
        yield entry
    yield from estimators({"category_encoders.wrapper": "PolynomialWrapper"})
    yield Entry(
        key="category_encoders.wrapper.NestedCVWrapper",
        where=("category_encoders.wrapper:NestedCVWrapper",),
        kind="call",
        reduce=_reduce_nested,
        build=_make_empty,
        setstate=_set_nested,
        check=_check_nested,
    )


# -- hashes and bases ----------------------------------------------------------------------------


def reduce_hashing(obj: Any) -> Reduced:
    state = obj.__getstate__()
    if state.get("hash_method", "md5") not in _HASHES:
        raise UnsupportedError(
            ".hash_method",
            f"{state['hash_method']!r} is not a hash that every Python has.",
            f"Use one of {', '.join(_HASHES)}.",
        )
    return Reduced(state=state)


def _check_hashing(shadow: Shadow) -> None:
    """What it looks up in ``hashlib``, how it starts processes and how many, and its columns."""
    if shadow.get("hash_method") not in (ABSENT, *_HASHES):
        raise shadow.fail("hash_method is not a hash that every Python has")
    if shadow.get("process_creation_method") not in (ABSENT, *_STARTS):
        raise shadow.fail("process_creation_method is not a way to start a process")
    if shadow.has("max_process"):
        shadow.integer("max_process", 1, _MOST_PROCESSES)
    if shadow.has("n_components"):
        shadow.integer("n_components", 0, _columns(shadow))


def _columns(shadow: Shadow) -> int:
    """How many columns the answers of a fitted encoder have, with those that it drops."""
    names, dropped = shadow.get("feature_names_out_"), shadow.get("invariant_cols")
    if names is ABSENT or names is None:
        return _MOST
    return len(names) + (len(dropped) if isinstance(dropped, list) else 0)


def _check_base(shadow: Shadow) -> None:
    """Digits are multiplied by powers of the base."""
    if shadow.has("base"):
        shadow.integer("base", 1, _MOST)


# -- a wrapper that has a name of its own --------------------------------------------------------


def _reduce_nested(obj: Any) -> Reduced:
    """Its attributes, but for the name of the encoder's class, which is taken from that again."""
    state = dict(vars(obj))
    if state.pop(NAME, None) != type(obj.feature_encoder).__name__:
        raise UnsupportedError(f".{NAME}", "it is not the name of the encoder's class.")
    return Reduced(state=state)


def _set_nested(obj: Any, state: Any) -> None:
    _set_attributes(obj, state)
    vars(obj)[NAME] = type(obj.feature_encoder).__name__


def _check_nested(shadow: Shadow) -> None:
    shadow.args(0)
    _check_attributes(shadow)
    shadow.child("feature_encoder")
