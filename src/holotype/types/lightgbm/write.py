"""The text of a LightGBM model, written from its columns for LightGBM's own loader.

That loader believes its text. Rule: every character is of our own printing, from columns and a
header that were checked; nothing of a file is handed on. A double is the shortest text that is read
as the same double again, which is also several times faster to print and to read than 17 digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from holotype.types.lightgbm.columns import LEAVES, SPLITS, Array, Model, Trees

__all__ = ["write_model"]

Texts = list[bytes]

_TREE = b"".join(
    b"%b=%%b\n" % name.encode() for name in ("num_leaves", "num_cat", *SPLITS, *LEAVES)
)
_SPACES = bytes.maketrans(b",", b" ")
_CATEGORICAL = b"cat_boundaries=%b\ncat_threshold=%b\n"
_LINEAR = b"is_linear=1\nleaf_const=%b\nnum_features=%b\nleaf_features=%b\nleaf_coeff=%b\n"


def write_model(model: Model) -> bytes:
    """The text that LightGBM reads as this model, which has been checked."""
    trees = [b"Tree=%d\n%b\n\n" % (i, text) for i, text in enumerate(_trees(model.trees))]
    sizes = " ".join(map(str, map(len, trees)))
    header = model.header
    lines = [
        "tree",
        "version=v4",
        f"num_class={header['num_class']}",
        f"num_tree_per_iteration={header['num_class']}",
        f"label_index={header['label_index']}",
        f"max_feature_idx={len(header['feature_names']) - 1}",
    ]
    if header["objective"] is not None:
        lines.append(f"objective={header['objective']}")
    if header["average_output"]:
        lines.append("average_output")
    lines.append(f"feature_names={' '.join(header['feature_names'])}")
    if header["monotone_constraints"] is not None:
        lines.append(f"monotone_constraints={' '.join(map(str, header['monotone_constraints']))}")
    lines += [f"feature_infos={' '.join(header['feature_infos'])}", f"tree_sizes={sizes}", "", ""]
    end = ["end of trees", "", "feature_importances:", ""]
    if header["parameters"] is not None:
        end += ["parameters:", *(f"[{key}: {text}]" for key, text in header["parameters"].items())]
        end += ["", "end of parameters", ""]
    return b"".join(
        ["\n".join(lines).encode(), b"".join(trees).translate(_SPACES), "\n".join(end).encode()]
    )


def _trees(trees: Trees) -> Iterator[bytes]:
    """The text of each tree, without its number."""
    leaves, cats = trees["num_leaves"], trees["num_cat"]
    linear = trees["is_linear"].tolist()
    ones = np.ones_like(leaves)
    columns = [_each(leaves, ones), _each(cats, ones)]
    columns += [_each(trees[name], leaves - 1) for name in SPLITS]
    columns += [_each(trees[name], leaves) for name in LEAVES]
    categorical = iter(_categorical(trees))
    straight = iter(_linear(trees))
    rates = _each(trees["shrinkage"], ones)
    for lines, some, flag, rate in zip(
        zip(*columns, strict=True), cats.tolist(), linear, rates, strict=True
    ):
        text = _TREE % lines
        if some:
            text += _CATEGORICAL % next(categorical)
        text += _LINEAR % next(straight) if flag else b"is_linear=0\n"
        yield b"%bshrinkage=%b\n" % (text, rate)


def _categorical(trees: Trees) -> Iterator[tuple[bytes, ...]]:
    if "cat_boundaries" not in trees:
        return iter(())
    cats, boundaries = trees["num_cat"], trees["cat_boundaries"]
    sizes = cats[cats > 0] + 1
    words = boundaries[np.cumsum(sizes) - 1]
    return zip(_each(boundaries, sizes), _each(trees["cat_threshold"], words), strict=True)


def _linear(trees: Trees) -> Iterator[tuple[bytes, ...]]:
    if "leaf_const" not in trees:
        return iter(())
    sizes = trees["num_leaves"][trees["is_linear"]]
    features = trees["num_features"]
    terms = np.diff(
        np.append(0, np.cumsum(features, dtype=np.int64))[np.append(0, np.cumsum(sizes))]
    )
    return zip(
        _each(trees["leaf_const"], sizes),
        _each(features, sizes),
        _each(trees["leaf_features"], terms),
        _each(trees["leaf_coeff"], terms),
        strict=True,
    )


def _each(column: Array, sizes: Array) -> Texts:
    """The numbers of each tree, of which there are ``sizes``, with commas between them."""
    if not len(sizes):
        return []
    if column.dtype.kind == "f" and not np.isfinite(column).all():
        texts = [_number(value) for value in column.tolist()]
        return [b",".join(texts[a:b]) for a, b in _spans(sizes)]
    values = column.tolist()
    lists = msgspec.json.encode([values[a:b] for a, b in _spans(sizes)])
    return lists[2:-2].split(b"],[")


def _spans(sizes: Array) -> Iterator[tuple[int, int]]:
    ends = np.cumsum(sizes, dtype=np.int64)
    return zip((ends - sizes).tolist(), ends.tolist(), strict=True)


def _number(value: float) -> bytes:
    if math.isfinite(value):
        return msgspec.json.encode(value)
    return b"nan" if math.isnan(value) else b"inf" if value > 0 else b"-inf"
