"""Optimizers and schedulers of torch.optim as data.

An optimizer's state is ``defaults``, ``param_groups``, and ``state`` as a list of pairs (parameter,
what is kept for it); the parameters are the same objects as those of the model beside it. A
scheduler's state is its attributes, of which the optimizer is one. What torch wraps around the
optimizer's ``step`` to count calls is made anew when it next matters, as after unpickling.

Rule: what is kept for a parameter has its shape or is a single number, so no step reaches further
than the parameter does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Named, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.torch.tensors import PARAMETER, TENSOR, facts_of

__all__ = ["OPTIMIZERS", "SCHEDULERS", "optimizer_entries", "reduce_parts", "reduce_schedule"]

# By the module that defines them.
OPTIMIZERS = {
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "asgd": "ASGD",
    "lbfgs": "LBFGS",
    "nadam": "NAdam",
    "radam": "RAdam",
    "rmsprop": "RMSprop",
    "rprop": "Rprop",
    "sgd": "SGD",
    "sparse_adam": "SparseAdam",
    "_adafactor": "Adafactor",
    "_muon": "Muon",
}
SCHEDULERS = (
    "ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR "
    "ExponentialLR LambdaLR LinearLR MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR "
    "ReduceLROnPlateau SequentialLR StepLR"
)
_PREFIX = "torch.optim."
_LR = f"{_PREFIX}lr_scheduler."
_KEYS = frozenset(f"{_PREFIX}{name}" for name in OPTIMIZERS.values())
# Whose options have no ``differentiable``, which Optimizer.__setstate__ gives to all.
_UNAWARE = frozenset({"Adafactor", "LBFGS", "Muon", "SparseAdam"})
# What is kept as one number for a parameter.
_NUMBERS = frozenset({"eta", "mu", "mu_product", "step"})
_MEMBERS = ("defaults", "param_groups", "state")
_TENSORS = (TENSOR, PARAMETER)
_MAX_DEPTH = 8


# -- optimizers ------------------------------------------------------------------------------------


def _reduce_optimizer(obj: Any) -> Reduced:
    for name, value in sorted(vars(obj).items()):
        if name.endswith("_hooks") and value:
            raise UnsupportedError(
                f".{name}", "an optimizer has hooks, which are no data.", "Remove them."
            )
    return reduce_parts(type(obj).__name__, obj.defaults, obj.param_groups, obj.state)


def reduce_parts(name: str, defaults: Any, groups: Any, state: Any) -> Reduced:
    """An optimizer of this class by what its ``__getstate__`` gives."""
    options = dict(defaults)
    if name in _UNAWARE:
        options.pop("differentiable", None)
    pairs = [[parameter, dict(kept)] for parameter, kept in state.items()]
    parts = {"defaults": options, "param_groups": list(map(dict, groups)), "state": pairs}
    return Reduced(state=parts)


def _build(cls: Any, args: Sequence[Any]) -> Any:
    return cls.__new__(cls)


def _fill_optimizer(obj: Any, state: dict[str, Any]) -> None:
    kept: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
    kept.update(map(tuple, state["state"]))
    # Their own __setstate__ may give the state members that older versions did not have.
    groups = state["param_groups"]
    obj.__setstate__({"defaults": state["defaults"], "param_groups": groups, "state": kept})
    obj._warned_capturable_if_run_uncaptured = True
    if type(obj).__name__ in _UNAWARE:
        obj.defaults.pop("differentiable", None)
    if type(obj).__name__ == "LBFGS":  # of which torch forgets this
        obj._params = groups[0]["params"]
        obj._numel_cache = None


def _check_optimizer(shadow: Shadow) -> None:
    shadow.args(0)
    if sorted(shadow.names()) != sorted(_MEMBERS):
        raise shadow.fail("its state is not defaults, param_groups and state")
    defaults, groups, state = map(shadow.get, _MEMBERS)
    if not isinstance(groups, list) or not isinstance(state, list) or not groups:
        raise shadow.fail("it has no groups of parameters")
    _check_options(shadow, defaults)
    known: dict[int, Shadow] = {}
    for group in groups:
        _check_group(shadow, group, known)
    for pair in state:
        if not isinstance(pair, list) or len(pair) != 2:
            raise shadow.fail("what it keeps is not by parameter")
        parameter, kept = pair
        if id(parameter) not in known:
            raise shadow.fail("it keeps something for a parameter of no group")
        del known[id(parameter)]  # each at most once
        _check_kept(shadow, facts_of(parameter).shape, kept)


def _check_group(shadow: Shadow, group: Any, known: dict[int, Shadow]) -> None:
    if not isinstance(group, dict) or not isinstance(group.get("params"), list):
        raise shadow.fail("a group has no list of parameters")
    for parameter in group["params"]:
        if not isinstance(parameter, Shadow) or parameter.key not in _TENSORS:
            raise shadow.fail("a parameter is not a tensor")
        if id(parameter) in known:
            raise shadow.fail("a parameter is in two places")
        if not facts_of(parameter).whole:
            raise shadow.fail("the elements of a parameter stand for several each")
        known[id(parameter)] = parameter
    options = {name: value for name, value in group.items() if name != "params"}
    _check_options(shadow, options)


def _check_options(shadow: Shadow, options: Any) -> None:
    """Options of an optimizer: numbers, truth values, text, and tensors of one number."""
    if not isinstance(options, dict):
        raise shadow.fail("its options are not a dict")
    for name, value in options.items():
        values = value if isinstance(value, (tuple, list)) else (value,)
        for each in values:
            if isinstance(each, Shadow):
                if each.key not in _TENSORS or math.prod(facts_of(each).shape) != 1:
                    raise shadow.fail(f"{name!s:.40} is not a number")
            elif each is not None and not isinstance(each, (bool, int, float, str)):
                raise shadow.fail(f"{name!s:.40} is not a number")


def _check_kept(shadow: Shadow, shape: tuple[int, ...], kept: Any) -> None:
    if not isinstance(kept, dict) or not all(type(name) is str for name in kept):
        raise shadow.fail("what it keeps for a parameter is not by name")
    lbfgs = shadow.key == f"{_PREFIX}LBFGS"
    for name, value in kept.items():
        for each in value if lbfgs and isinstance(value, list) else (value,):
            if isinstance(each, Shadow):
                _check_kept_tensor(shadow, name, shape, each)
            elif each is not None and not isinstance(each, (bool, int, float, str)):
                raise shadow.fail(f"what it keeps as {name:.40} is not known")


def _check_kept_tensor(shadow: Shadow, name: str, shape: tuple[int, ...], value: Shadow) -> None:
    """The fused steps take the parameter's number of elements for that of all that is kept."""
    if value.key not in _TENSORS:
        raise shadow.fail(f"what it keeps as {name:.40} is not a tensor")
    facts = facts_of(value)
    optimizer = shadow.key.removeprefix(_PREFIX)
    if not facts.whole or facts.form != "strided":
        raise shadow.fail(f"what it keeps as {name:.40} is not a plain tensor")
    if optimizer == "LBFGS":  # which keeps all parameters in one row
        fits = len(facts.shape) <= 1
    elif name in _NUMBERS:
        fits = math.prod(facts.shape) == 1
    elif optimizer == "Adafactor" and name in ("row_var", "col_var"):
        pairs = zip(facts.shape, shape, strict=False)
        fits = len(facts.shape) == len(shape) and all(one in (1, full) for one, full in pairs)
    else:
        fits = facts.shape == shape
    if not fits:
        raise shadow.fail(f"what it keeps as {name:.40} is not of the parameter's shape")


