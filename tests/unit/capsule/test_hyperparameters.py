"""Hyper-parameters and steps: right, as JSON, and bounded whatever the model holds."""

from __future__ import annotations

import importlib.util
import pickle
from typing import Any

import msgspec
import numpy as np
import pytest
from tests import fresh

from holotype.archive.theta import Step
from holotype.capsule.hyperparameters import describe_parts, seeds_of
from holotype.capsule.parts import parameters_of
from holotype.graph.specimen import Named, Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.convert import read_old


class Estimator:
    """As scikit-learn's: it knows its own parameters."""

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        assert not deep
        return self.parameters


def described(**parameters: Any) -> dict[str, Any]:
    found, steps = describe_parts(Estimator(**parameters))
    assert steps == []
    assert msgspec.json.decode(msgspec.json.encode(found)) == found
    return found


def odd(text: str) -> None: ...


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, None),
        (True, True),
        (-3, -3),
        (0.5, 0.5),
        ("ä", "ä"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (1 << 2000, {"type": "builtins.int", "bits": 2001}),
        ("x" * 2000, "x" * 1000 + "…"),
        ("\ud800", "'\\ud800'"),
        ((1, 2), [1, 2]),
        ([1, [2.5, "x"]], [1, [2.5, "x"]]),
        ({"a": {"b": 1}}, {"a": {"b": 1}}),
        ({1: "x"}, {"type": "builtins.dict"}),
        ({1, 2}, {"type": "builtins.set"}),
        (list(range(101)), {"type": "builtins.list", "count": 101}),
        (dict.fromkeys(map(str, range(101))), {"type": "builtins.dict", "count": 101}),
        (np.arange(3), [0, 1, 2]),
        (np.arange(21), {"type": "numpy.ndarray", "dtype": "int64", "shape": [21]}),
        (np.eye(2), {"type": "numpy.ndarray", "dtype": "float64", "shape": [2, 2]}),
        (np.array([1j]), {"type": "numpy.ndarray", "dtype": "complex128", "shape": [1]}),
        (np.log1p, {"name": "numpy.log1p"}),
        (np.float64, {"name": "numpy.float64"}),
        (len, {"name": "builtins.len"}),
        (odd, {"name": f"{__name__}.odd"}),
        (b"bytes", {"type": "builtins.bytes"}),
        (np.random.RandomState(0), {"type": "numpy.random.RandomState"}),
        (Named(Entry(key="numpy.log1p", where=(), kind="name")), {"name": "numpy.log1p"}),
    ],
)
def test_a_value_is_said_as_json_or_by_what_it_is(value: Any, said: Any) -> None:
    found = described(value=value)["value"]
    if isinstance(said, dict) and said.get("type") == "numpy.random.RandomState":
        assert found["type"].startswith("numpy.random.")
        return
    assert found == said


def test_an_estimator_inside_is_said_with_its_own() -> None:
    found = described(inner=Estimator(rate=0.5, random_state=3))
    assert found["inner"]["hyperparameters"] == {"rate": 0.5, "random_state": 3}
    assert seeds_of(found, []) == {"model.inner.random_state": 3}


def test_what_contains_itself_is_cut() -> None:
    endless: list[Any] = []
    endless.append(endless)
    text = str(described(value=endless))
    assert text.count("[") < 20
    model = Estimator()
    model.parameters["self"] = model
    assert len(str(describe_parts(model))) < 3000


def test_the_number_of_values_is_bounded() -> None:
    wide = [[[0] * 100] * 100] * 100
    assert len(msgspec.json.encode(described(a=wide, b=1, c=2))) < 1_000_000
    many = {f"p{index}": index for index in range(30_000)}
    assert len(described(**many)) <= 20_000


class Failing:
    def get_params(self, deep: bool = True) -> Any:
        raise RuntimeError("not now")


class Simple:
    def get_params(self) -> Any:
        return {"a": 1, 2: "no name"}


def test_parameters_that_cannot_be_asked_for_are_none() -> None:
    assert parameters_of(Failing()) == {}
    assert parameters_of(Simple()) == {"a": 1}
    assert parameters_of(Simple) == parameters_of(5) == {}
    assert parameters_of(Specimen(Entry(key="x.f", where=(), kind="call"), Reduced((1,)))) == {}


# ------------------------------------------------------------------------------- real models


def pipeline() -> Any:
    pytest.importorskip("sklearn")
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer(
        [
            ("scaled", StandardScaler(), slice(0, 2)),
            ("kinds", OneHotEncoder(), [2]),
            ("masked", "passthrough", [False, False, False, True]),
        ]
    )
    X = np.arange(40.0).reshape(10, 4)
    forest = RandomForestClassifier(3, random_state=7)
    return Pipeline([("columns", columns), ("forest", forest)]).fit(X, X[:, 0] > 9)


def test_steps_stand_in_order_with_their_columns_and_settings() -> None:
    hyperparameters, (columns, forest) = describe_parts(pipeline())
    assert hyperparameters["memory"] is None
    assert "steps" not in hyperparameters
    scaled, kinds, masked = columns.steps[:3]
    assert (scaled.name, scaled.type) == ("scaled", "sklearn.preprocessing.StandardScaler")
    assert (scaled.columns, kinds.columns, masked.columns) == ("0:2", [2], [3])
    assert scaled.hyperparameters["with_mean"] is True
    assert kinds.hyperparameters["dtype"] == {"name": "numpy.float64"}
    assert masked.name == "masked"
    assert (forest.name, forest.hyperparameters["n_estimators"]) == ("forest", 3)
    assert seeds_of(hyperparameters, [columns, forest]) == {"model.forest.random_state": 7}


