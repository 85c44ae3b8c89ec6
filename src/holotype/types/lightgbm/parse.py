"""The text of a LightGBM model, taken apart: ``model_to_string`` → header and columns.

It is what pickle keeps of a Booster. Rule: every line is one that is known, and each list has as
many numbers as its tree says; anything else is a Fault. What follows from the trees (their sizes in
bytes, the importance of features) is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from holotype.types.lightgbm.columns import (
    CATEGORICAL,
    LEAVES,
    LINEAR,
    REALS,
    SPLITS,
    TREES,
    Array,
    Fault,
    Model,
)

__all__ = ["parse_model"]

Lines = dict[bytes, bytes]

_VERSIONS = ("v2", "v3", "v4")
_END_OF_TREES = b"\nend of trees\n"
_LISTS = SPLITS | LEAVES | CATEGORICAL | LINEAR
_KNOWN = frozenset(name.encode() for name in (TREES | _LISTS))
# What the loader takes for zero where older versions did not write it.
_OPTIONAL = frozenset(
    {"split_gain", "internal_value", "internal_weight", "internal_count"}
    | {"leaf_weight", "leaf_count", "decision_type"}
)
_REALS = msgspec.json.Decoder(list[list[float]])
_INTEGERS = msgspec.json.Decoder(list[list[int]])
_ODD = {b"nan": np.nan, b"-nan": np.nan, b"inf": np.inf, b"-inf": -np.inf}
# These are read by LightGBM's faster parser, for which infinity is a number.
_BOUNDED = frozenset({"internal_value", "internal_weight"})
_LARGEST = 1e308
_PARAMETER = re.compile(r"\[(\w+): ([^\r\n]*)\]")


def parse_model(text: bytes) -> Model:
    """The model of this text, with or without the line that Python adds for pandas.

    Raises Fault where it is not as LightGBM writes it.
    """
    try:
        return _parse(text)
    except Fault:
        raise
    except (ValueError, msgspec.MsgspecError, OverflowError, KeyError) as error:
        raise Fault(f"its text is not LightGBM's: {type(error).__name__}: {error}") from None


def _parse(text: bytes) -> Model:
    head_end = text.find(b"\n\n")
    trees_end = text.find(_END_OF_TREES, max(head_end, 0))
    if head_end < 0 or trees_end < 0:
        raise Fault("its text does not end after a header and trees")
    header = _header(text[:head_end].decode())
    header["parameters"] = _parameters(text[trees_end + len(_END_OF_TREES) :].decode())
    blocks = text[head_end:trees_end].strip(b"\n").split(b"\n\n\n")
    return Model(header, _trees([_lines(i, block) for i, block in enumerate(blocks) if block]))


# -- the header ----------------------------------------------------------------------------------


def _header(text: str) -> dict[str, object]:
    first, *rest = text.split("\n")
    said: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition("=")
        if name in said:
            raise Fault(f"{name[:40]} stands twice in its header")
        said[name] = value
    if first != "tree" or said.pop("version") not in _VERSIONS:
        raise Fault("it is not of a version of LightGBM's format that is known")
    said.pop("tree_sizes", None)
    classes = int(said.pop("num_class"))
    if int(said.pop("num_tree_per_iteration", classes)) != classes:
        raise Fault("it has more or fewer trees in an iteration than classes")
    constraints = said.pop("monotone_constraints", None)
    header: dict[str, object] = {
        "num_class": classes,
        "label_index": int(said.pop("label_index")),
        "objective": said.pop("objective", None),
        "average_output": said.pop("average_output", None) is not None,
        "feature_names": said.pop("feature_names").split(" "),
        "feature_infos": said.pop("feature_infos").split(" "),
        "monotone_constraints": None if constraints is None else [*map(int, constraints.split())],
    }
    last = int(said.pop("max_feature_idx"))
    if last + 1 != len(header["feature_names"]):  # type: ignore[arg-type]
        raise Fault("it has more or fewer names than features: one of them is empty or has a space")
    if said:
        raise Fault(f"its header says {next(iter(said))[:40]!r}, which is not known")
    return header


def _parameters(text: str) -> dict[str, str] | None:
    """The parameters, which stand after the importance of features and before the end."""
    _, found, rest = text.partition("\nparameters:\n")
    inside, _, after = rest.partition("\nend of parameters\n")
    if "\nparser:\n" in f"\n{after}":
        raise Fault("it was trained on a file that a parser of its own reads, which is not kept")
    if not found:
        return None
    parameters: dict[str, str] = {}
    for line in inside.split("\n"):
        if not line:
            continue
        match = _PARAMETER.fullmatch(line)
        if match is None or match[1] in parameters:
            raise Fault(f"a line of its parameters is not known: {line[:80]!r}")
        parameters[match[1]] = match[2]
    return parameters


# -- the trees -----------------------------------------------------------------------------------


def _lines(number: int, block: bytes) -> Lines:
    words = block.replace(b"\n", b"=").split(b"=")  # names and values by turns
    lines = dict(zip(words[2::2], words[3::2], strict=False))
    if words[:2] != [b"Tree", b"%d" % number] or 2 * len(lines) + 2 != len(words):
        raise Fault(f"tree {number} is not lines of names and values")
    if not lines.keys() <= _KNOWN:
        raise Fault(f"a line of tree {number} is not known")
    return lines


def _trees(blocks: list[Lines]) -> dict[str, Array]:
    leaves = _numbers([lines[b"num_leaves"] for lines in blocks], "<i4")
    cats = _numbers([lines[b"num_cat"] for lines in blocks], "<i4")
    linear = _numbers([lines.get(b"is_linear", b"0") for lines in blocks], "|b1")
    trees = {
        "num_leaves": leaves,
        "num_cat": cats,
        "is_linear": linear,
        "shrinkage": _numbers([lines.get(b"shrinkage", b"1") for lines in blocks], "<f8"),
    }
    if len(leaves) and (leaves.min() < 1 or cats.min() < 0):
        raise Fault("a tree has no leaf")
    counts = leaves.tolist()
    splits = [count - 1 for count in counts]
    trees |= {name: _column(blocks, name, splits) for name in SPLITS}
    # LightGBM does not read the weight of a tree's only leaf, so it is not a part of the model.
    weighed = [n if n > 1 or flag else 0 for n, flag in zip(counts, linear.tolist(), strict=True)]
    trees |= {
        name: _column(blocks, name, counts, weighed if name == "leaf_weight" else None)
        for name in LEAVES
    }
    if cats.any():
        some = [lines for lines, count in zip(blocks, cats, strict=True) if count]
        trees["cat_boundaries"] = _column(some, "cat_boundaries", (cats[cats > 0] + 1).tolist())
        trees["cat_threshold"] = _column(some, "cat_threshold", None)
    if linear.any():
        some = [lines for lines, flag in zip(blocks, linear, strict=True) if flag]
        sizes = leaves[linear].tolist()
        trees |= {name: _column(some, name, sizes) for name in ("leaf_const", "num_features")}
        trees |= {name: _column(some, name, None) for name in ("leaf_features", "leaf_coeff")}
    return trees


def _column(
    blocks: list[Lines], name: str, sizes: Sequence[int] | None, read: Sequence[int] | None = None
) -> Array:
    """One field of all trees, ``sizes`` numbers of each; zeros where only ``read`` are wanted."""
    key = name.encode()
    if name in _OPTIONAL:
        texts = [lines.get(key, b"") for lines in blocks]
    else:
        texts = [lines[key] for lines in blocks]
    if sizes is None:
        texts = [b" ".join(text.split()) for text in texts]
    elif name in _OPTIONAL:
        for i, (size, wanted) in enumerate(zip(sizes, read or sizes, strict=True)):
            if not wanted or (size and not texts[i]):
                texts[i] = b" ".join([b"0"] * size)
    dtype = _LISTS[name]
    lists: Any = _reals(texts) if name in REALS else _INTEGERS.decode(_json(texts))
    if sizes is not None and [*map(len, lists)] != sizes:
        raise Fault(f"{name} of a tree has more or fewer numbers than the tree needs")
    column = np.array([*chain.from_iterable(lists)], dtype)
    return column.clip(-_LARGEST, _LARGEST) if name in _BOUNDED else column


def _json(texts: Sequence[bytes]) -> bytes:
    """The numbers of each tree, as lists."""
    return b"[[%b]]" % b"],[".join(texts).replace(b" ", b",") if texts else b"[]"


def _numbers(texts: Sequence[bytes], dtype: str) -> Array:
    """One number of each tree."""
    values = _REALS.decode(_json(texts))
    if [*map(len, values)] != [1] * len(texts):
        raise Fault("a tree says several numbers where there is one")
    column = np.array([*chain.from_iterable(values)], dtype)
    if (column != np.array([*chain.from_iterable(values)])).any():
        raise Fault("a tree says a number where another one is expected")
    return column


def _reals(texts: Sequence[bytes]) -> list[list[float]]:
    """Numbers as the precise parser reads them: the nearest double of each."""
    try:
        return _REALS.decode(_json(texts))
    except msgspec.MsgspecError:
        rows = [text.split(b" ") if text else [] for text in texts]
    odd = {
        (i, j): _ODD[word]
        for i, row in enumerate(rows)
        for j, word in enumerate(row)
        if word in _ODD
    }
    for i, j in odd:
        rows[i][j] = b"0"
    lists = _REALS.decode(_json([b" ".join(row) for row in rows]))
    for (i, j), value in odd.items():
        lists[i][j] = value
    return lists
