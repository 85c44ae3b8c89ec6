"""The tables of CatBoost's model format, ``CBM1``.

They follow ``catboost/libs/model/flatbuffers`` (model.fbs, features.fbs, ctr_data.fbs) of CatBoost
1.2. Text and embedding features are not kept, so what describes these must be absent.
"""

from __future__ import annotations

import numpy as np

from holotype.types.catboost.flatbuffer import Schema, field

__all__ = ["CORE", "CTR_TABLE", "FLOAT_SPLIT", "ONE_HOT_SPLIT", "STEP_NODE"]

FLOAT_SPLIT = np.dtype([("feature", "<i4"), ("border", "<f4")])
ONE_HOT_SPLIT = np.dtype([("feature", "<i4"), ("value", "<i4")])
STEP_NODE = np.dtype([("left", "<u2"), ("right", "<u2")])

_FLOAT_FEATURE: Schema = (
    field("has_nans", "scalar", "?", False),
    field("index", "scalar", "<i4", -1),
    field("flat_index", "scalar", "<i4", -1),
    field("border", "vector", "<f4"),
    field("name", "text"),
    field("nan_treatment", "scalar", "<i1", 0),
)
_CAT_FEATURE: Schema = (
    field("index", "scalar", "<i4", -1),
    field("flat_index", "scalar", "<i4", -1),
    field("name", "text"),
    field("used", "scalar", "?", True),
)
_ONE_HOT_FEATURE: Schema = (
    field("feature", "scalar", "<i4", -1),
    field("value", "vector", "<i4"),
    field("text", "texts"),
)
_COMBINATION: Schema = (
    field("cat_feature", "vector", "<i4"),
    field("float_split", "vector", FLOAT_SPLIT),
    field("one_hot_split", "vector", ONE_HOT_SPLIT),
)
_CTR_BASE: Schema = (
    field("combination", "table", schema=_COMBINATION),
    field("type", "scalar", "<i1", 0),
    field("classifier", "scalar", "<i4", 0),
)
_CTR: Schema = (
    field("base", "table", schema=_CTR_BASE),
    field("target_border", "scalar", "<i4", 0),
    field("prior_num", "scalar", "<f4", 0.0),
    field("prior_denom", "scalar", "<f4", 1.0),
    field("shift", "scalar", "<f4", 0.0),
    field("scale", "scalar", "<f4", 1.0),
)
_CTR_FEATURE: Schema = (field("ctr", "table", schema=_CTR), field("border", "vector", "<f4"))
CTR_TABLE: Schema = (
    field("base", "table", schema=_CTR_BASE),
    field("bucket", "vector", "|u1"),
    field("blob", "vector", "|u1"),
    field("denominator", "scalar", "<i4", 0),
    field("classes", "scalar", "<i4", 0),
)
_TREES: Schema = (
    field("dimension", "scalar", "<i4", 0),
    field("split", "vector", "<i4"),
    field("size", "vector", "<i4"),
    field("start", "vector", "<i4"),
    field("cat_features", "tables", schema=_CAT_FEATURE),
    field("float_features", "tables", schema=_FLOAT_FEATURE),
    field("one_hot_features", "tables", schema=_ONE_HOT_FEATURE),
    field("ctr_features", "tables", schema=_CTR_FEATURE),
    field("leaf_value", "vector", "<f8"),
    field("leaf_weight", "vector", "<f8"),
    field("step", "vector", STEP_NODE),
    field("leaf", "vector", "<u4"),
    field("text features", "absent"),
    field("estimated features", "absent"),
    field("scale", "scalar", "<f8", 1.0),
    field("one_bias", "scalar", "<f8", 0.0),
    field("bias", "vector", "<f8"),
    field("bins", "vector", "<u4"),  # follows from the splits: the library works it out itself
    field("embedding features", "absent"),
)
_PAIR: Schema = (field("key", "text"), field("value", "text"))
CORE: Schema = (
    field("version", "text"),
    field("trees", "table", schema=_TREES),
    field("info", "tables", schema=_PAIR),
    field("parts", "texts"),
)
