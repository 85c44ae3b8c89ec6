"""patsy's DesignInfo: how the columns of a design matrix are made from those of a table.

In the blueprint it is a call with three arguments: the names of its columns; its factors, each a
dict of ``code``, ``type``, ``columns`` or ``categories``, ``values`` (what its text takes from
around it) and ``transforms`` (what they learnt); and its terms, each the ``factors`` that it
multiplies, by number, and ``subterms``, with the ``contrasts`` of those that are categorical.
Rule: the text of a factor is one of the grammar, and the namespace that patsy evaluates it in is
made here.
"""

from __future__ import annotations

import ast
import math
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.code.names import PARSED_ONLY
from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.patsy.grammar import (
    CONTRASTS,
    FUNCTIONS,
    MAX_WHOLE,
    PATSY,
    Factor,
    FactorError,
    is_column,
    read_factor,
)
from holotype.types.patsy.transforms import check_transforms, learnt, restore_transform

__all__ = ["entries", "made_from"]

_ADVICE = (
    "Compute such a column before the model is fitted, or store the model at the level of code."
)
_PARTS = {"code", "transforms", "type", "values"}

# The columns of the table that a design was made from, where that is known.
_made_from: weakref.WeakKeyDictionary[Any, frozenset[Any]] = weakref.WeakKeyDictionary()


def made_from(design: Any, columns: Iterable[Any]) -> None:
    """Say which names of a design's factors are columns, whatever else has that name too."""
    _made_from[design] = frozenset(columns)


def entries() -> Iterable[Entry]:
    """The types of patsy's that results of models keep."""
    yield Entry(
        key="patsy.DesignInfo",
        where=("patsy.design_info:DesignInfo", "patsy:DesignInfo"),
        kind="call",
        quiet=True,
        reduce=_reduce,
        build=_build,
        check=_check,
    )
    yield Entry(
        key="patsy.DesignMatrix",
        where=("patsy.design_info:DesignMatrix", "patsy:DesignMatrix"),
        kind="call",
        quiet=True,
        reduce=_reduce_matrix,
        check=_check_matrix,
    )


# -- a matrix that remembers its design ----------------------------------------------------------


def _reduce_matrix(matrix: Any) -> Reduced:
    return Reduced((matrix.view(np.ndarray), matrix.design_info))


def _check_matrix(shadow: Shadow) -> None:
    matrix, design = shadow.args(2)
    shadow.as_array(matrix, "the matrix", ndim=2, kind="f")
    if not isinstance(design, Shadow) or design.key != "patsy.DesignInfo":
        raise shadow.fail("its design is not a DesignInfo")
    columns = design.arg(0)
    if not isinstance(columns, (list, tuple)) or len(columns) != matrix.shape[1]:
        raise shadow.fail("it has other columns than its design")


# -- taken apart ---------------------------------------------------------------------------------


def _reduce(design: Any) -> Reduced:
    if design.factor_infos is None:
        return Reduced((design.column_names, None, None))
    # In the order of the terms: that of patsy's own dict depends on the process.
    ordered = dict.fromkeys(each for term in design.term_codings for each in term.factors)
    places = {factor: index for index, factor in enumerate(ordered)}
    columns = _made_from.get(design)
    factors = [_factor(design.factor_infos[factor], columns) for factor in places]
    terms = [
        {
            "factors": [places[each] for each in term.factors],
            "subterms": [_subterm(each, places) for each in subterms],
        }
        for term, subterms in design.term_codings.items()
    ]
    return Reduced((design.column_names, factors, terms))


def _factor(info: Any, columns: frozenset[Any] | None) -> dict[str, Any]:
    factor = info.factor
    if type(factor).__name__ != "EvalFactor":
        raise UnsupportedError("", f"a factor of a formula is a {type(factor).__name__}.", _ADVICE)
    code = factor.code
    try:
        values = _values(code, info.state["eval_env"].namespace, columns)
        read = read_factor(code, values)
    except FactorError as error:
        raise UnsupportedError(
            "", f"the factor {code!r:.200} of a formula is not data: {error}.", _ADVICE
        ) from None
    transforms = list(info.state["transforms"].values())
    found: dict[str, Any] = {
        "code": code,
        "type": info.type,
        "values": {name: values[name] for name in sorted(_used(read) & values.keys())},
        "transforms": [
            learnt(name, each) for name, each in zip(read.transforms, transforms, strict=True)
        ],
    }
    if info.type == "numerical":
        found["columns"] = int(info.num_columns)
    else:
        found["categories"] = tuple(_category(each) for each in info.categories)
    return found


def _used(factor: Factor) -> frozenset[str]:
    return factor.columns | factor.calls | factor.modules


