"""skrub: vectorizers, encoders, joiners and selectors come back and answer alike."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("skrub", "0.11", reason="these tests need skrub 0.11 or later")

import numpy as np
import pandas as pd
import skrub
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from skrub import selectors as s
from tests.conformance.scikit_like import assert_converts, assert_kept
from tests.memory import store

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.table import type_table

RNG = np.random.RandomState(0)
SIZE = 40
WORDS = ["alpha", "beta", "gamma"]
X = pd.DataFrame(
    {
        "id": np.arange(SIZE) % 7,
        "city": RNG.choice(["Paris", "Rome", "London", "Pariss"], SIZE),
        "text": [f"w{i} {RNG.choice(WORDS)} text" for i in range(SIZE)],
        "day": pd.date_range("2024-01-01", periods=SIZE, freq="37h").strftime("%d/%m/%Y %H:%M"),
        "number": RNG.normal(size=SIZE),
        "numeral": RNG.normal(size=SIZE).astype(str),
    }
)
TIMES = pd.Series(pd.date_range("2024-01-01", periods=SIZE, freq="17min"), name="t")
EVENTS = pd.DataFrame({"user": RNG.choice(["a", "b"], SIZE), "t": TIMES})
Y = (X.number > 0).astype(int)
MORE = pd.DataFrame(
    {
        "id": np.arange(7),
        "value": RNG.normal(size=7),
        "name": ["Paris", "Rome", "London", "Oslo", "Bern", "Madrid", "Berlin"],
        "weight": RNG.normal(size=7),
    }
)


def vectorizer(**options: Any) -> Any:
    return skrub.TableVectorizer(
        cardinality_threshold=3,
        **{"high_cardinality": skrub.StringEncoder(n_components=3), **options},
    )


def joiner(**options: Any) -> Any:
    return skrub.Joiner(MORE, string_encoder=skrub.StringEncoder(n_components=3), **options)


# Each with what it is fitted on.
MODELS: dict[str, tuple[Any, Any]] = {
    "AggJoiner": (
        skrub.AggJoiner(MORE, key="id", operations=["mean", "max"], cols=["value", "weight"]),
        X,
    ),
    "AggTarget": (skrub.AggTarget("city", operations=["mean"]), X),
    "ApplyToCols": (
        skrub.ApplyToCols(skrub.StringEncoder(n_components=2), cols=s.string() & s.glob("t*")),
        X,
    ),
    "ApplyToCols, of a frame": (
        skrub.ApplyToCols(
            skrub.SquashingScaler(),
            cols=s.numeric() | s.regex("zz") - s.cols("id"),
            rename_columns="{}_scaled",
            keep_original=True,
        ),
        X,
    ),
    "CatEncoder": (skrub.CatEncoder(), X["city"]),
    "Cleaner": (skrub.Cleaner(), X),
    "DatetimeEncoder": (skrub.DatetimeEncoder(add_day_of_year=True), TIMES),
    "DatetimeEncoder, circular": (skrub.DatetimeEncoder(periodic_encoding="circular"), TIMES),
    "DatetimeEncoder, splines": (
        skrub.DatetimeEncoder(periodic_encoding="spline", add_weekday=True),
        TIMES,
    ),
    "Drop": (skrub.Drop(), X["number"]),
    "DropCols": (skrub.DropCols(s.filter_names(str.startswith, "c")), X),
    "DropSimilar": (
        skrub.DropSimilar(),
        X[["number", "id"]],
    ),
    "DropUninformative": (skrub.DropUninformative(), X["number"]),
    "DurationToFloat": (
        skrub.DurationToFloat(),
        pd.Series(pd.to_timedelta(np.arange(SIZE), unit="h"), name="td"),
    ),
    "GapEncoder": (skrub.GapEncoder(n_components=2, random_state=0), X["text"]),
    "GapEncoder, hashing": (
        skrub.GapEncoder(n_components=2, random_state=0, hashing=True, hashing_n_features=32),
        X["text"],
    ),
    "InterpolationJoiner": (
        skrub.InterpolationJoiner(
            MORE, key="id", suffix="_i", classifier=LogisticRegression(), vectorizer=vectorizer()
        ),
        X,
    ),
    "Joiner": (joiner(main_key="city", aux_key="name"), X),
    "Joiner, no rescaling": (joiner(key="id", ref_dist="no_rescaling", suffix="_q"), X),
    "Joiner, second neighbour": (joiner(key="id", ref_dist="second_neighbor", suffix="_q"), X),
    "Joiner, self-join": (joiner(key="id", ref_dist="self_join_neighbor", suffix="_q"), X),
    "MinHashEncoder": (skrub.MinHashEncoder(n_components=3), X["text"]),
    "MinHashEncoder, murmur": (skrub.MinHashEncoder(n_components=3, hashing="murmur"), X["text"]),
    "MultiAggJoiner": (
        skrub.MultiAggJoiner(
            [MORE, MORE],
            keys=[["id"], ["id"]],
            operations=[["mean"], ["min", "count"]],
            cols=[["value"], ["weight"]],
            suffixes=["_1", "_2"],
        ),
        X,
    ),
    "SelectCols": (skrub.SelectCols(["number", "id"]), X),
    "SessionEncoder": (
        skrub.SessionEncoder("t", "user", session_gap=1200),
        EVENTS,
    ),
    "SimilarityEncoder": (skrub.SimilarityEncoder(), X[["city"]]),
    "SquashingScaler": (skrub.SquashingScaler(), X[["number"]]),
    "StringEncoder": (skrub.StringEncoder(n_components=2), X["text"]),
    "TableVectorizer": (vectorizer(), X),
    "TableVectorizer, otherwise": (
        vectorizer(
            high_cardinality=skrub.MinHashEncoder(n_components=3),
            datetime=skrub.DatetimeEncoder(periodic_encoding="circular"),
            specific_transformers=[("passthrough", ["id"])],
        ),
        X,
    ),
    "ToCategorical": (skrub.ToCategorical(), X["city"]),
    "ToDatetime": (skrub.ToDatetime(), X["day"]),
    "ToDatetime, with a zone": (
        skrub.ToDatetime(),
        pd.Series(TIMES.dt.tz_localize("Europe/Berlin").astype(str), name="t"),
    ),
    "ToFloat": (skrub.ToFloat(), X["numeral"]),
    "tabular_pipeline": (skrub.tabular_pipeline("classifier"), X),
    "tabular_pipeline, linear": (skrub.tabular_pipeline(LogisticRegression()), X),
}
# Programs and language models: no data.
REFUSED = {
    *("LLMEncoder", "OptunaParamSearch", "ParamSearch", "SkrubLearner", "TextEncoder"),
}


def fitted(name: str) -> tuple[Any, Any]:
    model, data = MODELS[name]
    model = copy.deepcopy(model)
    if hasattr(model, "fit_transform"):
        model.fit_transform(data, Y)
    else:
        model.fit(data, Y)
    return model, data


def test_every_estimator_of_the_library_is_tried_or_refused() -> None:
    public = {name: getattr(skrub, name) for name in skrub.__all__}
    estimators = {
        name: each
        for name, each in public.items()
        if isinstance(each, type) and issubclass(each, BaseEstimator)
    }
    tried = {name.partition(",")[0] for name in MODELS}
    assert estimators.keys() - REFUSED <= tried
    table = type_table()
    known = {name for name, each in estimators.items() if table.entry_of(each) is not None}
    assert estimators.keys() - known == REFUSED & estimators.keys()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back(name: str, tmp_path: Path) -> None:
    model, data = fitted(name)
    ways = [way for way in ("transform", "predict", "predict_proba") if hasattr(model, way)]
    asks = [lambda each, way=way: getattr(each, way)(data) for way in ways]
    named = hasattr(model, "get_feature_names_out") and not hasattr(model, "predict")
    if named and name != "DurationToFloat":  # which does not know that it was fitted
        asks.append(lambda each: list(each.get_feature_names_out()))
    assert_kept(model, asks)
    assert_converts(model, tmp_path)


def test_a_search_over_a_table() -> None:
    pipeline = make_pipeline(vectorizer(), LogisticRegression())
    columns = ["city", "day", "number", "numeral"]
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0]}, cv=2)
    search.fit(X[columns].fillna(0), Y)
    assert_kept(search, [lambda each: each.predict_proba(X[columns])])


def test_texts_that_passed_through_leave_no_trace() -> None:
    encoder, _ = fitted("MinHashEncoder")
    before = holotype.fingerprint(encoder)
    encoder.transform(pd.Series(["never", "seen", "before"], name="text"))
    assert holotype.fingerprint(encoder) == before
    loaded = holotype.loads(holotype.dumps(encoder))
    assert len(loaded.hash_dict_.cache) == 0 < len(encoder.hash_dict_.cache)
    assert loaded.hash_dict_.capacity == encoder.hash_dict_.capacity


SELECTORS = {
    "all": s.all(),
    "cardinality": s.cardinality_below(5),
    "dates": s.any_date() | s.categorical(),
    "dtype": s.has_dtype("float64"),
    "glob": s.glob("*e*"),
    "inverse": ~s.boolean(),
    "named": s.cols("id", "city") ^ s.integer(),
    "nulls": s.has_nulls(),
    "prefix": s.filter_names(str.startswith, "n"),
    "regex": s.regex("^n", flags=2),
    "text": s.string() & s.object() - s.cols("day"),
}


@pytest.mark.parametrize("name", SELECTORS)
def test_a_selector_comes_back(name: str) -> None:
    selector = SELECTORS[name]
    loaded = holotype.loads(holotype.dumps(selector, max_level="data"))
    assert repr(loaded) == repr(selector)
    assert loaded.expand(X) == selector.expand(X)


def test_what_is_no_data_is_refused() -> None:
    X_, y_ = skrub.X(X[["number"]]), skrub.y(Y)
    program = X_.skb.apply(LogisticRegression(), y=y_)
    with pytest.raises(UnsupportedError, match="skrub"):
        holotype.dumps(program.skb.make_learner(), max_level="data")
    with pytest.raises(UnsupportedError, match="skrub"):
        holotype.dumps(skrub.LLMEncoder(), max_level="data")
    with pytest.raises(UnsupportedError, match="predicate"):
        holotype.dumps(s.filter_names(lambda name: True), max_level="data")


@pytest.mark.parametrize("pattern", ["{:>9}", "{0.__class__}", "{!r}", "{0[0]}", "{1}", "{", "{x}"])
def test_a_pattern_for_names_does_nothing_else(pattern: str) -> None:
    model = skrub.ApplyToCols(skrub.ToFloat(), rename_columns=pattern)
    with pytest.raises(UnsupportedError, match=r"rename_columns.*Write \{\}"):
        holotype.dumps(model)

    def change(root: Any) -> None:
        root["state"]["rename_columns"] = pattern

    stored = store(skrub.ApplyToCols(skrub.ToFloat(), rename_columns="new_{}"))
    stored.load()
    with pytest.raises(InvalidStateError, match="rename_columns"):
        stored.tampered(change).load()


def test_a_suffix_with_braces_is_not_saved() -> None:
    model, _ = fitted("Joiner, no rescaling")
    model._right_cols_renaming = "{}{0.__class__}".format
    with pytest.raises(UnsupportedError, match="braces"):
        holotype.dumps(model)
    model._right_cols_renaming = "{}".upper
    with pytest.raises(UnsupportedError, match="no format"):
        holotype.dumps(model)


def test_a_filter_that_decides_by_a_text_is_not_saved() -> None:
    with pytest.raises(UnsupportedError, match="a text is no function"):
        holotype.dumps(s.filter("str.startswith"))


# -- what a file may not do ------------------------------------------------------------------------

BAD: list[tuple[str, str, Any]] = [
    ("AggJoiner", "_operations", {"list": ["to_pickle"]}),
    ("AggJoiner", "operations", "apply"),
    ("AggTarget", "_operations", {"list": [7]}),
    ("DatetimeEncoder", "extracted_features_", {"list": ["__class__"]}),
    ("DatetimeEncoder", "extracted_features_", "year"),
    ("DatetimeEncoder", "extracted_features_", {"list": ["to_pydatetime"]}),
    ("GapEncoder", "n_components", 1 << 40),
    ("GapEncoder", "A_", {"tuple": []}),
    ("MinHashEncoder", "n_components", 1 << 40),
    ("MinHashEncoder", "ngram_range", {"tuple": [2, 1 << 40]}),
    ("MinHashEncoder", "ngram_range", 3),
    ("MinHashEncoder", "n_jobs", 1 << 20),
    ("SimilarityEncoder", "dtype", "S999999999"),
    ("SimilarityEncoder", "dtype", {"dtype": "|S999999999"}),
    ("ToDatetime", "output_dtype_", {"dtype": "|S999999999"}),
    ("ToDatetime", "output_dtype_", "S999999999"),
    ("ToDatetime", "output_time_zone_", "dateutil//etc/passwd"),
    ("ToDatetime", "output_time_zone_", "/etc/passwd"),
    ("ToDatetime", "output_time_zone_", "a/../../b"),
]


@pytest.mark.parametrize(("name", "attribute", "value"), BAD)
def test_names_loops_and_memory_are_bounded(name: str, attribute: str, value: Any) -> None:
    stored = store(fitted(name)[0])
    stored.load()

    def change(root: Any) -> None:
        root["state"][attribute] = value

    with pytest.raises(InvalidStateError, match=attribute):
        stored.tampered(change).load()


@pytest.mark.parametrize("name", ["DatetimeEncoder, circular", "DatetimeEncoder, splines"])
def test_columns_are_as_many_as_their_names(name: str) -> None:
    model, _ = fitted(name)
    encoder = next(iter(model._periodic_encoders.values()))

    def change(root: Any) -> None:
        root["state"]["n_components_"] = 1 << 40

    with pytest.raises(InvalidStateError, match="n_components_"):
        store(encoder).tampered(change).load()


@pytest.mark.parametrize(
    ("member", "value", "match"),
    [
        ("predicate", "os.system", "no function"),
        ("predicate", {"name": "builtins.pow"}, "no function"),
        ("predicate", {"name": "builtins.list"}, "no function"),
        ("args", {"list": []}, "not a tuple"),
        ("kwargs", None, "not a tuple and a dict"),
    ],
)
def test_a_filter_decides_by_a_known_function(member: str, value: Any, match: str) -> None:
    def change(root: Any) -> None:
        pairs = root["state"]["dict"]
        pairs[[name for name, _ in pairs].index(member)][1] = value

    stored = store(s.glob("a*"))
    stored.load()
    with pytest.raises(InvalidStateError, match=match):
        stored.tampered(change).load()


@pytest.mark.parametrize("pattern", ["{0.__class__}", 7, None])
def test_a_joiner_renames_by_a_plain_pattern(pattern: Any) -> None:
    def change(root: Any) -> None:
        pairs = root["state"]["dict"]
        pairs[[name for name, _ in pairs].index("_right_cols_renaming")][1] = pattern

    stored = store(fitted("Joiner, no rescaling")[0])
    stored.load()
    with pytest.raises(InvalidStateError, match="_right_cols_renaming"):
        stored.tampered(change).load()


def test_counts_have_no_elements_behind_the_last_row() -> None:
    encoder, _ = fitted("SimilarityEncoder")
    counts = encoder.vocabulary_count_matrices_[0]
    counts.data = np.concatenate([counts.data, counts.data])
    counts.indices = np.concatenate([counts.indices, counts.indices])
    kept = holotype.loads(holotype.dumps(encoder, probe=None)).vocabulary_count_matrices_[0]
    assert len(kept.data) == len(kept.indices) == kept.indptr[-1]
    encoder.vocabulary_count_matrices_ = [7]
    with pytest.raises(InvalidStateError, match="no matrix of rows"):
        store(encoder).load()
