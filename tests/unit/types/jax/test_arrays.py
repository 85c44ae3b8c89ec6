"""Arrays of every dtype that JAX has, weak ones, committed ones, and random keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attacks.forge import array as node_of
from attacks.forge import blueprint, reseal
from attacks.objects import call
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.table import type_table

jax = pytest.importorskip("jax", reason="needs JAX")
ml_dtypes = pytest.importorskip("ml_dtypes", reason="comes with JAX")

jnp = jax.numpy
_NARROW = (
    "bfloat16 float8_e3m4 float8_e4m3 float8_e4m3b11fnuz float8_e4m3fn float8_e4m3fnuz float8_e5m2 "
    "float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn int4 uint4 int2 uint2"
)
_ORDINARY = "bool int8 uint8 int16 uint16 int32 uint32 float16 float32 complex64"
WIDE = ["int64", "uint64", "float64", "complex128"]


def again(value: Any) -> Any:
    archive = holotype.dumps(value)
    back = holotype.loads(archive)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)
    return back


def assert_same(one: Any, other: Any) -> None:
    assert (one.dtype, one.shape, one.weak_type) == (other.dtype, other.shape, other.weak_type)
    assert one.committed == other.committed
    assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.mark.parametrize("dtype", [*_ORDINARY.split(), *_NARROW.split()])
def test_arrays_of_every_dtype_come_back_bit_for_bit(dtype: str) -> None:
    values = np.arange(4).astype(getattr(ml_dtypes, dtype, dtype)).reshape(2, 2)
    for shaped in (values, values[0, 1], values[:0], values[:, 1]):
        array = jnp.asarray(shaped)
        assert array.dtype.name == dtype
        assert_same(again(array), array)


@pytest.mark.parametrize("dtype", WIDE)
def test_64_bits_come_back_where_jax_would_halve_them(dtype: str) -> None:
    with jax.enable_x64(True):
        array = jnp.asarray(np.arange(3, dtype=dtype) + 2**33 + 1)
    back = again(array)
    assert_same(back, array)
    assert jnp.ones(1).dtype == np.float32


def test_special_values_keep_their_bits() -> None:
    bits = np.array([0x7FC1, 0xFFC0, 0x8000, 0x0001, 0x7F80], np.uint16)
    back = again(jnp.asarray(bits.view(ml_dtypes.bfloat16)))
    assert np.array_equal(np.asarray(back).view(np.uint16), bits)


def test_weak_and_committed_arrays_stay_so() -> None:
    weak = jnp.asarray(1.0)
    assert weak.weak_type
    committed = jax.device_put(jnp.ones(2), jax.devices()[0])
    for each in (weak, jnp.asarray(2), jnp.asarray(1j), committed, jnp.ones(2)):
        assert_same(again(each), each)
    assert (again(weak) + jnp.ones(1, jnp.bfloat16)).dtype == jnp.bfloat16


def test_keys_draw_what_they_would_have_drawn() -> None:
    for kind in ("threefry2x32", "rbg", "unsafe_rbg"):
        keys = jax.random.split(jax.random.key(3, impl=kind), 2)
        back = again({"one": keys[0], "all": keys})
        assert back["all"].dtype == keys.dtype
        assert np.array_equal(jax.random.bits(back["one"], 4), jax.random.bits(keys[0], 4))


def test_an_array_that_is_gone_is_refused() -> None:
    array = jnp.ones(3)
    array.delete()
    with pytest.raises(UnsupportedError, match=r"model\['a'\]|model\.a.*given away"):
        holotype.dumps({"a": array})


def test_numbers_and_dtypes_beside_arrays_come_back() -> None:
    given = [jnp.ones(1), np.dtype(ml_dtypes.bfloat16), np.dtype("int4"), ml_dtypes.int4(-3)]
    back = again([*given, ml_dtypes.float8_e5m2(1.5), jnp.bfloat16, ml_dtypes.bfloat16])
    assert back[1:3] == given[1:3]
    assert (int(back[3]), type(back[3])) == (-3, ml_dtypes.int4)
    assert (float(back[4]), type(back[4])) == (1.5, ml_dtypes.float8_e5m2)
    assert back[5] is jnp.bfloat16
    assert back[6] is ml_dtypes.bfloat16


def test_functions_and_initialisers_come_back_by_name() -> None:
    functions = [jax.nn.relu, jax.nn.gelu, jnp.tanh, jax.lax.dot_general, jax.nn.initializers.zeros]
    assert all(one is other for one, other in zip(again(functions), functions, strict=True))


@pytest.mark.parametrize("name", ["bfloat16", "int4"])
def test_an_array_of_numpy_is_its_bits_and_the_name_of_its_dtype(name: str) -> None:
    entry = type_table().entry("ml_dtypes.ndarray")
    assert entry is not None
    assert entry.reduce is not None
    values = np.asfortranarray(np.arange(6).reshape(2, 3).astype(getattr(ml_dtypes, name)))
    bits, stored = entry.reduce(values).args
    assert stored == name
    root = call("ml_dtypes.ndarray", node_of("a", bits), stored)
    back = holotype.loads(reseal(blueprint(root), {"a": bits}))
    assert (back.dtype, back.flags.f_contiguous) == (values.dtype, True)
    assert back.tobytes() == values.tobytes()
    with pytest.raises(InvalidStateError):
        holotype.loads(
            reseal(blueprint(call("ml_dtypes.ndarray", root["args"][0], None)), {"a": bits})
        )


BROKEN = {
    "its dtype": (lambda: jnp.ones(2, jnp.bfloat16), "float5", "args", 1),
    "an ordinary dtype": (lambda: jnp.ones(2, jnp.bfloat16), None, "args", 1),
    "a number for a bool": (lambda: jnp.ones(2), 1, "args", 2),
    "a weak bfloat16": (lambda: jnp.ones(2, jnp.bfloat16), True, "args", 2),
    "a generator": (lambda: jax.random.key(1), "philox2x32", "args", 1),
    "another generator": (lambda: jax.random.key(1), "rbg", "args", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_array_that_says_another_thing_is_refused(name: str) -> None:
    make, value, *path = BROKEN[name]
    specimen = Specimen(make())
    specimen.audit()()
    specimen.put(value, *path)
    if name == "an ordinary dtype":  # bits are integers too: they are another, honest array
        assert specimen.audit()().dtype == np.uint16
        return
    with pytest.raises(InvalidStateError):
        specimen.audit()


def test_bits_that_a_type_does_not_have_are_refused() -> None:
    specimen = Specimen(jnp.asarray([1, 2], jnp.int4))
    specimen.change(0, 0x21, "args", 0)
    with pytest.raises(InvalidStateError, match="its bits are more than those of int4"):
        specimen.audit()


def test_numbers_of_other_packages_are_kept_as_arrays_of_numpy() -> None:
    short = np.arange(6).astype(ml_dtypes.bfloat16).reshape(2, 3)
    many = [np.arange(3).astype(ml_dtypes.float8_e4m3fn) for _ in range(50)]
    back = again({"short": short, "many": many, "same": short})
    assert back["short"].dtype == short.dtype
    assert back["short"].tobytes() == short.tobytes()
    assert back["short"] is back["same"]
    assert [each.tobytes() for each in back["many"]] == [each.tobytes() for each in many]