def _values(code: str, around: Any, columns: frozenset[Any] | None) -> dict[str, Any]:
    """What the text of a factor takes from around it, of the names in it."""
    try:
        tree = ast.parse(code, PARSED_ONLY)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FactorError("it is not an expression of Python") from None
    called = {id(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
    values: dict[str, Any] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or node.id not in around:
            continue
        if columns is not None and node.id in columns and id(node) not in called:
            continue  # patsy looks there first
        value = _value(node.id, around[node.id])
        if value is not None:
            values[node.id] = value
        elif columns is not None and id(node) not in called and not _is_own(node.id, around):
            raise FactorError(
                f"{node.id!r} is no column, but a {type(around[node.id]).__name__} of the script"
            )
    return values


def _is_own(name: str, around: Any) -> bool:
    """Whether a name means what patsy offers under it."""
    import patsy.builtins

    known = name in PATSY or name in CONTRASTS
    return known and around[name] is getattr(patsy.builtins, name, None)


def _value(name: str, value: Any) -> Any:
    """What is written of a value; None for anything that cannot be."""
    if value is np:
        return "numpy"
    function = getattr(value, "__name__", None)
    if isinstance(function, str) and function in FUNCTIONS and value is getattr(np, function):
        return f"numpy.{function}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return value if value.dtype.kind in "biuf" and 1 <= value.ndim <= 2 else None
    return value if _is_setting(value) else None


def _is_setting(value: Any) -> bool:
    """Whether this is a number, or a list of numbers or texts."""
    if type(value) is list:
        return all(type(each) is str or _is_number(each) for each in value)
    return _is_number(value)


def _is_number(value: Any) -> bool:
    if type(value) is int:
        return abs(value) <= MAX_WHOLE
    return type(value) in (bool, float)


def _category(value: Any) -> Any:
    if isinstance(value, np.generic) or type(value) in (bool, int, float, str):
        return value
    raise UnsupportedError(
        "", f"a category of a formula is a {type(value).__name__}, not text or a number."
    )


def _subterm(subterm: Any, places: dict[Any, int]) -> dict[str, Any]:
    contrasts = {places[factor]: each for factor, each in subterm.contrast_matrices.items()}
    return {
        "factors": [places[each] for each in subterm.factors],
        "contrasts": [
            {
                "factor": place,
                "matrix": np.asarray(contrasts[place].matrix),
                "names": list(contrasts[place].column_suffixes),
            }
            for place in sorted(contrasts)
        ],
    }


# -- put together --------------------------------------------------------------------------------


def _build(cls: Any, args: Sequence[Any]) -> Any:
    from patsy.contrasts import ContrastMatrix
    from patsy.desc import Term
    from patsy.design_info import SubtermInfo

    columns, factors, terms = args
    if factors is None:
        return cls(columns)
    infos = [_build_factor(each) for each in factors]
    made = [each.factor for each in infos]
    codings = type(cls(columns).column_name_indexes)()  # patsy asks for its own kind of dict
    for term in terms:
        codings[Term([made[index] for index in term["factors"]])] = [
            SubtermInfo(
                [made[index] for index in each["factors"]],
                {
                    made[contrast["factor"]]: ContrastMatrix(contrast["matrix"], contrast["names"])
                    for contrast in each["contrasts"]
                },
                _width(factors, each),
            )
            for each in term["subterms"]
        ]
    return cls(columns, dict(zip(made, infos, strict=True)), codings)


def _width(factors: Any, subterm: Any) -> int:
    coded = {each["factor"]: each["matrix"].shape[1] for each in subterm["contrasts"]}
    return math.prod(
        coded[index] if index in coded else factors[index]["columns"]
        for index in subterm["factors"]
    )


def _build_factor(stored: dict[str, Any]) -> Any:
    from patsy.design_info import FactorInfo
    from patsy.eval import EvalEnvironment, EvalFactor

    factor = EvalFactor(stored["code"])
    around = {name: _resolved(value) for name, value in stored["values"].items()}
    state: dict[str, Any] = {}
    factor.memorize_passes_needed(state, EvalEnvironment([around]))
    for transform, known in zip(state["transforms"].values(), stored["transforms"], strict=True):
        restore_transform(transform, known)
    return FactorInfo(
        factor, stored["type"], state, stored.get("columns"), stored.get("categories")
    )


def _resolved(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return np if value == "numpy" else getattr(np, value.removeprefix("numpy."))


# -- before anything is made ---------------------------------------------------------------------


def _check(shadow: Shadow) -> None:
    columns, factors, terms = shadow.args(3)
    _check_names(shadow, columns, "columns")
    if len(set(columns)) != len(columns):
        raise shadow.fail("two columns have the same name")
    if factors is None and terms is None:
        return
    if not isinstance(factors, list) or not isinstance(terms, list):
        raise shadow.fail("its factors and terms are not lists")
    codes = [_check_factor(shadow, each) for each in factors]
    if len(set(codes)) != len(codes):
        raise shadow.fail("a factor stands there twice")
    total = 0
    used: set[int] = set()
    for term in terms:
        width, indices = _check_term(shadow, factors, term)
        total += width
        used |= indices
    if total != len(columns) or used != set(range(len(factors))):
        raise shadow.fail("its terms do not make its columns out of its factors")


def _check_names(shadow: Shadow, names: Any, what: str) -> None:
    if not isinstance(names, list) or not all(type(name) is str for name in names):
        raise shadow.fail(f"{what} are not a list of texts")


def _check_factor(shadow: Shadow, factor: Any) -> str:
    if not isinstance(factor, dict) or type(factor.get("code")) is not str:
        raise shadow.fail("a factor is not a dict with code")
    kind = factor.get("type")
    if set(factor) != _PARTS | {"columns" if kind == "numerical" else "categories"}:
        raise shadow.fail("a factor has other parts than its kind")
    if kind == "numerical":
        shadow.as_integer(factor["columns"], "columns of a factor", 0, 1 << 20)
    elif kind == "categorical":
        _check_categories(shadow, factor["categories"])
    else:
        raise shadow.fail("a factor is neither numerical nor categorical")
    values = factor["values"]
    if not isinstance(values, dict) or not all(map(is_column, values)):
        raise shadow.fail("what a factor takes from around it is not a dict by name")
    for name, value in values.items():
        _check_value(shadow, name, value)
    try:
        read = read_factor(factor["code"], values)
    except FactorError as error:
        raise shadow.fail(f"a factor is not of the grammar: {error}") from None
    if not values.keys() <= _used(read):
        raise shadow.fail("a factor takes from around it what it has no use for")
    check_transforms(shadow, read.transforms, factor["transforms"])
    return "".join(factor["code"].split())


def _check_value(shadow: Shadow, name: str, value: Any) -> None:
    if isinstance(value, str):
        library, _, function = value.partition(".")
        if library != "numpy" or (function and function not in FUNCTIONS):
            raise shadow.fail(f"{name} stands for {value!r:.60}")
        if name in PATSY or name in CONTRASTS:
            raise shadow.fail(f"{name} stands for something other than patsy's own")
    elif isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf" or not 1 <= value.ndim <= 2:
            raise shadow.fail(f"{name} is not an array of numbers")
    elif not _is_setting(value):
        raise shadow.fail(f"{name} is neither a number nor a list of them")


def _check_categories(shadow: Shadow, categories: Any) -> None:
    plain = (bool, int, float, str)
    if not isinstance(categories, tuple) or not all(
        type(each) in plain or isinstance(each, np.generic) for each in categories
    ):
        raise shadow.fail("the categories of a factor are not a tuple of texts or numbers")


def _check_term(shadow: Shadow, factors: list[Any], term: Any) -> tuple[int, set[int]]:
    match term:
        case {"factors": list(indices), "subterms": list(subterms)} if len(term) == 2:
            _check_indices(shadow, indices, len(factors))
        case _:
            raise shadow.fail("a term is not its factors and subterms")
    total = 0
    for subterm in subterms:
        match subterm:
            case {"factors": list(parts), "contrasts": list(contrasts)} if len(subterm) == 2:
                _check_indices(shadow, parts, len(factors))
            case _:
                raise shadow.fail("a subterm is not its factors and contrasts")
        if not set(parts) <= set(indices):
            raise shadow.fail("a subterm has a factor that is not of its term")
        total += _check_contrasts(shadow, factors, parts, contrasts)
    return total, set(indices)


def _check_indices(shadow: Shadow, indices: list[Any], count: int) -> None:
    for each in indices:
        shadow.as_integer(each, "a factor", 0, count - 1)
    if len(set(indices)) != len(indices):
        raise shadow.fail("a term has a factor twice")


def _check_contrasts(
    shadow: Shadow, factors: list[Any], parts: list[int], contrasts: list[Any]
) -> int:
    widths = {index: factors[index].get("columns") for index in parts}
    for contrast in contrasts:
        match contrast:
            case {"factor": int(index), "matrix": matrix, "names": names} if (
                len(contrast) == 3 and widths.get(index, 0) is None
            ):
                _check_names(shadow, names, "suffixes")
            case _:
                raise shadow.fail("a contrast is not of a categorical factor of its subterm")
        matrix = shadow.as_array(matrix, "a contrast matrix", ndim=2, kind="biuf")
        if matrix.shape != (len(factors[index]["categories"]), len(names)):
            raise shadow.fail("a contrast matrix does not fit its categories")
        widths[index] = len(names)
    if None in widths.values():
        raise shadow.fail("a categorical factor has no contrasts")
    return math.prod(widths.values())
