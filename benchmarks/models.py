"""The models of the comparison: fitted once, the same in every run.

A fitted model is kept under ``benchmarks/.cache`` and always read back from there, so that every
process and every peer meets the same object. The name of the cached file covers this module's
source and the library versions: an edited recipe is fitted anew.
"""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import frameworks

CACHE = Path(__file__).parent / ".cache"

Model = Any
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Recipe:
    """How one model is made and what it answers.

    ``build(quick)`` fits it, in a small size when ``quick``; ``answers(model)`` are outputs that a
    reloaded model must give bit for bit. ``needs`` is its library beside scikit-learn.
    """

    key: str
    title: str
    build: Callable[[bool], Model]
    answers: Callable[[Model], Array]
    needs: str = ""


def fitted(key: str, *, quick: bool, cache: Path = CACHE) -> Model:
    """The fitted model ``key``, from the cache; fitted and cached first if it is not there."""
    name = f"{key}-{'quick' if quick else 'full'}"
    path = cache / f"{name}-{stamp()}.joblib"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for stale in cache.glob(f"{name}-*.joblib"):
            stale.unlink()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = RECIPES[key].build(quick)
        partial = path.with_suffix(f".{os.getpid()}")
        joblib.dump(model, partial)
        partial.replace(path)
    return joblib.load(path)


def arrays_of(model: Model) -> Iterator[Array]:
    """Every distinct array reachable through containers and attributes."""
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif hasattr(value, "__dict__") and not isinstance(value, type):
            waiting.extend(vars(value).values())


def stamp() -> str:
    made_from = [Path(__file__).read_text(), sklearn.__version__, np.__version__]
    made_from.append(Path(frameworks.__file__).read_text())
    made_from.append(f"{sys.version_info.major}.{sys.version_info.minor}")
    return hashlib.sha256("\0".join(made_from).encode()).hexdigest()[:12]


def _regression(rows: int, columns: int) -> tuple[Array, Array]:
    generator = np.random.default_rng(0)
    features = generator.random((rows, columns))
    noise = generator.normal(0, 0.3, rows)
    return features, features[:, 0] + features[:, 1] * features[:, 2] + noise


def _classification(rows: int, columns: int) -> tuple[Array, Array]:
    features, target = _regression(rows, columns)
    return features, (target > 0.8).astype(np.int64)


def _probability(columns: int) -> Callable[[Model], Array]:
    return lambda model: np.asarray(model.predict_proba(_regression(50, columns)[0]))


def _prediction(columns: int) -> Callable[[Model], Array]:
    return lambda model: np.asarray(model.predict(_regression(50, columns)[0]))


def _scaled_logistic(quick: bool) -> Model:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(*_classification(500, 30))


def _forest_classifier(quick: bool) -> Model:
    forest = RandomForestClassifier(20 if quick else 300, n_jobs=-1, random_state=0)
    forest.fit(*_classification(2_000 if quick else 50_000, 30))
    return _single_threaded(forest)


def _forest_regressor(quick: bool) -> Model:
    forest = RandomForestRegressor(10 if quick else 100, n_jobs=-1, random_state=0)
    forest.fit(*_regression(2_000 if quick else 20_000, 20))
    return _single_threaded(forest)


def _single_threaded(forest: Model) -> Model:
    """A forest's threads add up their trees in any order, and so give other last bits each time."""
    return forest.set_params(n_jobs=None)


def _boosting(quick: bool) -> Model:
    boosting = HistGradientBoostingRegressor(
        max_iter=20 if quick else 500, early_stopping=False, random_state=0
    )
    return boosting.fit(*_regression(2_000 if quick else 50_000, 30))


def _neighbours(quick: bool) -> Model:
    return KNeighborsClassifier().fit(*_classification(5_000 if quick else 200_000, 50))


def _perceptron(quick: bool) -> Model:
    width = 128 if quick else 2048
    network = MLPRegressor(
        hidden_layer_sizes=(width, width), max_iter=1, batch_size=64, random_state=0
    )
    return network.fit(*_regression(128, 20))


