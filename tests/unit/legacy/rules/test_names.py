"""Which entry a name of an old file means."""

from __future__ import annotations

import pytest

from holotype.legacy.rules.names import canonical, entry_for, named
from holotype.legacy.symbols import Global

NAMES = {
    ("sklearn.linear_model._logistic", "LogisticRegression"): (
        "sklearn.linear_model.LogisticRegression"
    ),
    ("sklearn.linear_model.logistic", "LogisticRegression"): (
        "sklearn.linear_model.LogisticRegression"
    ),
    ("sklearn.tree.tree", "DecisionTreeClassifier"): "sklearn.tree.DecisionTreeClassifier",
    ("sklearn.tree._classes", "DecisionTreeClassifier"): "sklearn.tree.DecisionTreeClassifier",
    ("sklearn.ensemble.forest", "RandomForestClassifier"): (
        "sklearn.ensemble.RandomForestClassifier"
    ),
    ("sklearn.svm.classes", "SVC"): "sklearn.svm.SVC",
    ("sklearn.neighbors.kd_tree", "KDTree"): "sklearn.neighbors.KDTree",
    ("sklearn._loss._loss", "CyHuberLoss"): "sklearn.CyHuberLoss",
    ("_loss", "CyHuberLoss"): "sklearn.CyHuberLoss",
    ("numpy", "log1p"): "numpy.log1p",
    ("numpy.core._multiarray_umath", "log1p"): "numpy.log1p",
    ("numpy._core._multiarray_umath", "log1p"): "numpy.log1p",
    ("numpy", "bool_"): "numpy.bool",
    ("numpy", "bool"): "numpy.bool",
    ("scipy.sparse.csr", "csr_matrix"): "scipy.sparse.csr_matrix",
    ("scipy.sparse._csr", "csr_matrix"): "scipy.sparse.csr_matrix",
    ("scipy.special._ufuncs", "expit"): "scipy.special.expit",
    ("scipy.spatial.ckdtree", "cKDTree"): "scipy.spatial.cKDTree",
    ("pandas.core.frame", "DataFrame"): "pandas.DataFrame",
    ("pandas", "DataFrame"): "pandas.DataFrame",
    ("pandas.core.indexes.base", "Index"): "pandas.Index",
    ("pandas.core.indexes.numeric", "Int64Index"): "pandas.Int64Index",
    ("pandas.indexes.base", "Index"): "pandas.Index",
    ("pandas._libs.missing", "NA"): "pandas.NA",
    ("collections", "OrderedDict"): "collections.OrderedDict",
    ("pathlib._local", "PurePosixPath"): "pathlib.PurePosixPath",
    ("builtins", "str.lower"): "builtins.str.lower",
}
UNKNOWN = [
    ("os", "system"),
    ("posix", "system"),
    ("builtins", "eval"),
    ("builtins", "getattr"),
    ("numpy", "load"),
    ("numpy.core.multiarray", "fromfile"),
    ("sklearn.linear_model.a.b", "LogisticRegression"),
    ("mypackage.models", "LogisticRegression"),
    ("sklearn", ""),
    ("", "SVC"),
    ("sklearn.svm", "SVC.__init__"),
    ("sklearn.svm.SVC", "fit"),
]


@pytest.mark.parametrize(("name", "key"), NAMES.items(), ids=str)
def test_a_name_of_any_version_means_its_entry(name: tuple[str, str], key: str) -> None:
    entry = entry_for(Global(*name))
    assert entry is not None
    assert entry.key == key


@pytest.mark.parametrize("name", UNKNOWN, ids=str)
def test_what_the_table_does_not_have_has_no_entry(name: tuple[str, str]) -> None:
    assert entry_for(Global(*name)) is None


def test_modules_that_moved_are_known_under_the_path_of_today() -> None:
    assert canonical("numpy.core.multiarray", "scalar") == "numpy._core.multiarray:scalar"
    assert canonical("numpy._core.multiarray", "scalar") == "numpy._core.multiarray:scalar"
    assert canonical("sklearn.neighbors.kd_tree", "newObj") == "sklearn.neighbors._kd_tree:newObj"


def test_an_entry_has_one_name_object() -> None:
    entry = entry_for(Global("numpy", "log1p"))
    assert entry is not None
    assert named(entry) is named(entry)
