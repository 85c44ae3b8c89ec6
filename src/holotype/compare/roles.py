"""What a value is for, by where it stands: was it set by a person, learned, or only for running?

Libraries that follow scikit-learn's convention say it by the name of an attribute: ``C`` was set,
``coef_`` was learned, ``_rng`` is their own affair. Others do not; of those the manifest lists the
hyper-parameters, and what their objects hold counts as learned. Rule: what nobody can tell apart
counts as set, so that a version is rather raised than not.
"""

from __future__ import annotations

from typing import Any, Literal

from holotype.compare.difference import Effect

__all__ = [
    "RUN",
    "Role",
    "is_placeholder",
    "is_tensor",
    "role_below",
    "role_of_type",
    "value_effect",
]

Role = Literal["open", "set", "learned", "told", "own", "run"]
"""
*open*     in containers, modules and objects of the user's own: values count as set, what stands in
           arrays as learned, and which arrays there are as architecture
*set*      by a person, by the name of the attribute
*learned*  likewise
*told*     of a library without that convention: others tell its settings
*own*      a library's own affair, with all below it
*run*      how it is run or trained, with all below it
"""

RUN = frozenset(
    {
        # Seeds: another draw of the same model.
        "random_state", "random_seed", "seed", "data_random_seed", "feature_fraction_seed",
        "bagging_seed", "seed_per_iteration",
        # On how much of the machine, and where.
        "n_jobs", "n_threads", "num_threads", "nthread", "thread_count", "pre_dispatch",
        "device", "device_type", "task_type", "devices", "gpu_id", "cache_size", "memory",
        "used_ram_limit", "gpu_ram_part", "working_memory",
        # What is told, written or checked meanwhile.
        "verbose", "verbosity", "silent", "verbose_eval", "logging_level", "verbose_feature_names",
        "allow_writing_files", "train_dir", "save_snapshot", "snapshot_file", "metric_period",
        "validate_parameters", "error_score", "return_train_score", "callbacks",
        # How calls treat what they are given; how fitting went on; which mode a module is in.
        "copy", "copy_X", "copy_x", "copy_X_train", "warm_start", "training", "requires_grad",
        "inplace",
    }
)  # fmt: skip
"""Names of settings that change neither what a fitted model is made of nor what it answers."""

_BY_NAME = frozenset({"sklearn", "imblearn", "skrub", "category_encoders", "xgboost", "lightgbm"})
# What libraries without that convention, and without hyper-parameters, call what was set.
_SETTINGS = frozenset(
    {
        "order", "seasonal_order", "trend", "seasonal", "seasonal_periods", "damped_trend", "error",
        "ar_order", "ma_order", "max_ar_order", "max_ma_order", "seasonal_ar_order",
        "seasonal_ma_order", "_maxlag", "formula",
    }
)  # fmt: skip
_PLAIN = ("numpy", "scipy", "pandas", "builtins", "collections", "functools", "re", "datetime")
# What is learned all the same.
_LEARNED = frozenset({"f_cached"})
_OPEN = frozenset({"torch", "flax", "builtins", "collections"})
_TENSORS = ("torch.Tensor", "torch.nn.Parameter", "torch.Parameter", "torch.nn.parameter.Parameter")


def is_tensor(key: str) -> bool:
    """Whether objects of a type are arrays for people: their path is that of the array."""
    return key in _TENSORS or key.startswith("jax.Array")


def role_of_type(key: str, kind: str, role: Role, *, fitted: bool = True) -> Role:
    """The role of what an object holds that stands in this role.

    ``fitted``: whether it has learned anything itself. What was learned as a whole, such as the
    kernel of a Gaussian process, was not set by anybody.
    """
    if role in ("told", "own", "run"):
        return role
    if kind == "instance" or ":" in key:
        return "open"
    if is_tensor(key):
        return role
    root = key.partition(".")[0]
    if root in _OPEN:
        return role if role == "learned" else "open"
    if root in _BY_NAME and kind == "object":
        return "set" if fitted or role != "learned" else "learned"
    return role if root in _PLAIN else "told"


def role_below(name: str, role: Role) -> Role:
    """The role of an attribute of an object whose contents have this role."""
    if role in ("own", "run"):
        return role
    if role == "told":
        return "set" if name in _SETTINGS else role
    if name in RUN:
        return "run"
    if name[:1] == "_":
        return "own"
    return "learned" if name[-1:] == "_" or name in _LEARNED else role


def is_placeholder(before: Any, after: Any) -> bool:
    """Whether one is a word by which a library says that nobody set a value that it gave up."""
    return any(isinstance(each, str) and each in ("deprecated", "warn") for each in (before, after))


def replaced_effect(role: Role, before: str, after: str) -> Effect:
    """What an object touches that is of another type now, by the keys of the types."""
    if role == "told" and not {before.partition(".")[0], after.partition(".")[0]} & {*_PLAIN}:
        return "architecture"
    return structural_effect(role)


def structural_effect(role: Role) -> Effect:
    """What a part touches that came, went or moved in this role."""
    if role == "run":
        return "run"
    return "architecture" if role in ("open", "set") else "learned"


def value_effect(role: Role) -> Effect:
    """What a changed plain value in this role touches."""
    effects: dict[Role, Effect] = {"open": "setting", "set": "setting", "run": "run"}
    return effects.get(role, "learned")
