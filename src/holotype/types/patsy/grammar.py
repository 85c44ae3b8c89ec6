"""Which factors of a formula are data: a strict grammar of expressions over columns.

patsy evaluates the text of a factor, such as ``np.log(x)``, whenever a result predicts. Rule: that
text is parsed here, node by node, against an allow-list, both when a model is saved and before one
is loaded; what it may call is written down below, and whatever the grammar does not name is
refused. Nothing that a factor computes is larger than a few times the columns that it is given.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping
from typing import Any, NamedTuple

from holotype.code.names import PARSED_ONLY

__all__ = [
    "CONTRASTS",
    "FUNCTIONS",
    "PATSY",
    "TRANSFORMS",
    "Factor",
    "FactorError",
    "is_column",
    "read_factor",
]

MAX_CODE = 2048  # characters
MAX_DEPTH = 32
MAX_EXPONENT = 100
MAX_WHOLE = 1 << 53

# Those of NumPy that work element by element, by the number of their arguments.
FUNCTIONS: dict[str, int] = dict.fromkeys(
    [
        "abs",
        "absolute",
        "arccos",
        "arccosh",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctanh",
        "cbrt",
        "ceil",
        "cos",
        "cosh",
        "deg2rad",
        "degrees",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "floor",
        "isfinite",
        "isnan",
        "log",
        "log10",
        "log1p",
        "log2",
        "logical_not",
        "negative",
        "rad2deg",
        "radians",
        "reciprocal",
        "rint",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "square",
        "tan",
        "tanh",
        "trunc",
    ],
    1,
) | dict.fromkeys(["arctan2", "fmax", "fmin", "hypot", "logaddexp", "maximum", "minimum"], 2)
_CONSTANTS = frozenset({"e", "inf", "nan", "pi"})

TRANSFORMS = frozenset({"bs", "cc", "center", "cr", "scale", "standardize", "te"})
"""Functions of patsy that learn something from the data, in each place where they are called."""

CONTRASTS = frozenset({"Diff", "Helmert", "Poly", "Sum", "Treatment"})

# What else patsy offers: for each the most arguments by position, and the keywords.
PATSY: dict[str, tuple[int, frozenset[str]]] = {
    "C": (3, frozenset({"contrast", "levels"})),
    "I": (1, frozenset()),
    "Q": (1, frozenset()),
    "bs": (
        7,
        frozenset(["df", "knots", "degree", "include_intercept", "lower_bound", "upper_bound"]),
    ),
    "cc": (6, frozenset(["df", "knots", "lower_bound", "upper_bound", "constraints"])),
    "center": (1, frozenset()),
    "cr": (6, frozenset(["df", "knots", "lower_bound", "upper_bound", "constraints"])),
    "scale": (4, frozenset({"center", "rescale", "ddof"})),
    "standardize": (4, frozenset({"center", "rescale", "ddof"})),
    "te": (8, frozenset({"constraints"})),
}
_CONTRAST_ARGUMENTS = {
    "Diff": frozenset[str](),
    "Helmert": frozenset[str](),
    "Poly": frozenset({"scores"}),
    "Sum": frozenset({"omit"}),
    "Treatment": frozenset({"reference"}),
}

_ARITHMETIC = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Pow,
    ast.BitAnd,
    ast.BitOr,
    ast.BitXor,
)
_SIGNS = (ast.UAdd, ast.USub, ast.Invert)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class FactorError(ValueError):
    """A factor is not of the grammar; the text says what stands in the way."""


class Factor(NamedTuple):
    """What the text of a factor refers to.

    ``columns`` and other values by name, ``calls`` to names without a module, ``modules`` whose
    functions are called, and ``transforms``, one for each place, as they follow each other.
    """

    columns: frozenset[str]
    calls: frozenset[str]
    modules: frozenset[str]
    transforms: tuple[str, ...]


def is_column(name: Any) -> bool:
    """Whether this may stand in a factor as a name."""
    return (
        type(name) is str
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("__")
        and not name.startswith("_patsy_")
    )


def read_factor(code: str, values: Mapping[str, Any]) -> Factor:
    """Parse a factor. ``values`` are what it takes from around it: functions, modules and numbers.

    In it a module stands as ``"numpy"``, a function as ``"numpy.log"``, and anything else as it is.
    Raises FactorError.
    """
    if len(code) > MAX_CODE:
        raise FactorError(f"it is longer than {MAX_CODE} characters")
    if not code.isprintable():
        raise FactorError("it has characters that cannot be printed")
    try:
        tree = ast.parse(code, PARSED_ONLY, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FactorError("it is not an expression of Python") from None
    reader = _Reader(values)
    reader.value(tree, 0)
    placed = sorted(reader.transforms)
    return Factor(
        frozenset(reader.columns),
        frozenset(reader.calls),
        frozenset(reader.modules),
        tuple(name for *_, name in placed),
    )


class _Reader:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.columns: set[str] = set()
        self.calls: set[str] = set()
        self.modules: set[str] = set()
        self.transforms: list[tuple[int, int, str]] = []

    def value(self, node: ast.expr, depth: int) -> None:
        """An expression that computes with columns."""
        if depth > MAX_DEPTH:
            raise FactorError("it nests too deeply")
        match node:
            case ast.Name(id=name):
                self._name(name)
            case ast.Constant(value=value):
                _number(value)
            case ast.BinOp(left=left, op=op, right=right):
                self._arithmetic(left, op, right, depth)
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _SIGNS):
                self.value(operand, depth + 1)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                if not isinstance(op, _COMPARISONS):
                    raise FactorError(f"it compares by {type(op).__name__}")
                self.value(left, depth + 1)
                if not (isinstance(right, ast.Constant) and type(right.value) is str):
                    self.value(right, depth + 1)
            case ast.Call():
                self._call(node, depth)
            case ast.Attribute(value=ast.Name(id=module), attr=attr) if attr in _CONSTANTS:
                self._module(module)
            case _:
                raise FactorError(f"it has a {type(node).__name__} in it")

    def _name(self, name: str) -> None:
        if not is_column(name):
            raise FactorError(f"{name!r} cannot be the name of a column")
        known = self.values.get(name, 0)
        if isinstance(known, (str, list)) or getattr(known, "ndim", 1) > 1:
            raise FactorError(f"it computes with {name!r}, which is no number or row of numbers")
        self.columns.add(name)

    def _arithmetic(self, left: ast.expr, op: ast.operator, right: ast.expr, depth: int) -> None:
        if not isinstance(op, _ARITHMETIC):
            raise FactorError(f"it computes with {type(op).__name__}")
        if isinstance(op, ast.Pow):
            # Python's own integers grow without bound: no power of one number to another.
            if self._is_fixed(left) and self._is_fixed(right):
                raise FactorError("it raises a number to a power: write down the result")
            if self._is_fixed(right) and not _is_exponent(right):
                raise FactorError(f"it has an exponent that is not at most {MAX_EXPONENT}")
        self.value(left, depth + 1)
        self.value(right, depth + 1)

    def _is_fixed(self, node: ast.expr) -> bool:
        """Whether no column has a part in this."""
        return all(
            each.id in self.values for each in ast.walk(node) if isinstance(each, ast.Name)
        ) and not any(isinstance(each, ast.Call) for each in ast.walk(node))

    def _call(self, node: ast.Call, depth: int) -> None:
        match node.func:
            case ast.Name(id="Q"):
                self._quoted(node)
            case ast.Name(id=name) if name in PATSY and name not in self.values:
                self._patsy(name, node, depth)
            case ast.Name(id=name):
                self._elementwise(str(self.values.get(name, f"{name}()")), node, depth)
                self.calls.add(name)
            case ast.Attribute(value=ast.Name(id=module), attr=attr):
                self._module(module)
                self._elementwise(f"numpy.{attr}", node, depth)
            case _:
                raise FactorError("it calls something that has no plain name")

    def _module(self, name: str) -> None:
        if self.values.get(name) != "numpy":
            raise FactorError(f"{name!r} is not NumPy")
        self.modules.add(name)

    def _elementwise(self, function: str, node: ast.Call, depth: int) -> None:
        library, _, name = function.rpartition(".")
        if library != "numpy" or name not in FUNCTIONS:
            raise FactorError(f"it calls {function}, which is no function of NumPy's for elements")
        if node.keywords or len(node.args) != FUNCTIONS[name]:
            raise FactorError(f"it gives {name} other arguments than columns")
        for each in node.args:
            self.value(each, depth + 1)

    def _quoted(self, node: ast.Call) -> None:
        match node.args:
            case [ast.Constant(value=str(name))] if not node.keywords and name[:2] != "__":
                self.columns.add(name)
                self.calls.add("Q")
            case _:
                raise FactorError("Q is given something other than the name of a column")

    def _patsy(self, name: str, node: ast.Call, depth: int) -> None:
        self.calls.add(name)
        if name in TRANSFORMS:
            self.transforms.append((node.lineno, node.col_offset, name))
        most, keywords = PATSY[name]
        columns = len(node.args) if name == "te" else 1
        if not 1 <= len(node.args) <= most:
            raise FactorError(f"it gives {name} {len(node.args)} arguments")
        for index, each in enumerate(node.args):
            if index < columns:
                self.value(each, depth + 1)
            else:
                self._setting(each, depth + 1, name == "C" and index == 1)
        for given in node.keywords:
            if given.arg not in keywords:
                raise FactorError(f"{name} takes no {given.arg}")
            self._setting(given.value, depth + 1, given.arg == "contrast")

    def _setting(self, node: ast.expr, depth: int, contrast: bool = False) -> None:
        """What a function of patsy is given besides columns: constants, lists, or contrasts."""
        match node:
            case ast.Name(id=name) if contrast and name in CONTRASTS and name not in self.values:
                self.calls.add(name)
            case ast.Call(func=ast.Name(id=name)) if (
                contrast and name in CONTRASTS and name not in self.values
            ):
                self._contrast(name, node, depth)
            case ast.Name(id=name):
                if not is_column(name) or isinstance(self.values.get(name, ""), str):
                    raise FactorError(f"{name!r}, a setting, is not a number or a list of them")
                self.columns.add(name)
            case _:
                _constant(node, depth)

    def _contrast(self, name: str, node: ast.Call, depth: int) -> None:
        self.calls.add(name)
        settings = [*node.args, *(each.value for each in node.keywords)]
        known = {each.arg for each in node.keywords} <= _CONTRAST_ARGUMENTS[name]
        if not known or len(settings) > len(_CONTRAST_ARGUMENTS[name]):
            raise FactorError(f"it gives {name} what it does not take")
        for each in settings:
            self._setting(each, depth + 1)


def _is_exponent(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        node = node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, (int, float)) and abs(value) <= MAX_EXPONENT


def _number(value: Any) -> None:
    if type(value) not in (bool, int, float):
        raise FactorError(f"it computes with {value!r:.40}")
    if type(value) is int and abs(value) > MAX_WHOLE:
        raise FactorError("it has a whole number that is too large")


def _constant(node: ast.expr, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FactorError("it nests too deeply")
    match node:
        case ast.Constant(value=str() | None):
            return
        case ast.Constant(value=value):
            _number(value)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=ast.Constant(value=value)):
            _number(value)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for each in items:
                _constant(each, depth + 1)
        case _:
            raise FactorError(f"a setting is a {type(node).__name__}, not a constant")
