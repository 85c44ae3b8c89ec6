"""Factors of formulas: what the grammar takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.types.patsy.grammar import FactorError, is_column, read_factor

NUMPY = {"np": "numpy"}
TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("x", {}),
    ("x + 1.5 * z ** 2", {}),
    ("-x / (z + 1)", {}),
    ("x > 0", {}),
    ("g == 'a'", {}),
    ("(x > 0) & (z <= 1)", {}),
    ("I(x ** 0.5)", {}),
    ("2 ** x", {}),
    ("Q('a column, with: anything')", {}),
    ("C(g)", {}),
    ("C(g, Treatment('b'))", {}),
    ("C(g, Treatment(reference=-1), levels=['b', 'a'])", {}),
    ("C(g, contrast=Sum)", {}),
    ("C(k, Poly(scores=[1, 2, 5]))", {}),
    ("np.log(x + 1)", NUMPY),
    ("np.maximum(x, 0)", NUMPY),
    ("np.sin(2 * np.pi * x)", NUMPY),
    ("log(x)", {"log": "numpy.log"}),
    ("bs(x, df=4, degree=2, include_intercept=True)", {}),
    ("bs(x, knots=(1, 2.5, 3))", {}),
    ("bs(x, knots=at)", {"at": np.arange(3.0)}),
    ("x > limit", {"limit": 0.5}),
    ("te(cr(x, df=3), cc(z, df=4, constraints='center'))", {}),
    ("standardize(center(x), ddof=1)", {}),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("f(x)", {}, "calls f()"),
    ("exec('1')", {}, "calls exec()"),
    ("__import__('os')", {}, "calls __import__()"),
    ("__builtins__", {}, "cannot be the name of a column"),
    ("_patsy_stobj0__bs__", {}, "cannot be the name of a column"),
    ("x.__class__", {}, "Attribute"),
    ("np.__loader__", NUMPY, "Attribute"),
    ("np.load(x)", NUMPY, "numpy.load"),
    ("np.log(x, x)", NUMPY, "other arguments"),
    ("np.log(x, out=x)", NUMPY, "other arguments"),
    ("np.log(*x)", NUMPY, "Starred"),
    ("np.random.rand(x)", NUMPY, "no plain name"),
    ("np.log(x)", {}, "is not NumPy"),
    ("os.log(x)", {"os": 1.0}, "is not NumPy"),
    ("C(g)(x)", {}, "no plain name"),
    ("(lambda: 1)()", {}, "no plain name"),
    ("lambda: x", {}, "Lambda"),
    ("[y for y in x]", {}, "ListComp"),
    ("x[0]", {}, "Subscript"),
    ("x if x else z", {}, "IfExp"),
    ("x and z", {}, "BoolOp"),
    ("x << 3", {}, "LShift"),
    ("x @ z", {}, "MatMult"),
    ("x in z", {}, "compares by In"),
    ("f'{x}'", {}, "JoinedStr"),
    ("x := 1", {}, "not an expression"),
    ("x + (y := 1)", {}, "NamedExpr"),
    ("'a' * 10", {}, "computes with"),
    ("x * 'a'", {}, "computes with"),
    ("x + b'a'", {}, "computes with"),
    ("x + 1j", {}, "computes with"),
    ("x + ...", {}, "computes with"),
    ("x + 9007199254740993", {}, "too large"),
    ("9 ** 9", {}, "raises a number to a power"),
    ("n ** m", {"n": 9, "m": 9}, "raises a number to a power"),
    ("x ** 9 ** 9", {}, "exponent"),
    ("x ** 1000", {}, "exponent"),
    ("x ** n", {"n": 10**9}, "exponent"),
    ("x * s", {"s": "text"}, "no number"),
    ("x * s", {"s": [1, 2]}, "no number"),
    ("x * s", {"s": np.ones((2, 2))}, "no number"),
    ("Q(x)", {}, "other than the name"),
    ("Q('__builtins__')", {}, "other than the name"),
    ("Q('a', 'b')", {}, "other than the name"),
    ("C(g, eval)", {}, "a setting"),
    ("C(g, print('a'))", {}, "a setting is a Call"),
    ("C(g, Treatment(x))", {}, "a setting"),
    ("C(g, Sum(omit=1, other=2))", {}, "does not take"),
    ("Treatment('b')", {}, "calls Treatment()"),
    ("bs(x, df=np)", NUMPY, "a setting"),
    ("bs(x, size=3)", {}, "takes no size"),
    ("bs(x, **k)", {}, "takes no None"),
    ("bs()", {}, "0 arguments"),
    ("bs(x, 'a' * 1000)", {}, "a setting is a BinOp"),
    ("bs(x, df=4)", {"bs": 1.0}, "calls 1.0"),
    ("x\n+ 1", {}, "cannot be printed"),
    ("x +", {}, "not an expression"),
    ("x; y", {}, "not an expression"),
    ("x" * 3000, {}, "longer"),
    ("(" * 300 + "x" + ")" * 300, {}, "not an expression"),
    ("-" * 500 + "x", {}, "nests too deeply"),
    ("bs(x, knots=" + "[" * 60 + "]" * 60 + ")", {}, "nests too deeply"),
]


@pytest.mark.parametrize(("code", "values"), TAKEN)
def test_it_takes(code: str, values: dict[str, Any]) -> None:
    read = read_factor(code, values)
    assert read.columns or read.calls


@pytest.mark.parametrize(("code", "values", "reason"), REFUSED)
def test_it_refuses(code: str, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(FactorError) as caught:
        read_factor(code, values)
    assert reason in str(caught.value)


def test_it_says_what_a_factor_refers_to() -> None:
    read = read_factor("np.log(x) + center(bs(z, df=4)) + center(Q('a b'))", NUMPY)
    assert read.columns == {"x", "z", "a b"}
    assert read.calls == {"center", "bs", "Q"}
    assert read.modules == {"np"}
    assert read.transforms == ("center", "bs", "center")


def test_columns_have_names_of_python() -> None:
    assert all(map(is_column, ("x", "_x", "été", "id", "x1")))
    assert not any(map(is_column, ("", "1x", "a b", "lambda", "__x", "_patsy_x", 3)))
