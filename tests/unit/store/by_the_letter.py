"""A reader of packs by the letter of SPEC section 10 and docs/codec-format.md, without our code.

It knows Python's numbers, JSON, SHA-256 and zstd, checks next to nothing, and is slow. If it reads
what we write, another language can in thirty years.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import zstandard

__all__ = ["Packs", "compressed_archive"]

MASK = (1 << 64) - 1


def unfold(word: int, bits: int = 64) -> int:
    return (word >> 1) ^ ((1 << bits) - 1 if word & 1 else 0)


def to_bits(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little")


def to_float(word: int) -> float:
    found: float = struct.unpack("<d", (word & MASK).to_bytes(8, "little"))[0]
    return found


def moved(number: float, word: int) -> float:
    return to_float((0 if math.isnan(number) else to_bits(number)) + unfold(word))


def divided(above: float, below: float) -> float:
    try:
        return above / below
    except ZeroDivisionError:
        if math.isnan(above) or above == 0:
            return math.nan
        return math.copysign(math.inf, above) * math.copysign(1, below)


# ------------------------------------------------------------------------- 1, 2: blocks, columns


class Frame:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        self.at += size
        assert self.at <= len(self.data)
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def whole(self, size: int = 8) -> int:
        return int.from_bytes(self.take(size), "little")

    def real(self) -> float:
        return to_float(self.whole())

    def block(self, size: int) -> bytes:
        if not size:
            return b""
        how = self.byte()
        if how == 0:
            return self.take(1) * size
        if how == 1:
            return self.take(size)
        content = zstandard.ZstdDecompressor().decompress(self.take(self.whole(4)))
        assert (how, len(content)) == (2, size)
        return content

    def planes(self, count: int, width: int) -> list[int]:
        planes = [self.block(count) for _ in range(width)]
        return [int.from_bytes(each, "little") for each in zip(*planes, strict=True)]

    def deltas(self, count: int, width: int) -> list[int]:
        words, last, bits = [], 0, 8 * width
        for word in self.planes(count, width):
            last = (last + unfold(word, bits)) % (1 << bits)
            words.append(last)
        return words

    def column(self, count: int, width: int, parent: Sequence[int] = ()) -> list[int]:
        if not count:
            return []
        how, way = divmod(self.byte(), 16)
        words = self._by_way(way, count, width)
        if how == 0:
            return words
        if how == 1:
            bits = 8 * width
            pairs = zip(words, parent, strict=True)
            return [(unfold(word, bits) + before) % (1 << bits) for word, before in pairs]
        return [word ^ before for word, before in zip(words, parent, strict=True)]

    def _by_way(self, way: int, count: int, width: int) -> list[int]:
        if way == 0:
            data = self.block(count * width)
            return [
                int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)
            ]
        if way == 1:
            return self.planes(count, width)
        if way == 2:
            top = 8 * width
            return [
                (word & ((1 << top - 16) - 1))
                | ((word >> top - 16 & 0x7F) << top - 16)
                | (word >> top - 8) << top - 9
                | (word >> top - 9 & 1) << top - 1
                for word in self.planes(count, width)
            ]
        if way == 3:
            return self.deltas(count, width)
        if way == 4:
            size = self.whole()
            pool = self.deltas(size, width)
            needed = next(w for w in (1, 2, 4, 8) if size - 1 < 1 << 8 * w)
            return [pool[place] for place in self.planes(count, needed)]
        assert (way, width) == (5, 1)
        data = self.block(-(-count // 8))
        return [data[i // 8] >> 7 - i % 8 & 1 for i in range(count)]

    def words(self, count: int) -> list[int]:
        return self.column(count, 8)

    def numbers(self, count: int) -> list[int]:
        return self.column(count, self.byte())

    def floats(self, count: int) -> list[float]:
        return [to_float(word) for word in self.words(count)]


Column = tuple[int, int, int, bool]  # offset, width, repeat, most significant byte first


def size_of(dtype: Any) -> int:
    if isinstance(dtype, dict):
        return int(dtype["itemsize"])
    kind, digits = dtype[1], "".join(c for c in dtype[2:].partition("[")[0] if c.isdigit())
    return int(digits) * (4 if kind == "U" else 1)


def columns_of(dtype: Any) -> list[Column]:
    total = size_of(dtype)
    found, end = [], 0
    for column in sorted(_columns(dtype, 0)):
        if column[0] > end:
            found.append((end, 1, column[0] - end, False))
        assert column[0] >= end
        found.append(column)
        end = column[0] + column[1] * column[2]
    if end < total:
        found.append((end, 1, total - end, False))
    return found if len(found) <= 256 else [(0, 1, total, False)]


def _columns(dtype: Any, offset: int) -> list[Column]:
    size = size_of(dtype)
    if not size:
        return []
    if isinstance(dtype, dict):
        return [column for field in dtype["fields"] for column in _of_field(field, offset)]
    order, kind = dtype[0] == ">", dtype[1]
    if kind in "iumMf" or (kind == "V" and size == 2):
        return [(offset, size, 1, order)]
    if kind == "c":
        return [(offset, size // 2, 2, order)]
    if kind == "U":
        return [(offset, 4, size // 4, order)]
    return [(offset, 1, size, False)]


def _of_field(field: Any, offset: int) -> list[Column]:
    inner, start = field[1], offset + field[2]
    columns = _columns(inner, start)
    if len(field) < 4:
        return columns
    size, count = size_of(inner), math.prod(field[3])
    if len(columns) == 1 and columns[0][1] * columns[0][2] == size:
        first, width, repeat, order = columns[0]
        return [(first, width, repeat * count, order)]
    return [(start, 1, size * count, False)] if size * count else []


def read_items(frame: Frame, count: int, dtype: Any, parent: bytes | None = None) -> bytes:
    size = size_of(dtype)
    items = bytearray(count * size)
    for offset, width, repeat, swapped in columns_of(dtype):
        order: Any = "big" if swapped else "little"
        places = [
            item * size + offset + place * width for item in range(count) for place in range(repeat)
        ]
        before = [int.from_bytes(parent[p : p + width], order) for p in places] if parent else []
        for place, word in zip(places, frame.column(len(places), width, before), strict=True):
            items[place : place + width] = word.to_bytes(width, order)
    return bytes(items)


# --------------------------------------------------------------------------- 3, 4: layers of arrays


def split(body: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield body[start : start + size]
        start += size
    assert start == len(body)


def array(coded: Any, body: bytes, dtype: Any, total: int, parent: bytes) -> bytes:
    if coded["layer"] == "raw":
        return body
    size, chunk = size_of(dtype), coded["chunk"]
    found = b""
    for data in split(body, coded["frames"]):
        count = min(chunk, total // size - len(found) // size)
        near = coded["parent"] and len(found) < len(parent)
        before = parent[len(found) :][: count * size].ljust(count * size, b"\0") if near else None
        frame = Frame(data)
        found += read_items(frame, count, dtype, before)
        assert frame.at == len(data)
    return found


# ----------------------------------------------------------------------------------- 6: trees


class Batch:
    """Whose nodes are numbered through all of its trees."""

    def __init__(self, frame: Frame, counts: Sequence[int]) -> None:
        self.frame, self.counts, self.total = frame, counts, sum(counts)

    def shape(self, leaf: Sequence[int], left: Sequence[int] | None = None) -> None:
        self.leaves = [node for node, each in enumerate(leaf) if each]
        self.inner = [node for node, each in enumerate(leaf) if not each]
        self.first = [start for start, n in self._trees() for _ in range(n)]
        self.left: dict[int, int] = {}
        self.right: dict[int, int] = {}
        if left is not None:
            for node, each in zip(self.inner, left, strict=True):
                self.left[node] = self.first[node] + each
                self.right[node] = self.first[node] + each + 1
        else:
            for start, count in self._trees():
                assert self._below(start, leaf) == start + count
        roots = {start for start, _ in self._trees()}
        self.upwards, waiting = [], sorted(roots)
        while waiting:
            node = waiting.pop()
            if node in self.left:
                self.upwards.append(node)
                waiting += [self.left[node], self.right[node]]
        self.upwards.reverse()

    def _trees(self) -> Iterator[tuple[int, int]]:
        start = 0
        for count in self.counts:
            yield start, count
            start += count

    def _below(self, start: int, leaf: Sequence[int]) -> int:
        """The node after the last below this one."""
        path, node = [start], start
        while path:
            parent = path[-1]
            if leaf[parent] or parent in self.right:
                path.pop()
                if leaf[parent]:
                    node += 1
                continue
            if parent not in self.left:
                node = parent + 1
                self.left[parent] = node
            else:
                self.right[parent] = node
            path.append(node)
        return node

    def sums(self, of_leaves: Sequence[int]) -> list[int]:
        found = [0] * self.total
        for node, number in zip(self.leaves, of_leaves, strict=True):
            found[node] = number
        for node in self.upwards:
            found[node] = found[self.left[node]] + found[self.right[node]]
        return found

    def spread(self, of_leaves: Sequence[Any], of_inner: Sequence[Any]) -> list[Any]:
        found: list[Any] = [None] * self.total
        for nodes, numbers in ((self.leaves, of_leaves), (self.inner, of_inner)):
            for node, number in zip(nodes, numbers, strict=True):
                found[node] = number
        return found

    def upward(
        self, of_leaves: Sequence[float], of_inner: Sequence[int], step: Callable[..., float]
    ) -> list[float]:
        found = self.spread(of_leaves, of_inner)
        for node in self.upwards:
            left, right = self.left[node], self.right[node]
            expected = step(found[left], found[right], left, right, node)
            found[node] = moved(expected, found[node])
        return found

    def samples(self) -> list[int]:
        if self.frame.byte() == 0:
            return self.frame.numbers(self.total)
        return self.sums(self.frame.numbers(len(self.leaves)))


class Pool:
    def __init__(self, frame: Frame) -> None:
        size = frame.whole()
        self.bits = frame.byte() if size else 0
        self.words = frame.words(size)

    def take(self, frame: Frame, count: int, features: Sequence[int] = ()) -> list[int]:
        if not self.words:
            return frame.words(count)
        found = frame.numbers(count)
        if self.bits:
            most = (1 << self.bits) - 1
            lows = [min(feature, most) << 64 - self.bits for feature in features]
            starts = {low: sum(word < low for word in self.words) for low in set(lows)}
            found = [place + starts[low] for place, low in zip(found, lows, strict=True)]
        return [self.words[place] << self.bits & MASK for place in found]


def trees(coded: Any, body: bytes, form: Any, sizes: Sequence[int]) -> bytes:
    width = size_of(form["nodes"])
    each = size_of(form["values"]) * math.prod(form["tail"])
    of_nodes = sizes[: len(sizes) // 2] if each else sizes
    counts = form["counts"] or [size // width for size in of_nodes]
    head, *frames = split(body, coded["frames"])
    frame = Frame(head)
    pools = (Pool(frame), Pool(frame))
    all_nodes, all_values, start = b"", b"", 0
    for data, number in zip(frames, coded["batches"], strict=True):
        batch = Batch(Frame(data), counts[start : start + number])
        kind = batch.frame.byte()
        if kind == 0:
            all_nodes += read_items(batch.frame, batch.total, form["nodes"])
            count = batch.total * math.prod(form["tail"])
            all_values += read_items(batch.frame, count, form["values"])
        else:
            fields, values = scikit(batch, form, pools) if kind == 1 else (predictors(batch), [])
            all_nodes += packed(batch, form["nodes"], fields)
            all_values += struct.pack(f"<{len(values)}d", *values)
        assert batch.frame.at == len(data)
        start += number
    return all_nodes + all_values


def packed(batch: Batch, dtype: Any, fields: dict[str, list[Any]]) -> bytes:
    size = size_of(dtype)
    nodes = bytearray(size * batch.total)
    end = 0
    for name, kind, offset in dtype["fields"]:
        letter = {"f8": "d", "i8": "q", "u4": "I", "u1": "B"}[kind[1:]]
        end = offset + size_of(kind)
        for node in range(batch.total):
            struct.pack_into(f"<{letter}", nodes, node * size + offset, fields[name][node])
    if batch.frame.byte():
        for place in range(end, size):
            nodes[place::size] = batch.frame.block(batch.total)
    return bytes(nodes)


# ------------------------------------------------------------------------- 7: scikit-learn's trees


def scikit(batch: Batch, form: Any, pools: tuple[Pool, Pool]) -> tuple[dict[str, Any], list[float]]:
    frame = batch.frame
    depth_first = frame.byte()
    leaf = frame.column(batch.total, 1)
    splits = len(leaf) - sum(leaf)
    batch.shape(leaf, None if depth_first else frame.numbers(splits))
    features = frame.numbers(splits)
    thresholds = pools[0].take(frame, splits, features)
    named = {name for name, *_ in form["nodes"]["fields"]}
    going = frame.numbers(batch.total) if "missing_go_to_left" in named else []
    samples = batch.samples()
    for node in batch.inner if going else ():
        going[node] ^= samples[batch.left[node]] > samples[batch.right[node]]
    weights = weights_of(batch, samples)
    columns, classes = values_of(batch, weights, form["tail"], pools[1])
    none = [-1] * len(batch.leaves)
    first = batch.first
    return {
        "left_child": batch.spread(none, [batch.left[n] - first[n] for n in batch.inner]),
        "right_child": batch.spread(none, [batch.right[n] - first[n] for n in batch.inner]),
        "feature": batch.spread([-2] * len(none), features),
        "threshold": batch.spread([-2.0] * len(none), list(map(to_float, thresholds))),
        "missing_go_to_left": going,
        "n_node_samples": samples,
        "weighted_n_node_samples": weights,
        "impurity": impurities(batch, columns, classes, weights),
    }, [column[node] for node in range(batch.total) for column in columns]


def weights_of(batch: Batch, samples: Sequence[int]) -> list[float]:
    how, frame, leaves = batch.frame.byte(), batch.frame, len(batch.leaves)
    if how == 0:
        return frame.floats(batch.total)
    if how == 1:
        return list(map(float, samples))
    if how == 2:
        more = [unfold(number) for number in frame.numbers(leaves)]
        pairs = zip(batch.leaves, more, strict=True)
        return list(map(float, batch.sums([samples[leaf] + (n if n < 1 << 63 else n - (1 << 64))
                                           for leaf, n in pairs])))  # fmt: skip
    return batch.upward(
        frame.floats(leaves), frame.numbers(len(batch.inner)), lambda a, b, *_: a + b
    )


def weighted_mean(weights: Sequence[float]) -> Callable[..., float]:
    return lambda a, b, left, right, node: divided(
        a * weights[left] + b * weights[right], weights[node]
    )


def values_of(
    batch: Batch, weights: Sequence[float], tail: Sequence[int], pool: Pool
) -> tuple[list[list[float]], list[list[list[int]]]]:
    frame, leaves, splits = batch.frame, len(batch.leaves), len(batch.inner)
    kind = frame.byte()
    columns: list[list[float]] = []
    if kind == 2:
        for _ in range(tail[0] * tail[1]):
            of_leaves = list(map(to_float, pool.take(frame, leaves)))
            if frame.byte():
                numbers = frame.numbers(splits)
                columns.append(batch.upward(of_leaves, numbers, weighted_mean(weights)))
            else:
                columns.append(batch.spread(of_leaves, frame.floats(splits)))
        return columns, []
    classes = [class_counts(batch, weights, tail[1]) for _ in range(tail[0])]
    for output in classes:
        for counts in output:
            pairs = zip(counts, weights, strict=True)
            columns.append([divided(c, w) if kind == 0 else float(c) for c, w in pairs])
    numbers = frame.numbers(len(columns) * splits)
    for place, column in enumerate(columns):
        for node, number in zip(batch.inner, numbers[place * splits :], strict=False):
            column[node] = moved(column[node], number)
    return columns, classes


def class_counts(batch: Batch, weights: Sequence[float], classes: int) -> list[list[int]]:
    frame, leaves = batch.frame, batch.leaves
    pure = frame.numbers(len(leaves))
    major = iter(frame.numbers(sum(map(bool, pure))))
    rest = len(leaves) - sum(map(bool, pure))
    mixed = iter(frame.numbers(rest * (classes - 1)))
    of_leaves = [[0] * len(leaves) for _ in range(classes)]
    for place, leaf in enumerate(leaves):
        if pure[place]:
            of_leaves[next(major)][place] = int(weights[leaf])
    for counts in of_leaves[:-1]:
        for place in range(len(leaves)):
            if not pure[place]:
                counts[place] = next(mixed)
    found = [batch.sums(counts) for counts in of_leaves[:-1]]
    last = [int(weight) - sum(each) for weight, *each in zip(weights, *found, strict=True)]
    return [*found, last]


def impurities(
    batch: Batch,
    columns: Sequence[Sequence[float]],
    classes: Sequence[Sequence[Sequence[int]]],
    weights: Sequence[float],
) -> list[float]:
    frame, every = batch.frame, range(batch.total)
    kind = frame.byte()
    if kind == 0:
        return [to_float(number) for number in frame.numbers(batch.total)]
    if kind == 3:
        squares = []
        for leaf, number in zip(batch.leaves, frame.numbers(len(batch.leaves)), strict=True):
            total = 0.0
            for column in columns:
                total += column[leaf] * column[leaf]
            squares.append(moved(total, number))
        numbers = frame.numbers(len(batch.inner))
        expected = batch.upward(squares, numbers, weighted_mean(weights))
        for column in columns:
            expected = [expected[node] - column[node] * column[node] for node in every]
        expected = [each / len(columns) for each in expected]
    else:
        formula = gini if kind == 1 else entropy
        expected = [
            formula([[c[node] for c in output] for output in classes], weights[node])
            for node in every
        ]
    return [moved(each, n) for each, n in zip(expected, frame.numbers(batch.total), strict=True)]


def gini(outputs: Sequence[Sequence[int]], weight: float) -> float:
    total = 0.0
    for counts in outputs:
        total += 1.0 - divided(float(sum(count * count for count in counts)), weight * weight)
    return total / len(outputs)


def entropy(outputs: Sequence[Sequence[int]], weight: float) -> float:
    total = 0.0
    for counts in outputs:
        for count in counts:
            share = divided(count, weight)
            total -= share * logarithm(share if count > 0 else 1.0)
    return total / len(outputs)


def logarithm(x: float) -> float:
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m, e = m * 2, e - 1
    z = (m - 1) / (m + 1)
    s = 1 / 25
    for t in range(11, -1, -1):
        s = s * (z * z) + 1 / (2 * t + 1)
    return e + ((2 * z) * s) * 1.4426950408889634


# ------------------------------------------------------------------------------- 8: predictors


def predictors(batch: Batch) -> dict[str, list[Any]]:
    frame = batch.frame
    leaf = frame.column(batch.total, 1)
    batch.shape(leaf)
    inner, splits, leaves = batch.inner, len(batch.inner), len(batch.leaves)
    zeros = [0] * leaves
    names = ("feature_idx", "bin_threshold", "missing_go_to_left", "is_categorical", "bitset_idx")
    found: dict[str, list[Any]] = {name: frame.numbers(splits) for name in names}
    pairs = list(zip(found["feature_idx"], found["bin_threshold"], strict=True))
    if frame.byte() == 0:
        used = sorted(set(pairs))
        of_pair = dict(zip(used, frame.floats(len(used)), strict=True))
        thresholds = [of_pair[pair] for pair in pairs]
    else:
        thresholds = frame.floats(splits)
    found["num_threshold"] = thresholds
    found["left"] = [batch.left[node] - batch.first[node] for node in inner]
    found["right"] = [batch.right[node] - batch.first[node] for node in inner]
    found = {name: batch.spread(zeros, numbers) for name, numbers in found.items()}
    depth = [0] * batch.total
    for node in reversed(batch.upwards):
        depth[batch.left[node]] = depth[batch.right[node]] = depth[node] + 1
    count = batch.samples()
    p, q = frame.real(), frame.real()
    value = batch.spread(frame.floats(leaves), [0.0] * splits)
    big_h = [each + p for each in count]
    of_leaves = [divided(value[leaf], q) * big_h[leaf] for leaf in batch.leaves]
    big_g = batch.spread(of_leaves, [0.0] * splits)
    for node in batch.upwards:
        big_g[node] = big_g[batch.left[node]] + big_g[batch.right[node]]
    if frame.byte():
        for node, number in zip(inner, frame.numbers(splits), strict=True):
            value[node] = moved(divided(big_g[node], big_h[node]), number)
    else:
        for node, each in zip(inner, frame.floats(splits), strict=True):
            value[node] = each
    gain = gains(batch, value, big_g, big_h, p, q)
    return {**found, "is_leaf": leaf, "depth": depth, "count": count, "value": value, "gain": gain}


def gains(
    batch: Batch, value: list[float], big_g: list[float], big_h: list[float], p: float, q: float
) -> list[float]:
    frame, splits = batch.frame, len(batch.inner)
    kind = frame.byte()
    gain: list[float] = [-1.0] * batch.total
    numbers: list[Any] = frame.numbers(splits) if kind else frame.floats(splits)
    of_inner = dict(zip(batch.inner, numbers, strict=True))
    k = [1.0] * batch.total
    v = [divided(each, q) if node not in of_inner else each for node, each in enumerate(value)]
    for node in reversed(batch.upwards):
        left, right = batch.left[node], batch.right[node]
        if kind == 0:
            gain[node] = of_inner[node]
        elif kind == 1 and p == 0:
            apart = divided(big_g[left], big_h[left]) - divided(big_g[right], big_h[right])
            of_both = divided(big_h[left] * big_h[right], big_h[node])
            gain[node] = moved(of_both * (apart * apart), of_inner[node])
        elif kind == 1:
            score = [divided(big_g[n] * big_g[n], big_h[n]) for n in (left, right, node)]
            gain[node] = moved(score[0] + score[1] - score[2], of_inner[node])
        else:
            one = (v[left] - v[node]) * (v[node] - v[right])
            gain[node] = moved(k[node] * one, of_inner[node])
            apart = v[left] - v[right]
            k[left] = divided(gain[node], (v[left] - v[node]) * apart)
            k[right] = divided(gain[node], (v[node] - v[right]) * apart)
    some = [
        leaf for leaf, n in zip(batch.leaves, frame.numbers(len(batch.leaves)), strict=True) if n
    ]
    for leaf, each in zip(some, frame.floats(len(some)), strict=True):
        gain[leaf] = each
    return gain


# ------------------------------------------------------------------------- 9: columns of boosters

XGBOOST = ["nodes", "left", "feature", "default_left", "cover", "weight", "threshold", "gain"]
LIGHTGBM = [
    *["num_leaves", "shrinkage", "left_child", "right_child", "split_feature", "threshold"],
    *["leaf_count", "internal_count", "leaf_weight", "internal_weight", "leaf_value"],
    *["internal_value", "split_gain"],
]
STEPS = [float(f"1e{power}") for power in range(-17, 28)]


def columns(coded: Any, body: bytes, form: Any) -> bytes:
    told = {name: (dtype, count) for name, dtype, count in form["columns"]}
    booster: Booster | None = None
    if set(told) >= {"nodes", "left", "feature", "threshold", "default_left", "weight"}:
        booster = XGBoost(XGBOOST)
    elif set(told) >= {"num_leaves", "left_child", "right_child", "split_feature"}:
        booster = LightGBM(LIGHTGBM)
    known = [] if booster is None else booster.names
    order = [name for name in known if name in told] + sorted(set(told) - set(known))
    found = {}
    for name, data in zip(order, split(body, coded["frames"]), strict=True):
        frame = Frame(data)
        dtype, count = told[name]
        if frame.byte() == 0:
            found[name] = read_items(frame, count, dtype)
        else:
            assert booster is not None
            letter = LETTERS[dtype[1:]]
            numbers = getattr(booster, name)(frame, count)
            found[name] = struct.pack(f"<{count}{letter}", *numbers)
        assert frame.at == len(data)
        if booster is not None and dtype[1:] in LETTERS:
            booster.known[name] = list(struct.unpack(f"<{count}{LETTERS[dtype[1:]]}", found[name]))
    return b"".join(found[name] for name in sorted(found))


LETTERS = {"i4": "i", "i8": "q", "f4": "f", "f8": "d", "b1": "?", "u1": "B"}


def signed(word: int) -> int:
    return word if word < 1 << 63 else word - (1 << 64)


def single(number: float) -> float:
    try:
        found: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return found


def of_bits(word: int, width: int) -> float:
    found: float = struct.unpack("<f" if width == 4 else "<d", word.to_bytes(width, "little"))[0]
    return found


class Booster:
    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.known: dict[str, list[Any]] = {}
        self.p, self.q = 1.0, 1.0

    def signed(self, frame: Frame, count: int) -> list[int]:
        return [signed(unfold(number)) for number in frame.numbers(count)]

    def plain(self, frame: Frame, count: int, width: int) -> list[float]:
        if frame.byte():
            return list(map(float, self.signed(frame, count)))
        return [of_bits(word, width) for word in frame.column(count, width)]

    def near(self, frame: Frame, expected: Sequence[float], width: int) -> list[float]:
        if frame.byte() == 0:
            return self.plain(frame, len(expected), width)
        found, bits = [], 8 * width
        for number, each in zip(frame.numbers(len(expected)), expected, strict=True):
            near = single(each) if width == 4 else each
            packed = struct.pack("<f" if width == 4 else "<d", near)
            start = 0 if math.isnan(near) else int.from_bytes(packed, "little")
            moved = start + unfold(number % (1 << bits), bits)
            found.append(of_bits(moved % (1 << bits), width))
        return found

    def by_feature(self, frame: Frame, features: Sequence[int], width: int) -> list[float]:
        if frame.byte() == 0:
            return [of_bits(word, width) for word in frame.column(len(features), width)]
        each = frame.numbers(frame.whole())
        values = frame.column(sum(each), width)
        first = [sum(each[:feature]) for feature in range(len(each))]
        places = zip(features, frame.numbers(len(features)), strict=True)
        return [of_bits(values[first[feature] + place], width) for feature, place in places]

    def decimals(self, frame: Frame, expected: Sequence[float]) -> list[float]:
        numbers = self.signed(frame, len(expected))
        return [decimal(code(e) + n) for e, n in zip(expected, numbers, strict=True)]

    def sums(self, batch: Batch, of_leaves: Sequence[float]) -> list[float]:
        found = batch.spread(list(of_leaves), [0.0] * len(batch.inner))
        for node in batch.upwards:
            found[node] = found[batch.left[node]] + found[batch.right[node]]
        return found

    def grads(self, batch: Batch, values: Sequence[float], c: Sequence[float]) -> list[float]:
        return self.sums(
            batch,
            [
                divided(value, self.q) * (c[leaf] + self.p)
                for value, leaf in zip(values, batch.leaves, strict=True)
            ],
        )

    def answers(self, batch: Batch, g: Sequence[float], c: Sequence[float]) -> list[float]:
        return [divided(g[node], c[node] + self.p) for node in batch.inner]

    def gains(self, batch: Batch, g: Sequence[float], c: Sequence[float]) -> list[float]:
        h, found = [each + self.p for each in c], []
        for node in batch.inner:
            left, right = batch.left[node], batch.right[node]
            if self.p == 0:
                apart = divided(g[left], h[left]) - divided(g[right], h[right])
                found.append(divided(h[left] * h[right], h[node]) * (apart * apart))
            else:
                score = [divided(g[each] * g[each], h[each]) for each in (left, right, node)]
                found.append(score[0] + score[1] - score[2])
        return found


def code(number: float) -> int:
    size = abs(number)
    if math.isnan(size) or size < STEPS[0]:
        return 0
    k = max(place for place, step in enumerate(STEPS) if step <= size)
    scaled = size * 10.0 ** (22 - k) if k <= 22 else size / 10.0 ** (k - 22)
    digits = 1_000_000 if math.isinf(scaled) else min(max(round(scaled), 100_000), 1_000_000)
    found = k * 900_000 + digits - 99_999
    return -found if math.copysign(1, number) < 0 else found


def decimal(number: int) -> float:
    if number == 0:
        return 0.0
    k, rest = divmod(abs(number) - 1, 900_000)
    digits = float(rest + 100_000)
    size = digits / 10.0 ** (22 - k) if k <= 22 else digits * 10.0 ** (k - 22)
    return -size if number < 0 else size


class XGBoost(Booster):
    batch: Batch
    sizes: list[float]

    def left(self, frame: Frame, count: int) -> list[int]:
        leaf = frame.column(count, 1)
        left: list[int] = []
        if frame.byte():
            start = 0
            for nodes in self.known["nodes"]:
                splits = leaf[start : start + nodes].count(0)
                left += [2 * place + 1 for place in range(splits)]
                start += nodes
        else:
            left = [2 * number + 1 for number in frame.numbers(leaf.count(0))]
        self.batch = Batch(frame, self.known["nodes"])
        self.batch.shape(leaf, left)
        return self.batch.spread([-1] * sum(leaf), left)

    def _of_inner(self, numbers: Sequence[Any]) -> list[Any]:
        return self.batch.spread([0] * len(self.batch.leaves), numbers)

    def _leaves(self, name: str) -> list[float]:
        return [self.known[name][leaf] for leaf in self.batch.leaves]

    def feature(self, frame: Frame, count: int) -> list[int]:
        return self._of_inner(frame.numbers(len(self.batch.inner)))

    def default_left(self, frame: Frame, count: int) -> list[int]:
        return self._of_inner(frame.column(len(self.batch.inner), 1))

    def cover(self, frame: Frame, count: int) -> list[float]:
        leaves = self.plain(frame, len(self.batch.leaves), 4)
        sums = self.sums(self.batch, leaves)
        near = self.near(frame, [sums[node] for node in self.batch.inner], 4)
        return self.batch.spread(leaves, near)

    def weight(self, frame: Frame, count: int) -> list[float]:
        leaves = self.plain(frame, len(self.batch.leaves), 4)
        self.p, self.q = frame.real(), frame.real()
        self.sizes = self.sums(self.batch, self._leaves("cover"))
        g = self.grads(self.batch, leaves, self.sizes)
        near = self.near(frame, self.answers(self.batch, g, self.sizes), 4)
        return self.batch.spread(leaves, near)

    def threshold(self, frame: Frame, count: int) -> list[float]:
        features = [self.known["feature"][node] for node in self.batch.inner]
        inner = self.by_feature(frame, features, 4)
        rate = single(frame.real())
        answers = [single(weight * rate) for weight in self._leaves("weight")]
        return self.batch.spread(self.near(frame, answers, 4), inner)

    def gain(self, frame: Frame, count: int) -> list[float]:
        sizes = self.sums(self.batch, self._leaves("cover"))
        g = self.grads(self.batch, self._leaves("weight"), sizes)
        return self._of_inner(self.near(frame, self.gains(self.batch, g, sizes), 4))


class LightGBM(Booster):
    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.p = 0.0

    def left_child(self, frame: Frame, count: int) -> list[int]:
        split_leaf = iter(frame.numbers(count))
        left: list[int] = []
        self.right: list[int] = []
        for leaves in self.known["num_leaves"]:
            start, place = len(left), {0: ([0], 0)}  # of each leaf: whose child it is
            for split in range(leaves - 1):
                leaf = next(split_leaf)
                target, at = place[leaf]
                target[at] = split
                left.append(~leaf)
                self.right.append(~(split + 1))
                place[leaf], place[split + 1] = (left, start + split), (self.right, start + split)
        return left

    def right_child(self, frame: Frame, count: int) -> list[int]:
        return self.right

    def _batch(self) -> Batch:
        """Nodes are all splits, and then all leaves."""
        trees = [leaves - 1 for leaves in self.known["num_leaves"]]
        splits = sum(trees)
        batch = Batch(Frame(b""), [])
        batch.total = 2 * splits + len(trees)
        batch.inner, batch.leaves = list(range(splits)), list(range(splits, batch.total))
        batch.left, batch.right = {}, {}
        first, leaf = 0, splits
        for count in trees:
            for node in range(first, first + count):
                for name, found in (("left_child", batch.left), ("right_child", batch.right)):
                    child = self.known[name][node]
                    found[node] = child + first if child >= 0 else ~child + leaf
            first, leaf = first + count, leaf + count + 1
        batch.upwards = batch.inner[::-1]
        return batch

    def _sums(self, name: str) -> list[float]:
        return self.sums(self._batch(), self.known[name])[: len(self._batch().inner)]

    def split_feature(self, frame: Frame, count: int) -> list[int]:
        return frame.numbers(count)

    def threshold(self, frame: Frame, count: int) -> list[float]:
        return self.by_feature(frame, self.known["split_feature"], 8)

    def leaf_count(self, frame: Frame, count: int) -> list[int]:
        return frame.numbers(count)

    def internal_count(self, frame: Frame, count: int) -> list[int]:
        sums = self._sums("leaf_count")
        return [int(a) + b for a, b in zip(sums, self.signed(frame, count), strict=True)]

    def leaf_weight(self, frame: Frame, count: int) -> list[float]:
        return self.near(frame, list(map(float, self.known["leaf_count"])), 8)

    def internal_weight(self, frame: Frame, count: int) -> list[float]:
        return self.decimals(frame, self._sums("leaf_weight"))

    def leaf_value(self, frame: Frame, count: int) -> list[float]:
        return self.plain(frame, count, 8)

    def internal_value(self, frame: Frame, count: int) -> list[float]:
        self.p = frame.real()
        batch = self._batch()
        c = self.sums(batch, self.known["leaf_weight"])
        g = self.grads(batch, self.known["leaf_value"], c)
        return self.decimals(frame, self.answers(batch, g, c))

    def split_gain(self, frame: Frame, count: int) -> list[float]:
        batch = self._batch()
        c = self.sums(batch, self.known["leaf_weight"])
        g = self.grads(batch, self.known["leaf_value"], c)
        rates = zip(self.known["shrinkage"], self.known["num_leaves"], strict=True)
        of_splits = [rate for rate, leaves in rates for _ in range(leaves - 1)]
        gains = zip(self.gains(batch, g, c), of_splits, strict=True)
        return self.decimals(frame, [divided(gain, rate * rate) for gain, rate in gains])


# ------------------------------------------------------------------------- SPEC 10: packs, recipes


class Packs:
    """Packs given as bytes, and what is in them."""

    def __init__(self, packs: Sequence[bytes]) -> None:
        self.blocks: dict[str, tuple[bytes, Any]] = {}
        self.objects: dict[str, list[str]] = {}
        self.known: dict[str, bytes] = {}
        self.archive: Any = None
        self.forms: set[str] = set()
        for data in packs:
            offset, stored, raw = struct.unpack("<QQQ", data[-64:-40])
            text = zstandard.ZstdDecompressor().decompress(data[offset : offset + stored])
            assert len(text) == raw
            index = json.loads(text)
            self.archive = index.get("archive")
            self.objects |= index["objects"]
            for block in index["blocks"]:
                for digest, _ in block[4]:
                    if digest not in self.blocks or block[6] < self.blocks[digest][1][6]:
                        self.blocks[digest] = (data, block)

    def object(self, digest: str) -> bytes:
        if digest in self.blocks:
            return self.part(digest)
        return b"".join(map(self.part, self.objects[digest]))

    def part(self, digest: str) -> bytes:
        if digest not in self.known:
            data, block = self.blocks[digest]
            for (name, _), part in zip(block[4], self._decoded(data, block), strict=True):
                self.known[name] = part
        return self.known[digest]

    def _decoded(self, pack: bytes, block: Any) -> Iterator[bytes]:
        offset, size, form, coded, parts, base, _ = block
        body = pack[offset : offset + size]
        sizes = [size for _, size in parts]
        start, digests = base or (0, [])
        before = b"".join(map(self.part, digests))[start:]
        self.forms.add(f"{form['kind']} {coded['layer']}" + (" of a base" if base else ""))
        if form["kind"] == "text":
            told = None
            if len(before) >= 8:
                told = zstandard.ZstdCompressionDict(
                    before, dict_type=zstandard.DICT_TYPE_RAWCONTENT
                )
            whole = zstandard.ZstdDecompressor(dict_data=told).decompress(body)
        elif form["kind"] == "items":
            whole = array(coded, body, form["dtype"], sum(sizes), before[: sum(sizes)])
        elif form["kind"] == "columns":
            whole = columns(coded, body, form)
        else:
            whole = trees(coded, body, form, sizes)
        return split(whole, sizes)

    def file(self, recipe: str) -> bytes:
        """The bytes of an archive."""
        data = self.object(recipe)
        (length,) = struct.unpack("<Q", data[:8])
        told = json.loads(data[8 : 8 + length])
        rest, found = data[8 + length :], b""
        for segment in told["segments"]:
            if isinstance(segment, int):
                found, rest = found + rest[:segment], rest[segment:]
            else:
                found += self.object(segment[0])
        assert (len(found), rest) == (told["size"], b"")
        return found


def compressed_archive(data: bytes) -> bytes:
    """The archive of a compressed one."""
    packs = Packs([data])
    return packs.file(packs.archive[0])
