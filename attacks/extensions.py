"""Tricks with models of packages over scikit-learn: what they look up, count and allocate."""

from __future__ import annotations

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import InvalidStateError

HUGE = 1 << 40


def made(key: str, **state: object) -> bytes:
    """An archive of one object with these attributes."""
    return reseal(blueprint({"object": key, "state": state}), {})


def called(key: str, **state: object) -> bytes:
    """The same for one that is rebuilt by our own code."""
    pairs = [[name, value] for name, value in state.items()]
    return reseal(blueprint({"call": key, "args": [], "state": {"dict": pairs}}), {})


# --------------------------------------------------------------------------- text that is looked up


@attack(InvalidStateError)
def operation_that_writes_a_file() -> bytes:
    """An aggregation by name, which pandas looks up among all methods of a grouped table."""
    return made("skrub.AggJoiner", _operations={"list": ["to_pickle"]})


@attack(InvalidStateError)
def part_of_a_date_that_is_any_attribute() -> bytes:
    """A feature of dates, which is taken from a series by ``getattr``."""
    return made("skrub.DatetimeEncoder", extracted_features_={"list": ["year", "__class__"]})


@attack(InvalidStateError)
def time_zone_that_is_a_file() -> bytes:
    """A zone of dateutil by its path: whatever file stands there is opened and read."""
    return made("skrub.ToDatetime", output_time_zone_="dateutil//etc/passwd")


@attack(InvalidStateError)
def hash_that_is_any_name() -> bytes:
    """An encoder that takes its hash from ``hashlib`` by ``getattr``."""
    return made("category_encoders.HashingEncoder", hash_method="file_digest")


@attack(InvalidStateError)
def name_that_reads_attributes() -> bytes:
    """A pattern for new names of columns that walks through attributes of the old ones."""
    return made("skrub.ApplyToCols", rename_columns="{0.__class__.__mro__}")


@attack(InvalidStateError)
def joined_name_that_reads_attributes() -> bytes:
    """The same in a joiner, which keeps the pattern as a method."""
    return called("skrub.Joiner", _right_cols_renaming="{0.__class__.__mro__}")


@attack(InvalidStateError)
def filter_that_decides_by_anything() -> bytes:
    """A selector of columns whose function is any that the table names, with any arguments."""
    return called(
        "skrub.selectors.Filter",
        predicate={"name": "builtins.pow"},
        args={"tuple": [HUGE]},
        kwargs={"dict": []},
    )


# ----------------------------------------------------------------------- numbers that become memory


@attack(InvalidStateError)
def name_as_wide_as_memory() -> bytes:
    """A pattern for names that fills each with a gigabyte of blanks."""
    return made("skrub.ApplyToEachCol", rename_columns="{:>1000000000}")


@attack(InvalidStateError)
def answers_as_wide_as_memory() -> bytes:
    """Dates whose dtype makes a hundred megabytes of each."""
    return made("skrub.ToDatetime", output_dtype_={"dtype": "|S100000000"})


@attack(InvalidStateError)
def similarities_as_wide_as_memory() -> bytes:
    """The same for similarities, which are numbers."""
    return made("skrub.SimilarityEncoder", dtype={"dtype": "|S100000000"})


@attack(InvalidStateError)
def hashes_without_end() -> bytes:
    """A trillion hashes of each text, and nothing in the file that is as large."""
    return made("skrub.MinHashEncoder", n_components=HUGE, ngram_range={"tuple": [2, 4]})


@attack(InvalidStateError)
def parts_of_words_without_end() -> bytes:
    """Parts of up to a trillion letters, for each of which random numbers are drawn."""
    return made("skrub.MinHashEncoder", n_components=3, ngram_range={"tuple": [2, HUGE]})


@attack(InvalidStateError)
def topics_without_end() -> bytes:
    """More topics than the model has learnt."""
    topics = np.ones((2, 5))
    nodes = {name: array(name, topics) for name in ("W_", "A_")}
    root = {"object": "skrub.GapEncoder", "state": {"n_components": HUGE, **nodes}}
    return reseal(blueprint(root), dict.fromkeys(nodes, topics))


@attack(InvalidStateError)
def processes_without_end() -> bytes:
    """An encoder that starts a hundred thousand processes to encode."""
    return made("category_encoders.HashingEncoder", max_process=100_000)


@attack(InvalidStateError)
def columns_without_end() -> bytes:
    """A table as wide as a trillion columns for each row that is encoded."""
    return made("category_encoders.HashingEncoder", n_components=HUGE)


@attack(InvalidStateError)
def counts_behind_the_last_row() -> bytes:
    """A matrix of six elements, three of them in no row: SciPy makes room for three, copies six."""
    parts = {
        "data": np.ones(6),
        "indices": np.arange(6, dtype="<i4") % 3,
        "indptr": np.array([0, 2, 3], "<i4"),
    }
    nodes = [[name, array(name, value)] for name, value in parts.items()]
    members = {"dict": nodes}
    counts = {"call": "scipy.sparse.csr_matrix", "args": [{"tuple": [2, 3]}], "state": members}
    state = {"vocabulary_count_matrices_": {"list": [counts]}}
    return reseal(blueprint({"object": "skrub.SimilarityEncoder", "state": state}), parts)


# ---------------------------------------------------------------------- what is extended is checked


@attack(InvalidStateError)
def balanced_forest_of_other_trees() -> bytes:
    """A forest hands its rows of four features to a tree that reads the nine thousandth."""
    tree = {"object": "sklearn.tree.DecisionTreeClassifier", "state": {"n_features_in_": 9_000}}
    forest = "imblearn.ensemble.BalancedRandomForestClassifier"
    return made(forest, n_features_in_=4, estimators_={"list": [tree]})


@attack(InvalidStateError)
def sampling_pipeline_of_a_number() -> bytes:
    """A step that is no estimator."""
    return made("imblearn.pipeline.Pipeline", steps={"list": [{"tuple": ["sample", 7]}]})
