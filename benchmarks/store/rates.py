"""The codec alone on trained weights, beside other codecs, as ``benchmarks.codec`` measures it."""

from __future__ import annotations

import numpy as np

from benchmarks import codec
from benchmarks.store.results import Packed
from benchmarks.store.times import weights

MEGABYTES = 64
"""Of each kind of weights."""


def rates(*, rounds: int, quick: bool) -> list[Packed]:
    """All codecs that are installed, on trained weights in two widths."""
    numbers = np.frombuffer(weights(quick=quick), np.float32)[-(MEGABYTES << 18) :]
    halves = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    return [
        Packed(title, name, speeds.ratio, *speeds.wall)
        for title, data in (("float32", numbers), ("bfloat16", halves))
        for name, speeds in codec.measure(data, rounds).items()
    ]