def _weights(quick: bool) -> Model:
    generator = np.random.default_rng(0)
    length = 250_000 if quick else 25_000_000
    return {f"layer_{i}.weight": generator.random(length, dtype=np.float32) for i in range(10)}


def _text(quick: bool) -> Model:
    terms = 10_000 if quick else 500_000
    documents = _documents(terms)
    labels = np.random.default_rng(1).integers(0, 2, len(documents))
    vectorizer = TfidfVectorizer()
    model = make_pipeline(vectorizer, LogisticRegression(max_iter=20)).fit(documents, labels)
    if len(vectorizer.vocabulary_) != terms:
        raise AssertionError(f"{len(vectorizer.vocabulary_)} terms instead of {terms}")
    return model


def _documents(terms: int) -> list[str]:
    """Documents in which each of ``terms`` words appears, frequent words being short as in life.

    Every document has 25 words that no other document is sure to have, and 75 drawn by Zipf's law.
    """
    generator = np.random.default_rng(0)
    words = [_word(rank) for rank in range(terms)]
    fresh = generator.permutation(terms).reshape(-1, 25)
    common = np.exp(generator.random((len(fresh), 75)) * np.log(terms)).astype(np.int64) - 1
    return [" ".join(words[i] for i in row) for row in np.hstack([fresh, common])]


def _word(rank: int) -> str:
    """The ``rank``-th word of a made-up language: 30 syllables of two letters, short words first.

    Bijective numeration, so that no two ranks share a word; 500,000 words have 7.9 letters on
    average.
    """
    word = ""
    rank += 1
    while rank:
        rank, syllable = divmod(rank - 1, 30)
        word += "bklmst"[syllable // 5] + "aeiou"[syllable % 5]
    return word


def _text_answers(model: Model) -> Array:
    return np.asarray(model.predict_proba(_documents(1_000)))


def _weights_answers(model: Model) -> Array:
    return np.stack([array[::1_000] for array in model.values()])


def _booster(library: str) -> Callable[[bool], Model]:
    def build(quick: bool) -> Model:
        data = _classification(2_000 if quick else 20_000, 30)
        return frameworks.gradient_booster(library, *data, 20 if quick else 500)

    return build


def _booster_answers(model: Model) -> Array:
    return frameworks.booster_answers(model, _regression(50, 30)[0])


def _tensors(quick: bool) -> Model:
    return frameworks.state_dict(2 if quick else 100)


def _tensor_answers(model: Model) -> Array:
    return np.stack([model[name].numpy()[::100] for name in sorted(model)])


RECIPES: dict[str, Recipe] = {
    recipe.key: recipe
    for recipe in (
        Recipe("a", "StandardScaler + LogisticRegression", _scaled_logistic, _probability(30)),
        Recipe("b", "RandomForestClassifier, 300 trees", _forest_classifier, _probability(30)),
        Recipe("c", "RandomForestRegressor, 100 trees", _forest_regressor, _prediction(20)),
        Recipe("d", "HistGradientBoosting, 500 iterations", _boosting, _prediction(30)),
        Recipe("e", "KNeighbors on 200,000 × 50", _neighbours, _probability(50)),
        Recipe("f", "Tfidf of 500,000 terms + logistic", _text, _text_answers),
        Recipe("g", "MLPRegressor (2048, 2048)", _perceptron, _prediction(20)),
        Recipe("h", "dict of float32 arrays, 1 GB", _weights, _weights_answers),
        Recipe("i", "XGBoost, 500 trees", _booster("xgboost"), _booster_answers, "xgboost"),
        Recipe("j", "LightGBM, 500 trees", _booster("lightgbm"), _booster_answers, "lightgbm"),
        Recipe("k", "PyTorch state dict, 400 MB", _tensors, _tensor_answers, "torch"),
    )
    if not recipe.needs or frameworks.installed(recipe.needs)
}
"""By key; those of other frameworks only where the framework is installed."""
