"""Recipes of the golden archives: models that are the same on every machine and version."""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

import holotype

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "1"
CREATED = datetime(2026, 11, 23, tzinfo=UTC)


def plain() -> Any:
    shared = ["shared"]
    cycle: list[Any] = [1]
    cycle.append(cycle)
    return {
        "values": [None, True, 0, -1, 2**53, -(2**80), 1.5, -0.0, float("inf"), "é\n\ud800", b"\0"],
        "more": [1e16, 1e-7, 5e-324, complex(-0.0, 2), b"long" * 40, range(3), slice(1, None, 2)],
        "keys": {1: "int", "1": "str", (1, 2): "tuple", 2.5: "float", None: "none", b"b": "bytes"},
        "sets": [{3, 1, 2}, frozenset({"b", "a"}), {(1, "x"), 2, "y"}, set()],
        "shared": [shared, shared, (shared, 1)],
        "cycle": cycle,
        "collections": [
            OrderedDict(b=1, a=2),
            defaultdict(list, x=[1]),
            Counter("hello"),
            deque([1, 2], maxlen=3),
        ],
        "standard": [
            date(2026, 2, 28),
            datetime(2026, 1, 1, 12, tzinfo=UTC),
            timedelta(days=-1, microseconds=3),
            Decimal("1.10"),
            Fraction(1, 3),
            UUID(int=7),
        ],
    }


def arrays() -> Any:
    grid = np.arange(6, dtype="<f8").reshape(2, 3)
    record = np.dtype([("flag", "|u1"), ("value", "<f8")], align=True)
    structured = np.zeros(3, record)
    structured["value"] = [1, 2, 3]
    return {
        "c": grid,
        "f": np.asfortranarray(grid),
        "strided": grid[:, ::2],
        "big-endian": grid.astype(">f4"),
        "scalar": np.array(7, "<i2"),
        "empty": np.empty((0, 3), "<f4"),
        "text": np.array(["a", "äö"], "<U3"),
        "bytes": np.array([b"ab", b"c"], "|S2"),
        "dates": np.array(["2026-01-01", "NaT"], "<M8[D]"),
        "complex": np.array([1 + 2j], "<c8"),
        "bool": np.array([True, False]),
        "structured": structured,
        "objects": np.array(["a", None, 1.5], dtype=object),
        "scalars": [
            np.float32(0.1),
            np.int64(-5),
            np.datetime64("2026-01-01T00", "h"),
            np.bool_(1),
        ],
        "random": np.random.RandomState(3),
        "generator": np.random.Generator(np.random.PCG64(5)),
    }


def columns() -> Any:
    return {
        "ints": list(range(-5, 300)),
        "floats": [i / 8 for i in range(40)],
        "bools": [i % 3 == 0 for i in range(40)],
        "texts": [f"term {i}" for i in range(40)],
        "lines": [f"two\nlines {i}" for i in range(40)],
        "bytes": [bytes([i]) * (i % 3) for i in range(40)],
        "repeated": ["same"] * 40,
        "scalars": [np.float32(i) for i in range(40)],
        "lists": [[i] * (i % 4) for i in range(40)],
        "arrays": [np.arange(i % 5, dtype="<i4") for i in range(40)],
        "vocabulary": {f"word{i}": i for i in range(64)},
        "records": [Fraction(i, 7) for i in range(1, 41)],
        "tuple": tuple(range(100)),
    }


def deep() -> Any:
    nested: Any = None
    for _ in range(200):
        nested = [nested]
    chain: Any = ()
    for i in range(100):
        chain = (i, [chain])
    return [nested, chain]


def estimator() -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    scalers = []
    for scale in (1.0, 2.0):
        scaler = StandardScaler.__new__(StandardScaler)
        scaler.__dict__.update(
            with_mean=True,
            with_std=True,
            copy=True,
            mean_=np.array([0.5, -1.0]),
            var_=np.array([scale, 4.0]),
            scale_=np.sqrt([scale, 4.0]),
            n_features_in_=2,
            n_samples_seen_=np.int64(9),
        )
        scalers.append(scaler)
    pipeline = Pipeline.__new__(Pipeline)
    steps = [(f"scale{i}", scaler) for i, scaler in enumerate(scalers)]
    pipeline.__dict__.update(steps=steps, memory=None, verbose=False)
    return pipeline


RECIPES = (plain, arrays, columns, deep, estimator)


def main(folder: Path) -> None:
    """Write the archives that are not there yet."""
    for recipe in RECIPES:
        path = folder / f"{recipe.__name__}.holo"
        if not path.exists():
            holotype.dump(recipe(), path, created=CREATED, author="Holotype")
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
