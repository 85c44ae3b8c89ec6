"""Old files of live objects, and whether converting them gives what dumping the object gives."""

from __future__ import annotations

import contextlib
import io
import pickle
from collections.abc import Iterable
from typing import Any

import numpy as np

import holotype
from holotype.archive.writer import fingerprint_of
from holotype.errors import UnsupportedError
from holotype.graph.encode import encode
from holotype.legacy.convert import read_old
from holotype.types.table import type_table

__all__ = ["ALL", "SEEDLESS", "archive", "assert_converted", "converted", "fingerprint", "model"]

# Before 2.0 NumPy did not pickle the seed sequence of a generator: each load makes another one up.
SEEDLESS = np.lib.NumpyVersion(np.__version__) < "2.0.0"
ALL = range(pickle.HIGHEST_PROTOCOL + 1)


def model(data: bytes) -> Any:
    """The model of an old file, as the encoder takes it."""
    return read_old(data).model


def fingerprint(data: bytes) -> str:
    """The fingerprint of the model of an old file."""
    return fingerprint_of(encode(model(data), type_table()))


def converted(data: bytes) -> Any:
    """The model of an old file, after being converted and loaded."""
    return holotype.loads(archive(data))


def archive(data: bytes) -> bytes:
    """The archive that an old file becomes."""
    stream = io.BytesIO()
    holotype.convert(data, stream)
    return stream.getvalue()


def assert_converted(obj: Any, protocols: Iterable[int] = ALL, *, reloaded: bool = False) -> None:
    """Converting the pickles of ``obj`` gives its fingerprint.

    ``reloaded``: or that of the object which ``pickle.load`` gives, where a pickle does not keep
    everything.
    """
    held = [obj]  # a path by itself would be taken for a file
    for protocol in protocols:
        data = pickle.dumps(held, protocol)
        wanted = {holotype.fingerprint(held)}
        if reloaded:
            with contextlib.suppress(UnsupportedError):
                wanted.add(holotype.fingerprint(pickle.loads(data)))
        assert fingerprint(data) in wanted, f"protocol {protocol}"
        holotype.verify(archive(data)).require()
