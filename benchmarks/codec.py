"""The codec beside its peers: size and speed of packing trees, weights and other arrays.

``python -m benchmarks.codec`` measures and prints; ``--quick`` takes small models. Peers that are
not installed (``zipnn``, ``blosc2``) are left out. Rule: all peers take turns within each round, a
figure is the median of the rounds, and what was packed is unpacked and compared before it counts.
Speeds are in MB of raw data in a second: by the clock, and by processor time of all threads, which
tells more where other programs run on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import os
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import joblib
import numpy as np
import zstandard

from benchmarks.models import RECIPES, fitted
from holotype import codec

Array = np.ndarray[Any, np.dtype[Any]]
CORES = len(os.sched_getaffinity(0))


class Peer(NamedTuple):
    """``pack`` takes an array or trees; ``size`` and ``unpack`` take what it gave."""

    name: str
    pack: Callable[[Any], Any]
    size: Callable[[Any], int]
    unpack: Callable[[Any, Any], Any]  # what was packed, and the like of it


class Speeds(NamedTuple):
    """MB/s by the clock and by processor time, in and out; how many times smaller."""

    ratio: float
    wall: tuple[float, float]
    cpu: tuple[float, float]


def _arrays(data: Any) -> list[Array]:
    if isinstance(data, dict):
        return list(data.values())
    return [*data.nodes, *data.values] if isinstance(data, codec.Trees) else [data]


def _pack(data: Any) -> tuple[Any, bytes]:
    if isinstance(data, codec.Trees):
        coded = codec.encode_trees(data)
    else:
        coded = codec.encode_columns(data) if isinstance(data, dict) else codec.encode(data)
    return coded.header, coded.body()


def _unpack(packed: Any, like: Any) -> Any:
    header, body = packed
    if isinstance(like, dict):
        dtypes = {name: array.dtype for name, array in like.items()}
        shapes = {name: array.shape for name, array in like.items()}
        result = codec.decode_columns(header, body, dtypes=dtypes, shapes=shapes)
        return {name: result[name] for name in like}
    if not isinstance(like, codec.Trees):
        return codec.decode(header, body, dtype=like.dtype, shape=like.shape)
    return codec.decode_trees(
        header,
        body,
        nodes=like.nodes[0].dtype,
        values=like.values[0].dtype,
        tail=like.values[0].shape[1:],
        counts=[len(nodes) for nodes in like.nodes],
    )


def _each(pack: Callable[[Array], bytes], unpack: Callable[[bytes], bytes], name: str) -> Peer:
    """A peer that packs one array after the other: of trees, one of nodes and one of values."""

    def joined(data: Any) -> list[Array]:
        if isinstance(data, codec.Trees):
            parts = [part for part in data if sum(array.size for array in part)]
            return [np.concatenate([_opaque(a) for a in part]) for part in parts]
        return _arrays(data)

    return Peer(
        name,
        lambda data: [pack(array) for array in joined(data)],
        lambda packed: sum(map(len, packed)),
        lambda packed, like: [unpack(each) for each in packed],
    )


def _joblib_pack(data: Any) -> io.BytesIO:
    file = io.BytesIO()
    joblib.dump(tuple(_arrays(data)), file, compress=3)
    return file


def _joblib_unpack(packed: io.BytesIO, _: Any) -> Any:
    packed.seek(0)
    return joblib.load(packed)


def _raw(array: Array) -> Array:
    return _opaque(array).view(np.uint8)


def _opaque(array: Array) -> Array:
    """Items without fields: what lies between fields is then copied too."""
    return np.ascontiguousarray(array).reshape(-1).view(f"V{array.itemsize}")


def _clean(nodes: Array) -> Array:
    """As an archive has them: padding is zero."""
    result = np.zeros(len(nodes), nodes.dtype)
    for name in nodes.dtype.names or ():
        result[name] = nodes[name]
    return result


def peers() -> Iterator[Peer]:
    """Holotype first, then all that are installed."""
    yield Peer("holotype", _pack, lambda packed: len(packed[1]), _unpack)
    yield Peer("joblib compress=3", _joblib_pack, lambda file: len(file.getvalue()), _joblib_unpack)
    fast = zstandard.ZstdCompressor(level=3, threads=CORES)
    out = zstandard.ZstdDecompressor()
    yield _each(lambda array: fast.compress(_raw(array).data), out.decompress, "zstd-3")
    if importlib.util.find_spec("blosc2"):
        yield _blosc()
    if importlib.util.find_spec("zipnn"):
        yield _zipnn()


def _blosc() -> Peer:
    blosc2 = importlib.import_module("blosc2")

    blosc2.set_nthreads(CORES)

    def pack(array: Array) -> bytes:
        packed: bytes = blosc2.compress2(
            _raw(array),
            typesize=min(array.itemsize, 255),
            codec=blosc2.Codec.ZSTD,
            clevel=1,
            filters=[blosc2.Filter.SHUFFLE],
            nthreads=CORES,
        )
        return packed

    return _each(
        pack, lambda data: blosc2.decompress2(data, nthreads=CORES), "blosc2 shuffle zstd-1"
    )


def _zipnn() -> Peer:
    zipnn = importlib.import_module("zipnn")

    kinds = {2: "bfloat16", 4: "float32", 8: "float32"}

    def tool(width: int) -> Any:
        kind = kinds.get(width, "float32")
        return zipnn.ZipNN(input_format="byte", bytearray_dtype=kind, threads=CORES)

    def pack(array: Array) -> bytes:
        return bytes([array.itemsize & 255]) + bytes(
            tool(array.itemsize).compress(bytearray(_raw(array)))
        )

    def unpack(data: bytes) -> bytes:
        return bytes(tool(data[0]).decompress(data[1:]))

    return _each(pack, unpack, "zipnn")


def measure(data: Any, rounds: int) -> dict[str, Speeds]:
    """All peers on ``data``, taking turns."""
    raw = sum(array.nbytes for array in _arrays(data)) / 1e6
    expected = b"".join(_raw(array).tobytes() for array in _arrays(data))
    times: dict[str, list[tuple[float, ...]]] = {}
    sizes: dict[str, int] = {}
    for number in range(rounds):
        for peer in peers():
            clock = [(time.perf_counter(), time.process_time())]
            packed = peer.pack(data)
            clock.append((time.perf_counter(), time.process_time()))
            result = peer.unpack(packed, data)
            clock.append((time.perf_counter(), time.process_time()))
            if not number and not _equal(result, expected):
                raise AssertionError(f"{peer.name} does not give the same bytes again")
            sizes[peer.name] = peer.size(packed)
            spent = [b - a for one, two in pairwise(clock) for a, b in zip(one, two, strict=True)]
            times.setdefault(peer.name, []).append(tuple(spent))
    result = {}
    for name, all_times in times.items():
        wall_in, cpu_in, wall_out, cpu_out = map(statistics.median, zip(*all_times, strict=True))
        speeds = [raw / max(spent, 1e-9) for spent in (wall_in, wall_out, cpu_in, cpu_out)]
        result[name] = Speeds(
            raw * 1e6 / sizes[name], (speeds[0], speeds[1]), (speeds[2], speeds[3])
        )
    return result


def _equal(result: Any, expected: bytes) -> bool:
    if isinstance(result, np.ndarray):
        result = [result]
    elif isinstance(result, (codec.Trees, dict)):
        result = _arrays(result)
    found = []
    for each in result:  # joblib leaves behind what lies between fields
        if isinstance(each, np.ndarray):
            each = _raw(_clean(each) if each.dtype.names else each).tobytes()
        found.append(each)
    return b"".join(found) == expected


def trees_of(model: Any) -> codec.Trees:
    """The arrays of a forest, as an archive has them."""
    states = [estimator.tree_.__getstate__() for estimator in np.ravel(model.estimators_)]
    return codec.Trees(
        [_clean(state["nodes"]) for state in states], [state["values"] for state in states]
    )


def columns_of(model: Any) -> dict[str, Array]:
    """The columns of a booster's trees, as an archive has them."""
    if type(model).__module__.startswith("xgboost"):
        from holotype.types.xgboost.booster import reduce_bytes

        reduced = reduce_bytes(bytes(model.__getstate__()["handle"]))
    else:
        from holotype.types.lightgbm.booster import reduce_booster

        reduced = reduce_booster(model)
    return {name: np.asarray(column) for name, column in reduced.args[1].items()}


