"""skrub 0.6 and later: encoders, vectorizers of tables, joiners, selectors of columns.

Everything is Python over pandas and scikit-learn. Not here, and so not data: ``DataOp`` and what is
made of it, which are programs; and ``TextEncoder``, which opens or downloads a language model by a
name. Rule: where skrub makes a name, a loop or memory of what a model says, that is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from holotype.graph.table import Entry
from holotype.types.registration import Check, estimators, functions, objects
from holotype.types.sklearn.native import _make_empty
from holotype.types.skrub import checks, leftovers, selectors

__all__ = ["entries"]

_ESTIMATORS = {
    "skrub._agg_joiner": "AggJoiner AggTarget",
    "skrub._apply_to_cols": "ApplyToCols",
    "skrub._apply_to_each_col": "ApplyToEachCol",
    "skrub._apply_to_sub_frame": "ApplyToSubFrame",
    "skrub._cat_encoder": "CatEncoder",
    "skrub._check_input": "CheckInputDataFrame",
    "skrub._clean_categories": "CleanCategories",
    "skrub._clean_null_strings": "CleanNullStrings",
    "skrub._datetime_encoder": "DatetimeEncoder _CircularEncoder _SplineEncoder",
    "skrub._drop_similar": "DropSimilar",
    "skrub._drop_uninformative": "DropUninformative",
    "skrub._duration_to_float": "DurationToFloat",
    "skrub._gap_encoder": "GapEncoder",
    "skrub._interpolation_joiner": "InterpolationJoiner",
    "skrub._matching": "Matching OtherNeighbor RandomPairs SelfJoinNeighbor",
    "skrub._minhash_encoder": "MinHashEncoder",
    "skrub._multi_agg_joiner": "MultiAggJoiner",
    "skrub._select_cols": "Drop DropCols SelectCols",
    "skrub._session_encoder": "SessionEncoder",
    "skrub._similarity_encoder": "SimilarityEncoder",
    "skrub._squashing_scaler": "SquashingScaler _MinMaxScaler",
    "skrub._string_encoder": "StringEncoder",
    "skrub._table_vectorizer": "Cleaner PassThrough TableVectorizer",
    "skrub._to_categorical": "ToCategorical",
    "skrub._to_datetime": "ToDatetime",
    "skrub._to_float": "ToFloat",
    "skrub._to_str": "ToStr",
}
# What older versions have besides, 0.6 at least.
_OLDER = {
    "skrub._apply_to_frame": "ApplyToFrame",
    "skrub._drop_if_too_many_nulls": "DropIfTooManyNulls",
    "skrub._to_float32": "ToFloat32",
}
_CHECKS: dict[str, Check] = {
    "AggJoiner": checks.check_aggregation,
    "AggTarget": checks.check_aggregation,
    "ApplyToCols": checks.check_renaming,
    "ApplyToEachCol": checks.check_renaming,
    "ApplyToFrame": checks.check_renaming,
    "ApplyToSubFrame": checks.check_renaming,
    "DatetimeEncoder": checks.check_dates,
    "GapEncoder": checks.check_gap,
    "MinHashEncoder": checks.check_minhash,
    "MultiAggJoiner": checks.check_aggregation,
    "SimilarityEncoder": checks.check_similarity,
    "StringEncoder": checks.check_outputs,
    "ToDatetime": checks.check_format,
    "_CircularEncoder": checks.check_outputs,
    "_SplineEncoder": checks.check_outputs,
}


def entries() -> Iterable[Entry]:
    """The entries of skrub."""
    for entry in estimators(
        _ESTIMATORS | _OLDER,
        checks=_CHECKS,
        bases={"SimilarityEncoder": "sklearn.preprocessing.OneHotEncoder"},
    ):
        reduce = leftovers.REDUCED.get(entry.key.rpartition(".")[2])
        yield entry if reduce is None else replace(entry, reduce=reduce)
    yield Entry(
        key="skrub.Joiner",
        where=("skrub._joiner:Joiner", "skrub:Joiner"),
        kind="call",
        reduce=leftovers.reduce_joiner,
        build=_make_empty,
        setstate=leftovers.set_joiner,
        check=checks.check_joiner,
    )
    yield Entry(
        key="skrub.LRUDict",
        where=("skrub._utils:LRUDict",),
        kind="object",
        reduce=leftovers.reduce_cache,
    )
    yield from objects({"skrub._table_vectorizer": "ShortReprDict"})
    yield from functions({"skrub._dataframe._common": "fill_nulls"})  # a Joiner's first step
    yield from selectors.entries()
