"""What a model takes and gives, by itself and by data."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from holotype.archive.theta import Column, Inputs, Outputs
from holotype.capsule import schema
from holotype.capsule.said import checked_data
from holotype.capsule.schema import inputs_of, outputs_of
from holotype.errors import UnsupportedError
from holotype.legacy.convert import read_old


def frame() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(
        {
            "age": np.arange(20, 40),
            "city": ["Oslo", "Rome"] * 9 + ["Rome", "Bern"],
            "since": pandas.date_range("2020-01-01", periods=20),
            "note": [f"text {index}" for index in range(100, 120)],
        }
    )


def pipeline(wrap: Any = lambda model: model) -> Any:
    pytest.importorskip("sklearn")
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    kinds = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    columns = ColumnTransformer([("s", StandardScaler(), ["age"]), ("k", kinds, ["city"])])
    X = frame()
    return wrap(make_pipeline(columns, LogisticRegression())).fit(X, ["a", "b"] * 10)


def test_a_fitted_model_knows_its_features_and_the_categories_at_its_input() -> None:
    found = inputs_of(pipeline(), {}, None)
    assert found == Inputs(
        source="model",
        form="frame",
        count=4,
        columns=[
            Column(name="age"),
            Column(name="city", categories=["Bern", "Oslo", "Rome"]),
            Column(name="since"),
            Column(name="note"),
        ],
    )


def test_a_search_knows_what_its_best_estimator_knows() -> None:
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV

    rows = np.arange(20)
    model = pipeline(lambda inner: GridSearchCV(inner, {}, cv=[(rows, rows)]))
    assert inputs_of(model, {}, None) == inputs_of(pipeline(), {}, None)
    given = outputs_of(model, None)
    assert given is not None
    assert given.classes == ["a", "b"]
    assert {"predict", "predict_proba", "decision_function"} <= set(given.methods)
    assert "forward" not in given.methods


def test_an_old_model_knows_what_the_live_one_knows_but_for_methods() -> None:
    model = pipeline()
    old = read_old(pickle.dumps(model)).model
    assert inputs_of(old, {}, None) == inputs_of(model, {}, None)
    given = outputs_of(old, None)
    assert given == Outputs(classes=["a", "b"], class_count=2)


def test_data_add_dtypes_and_ranges_but_no_rare_category() -> None:
    data = checked_data({"test": frame()[:5], "train": frame()})
    found = inputs_of(object(), data, {"age": "years"})
    assert found is not None
    assert (found.source, found.form, found.shape, found.count) == ("data", "frame", [None, 4], 4)
    age, city, since, note = found.columns
    assert (age.dtype, age.minimum, age.maximum, age.unit) == ("int64", 20, 39, "years")
    assert (city.categories, city.category_count) == (None, 3)
    assert since.minimum == 1577836800.0
    assert (note.minimum, note.maximum, note.categories) == (None, None, None)
    known = inputs_of(pipeline(), data, None)
    assert known is not None
    assert known.columns[1].categories == ["Bern", "Oslo", "Rome"]


def test_the_first_data_set_counts_where_none_is_for_training() -> None:
    data = checked_data({"b": np.zeros((9, 3)), "a": np.zeros((9, 2))})
    found = inputs_of(object(), data, None)
    assert found == Inputs(
        source="data",
        form="array",
        dtype="float64",
        shape=[None, 3],
        count=3,
        columns=[Column(dtype="float64", minimum=0.0, maximum=0.0)] * 3,
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (["a b", "c"] * 5, Inputs(source="data", form="text", shape=[None])),
        (
            np.zeros((9, 4, 4), "f4"),
            Inputs(source="data", form="array", dtype="float32", shape=[None, 4, 4]),
        ),
        (
            np.array(["x", "y"] * 5),
            Inputs(
                source="data",
                form="array",
                dtype="<U1",
                shape=[None],
                columns=[Column(dtype="<U1", categories=["x", "y"])],
            ),
        ),
    ],
    ids=["text", "images", "labels"],
)
def test_data_of_other_forms_are_described(data: Any, expected: Inputs) -> None:
    assert inputs_of(object(), checked_data({"train": data}), None) == expected


def test_of_what_is_no_model_nothing_is_said() -> None:
    pandas = pytest.importorskip("pandas")
    for plain in ({"steps": []}, [1], np.zeros(3), 5):
        assert inputs_of(plain, {}, None) is outputs_of(plain, None) is None
    data = pandas.DataFrame({"feature_names_in_": ["a"], "n_features_in_": [1], "steps": [1]})
    assert inputs_of(data, {}, None) is outputs_of(data, None) is None
    assert outputs_of([1], {"output": "EUR"}) == Outputs(unit="EUR")


def test_text_goes_in_where_a_vectorizer_comes_first() -> None:
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(["aa bb", "bb cc"], [1, 2])
    assert inputs_of(model, {}, None) == Inputs(source="model", form="text")


def test_encoders_in_column_order_and_by_numbers() -> None:
    pytest.importorskip("sklearn")
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    X = np.array([["a", "x", 1], ["b", "y", 2]], object)
    alone = inputs_of(OrdinalEncoder().fit(X), {}, None)
    assert alone is not None
    assert [column.categories for column in alone.columns] == [["a", "b"], ["x", "y"], [1, 2]]
    chosen = ColumnTransformer([("e", OrdinalEncoder(), [2, 0]), ("p", "drop", np.array([1]))])
    found = inputs_of(chosen.fit(X), {}, None)
    assert found is not None
    assert [column.categories for column in found.columns] == [["a", "b"], None, [1, 2]]


def test_many_categories_and_classes_are_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    monkeypatch.setattr(schema, "_MAX_CATEGORIES", 2)
    monkeypatch.setattr(schema, "_MAX_CLASSES", 2)
    values = np.array([[1], [2], [3]])
    found = inputs_of(OneHotEncoder().fit(values), {}, None)
    assert found is not None
    assert found.columns == [Column(category_count=3)]
    given = outputs_of(LogisticRegression().fit(values, [1, 2, 3]), None)
    assert given is not None
    assert (given.classes, given.class_count) == (None, 3)
    monkeypatch.setattr(schema, "_MAX_COLUMNS", 0)
    assert inputs_of(OneHotEncoder().fit(values), {}, None) == Inputs(source="model", count=1)


class Odd:
    classes_ = np.array([1.5, None, float("inf"), "\ud800", b"x", 1 << 2000, True], object)
    n_outputs_ = np.int64(3)
    feature_names_in_ = np.array(["a", 1], object)
    num_features = staticmethod(lambda: 1 / 0)

    @property
    def n_features_in_(self) -> int:
        raise RuntimeError("not fitted")

    def predict(self) -> None: ...


def test_what_a_model_knows_wrongly_is_left_out_or_said_in_words() -> None:
    assert inputs_of(Odd(), {}, None) is None
    said = [1.5, None, "inf", "'\\ud800'", "b'x'", "an integer of 2001 bits", True]
    assert outputs_of(Odd(), {"output": "m"}) == Outputs(
        methods=["predict"], count=3, classes=said, class_count=7, unit="m"
    )


def test_a_unit_belongs_to_a_feature_or_the_output() -> None:
    with pytest.raises(UnsupportedError, match=r"^units\['height'\]: is no feature"):
        inputs_of(pipeline(), {}, {"height": "m"})
    found = inputs_of(pipeline(), {}, {"age": "years", "output": "EUR"})
    assert found is not None
    assert [column.unit for column in found.columns] == ["years", None, None, None]


def test_sequences_of_torch_know_the_widths_of_their_ends() -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.Linear(5, 3), torch.nn.ReLU())
    assert inputs_of(model, {}, None) == Inputs(source="model", shape=[None, 2])
    assert outputs_of(model, None) == Outputs(methods=["forward"], shape=[None, 3])
    assert inputs_of(torch.nn.ReLU(), {}, None) is None


def test_boosters_know_their_features() -> None:
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    named = xgboost.DMatrix(X, y, feature_names=["a", "b"], feature_types=["q", "int"])
    booster = xgboost.train({"nthread": 1}, named, 1)
    assert inputs_of(booster, {}, None) == Inputs(
        source="model",
        count=2,
        columns=[Column(name="a", dtype="q"), Column(name="b", dtype="int")],
    )
    bare = xgboost.train({"nthread": 1}, xgboost.DMatrix(X, y), 1)
    assert inputs_of(bare, {}, None) == Inputs(source="model", count=2)
    settings = {"verbose": -1, "num_threads": 1}
    light = lightgbm.train(settings, lightgbm.Dataset(X, y, feature_name=["a", "b"]), 1)
    assert inputs_of(light, {}, None) == Inputs(
        source="model", count=2, columns=[Column(name="a"), Column(name="b")]
    )


def test_results_of_statsmodels_know_the_names_of_their_columns() -> None:
    pytest.importorskip("statsmodels")
    import statsmodels.api as sm

    results = sm.OLS(np.arange(9.0), np.eye(9)[:, :2]).fit()
    found = inputs_of(results, {}, None)
    assert found is not None
    assert [column.name for column in found.columns] == ["x1", "x2"]
    given = outputs_of(results, None)
    assert given is not None
    assert given.names == ["y"]