def test_an_old_pipeline_is_described_as_the_live_one() -> None:
    model = pipeline()
    assert describe_parts(read_old(pickle.dumps(model)).model) == describe_parts(model)


def test_a_search_has_its_estimator_among_its_settings() -> None:
    pytest.importorskip("sklearn")
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    found, steps = describe_parts(GridSearchCV(Ridge(alpha=2.0), {"alpha": [1.0, 2.0]}))
    assert found["estimator"]["type"] == "sklearn.linear_model.Ridge"
    assert found["estimator"]["hyperparameters"]["alpha"] == 2.0
    assert found["param_grid"] == {"alpha": [1.0, 2.0]}
    assert steps == []


def test_members_of_a_vote_are_steps() -> None:
    pytest.importorskip("sklearn")
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import VotingClassifier

    found, steps = describe_parts(VotingClassifier([("a", DummyClassifier()), ("b", "drop")]))
    assert [(step.name, step.type) for step in steps] == [
        ("a", "sklearn.dummy.DummyClassifier"),
        ("b", "drop"),
    ]
    assert "estimators" not in found


def test_layers_of_torch_are_steps() -> None:
    torch = pytest.importorskip("torch")
    inner = torch.nn.Sequential(torch.nn.Linear(2, 3, bias=False), torch.nn.ReLU())
    hyperparameters, (first, last) = describe_parts(torch.nn.Sequential(inner, torch.nn.Dropout()))
    assert hyperparameters == {}
    assert [step.name for step in first.steps] == ["0", "1"]
    assert first.steps[0].hyperparameters == {"in_features": 2, "out_features": 3}
    assert last.hyperparameters == {"p": 0.5, "inplace": False}


KERAS = """
import keras
from holotype.capsule.hyperparameters import describe_parts
from holotype.capsule.kinds import kind_of
from holotype.capsule.schema import inputs_of, outputs_of
layers = [keras.layers.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)]
model = keras.Sequential(layers)
_, steps = describe_parts(model)
print(kind_of(model), inputs_of(model, {}, None).shape, outputs_of(model, None).shape)
print([(step.hyperparameters["units"], step.hyperparameters["activation"]) for step in steps])
"""


def test_layers_of_keras_are_steps_whatever_computes_them() -> None:
    pytest.importorskip("torch")
    if importlib.util.find_spec("keras") is None:  # importing it here would choose a backend
        pytest.skip("keras is not installed")
    assert fresh.run(KERAS, KERAS_BACKEND="torch").stdout.splitlines()[-2:] == [
        "neural_network [None, 3] [None, 1]",
        "[(4, 'relu'), (1, 'linear')]",
    ]


def test_boosters_say_what_they_were_trained_with() -> None:
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    settings = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}
    found, _ = describe_parts(xgboost.train(settings, xgboost.DMatrix(X, y), 1))
    assert (found["max_depth"], found["objective"]) == ("2", "binary:logistic")
    chosen = {"num_leaves": 3, "verbose": -1, "num_threads": 1, "seed": 5}
    found, _ = describe_parts(lightgbm.train(chosen, lightgbm.Dataset(X, y), 1))
    assert found["num_leaves"] == 3
    assert seeds_of(found, []) == {"model.seed": 5}


def test_a_formula_is_a_setting() -> None:
    pytest.importorskip("statsmodels")
    pandas = pytest.importorskip("pandas")
    import statsmodels.formula.api as smf

    data = pandas.DataFrame({"a": [1.0, 2, 3, 5], "y": [1.0, 2, 3, 4]})
    assert describe_parts(smf.ols("y ~ a", data).fit()) == ({"formula": "y ~ a"}, [])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("age", ["age"]),
        (3, [3]),
        (slice(None, 4), ":4"),
        (np.array(["a", "b"]), ["a", "b"]),
        (odd, "builtins.function"),
        (["\ud800"], "builtins.list"),
        (list(range(30_000)), "30000 columns"),
        ([], []),
    ],
)
def test_columns_are_names_numbers_or_what_chooses_them(columns: Any, said: Any) -> None:
    class Columns:
        transformers = (("part", Estimator(), columns),)

        def __init__(self) -> None:
            self.transformers = [("part", Estimator(), columns)]  # type: ignore[assignment]

    _, (step,) = describe_parts(Columns())
    assert step == Step(name="part", type=f"{__name__}.Estimator", columns=said)


def test_steps_of_steps_of_steps_end() -> None:
    class Endless:
        steps: list[Any]

    model = Endless()
    model.steps = [("again", model)]
    _, steps = describe_parts(model)
    depth = 0
    while steps:
        depth, steps = depth + 1, steps[0].steps
    assert 5 < depth < 20
    wide = Endless()
    wide.steps = [(f"s{i}\ud800"[: 5 + i], Estimator()) for i in range(30_000)]
    _, steps = describe_parts(wide)
    assert len(steps) < 20_001
