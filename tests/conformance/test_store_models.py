"""Every kind of model goes into a store and comes back, byte by byte and bit by bit."""

from __future__ import annotations

import copy
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn.base import BaseEstimator
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_classification
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.conformance.sklearn_models import DEPRECATED, MAIN, data_for, fit, instances, label, same

import holotype
from holotype import Store
from holotype.errors import UntrustedError

X, Y = load_iris(return_X_y=True)
DIGITS, DIGIT = load_digits(return_X_y=True)
U, V = load_diabetes(return_X_y=True)
VECTORS = Path(__file__).resolve().parents[2] / "vectors"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all models, as a team has it."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(autouse=True)
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(tmp_path / "none.toml"))


def through(store: Store, name: str, data: bytes, level: str = "balanced") -> str:
    """Push an archive, pull the same bytes; how to ask for it."""
    version = store.push(name, data, level=level)
    target = Path(store.url).with_suffix(".holo")
    store.pull(version.id, target)
    assert target.read_bytes() == data
    return str(version)


def kept(store: Store, name: str, model: Any, **options: Any) -> Any:
    """The model as it comes back from the store."""
    data = holotype.dumps(model, **options)
    spec = through(store, name, data)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATED, FutureWarning)
        found = store.load(spec)
    assert type(found) is type(model)
    assert holotype.fingerprint(found) == holotype.fingerprint(data)
    return found


# ------------------------------------------------------------------------------------ estimators


def one_of_each() -> list[Any]:
    return list({type(estimator): estimator for estimator in reversed(instances())}.values())


@pytest.mark.parametrize("estimator", one_of_each(), ids=label)
def test_a_fitted_estimator(store: Store, estimator: BaseEstimator) -> None:
    rows, target = data_for(estimator)
    model = fit(estimator, rows, target)
    found = kept(store, type(model).__name__, model, probe=None, context=False)
    rows = copy.deepcopy(rows)  # sums over an array times itself are taken in another order
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in MAIN:
            if hasattr(model, method):
                one, other = getattr(found, method)(rows), getattr(model, method)(rows)
                assert same(one, other), method


TREES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "one huge tree": lambda: (
        DecisionTreeRegressor(random_state=0).fit(*(rows := wide(8_000))), rows[0]),
    "stump": lambda: (DecisionTreeClassifier(max_depth=1).fit(X, Y), X),
    "one leaf": lambda: (DecisionTreeClassifier().fit(X, Y * 0), X),
    "stumps": lambda: (GradientBoostingRegressor(n_estimators=80, max_depth=1).fit(U, V), U),
    "forest": lambda: (RandomForestClassifier(20, random_state=0).fit(DIGITS, DIGIT), DIGITS),
    "forest with missing": lambda: (
        RandomForestClassifier(9, random_state=0).fit(holed(X), Y), holed(X)),
    "weighted forest": lambda: (
        RandomForestClassifier(9, class_weight="balanced").fit(X, Y, np.linspace(0.1, 3, 150)), X),
    "forest by entropy": lambda: (RandomForestClassifier(9, criterion="entropy").fit(X, Y), X),
    "forest of leaves": lambda: (RandomForestClassifier(9, max_leaf_nodes=7).fit(X, Y), X),
    "forest of two": lambda: (RandomForestRegressor(9).fit(U, np.c_[V, -V, V * V]), U),
    "forest of labels": lambda: (RandomForestClassifier(9).fit(X, np.c_[Y, Y > 0]), X),
    "extra trees": lambda: (ExtraTreesRegressor(20, random_state=0).fit(U, V), U),
    "absolute errors": lambda: (
        RandomForestRegressor(5, criterion="absolute_error", max_depth=5).fit(U, V), U),
    "gradient boosting": lambda: (GradientBoostingClassifier(n_estimators=40).fit(X, Y), X),
    "isolation": lambda: (IsolationForest(random_state=0).fit(X), X),
    "histograms": lambda: (HistGradientBoostingClassifier(max_iter=30).fit(holed(X), Y), holed(X)),
    "histograms of categories": lambda: (
        HistGradientBoostingRegressor(max_iter=30, categorical_features=[1]).fit(U, V), U),
    "few histograms": lambda: (HistGradientBoostingRegressor(max_iter=2).fit(U, V), U),
    "neighbours": lambda: (KNeighborsClassifier(algorithm="kd_tree").fit(DIGITS, DIGIT), DIGITS),
}  # fmt: skip


def wide(count: int) -> tuple[Any, Any]:
    return make_classification(count, 8, random_state=0)[0], np.random.default_rng(0).random(count)


def holed(rows: Any) -> Any:
    return np.where(np.random.default_rng(0).random(rows.shape) < 0.1, np.nan, rows)


@pytest.mark.parametrize("name", TREES)
def test_trees_of_all_kinds(store: Store, name: str) -> None:
    model, rows = TREES[name]()
    found = kept(store, "trees/" + name.replace(" ", "-"), model)
    asked = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    assert same(getattr(found, asked)(rows), getattr(model, asked)(rows))


