"""Golden predictions are taken with a tolerance that was measured, and compared by it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from holotype.archive.theta import Column, Inputs
from holotype.capsule.probe import MAX_ROWS, ask_again, read_probe, take_probe
from holotype.capsule.synthetic import ROWS, made_up
from holotype.errors import UnsupportedError

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)


class Answers(BaseEstimator):
    """Whatever ``answer`` makes of the input, by ``predict``."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    def fit(self, X: Any, y: Any = None) -> Answers:
        return self

    def predict(self, X: Any) -> Any:
        return self.answer(X)


def test_every_method_that_answers_is_kept() -> None:
    probe = take_probe(LogisticRegression().fit(X, Y), X[:10])
    assert probe is not None
    assert set(probe.outputs) == {
        "predict",
        "predict_proba",
        "predict_log_proba",
        "decision_function",
    }
    assert probe.tolerance["predict"] == 0
    assert 0 < probe.tolerance["predict_proba"] < 1e-12
    assert probe.rows == 10
    assert not probe.synthetic


def test_the_model_that_was_asked_answers_equally_and_another_does_not() -> None:
    model = RandomForestClassifier(10, random_state=0).fit(X, Y)
    probe = take_probe(model, X[:20])
    assert probe is not None
    assert {answer.verdict for answer in ask_again(model, probe)} <= {"equal", "close"}
    other = RandomForestClassifier(10, random_state=1).fit(X, Y)
    answers = {answer.method: answer for answer in ask_again(other, probe)}
    assert not answers["predict_proba"].ok
    row, expected, found = answers["predict_proba"].deviation.rows[0]
    assert 0 <= row < 20
    assert expected != found


def test_a_last_bit_is_close_and_a_digit_is_different() -> None:
    model = LinearRegression().fit(X, X @ [1.0, 2.0, 3.0, 4.0])
    probe = take_probe(model, X[:5])
    assert probe is not None
    model.coef_ *= 1 + 4e-16
    assert [answer.verdict for answer in ask_again(model, probe)] == ["close"]
    model.coef_ *= 1 + 1e-9
    assert [answer.verdict for answer in ask_again(model, probe)] == ["different"]


def test_what_a_model_no_longer_has_or_does_is_different() -> None:
    probe = take_probe(StandardScaler().fit(X), X[:3])
    assert probe is not None
    [answer] = ask_again(LogisticRegression().fit(X, Y), probe)
    assert answer.deviation.problem == "the model has no such method"
    [answer] = ask_again(StandardScaler(), probe)
    assert "NotFittedError" in answer.deviation.problem


def test_answers_that_do_not_repeat_are_left_out() -> None:
    model = Answers(lambda X: GENERATOR.normal(size=len(X)))
    assert take_probe(model, X[:3], synthetic=True) is None
    with pytest.raises(UnsupportedError, match="answers differently each time"):
        take_probe(model, X[:3])


def test_answers_that_depend_on_the_batch_are_compared_in_the_same_batch() -> None:
    model = Answers(lambda X: X[:, 0] - X[:, 0].mean())
    probe = take_probe(model, X[:8])
    assert probe is not None
    assert probe.tolerance["predict"] < 1e-12
    assert ask_again(model, probe)[0].verdict == "equal"


def test_a_batch_that_changes_last_bits_widens_the_tolerance() -> None:
    def answer(X: Any) -> Any:
        return X[:, 0] * (1 + 1e-10 * len(X))

    probe = take_probe(Answers(answer), X[:8])
    assert probe is not None
    assert 1e-10 < probe.tolerance["predict"] < 1e-7


def test_a_model_that_needs_more_than_one_row_is_asked_with_all() -> None:
    def answer(X: Any) -> Any:
        if len(X) < 2:
            raise ValueError("one row only")
        return X[:, 0]

    assert take_probe(Answers(answer), X[:8]) is not None


def test_nothing_is_asked_of_what_has_no_answers() -> None:
    assert take_probe({"a": X}, X) is None
    assert take_probe(DBSCAN().fit(X), X) is None
    with pytest.raises(UnsupportedError, match=r"probe: the model cannot answer it.*NotFitted"):
        take_probe(LogisticRegression(), X)


def test_asking_leaves_the_random_numbers_and_says_no_warning() -> None:
    def answer(X: Any) -> Any:
        np.random.random(5)
        warnings.warn("from the library", UserWarning, stacklevel=2)
        return X[:, 0]

    np.random.seed(5)
    expected = np.random.RandomState(5).random()
    assert take_probe(Answers(answer), X[:3]) is not None
    assert np.random.random() == expected


