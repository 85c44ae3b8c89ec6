"""An encoder that would write beside the matrix that it makes is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn import feature_extraction, preprocessing
from sklearn.feature_extraction import text
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError

CODES = np.column_stack([np.arange(30) % 5, np.arange(30) % 2, np.arange(30) % 7 // 3])
LETTERS = np.array(list("abcdef"), object)[CODES]

ENCODERS = {
    "plain": preprocessing.OneHotEncoder(),
    "first dropped": preprocessing.OneHotEncoder(drop="first"),
    "binary dropped": preprocessing.OneHotEncoder(drop="if_binary", sparse_output=False),
    "infrequent": preprocessing.OneHotEncoder(
        min_frequency=7, handle_unknown="infrequent_if_exist", sparse_output=False
    ),
    "infrequent and dropped": preprocessing.OneHotEncoder(max_categories=2, drop="first"),
}


def refused(specimen, problem):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert problem in str(caught.value)


@pytest.mark.parametrize("data", [CODES, LETTERS])
@pytest.mark.parametrize("name", ENCODERS)
def test_an_honest_encoder_passes_and_answers_the_same(name, data):
    model = ENCODERS[name].fit(data)
    built = Specimen(model).audit()()
    mine, its = built.transform(data), model.transform(data)
    assert mine.shape == its.shape
    assert np.array_equal(np.asarray(mine.sum(axis=0)), np.asarray(its.sum(axis=0)))


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("by", [-1, 1, 10**9])
def test_another_number_of_columns_is_refused(name, by):
    specimen = Specimen(ENCODERS[name].fit(CODES))
    widths = specimen.at("_n_features_outs")
    widths["list"][1] += by
    refused(specimen, "_n_features_outs is not the number of categories of feature 1")
    del widths["list"][1]
    refused(specimen, "has not one number for each feature")


def test_categories_that_are_fewer_than_the_columns_say_are_refused():
    specimen = Specimen(ENCODERS["plain"].fit(CODES))
    specimen.write(np.arange(9), "categories_", 0)
    refused(specimen, "not the number of categories of feature 0")


@pytest.mark.parametrize("value", [-1, 5, 2**40, 0.5])
def test_a_dropped_category_that_does_not_exist_is_refused(value):
    specimen = Specimen(ENCODERS["first dropped"].fit(CODES))
    specimen.at("_drop_idx_after_grouping")["objects"][0] = value
    refused(specimen, "a dropped category")


def test_groups_of_infrequent_categories_fit_them():
    specimen = Specimen(ENCODERS["infrequent"].fit(CODES))
    specimen.change(0, 50, "_default_to_infrequent_mappings", 0)
    refused(specimen, "leads nowhere")
    specimen = Specimen(ENCODERS["infrequent"].fit(CODES))
    specimen.write(np.zeros(2, "<i8"), "_default_to_infrequent_mappings", 0)
    refused(specimen, "another length")
    specimen = Specimen(ENCODERS["infrequent"].fit(CODES))
    specimen.put(None, "_infrequent_indices", 0)
    refused(specimen, "not those that it groups")
    specimen = Specimen(ENCODERS["infrequent"].fit(CODES))
    specimen.put("yes", "_infrequent_enabled")
    refused(specimen, "neither true nor false")


VECTORIZERS = {
    "counts": (text.CountVectorizer(), ["one two", "two three"]),
    "tfidf": (text.TfidfVectorizer(), ["one two", "two three"]),
    "names": (feature_extraction.DictVectorizer(sparse=False), [{"a": 1, "b": 2}, {"c": "x"}]),
}


@pytest.mark.parametrize("name", VECTORIZERS)
@pytest.mark.parametrize("value", [-1, 3, 2**40, "0", None, 0.5])
def test_a_word_without_a_column_is_refused(name, value):
    model, data = VECTORIZERS[name]
    model.fit(data)
    specimen = Specimen(model)
    assert Specimen(model).audit()().transform(data).sum() == model.transform(data).sum()
    specimen.at("vocabulary_")["dict"][0][1] = value
    refused(specimen, "vocabulary_")


def test_a_vocabulary_is_a_dict():
    specimen = Specimen(text.CountVectorizer().fit(["a word"]))
    specimen.put({"list": []}, "vocabulary_")
    refused(specimen, "vocabulary_ is not a dict")


@pytest.mark.parametrize("count", [0, -4, 2**31, None, 2.0])
@pytest.mark.parametrize(
    "model", [feature_extraction.FeatureHasher(), text.HashingVectorizer()], ids=["hasher", "text"]
)
def test_a_hash_needs_columns(model, count):
    specimen = Specimen(model)
    specimen.audit()
    specimen.put(count, "n_features")
    refused(specimen, "n_features")


def test_a_cache_of_labels_is_refused():
    model = preprocessing.MultiLabelBinarizer().fit([("a",), ("b", "c")])
    model.transform([("a",)])
    specimen = Specimen(model)
    specimen.audit()
    specimen.put({"dict": [["a", 2**40]]}, "_cached_dict")
    refused(specimen, "_cached_dict")


@pytest.mark.parametrize(
    "model",
    [
        preprocessing.PolynomialFeatures(3),
        preprocessing.PolynomialFeatures((2, 4), interaction_only=True),
        preprocessing.PolynomialFeatures(5, include_bias=False),
    ],
)
def test_polynomials_have_the_room_that_they_need(model):
    model.fit(CODES)
    assert Specimen(model).audit()().transform(CODES).tobytes() == model.transform(CODES).tobytes()
    specimen = Specimen(model)
    specimen.put(10**12, "_n_out_full")
    refused(specimen, "larger than its degrees need")
    specimen = Specimen(model)
    specimen.put(10**12, "n_output_features_")
    refused(specimen, "larger than _n_out_full")


def test_many_vocabularies_in_a_list_are_checked_too():
    models = [text.CountVectorizer().fit([f"one two w{i}"]) for i in range(40)]
    back = holotype.loads(holotype.dumps(models))
    assert [model.vocabulary_ for model in back] == [model.vocabulary_ for model in models]