# -- schedulers ------------------------------------------------------------------------------------


def _reduce_scheduler(obj: Any) -> Reduced:
    return reduce_schedule(vars(obj))


def reduce_schedule(attributes: dict[str, Any]) -> Reduced:
    """A scheduler by its attributes, without the function that CyclicLR finds again."""
    names = sorted(attributes.keys() - {"_scale_fn_ref"})
    return Reduced(state={name: attributes[name] for name in names})


def _fill_scheduler(obj: Any, state: dict[str, Any]) -> None:
    vars(obj).update(state)
    if type(obj).__name__ == "CyclicLR":
        obj._init_scale_fn()


def _check_scheduler(shadow: Shadow) -> None:
    shadow.args(0)
    composed = shadow.key in (f"{_LR}ChainedScheduler", f"{_LR}SequentialLR")
    for name in shadow.names():
        if name.startswith("__") or name in _METHODS:
            raise shadow.fail(f"it has no attribute {name:.40}")
        value = shadow.get(name)
        if name == "optimizer":
            if not isinstance(value, Shadow) or not (value.key in _KEYS or is_trusted(value)):
                raise shadow.fail("its optimizer is none")
        elif name == "_schedulers":
            _check_inner(shadow, value, composed=composed)
        elif name in ("lr_lambdas", "_scale_fn_custom"):
            _check_functions(shadow, value)
        else:
            _check_plain(shadow, name, value, 0)
    if not shadow.has("optimizer"):
        raise shadow.fail("it has no optimizer")


