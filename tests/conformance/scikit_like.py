"""What must hold of every model of a package in the manner of scikit-learn."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np

import holotype

__all__ = ["Ask", "assert_converts", "assert_kept", "assert_same"]

Ask = Callable[[Any], Any]


def assert_same(one: Any, other: Any) -> None:
    """The same type, shape, dtype, labels and bits."""
    assert type(one) is type(other)
    if isinstance(one, tuple | list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif type(one).__module__.partition(".")[0] == "pandas":
        # Its own fingerprint covers dtypes, labels, categories and every bit.
        assert holotype.fingerprint(one) == holotype.fingerprint(other)
    elif hasattr(one, "toarray"):
        assert_same(one.toarray(), other.toarray())
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes() if one.dtype != object else list(one) == list(other)
    else:
        assert one == other or (one != one and other != other)


def assert_kept(model: Any, asks: Sequence[Ask]) -> Any:
    """A model is data; loaded, it is asked the same and answers the same, and is the same again."""
    before = holotype.fingerprint(model)
    answers = [ask(model) for ask in asks]
    assert holotype.fingerprint(model) == before, "it has changed by being asked"
    loaded = holotype.loads(holotype.dumps(model, max_level="data"))
    assert type(loaded) is type(model)
    assert vars(loaded).keys() == vars(model).keys()
    assert holotype.fingerprint(loaded) == before
    assert asks
    for ask, answer in zip(asks, answers, strict=True):
        assert_same(answer, ask(loaded))
    return loaded


def assert_converts(model: Any, folder: Path) -> None:
    """Its old files are data, and become what dumping the model that they give would."""
    old, new = folder / "old.pkl", folder / "new.holo"
    memory = io.BytesIO()
    joblib.dump(model, memory)
    for data, load in ((pickle.dumps(model), pickle.load), (memory.getvalue(), joblib.load)):
        old.write_bytes(data)
        assert holotype.scan(old).verdict == "data"
        holotype.convert(old, new)
        assert holotype.fingerprint(new) in {
            holotype.fingerprint(model),
            holotype.fingerprint(load(io.BytesIO(data))),
        }
        new.unlink()