def test_every_version_of_a_model_that_was_trained_on(store: Store) -> None:
    forest = RandomForestClassifier(5, warm_start=True, random_state=0)
    boosted = HistGradientBoostingClassifier(max_iter=5, warm_start=True, random_state=0)
    versions: dict[str, bytes] = {}
    for step in range(1, 7):
        for name, model in (("warm/forest", forest), ("warm/boosted", boosted)):
            model.set_params(**{"n_estimators" if model is forest else "max_iter": 5 * step})
            data = holotype.dumps(model.fit(X, Y), probe=X)
            versions[through(store, name, data)] = data
    fresh = Store(store.url)
    for spec, data in versions.items():
        assert fresh.load(spec).predict_proba(X).tobytes() == (
            holotype.loads(data).predict_proba(X).tobytes()
        )


# -------------------------------------------------------------------------- what else a file holds


def test_an_archive_with_answers_twin_and_seals(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("skl2onnx", reason="it makes the twin")
    pytest.importorskip("cryptography", reason="it makes the seals")
    path = tmp_path / "m.holo"
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    holotype.dump(model, path, probe=X, targets=Y, portable=True, author="somebody")
    for kind in ("ed25519", "ecdsa-p256"):
        holotype.keygen(tmp_path / kind, algorithm=kind, unlocked=True)
        holotype.seal(path, tmp_path / kind, name="it", version="1.0.0")
    spec = through(store, "sealed", path.read_bytes())
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
    assert "portable/model.onnx" in names
    assert sum(name.startswith("seals/") for name in names) == 2
    assert holotype.verify(store.source(spec)).ok
    assert (store.load(spec, check="full").predict(X) == model.predict(X)).all()


def test_seals_that_come_later_are_kept_too(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="it makes the seals")
    path, pulled = tmp_path / "m.holo", tmp_path / "pulled.holo"
    holotype.dump(LogisticRegression(max_iter=500).fit(X, Y), path)
    versions = []
    for number in range(3):
        holotype.keygen(tmp_path / f"key{number}", unlocked=True)
        holotype.seal(path, tmp_path / f"key{number}", name="a" * 255, version="b" * 255)
        versions.append(store.push("sealed/later", path))
        assert store.pull("sealed/later", pulled) == versions[0] == versions[-1]
        assert pulled.read_bytes() == path.read_bytes()
        assert holotype.verify(store.source("sealed/later")).ok


def test_models_that_ask_for_trust(store: Store) -> None:
    def half(rows: Any) -> Any:
        return rows / 2

    model = make_pipeline(FunctionTransformer(half), LogisticRegression(max_iter=500)).fit(X, Y)
    data = holotype.dumps(model)
    spec = through(store, "trust", data)
    assert store.find(spec).level == holotype.show(data).level == "code"
    with pytest.raises(UntrustedError) as caught:
        store.load(spec)
    trust = [need.argument for need in caught.value.missing]
    assert (store.load(spec, trust=trust).predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("path", sorted(VECTORS.rglob("*.holo")), ids=lambda path: path.stem)
@pytest.mark.parametrize("level", ["none", "small"])
def test_the_golden_archives(store: Store, path: Path, level: str) -> None:
    data = path.read_bytes()
    found = Store(f"memory://golden-{level}-{path.stem}")
    through(store, f"golden/{path.stem}", data)
    found.push("m", data, level=level)
    assert holotype.verify(found.source("m")).fingerprint == holotype.verify(data).fingerprint
    assert holotype.fingerprint(found.load("m", mmap=True)) == holotype.fingerprint(data)


# ------------------------------------------------------------------------------ other frameworks


def test_networks_and_their_next_steps(store: Store) -> None:
    torch = pytest.importorskip("torch", reason="its models are stored")
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)
    )
    for dtype, step in ((torch.float32, 1e-6), (torch.bfloat16, 1e-4)):
        added = []
        for _ in range(4):
            with torch.no_grad():
                for weights in network.parameters():
                    weights.add_(torch.randn(weights.shape) * step)
            state = {key: tensor.to(dtype) for key, tensor in network.state_dict().items()}
            name = f"torch/{str(dtype).rpartition('.')[2]}"
            found = kept(store, name, state)
            assert all(torch.equal(found[key], state[key]) for key in state)
            added.append(store.find(name).added)
        assert max(added[1:]) < 0.8 * added[0]
    found = kept(store, "torch/network", network)
    rows = torch.randn(5, 64)
    assert torch.equal(found(rows), network(rows))


def test_boosters(store: Store) -> None:
    pytest.importorskip("xgboost", reason="its models are stored")
    from tests.conformance.xgboost_models import MODELS

    for name, trained in MODELS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = holotype.dumps(trained.train(), probe=None)
        key = "".join(letter if letter.isalnum() else "-" for letter in name)
        spec = through(store, f"xgboost/{key}", data)
        assert holotype.fingerprint(store.load(spec)) == holotype.fingerprint(data)


def test_other_boosters(store: Store) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="its models are stored")
    model = lightgbm.LGBMClassifier(n_estimators=30, verbose=-1, n_jobs=1).fit(X, Y)
    found = kept(store, "lightgbm", model)
    assert found.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


def test_at_the_end_the_store_is_whole(store: Store, tmp_path: Path) -> None:
    versions = store.log()
    assert len(versions) > 30
    fresh = Store(store.url)
    for version in versions[:: len(versions) // 20]:
        data = io.BytesIO()
        fresh.pull(str(version), tmp_path / "out.holo")
        data.write((tmp_path / "out.holo").read_bytes())
        assert holotype.show(data.getvalue()).id == version.id
    assert fresh.usage().stored < fresh.usage().size
