"""Designs of patsy: what they are made of comes back, and what does not fit is noticed."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("patsy", reason="these tests need patsy")

import numpy as np
import pandas as pd
import patsy
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.patsy.transforms import _parts, _whole

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FRAME = pd.DataFrame(
    {"x": np.linspace(-1.7, 3.3, 23), "z": np.linspace(0, 1, 23) ** 2, "k": np.arange(23) % 4}
)
FRAME["g"] = [f"g{each % 3}" for each in range(23)]
NEW = FRAME.iloc[[3, 19, 8, 8]]
FORMULA = "center(x) + standardize(z):C(g) + bs(x, df=5) + te(cr(x, df=3), cc(z, df=4)) + C(k, Sum)"


def design(formula: str = FORMULA) -> Any:
    return patsy.dmatrix(formula, FRAME).design_info


def test_a_design_makes_the_same_columns_bit_for_bit() -> None:
    first = design()
    again = holotype.loads(holotype.dumps(first))
    assert again.column_names == first.column_names
    assert again.describe() == first.describe()
    one, other = (patsy.build_design_matrices([each], NEW)[0] for each in (first, again))
    assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
    assert holotype.fingerprint(holotype.dumps(again)) == holotype.fingerprint(
        holotype.dumps(first)
    )


@pytest.mark.filterwarnings("ignore:EvalEnvironment is deprecated")
def test_the_blueprint_does_not_depend_on_what_happens_to_have_a_columns_name() -> None:
    pytest.importorskip("statsmodels", reason="this test needs statsmodels")
    import statsmodels.formula.api as smf

    def fingerprint(around: dict[str, Any]) -> str:
        environment = patsy.EvalEnvironment([around])
        fitted = smf.ols("z ~ x + C(g)", FRAME, eval_env=environment).fit()
        return holotype.fingerprint(holotype.dumps(fitted))

    assert fingerprint({"x": 3.0, "g": np.arange(5)}) == fingerprint({})


def test_a_matrix_keeps_its_design() -> None:
    matrix = patsy.dmatrix("x + C(g)", FRAME)
    again = holotype.loads(holotype.dumps(matrix))
    assert type(again) is patsy.DesignMatrix
    assert again.tobytes() == matrix.tobytes()
    assert again.design_info.column_names == matrix.design_info.column_names


def test_wide_sums_are_kept_exactly() -> None:
    total = np.array([np.longdouble(1) / 3, np.longdouble(2) ** -60 + 1, np.longdouble(0)])
    assert (_whole(_parts(total)) == total).all()
    with pytest.raises(UnsupportedError, match="not finite"):
        _parts(np.array([np.inf]))


def broken(*path: str | int, value: Any, formula: str = FORMULA) -> str:
    """What the validator says of a design with one thing changed."""
    specimen = Specimen(design(formula))
    specimen.put(value, *path)
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    return str(caught.value)


def changed(where: Any, number: Any, *path: str | int) -> str:
    specimen = Specimen(design())
    specimen.change(where, number, *path)
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    return str(caught.value)


def factor(code: str) -> int:
    """Where a factor of the formula stands."""
    factors = Specimen(design()).at("args", 1)["list"]
    return next(
        index
        for index, each in enumerate(factors)
        if dict(map(tuple, each["dict"]))["code"] == code
    )


BS, CENTER, TE, KIND = "bs(x, df=5)", "center(x)", "te(cr(x, df=3), cc(z, df=4))", "C(g)"


def test_an_honest_design_passes() -> None:
    Specimen(design()).audit()()


def test_code_of_another_kind_is_refused() -> None:
    at = ("args", 1, factor(CENTER), "code")
    assert "not of the grammar" in broken(*at, value="__import__('os').system('true')")
    assert "one state for each transform" in broken(*at, value="x")
    assert "stands there twice" in broken("args", 1, factor(KIND), "code", value="C(k, Sum)")


def test_values_of_another_kind_are_refused() -> None:
    at = ("args", 1, factor(CENTER), "values")
    assert "no use for" in broken(*at, value={"dict": [["other", 3]]})
    assert "stands for 'os'" in broken(*at, value={"dict": [["x", "os"]]})
    assert "dict by name" in broken(*at, value={"dict": [["__x", 3]]})
    assert "neither a number" in broken(*at, value={"dict": [["x", None]]})
    assert "patsy's own" in broken(*at, value={"dict": [["C", "numpy.log"]]})


def test_what_a_transform_learnt_is_bounded() -> None:
    knots = ("args", 1, factor(BS), "transforms", 0, "_all_knots")
    assert "not in order" in changed(0, 9.0, *knots)
    assert "not finite" in changed(-1, np.inf, *knots)
    degree = ("args", 1, factor(BS), "transforms", 0, "_degree")
    assert "_degree is 6" in broken(*degree, value=6)
    assert "too few knots" in broken(*degree, value=5)
    total = ("args", 1, factor(CENTER), "transforms", 0, "_sum")
    assert "not finite" in changed((0, 0), np.nan, *total)
    assert "_count" in broken("args", 1, factor(CENTER), "transforms", 0, "_count", value=0)
    two = ("args", 1, factor(TE), "transforms", 1, "_all_knots")
    assert "two knots are the same" in changed(1, FRAME.x.min(), *two)


def test_splines_cannot_multiply_without_bound() -> None:
    specimen = Specimen(design())
    for transform in (1, 2):
        specimen.write(
            np.arange(100.0), "args", 1, factor(TE), "transforms", transform, "_all_knots"
        )
    with pytest.raises(InvalidStateError, match="more than 4096 columns of splines"):
        specimen.audit()


def test_terms_fit_their_factors_and_columns() -> None:
    assert "do not make its columns" in broken("args", 2, value={"list": []})
    assert "out of bounds" in broken("args", 2, 1, "factors", value={"list": [99]})
    assert "not its factors and subterms" in broken("args", 2, 1, value={"dict": []})
    assert "do not make its columns" in broken("args", 1, factor(BS), "columns", value=6)
    assert "does not fit its categories" in broken(
        "args", 1, factor(KIND), "categories", value={"tuple": ["g0"]}
    )
    assert "neither numerical nor categorical" in broken(
        "args", 1, factor(KIND), "type", value="other"
    )
