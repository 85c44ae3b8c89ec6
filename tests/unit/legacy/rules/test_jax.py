"""JAX's arrays and what Flax and optax make of them, from pickles."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import assert_converted

import holotype
from holotype.errors import UnsupportedError

jax = pytest.importorskip("jax", reason="needs JAX")
optax = pytest.importorskip("optax", reason="needs optax")
frozen = pytest.importorskip("flax.core.frozen_dict", reason="needs Flax")

TREE = {"a": jax.numpy.arange(6.0).reshape(2, 3), "b": [jax.numpy.asarray(1.0), None]}
OBJECTS: dict[str, Any] = {
    "tree": TREE,
    "transposed": jax.numpy.arange(6).reshape(2, 3).T,
    "frozen": frozen.FrozenDict({"params": TREE}),
    "state": optax.adam(1e-3).init(TREE["a"]),
    "types": [jax.numpy.float32, jax.numpy.bfloat16],
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_converted_as_if_it_were_dumped(name: str) -> None:
    assert_converted(OBJECTS[name], (2, 4, 5))


@pytest.mark.parametrize("name", OBJECTS)
def test_it_is_data_to_the_scanner(name: str) -> None:
    assert holotype.scan(pickle.dumps(OBJECTS[name])).verdict == "data"


@pytest.mark.parametrize(
    "value",
    [jax.random.key(0), jax.numpy.ones(2, "bfloat16"), np.ones(2, "bfloat16")],
    ids=["keys", "bfloat16", "bfloat16 of NumPy"],
)
def test_what_cannot_be_converted_is_refused_with_its_place(value: Any, tmp_path: Any) -> None:
    path = tmp_path / "old.pkl"
    path.write_bytes(pickle.dumps({"a": value}))
    with pytest.raises(UnsupportedError, match=r"model(\['a'\]|\.a)"):
        holotype.convert(path, tmp_path / "new.holo")


def test_facts_that_jax_does_not_write_are_refused(tmp_path: Any) -> None:
    data = pickle.dumps(TREE["a"], protocol=2).replace(b"weak_type", b"warm_type")
    path = tmp_path / "old.pkl"
    path.write_bytes(data)
    with pytest.raises(UnsupportedError, match="not known"):
        holotype.convert(path, tmp_path / "new.holo")