@pytest.mark.parametrize("form", ["array", "frame", "list", "tuple", "dict", "sparse"])
def test_of_many_rows_a_few_are_kept(form: str) -> None:
    many = np.arange(5000.0).reshape(-1, 1)
    pandas = pytest.importorskip("pandas")
    sparse = pytest.importorskip("scipy.sparse")
    inputs = {
        "array": many,
        "frame": pandas.DataFrame(many),
        "list": many[:, 0].tolist(),
        "tuple": (many, many),
        "dict": {"a": many},
        "sparse": sparse.csr_matrix(many),
    }[form]
    probe = take_probe(Answers(lambda X: np.ones(3)), inputs)
    assert probe is not None
    assert probe.rows == MAX_ROWS


def test_a_stored_probe_is_read_back() -> None:
    probe = take_probe(LogisticRegression().fit(X, Y), X[:4])
    assert probe is not None
    again = read_probe(probe.stored())
    assert again.outputs.keys() == probe.outputs.keys()
    assert again.seconds == 0
    for wrong in ({}, {**probe.stored(), "tolerance": {"predict": "much"}}, [], 5):
        with pytest.raises(ValueError, match=r"Expected|missing"):
            read_probe(wrong)


# -- made-up inputs ------------------------------------------------------------------------------


def test_made_up_numbers_are_the_same_and_where_the_data_was() -> None:
    scaler = StandardScaler().fit(X * 100 + 1000)
    inputs = Inputs(source="model", form="array", count=4)
    first, second = made_up(scaler, inputs), made_up(scaler, inputs)
    assert first.shape == (ROWS, 4)
    assert first.tobytes() == second.tobytes()
    assert 800 < np.median(first[2:]) < 1200
    forest = RandomForestClassifier(3, random_state=0).fit(X * 1e6, Y)
    assert np.abs(made_up(forest, inputs)).max() > 1e4


def test_made_up_frames_have_the_columns_that_the_schema_says() -> None:
    pytest.importorskip("pandas")
    inputs = Inputs(
        source="data",
        form="frame",
        count=4,
        columns=[
            Column(name="age", dtype="int64", minimum=18, maximum=90),
            Column(name="town", dtype="object", categories=["Ulm", "Bonn"]),
            Column(name="rate", dtype="float64"),
            Column(name="kind", dtype="category", categories=[1, 2, 3]),
        ],
    )
    frame = made_up(None, inputs)
    assert list(frame.columns) == ["age", "town", "rate", "kind"]
    assert frame["age"].min() == 18
    assert frame["age"].max() == 90
    assert set(frame["town"]) == {"Ulm", "Bonn"}
    assert str(frame["kind"].dtype) == "category"


def test_made_up_text_has_words_that_the_model_knows() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    model = text.TfidfVectorizer().fit(["alpha beta", "gamma"])
    texts = made_up(model, Inputs(source="model", form="text"))
    assert len(texts) == ROWS
    assert model.transform(texts).nnz > 2


@pytest.mark.parametrize(
    "inputs",
    [
        None,
        Inputs(source="model"),
        Inputs(source="model", form="tensor", count=3),
        Inputs(source="model", form="frame", count=2, columns=[Column(name="a")]),
        Inputs(source="model", count=10**9),
    ],
)
def test_nothing_is_made_up_where_too_little_is_known(inputs: Inputs | None) -> None:
    assert made_up(None, inputs) is None


# -- no marks ------------------------------------------------------------------------------------


def test_asking_leaves_no_marks_on_the_parts_of_a_model() -> None:
    class Marked(Answers):
        def predict(self, X: Any) -> Any:
            self.asked_ = True
            self.answer = None
            return X[:, 0]

    parts = [Marked(1), Marked(2), Marked(3)]

    class Whole(Answers):
        def predict(self, X: Any) -> Any:
            asked = [*self.list_, *self.dict_.values(), *self.array_.flat]
            return np.mean([each.predict(X) for each in asked], axis=0)

    whole = Whole()
    whole.list_ = [("name", parts[0])[1]]
    whole.dict_ = {"a": parts[1]}
    whole.array_ = np.array([[parts[2]]], dtype=object)
    whole.words_ = {"a": 1, "b": 2}
    probe = take_probe(whole, X[:4])
    assert probe is not None
    assert ask_again(whole, probe)[0].ok
    assert [vars(part) for part in parts] == [{"answer": 1}, {"answer": 2}, {"answer": 3}]
