"""scikit-learn's own tests of pickling hold with Holotype in pickle's place."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn.utils import estimator_checks
from tests.conformance import instead_of_pickle
from tests.conformance.sklearn_models import DEPRECATED, instances, label

import holotype

ROOT = Path(__file__).resolve().parent.parent.parent

# Not among them: tests that only pickle functions, classes or lambdas of their own.
TESTS = [
    "sklearn._loss.tests.test_loss::test_loss_pickle",
    "sklearn.cluster.tests.test_dbscan::test_pickle",
    "sklearn.cluster.tests.test_spectral::test_spectral_clustering",
    "sklearn.compose.tests.test_column_transformer::test_make_column_selector_pickle",
    "sklearn.datasets.tests.test_base::test_loads_dumps_bunch",
    "sklearn.ensemble.tests.test_forest::test_pickle",
    "sklearn.ensemble.tests.test_gradient_boosting::test_serialization",
    "sklearn.ensemble.tests.test_weight_boosting::test_pickle",
    "sklearn.feature_extraction.tests.test_text::test_countvectorizer_vocab_dicts_when_pickling",
    "sklearn.feature_extraction.tests.test_text::test_countvectorizer_vocab_sets_when_pickling",
    "sklearn.feature_extraction.tests.test_text::test_pickling_transformer",
    "sklearn.metrics.tests.test_dist_metrics::test_pickle",
    "sklearn.metrics.tests.test_dist_metrics::test_pickle_bool_metrics",
    "sklearn.neighbors.tests.test_kde::test_pickling",
    "sklearn.neighbors.tests.test_nearest_centroid::test_pickle",
    "sklearn.neighbors.tests.test_neighbors_tree::test_pickle",
    "sklearn.neighbors.tests.test_quad_tree::test_quad_tree_pickle",
    "sklearn.neural_network.tests.test_mlp::test_mlp_loading_from_joblib_partial_fit",
    "sklearn.tests.test_isotonic::test_isotonic_regression_pickle",
    "sklearn.tree.tests.test_tree::test_criterion_copy",
    "sklearn.tree.tests.test_tree::test_deterministic_pickle",
    "sklearn.tree.tests.test_tree::test_pickle",
    "sklearn.tree.tests.test_tree::test_splitter_serializable",
    "sklearn.tree.tests.test_tree::test_tree_deserialization_from_read_only_buffer",
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of each test, from one run of all of them in another process."""
    report = tmp_path_factory.mktemp("own") / "report.xml"
    modules = sorted({test.partition("::")[0] for test in TESTS})
    environment = {
        **os.environ,
        "HOLOTYPE_TESTS": "\n".join(TESTS),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(holotype.__file__).parent.parent)]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={report.parent}"]
        + ["-p", "tests.conformance.instead_of_pickle", "-p", "no:cacheprovider"]
        + [f"--junitxml={report}", "-W", "ignore", "--pyargs"]
        + [module for module in modules if importlib.util.find_spec(module)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=report.parent,
    )
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    found: dict[str, list[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        names = [each.get("value") for each in case.iter("property") if each.get("name") == "test"]
        problems = [part.tag for part in case if part.tag in ("error", "failure", "skipped")]
        found.setdefault("".join(names), []).append(problems[0] if problems else "passed")
    assert len(found) > 20
    return found


@pytest.mark.parametrize("test", TESTS)
def test_of_scikit_learn_holds(test, outcomes):
    if test not in outcomes:
        pytest.skip("this version of scikit-learn has no such test")
    assert "passed" in outcomes[test]
    assert set(outcomes[test]) <= {"passed", "skipped"}, "see the output of this test itself"


def pickle_checks(estimator):
    """``check_estimators_pickle`` as scikit-learn would run it on this estimator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hasattr(estimator_checks, "estimator_checks_generator"):
            pairs = list(estimator_checks.estimator_checks_generator(estimator))
        else:  # before 1.6
            pairs = list(estimator_checks.check_estimator(estimator, generate_only=True))
    for made, check in pairs:
        if isinstance(check, partial) and check.func.__name__ == "check_estimators_pickle":
            yield made, check


@pytest.mark.parametrize("estimator", instances(), ids=label)
def test_check_estimators_pickle_holds(estimator, monkeypatch, tmp_path):
    def in_a_file(model):
        holotype.dump(model, tmp_path / "model.holo")
        return holotype.load(tmp_path / "model.holo", mmap=True)

    monkeypatch.setattr(estimator_checks, "pickle", instead_of_pickle.PICKLE)
    monkeypatch.setattr(estimator_checks, "create_memmap_backed_data", in_a_file)
    checks = list(pickle_checks(estimator))
    if not checks:
        pytest.skip("scikit-learn does not check this one")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATED, FutureWarning)
        for made, check in checks:
            check(made)
