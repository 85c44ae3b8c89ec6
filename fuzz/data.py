"""The data that specimens learn from: few rows of every sort of column."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

__all__ = [
    "BINARY",
    "CODES",
    "FEW",
    "HOLES",
    "IMAGES",
    "LABELS",
    "PLACES",
    "POSITIVE",
    "REAL",
    "ROWS",
    "SPARSE",
    "TEXTS",
    "TWO",
    "WIDTH",
    "WORDS",
    "X",
    "Y",
]

ROWS, WIDTH = 36, 4
_RNG = np.random.RandomState(0)
X = _RNG.normal(size=(ROWS, WIDTH))
Y = np.arange(ROWS) % 3
BINARY = Y % 2
REAL = X[:, 0] * 2 + np.sin(X[:, 1])
TWO = np.column_stack([REAL, REAL**2])
POSITIVE = np.abs(X)
CODES = np.column_stack([Y, BINARY, np.arange(ROWS) % 4, X[:, 0]]).astype(float)
HOLES = np.where(_RNG.uniform(size=X.shape) < 0.2, np.nan, X)
SPARSE = scipy.sparse.csr_matrix(np.where(np.abs(X) < 0.5, 0.0, X))
WORDS = [f"red {'blue' * (i % 2)} word{i % 5} one{i % 3}" for i in range(ROWS)]
TEXTS = np.array([[["a", "b", "c"][i % 3], ["x", "y"][i % 2]] for i in range(ROWS)], object)
LABELS = np.array(["low", "mid", "top"])[Y]
IMAGES = _RNG.uniform(size=(3, 5, 5))
PLACES = np.column_stack([_RNG.uniform(-1.5, 1.5, ROWS), _RNG.uniform(-3, 3, ROWS)])

FEW: dict[str, Any] = {"n_estimators": 3, "max_depth": 3, "random_state": 0}
