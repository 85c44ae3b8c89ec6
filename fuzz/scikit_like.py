"""Models of packages in the manner of scikit-learn, and how they are asked.

imbalanced-learn, category_encoders and skrub; what the last two are asked about are frames and
columns, each with what it has not seen before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from fuzz.data import BINARY, FEW, LABELS, ROWS, X

__all__ = ["others", "questions"]

_ASKED = ("predict", "predict_proba", "decision_function", "transform")
_LIBRARIES = ("category_encoders", "imblearn", "skrub")


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name, of those libraries that are installed."""
    found: dict[str, Callable[[], Any]] = {}
    for makers in (_imblearn, _category_encoders, _skrub):
        try:
            found |= makers()
        except ImportError:
            continue
    return found


def _imblearn() -> dict[str, Callable[[], Any]]:
    from imblearn import ensemble, over_sampling
    from imblearn.metrics.pairwise import ValueDifferenceMetric
    from imblearn.pipeline import make_pipeline
    from sklearn.linear_model import LogisticRegression

    def sampled(sampler: Any) -> Any:
        sampler.fit_resample(X, BINARY)
        return sampler

    smote = over_sampling.SMOTE(k_neighbors=3, random_state=0)
    return {
        "balanced forest": lambda: ensemble.BalancedRandomForestClassifier(**FEW).fit(X, LABELS),
        "balanced bagging": lambda: ensemble.BalancedBaggingClassifier(
            n_estimators=2, max_features=0.5, random_state=0
        ).fit(X, LABELS),
        "boosted samples": lambda: ensemble.RUSBoostClassifier(n_estimators=2, random_state=0).fit(
            X, BINARY
        ),
        "sampling pipeline": lambda: make_pipeline(smote, LogisticRegression()).fit(X, BINARY),
        "sampler": lambda: sampled(over_sampling.SVMSMOTE(k_neighbors=3, random_state=0)),
        "value differences": lambda: ValueDifferenceMetric().fit(
            np.round(X - X.min()).astype(int), BINARY
        ),
    }


def _frame() -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            "letter": [list("xyzw")[i % 4] for i in range(ROWS)],
            "text": [f"w{i} {['alpha', 'beta', 'gamma'][i % 3]}" for i in range(ROWS)],
            "day": pd.date_range("2024-01-01", periods=ROWS, freq="37h"),
            "number": X[:, 0],
            "id": np.arange(ROWS) % 7,
        }
    )


def _category_encoders() -> dict[str, Callable[[], Any]]:
    import category_encoders as ce

    names = (
        *("BaseNEncoder", "CatBoostEncoder", "CountEncoder", "HelmertEncoder", "MultiHotEncoder"),
        *("OneHotEncoder", "OrdinalEncoder", "RankHotEncoder", "TargetEncoder"),
    )

    def encoder(name: str, **options: Any) -> Any:
        return getattr(ce, name)(cols=["letter"], **options).fit(_frame(), BINARY)

    return {f"encoder {name}": partial(encoder, name) for name in names} | {
        "encoder of hashes": lambda: encoder("HashingEncoder", max_process=1)
    }


def _skrub() -> dict[str, Callable[[], Any]]:
    import pandas as pd
    import skrub
    from skrub import selectors as s

    more = pd.DataFrame({"id": np.arange(7), "value": X[:7, 0], "name": list("xyzwxyz")})

    def table(model: Any) -> Any:
        model.fit_transform(_frame(), BINARY)
        return model

    def column(model: Any, name: str) -> Any:
        model.fit_transform(_frame()[name], BINARY)
        return model

    few = skrub.StringEncoder(n_components=2)
    return {
        "table": lambda: table(
            skrub.TableVectorizer(cardinality_threshold=3, high_cardinality=few)
        ),
        "columns": lambda: table(
            skrub.ApplyToCols(skrub.SquashingScaler(), cols=s.numeric() - s.glob("i*"))
        ),
        "joiner": lambda: table(skrub.Joiner(more, key="id", string_encoder=few, suffix="_q")),
        "groups": lambda: table(
            skrub.AggJoiner(more, key="id", operations=["mean", "max"], cols=["value"])
        ),
        "dates": lambda: column(skrub.DatetimeEncoder(periodic_encoding="spline"), "day"),
        "topics": lambda: column(skrub.GapEncoder(n_components=2, random_state=0), "text"),
        "hashes": lambda: column(skrub.MinHashEncoder(n_components=3), "text"),
        "strings": lambda: column(skrub.StringEncoder(n_components=2), "text"),
        "times": lambda: column(skrub.ToDatetime(), "day"),
        "similarities": lambda: table(
            skrub.ApplyToCols(skrub.SimilarityEncoder(), cols=["letter"])
        ),
    }


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Predictions, transformations there and back, sampling again, and names."""
    library = type(model).__module__.partition(".")[0]
    if library not in _LIBRARIES:
        return
    for data in _data(library, inputs[0]):
        for name in _ASKED:
            method = _method(model, name)
            if method is not None:
                yield name, partial(method, data)
        if _method(model, "inverse_transform") is not None:
            yield "there and back", partial(_there_and_back, model, data)
        if _method(model, "pairwise") is not None:
            yield "pairwise", partial(model.pairwise, np.round(data).astype(int))
    if _method(model, "fit_resample") is not None:
        yield "fit_resample", lambda: model.fit_resample(X, BINARY)
    for name in ("get_feature_names_out", "get_params"):
        if _method(model, name) is not None:
            yield name, getattr(model, name)


def _data(library: str, rows: Any) -> tuple[Any, ...]:
    if library == "imblearn":
        return (rows,)
    frame = _frame().tail(6)
    new = frame.assign(letter="?", text=["new text", "", "a b c", "w0", "-", "?"])
    return (frame, new, *(frame[name] for name in ("text", "day") if library == "skrub"))


def _method(model: Any, name: str) -> Any:
    try:
        method = getattr(model, name, None)
    except Exception:  # a property of a broken model; an ordinary one
        return None
    return method if callable(method) else None


def _there_and_back(model: Any, data: Any) -> Any:
    return model.inverse_transform(model.transform(data))