def _check_inner(shadow: Shadow, value: Any, *, composed: bool) -> None:
    inner = isinstance(value, (list, tuple)) and all(
        isinstance(each, Shadow) and (each.key.startswith(_LR) or is_trusted(each))
        for each in value
    )
    if not inner or not composed:
        raise shadow.fail("its schedulers are none")


def _check_functions(shadow: Shadow, value: Any) -> None:
    """They are called with a number."""
    for each in value if isinstance(value, list) else (value,):
        known = each is None or is_trusted(each) or (isinstance(each, Named) and _is_math(each.key))
        if not known:
            raise shadow.fail("a function of it is neither trusted nor one of mathematics")


def _is_math(key: str) -> bool:
    return key.startswith(("math.", "numpy.")) or key in ("builtins.abs", "builtins.float")


def _check_plain(shadow: Shadow, name: str, value: Any, depth: int) -> None:
    if isinstance(value, Shadow):
        if value.key in _TENSORS:
            facts_of(value)
            return
        counter = value.key == "collections.Counter"  # the milestones of MultiStepLR
        if not counter or name != "milestones":
            raise shadow.fail(f"{name} is a {value.key}")
    elif isinstance(value, (list, tuple, dict)):
        inside = value.values() if isinstance(value, dict) else value
        for each in inside if depth < _MAX_DEPTH else ():
            _check_plain(shadow, name, each, depth + 1)
    elif value is not None and not isinstance(value, (bool, int, float, str)):
        raise shadow.fail(f"{name} is not a number")


_METHODS = (
    "get_last_lr",
    "get_lr",
    "is_better",
    "load_state_dict",
    "print_lr",
    "scale_fn",
    "state_dict",
    "step",
)


def optimizer_entries() -> Iterable[Entry]:
    """The entries of optimizers and schedulers."""
    for module, name in OPTIMIZERS.items():
        yield Entry(
            key=f"{_PREFIX}{name}",
            where=(f"torch.optim.{module}:{name}", f"torch.optim:{name}"),
            kind="call",
            reduce=_reduce_optimizer,
            build=_build,
            setstate=_fill_optimizer,
            check=_check_optimizer,
        )
    for name in SCHEDULERS.split():
        yield Entry(
            key=f"{_LR}{name}",
            where=(f"torch.optim.lr_scheduler:{name}",),
            kind="call",
            reduce=_reduce_scheduler,
            build=_build,
            setstate=_fill_scheduler,
            check=_check_scheduler,
        )
