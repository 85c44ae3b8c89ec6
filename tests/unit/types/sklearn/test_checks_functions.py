"""What an estimator calls by name is a function, never the constructor of a type with contents."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import scipy.sparse
from sklearn import metrics, preprocessing
from sklearn.feature_extraction.text import CountVectorizer
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.table import type_table

SCORER = metrics.make_scorer(metrics.accuracy_score)
OWNERS = {
    "func": preprocessing.FunctionTransformer(np.log1p),
    "inverse_func": preprocessing.FunctionTransformer(np.log1p, np.expm1),
    "tokenizer": CountVectorizer(tokenizer=str.split, token_pattern=None),
    "_score_func": SCORER,
}


@pytest.mark.parametrize("name", OWNERS)
def test_functions_and_plain_types_pass(name):
    Specimen(OWNERS[name]).audit()
    specimen = Specimen(OWNERS[name])
    for key in ("builtins.tuple", "pandas.DataFrame", "collections.Counter"):
        specimen.put({"name": key}, name)
        specimen.audit()


@pytest.mark.parametrize("name", OWNERS)
@pytest.mark.parametrize("key", ["scipy.sparse.csr_matrix", "numpy.recarray", "sklearn.tree.Tree"])
def test_constructors_are_refused(name, key):
    specimen = Specimen(OWNERS[name])
    specimen.put({"name": key}, name)
    with pytest.raises(InvalidStateError, match=f"{name} is {key}"):
        specimen.audit()


def test_what_would_be_refused_is_not_saved():
    for arguments in ((scipy.sparse.csr_matrix,), (None, scipy.sparse.csc_array)):
        with pytest.raises(UnsupportedError, match="cannot be checked"):
            holotype.dumps(preprocessing.FunctionTransformer(*arguments))


def test_the_constructor_of_arrays_is_no_name():
    assert type_table().entry("numpy.ndarray") is None