def subjects(*, quick: bool) -> Iterator[tuple[str, Any]]:
    """What is packed, each with its title."""
    for key in ("b", "c"):
        yield RECIPES[key].title, trees_of(fitted(key, quick=quick))
    boosting = fitted("d", quick=quick)
    nodes = [tree.nodes for trees in boosting._predictors for tree in trees]
    yield RECIPES["d"].title, codec.Trees(nodes, [np.empty((len(each), 0)) for each in nodes])
    for key in ("i", "j"):
        if key in RECIPES:
            yield RECIPES[key].title, columns_of(fitted(key, quick=quick))
    rows = fitted("e", quick=quick)._fit_X
    yield "KNeighbors: rows of float64 in [0, 1)", rows[: 1_000_000 // 50 if quick else None]
    network = fitted("g", quick=quick)
    yield "MLP: float64 weights", network.coefs_[1]
    random = np.random.default_rng(0)
    count = 1 << (20 if quick else 24)
    normal = (random.standard_normal(count) * 0.02).astype(np.float32)
    yield "normal float32 weights", normal
    yield "the same as bfloat16", (normal.view(np.uint32) >> 16).astype(np.uint16)
    yield "sorted int64", np.sort(random.integers(0, 1 << 40, count // 4))
    yield "class indices, int64", random.integers(0, 1000, count // 4)
    yield "random bytes", random.integers(0, 256, count, np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the title")
    options = parser.parse_args()
    print(
        f"{CORES} cores; load average {os.getloadavg()[0]:.1f}; median of {options.rounds} rounds"
    )
    for title, data in subjects(quick=options.quick):
        if options.only.lower() not in title.lower():
            continue
        raw = sum(array.nbytes for array in _arrays(data)) / 1e6
        print(f"\n{title}, {raw:,.1f} MB")
        print(f"  {'':22} {'ratio':>7} {'MB/s in':>9} {'out':>7} {'CPU: in':>9} {'out':>7}")
        for name, speeds in measure(data, options.rounds).items():
            print(
                f"  {name:22} {speeds.ratio:6.2f}× {speeds.wall[0]:9,.0f} {speeds.wall[1]:7,.0f}"
                f" {speeds.cpu[0]:9,.0f} {speeds.cpu[1]:7,.0f}"
            )


if __name__ == "__main__":
    main()
