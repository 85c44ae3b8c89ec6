"""NumPy's arrays, scalars, subclasses and random states, from every protocol."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import ALL, SEEDLESS, assert_converted, fingerprint, model

import holotype
from holotype.archive.writer import fingerprint_of
from holotype.errors import HolotypeError, UnsupportedError
from holotype.graph.encode import encode
from holotype.legacy.rebuild import model_of
from holotype.legacy.rules.taken import Ready
from holotype.legacy.symbols import Call, Dict, Global
from holotype.types.table import type_table

STRUCT = np.dtype([("a", "<i4"), ("b", "<f8", (2,)), ("c", "S3")], align=True)
OBJECTS: dict[str, Any] = {
    "flat": np.arange(5.0),
    "empty": [np.zeros((0, 3)), np.zeros(0, "S0"), np.zeros((2, 0), order="F")],
    "scalar array": np.array(5),
    "fortran": np.arange(6.0).reshape((2, 3), order="F"),
    "axes": np.arange(24).reshape((2, 3, 4)).transpose(1, 0, 2),
    "large": np.arange(100_000, dtype="<i2"),
    "dtypes": [np.zeros(3, code) for code in "?bBhHiIqQefdFD"],
    "big endian": np.arange(3, dtype=">i8"),
    "texts": [np.array(["a", "üü"]), np.array([b"a", b"bc"])],
    "times": [np.array(["2020"], "M8[D]"), np.array([1], "m8[3s]"), np.array(["NaT"], "M8")],
    "structured": np.zeros(4, STRUCT),
    "objects": np.array(["a", None, [1], (2,)], dtype=object),
    "object matrix": np.array([["a", None], [1.5, 2]], dtype=object, order="F"),
    "scalars": [np.float64(1), np.bool_(True), np.complex64(1j), np.str_("ab"), np.void(b"ab")],
    "time scalars": [np.datetime64("2020-01-01"), np.timedelta64(5, "s"), np.datetime64("NaT")],
    "record scalar": np.zeros(2, STRUCT)[0],
    "plain dtypes": [np.dtype("f8"), np.dtype("U3"), np.dtype("M8[ns]"), np.dtype(object)],
    "struct dtypes": [STRUCT, np.dtype([("x", "f4")])],
    "types": [np.float32, np.dtype("f8").type],
    "functions": [np.log1p, np.mean, np.linalg.norm, np.fft.fft],
    "records": np.rec.array([(1, 2.0)]),
    "series": [np.polynomial.Polynomial([1, 2]), np.polynomial.Laguerre([1.0], domain=[0, 5])],
    "poly1d": np.poly1d([1, 2]),
    "masked": np.ma.array([1, 2], mask=[0, 1]),
    "filled": np.ma.array([[1.0, 2], [3, 4]], mask=[[0, 1], [0, 0]], fill_value=7),
    "constant": np.ma.masked,
    "random state": np.random.RandomState(3),
    "generator": np.random.default_rng(3),
    "bits": [np.random.MT19937(1), np.random.Philox(2), np.random.SFC64(3)],
    "more bits": [np.random.PCG64(1), np.random.PCG64DXSM(2)],
    "seeds": [np.random.SeedSequence(5), *np.random.SeedSequence([1, 2]).spawn(2)],
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_converted_as_if_it_were_dumped(name: str) -> None:
    if SEEDLESS and name in ("generator", "bits", "more bits", "random state"):
        pytest.skip("this NumPy does not pickle the seed sequence")
    assert_converted(OBJECTS[name])


def test_matrices_and_chararrays_are_converted() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy would rather have neither
        assert_converted(np.arange(4).reshape(2, 2).view(np.matrix))
        assert_converted(np.array(["a", "b"]).view(np.char.chararray))


def test_arrays_that_are_shared_stay_shared_and_slices_become_whole() -> None:
    array = np.arange(3000.0)
    assert_converted([array, array, {"a": array}])
    assert_converted(np.arange(16.0).reshape(4, 4)[::2, ::2])


def test_an_array_of_a_subclass_that_is_not_known_is_refused() -> None:
    data = pickle.dumps(np.arange(3), 2).replace(b"cnumpy\nndarray", b"cnumpy\nfarray")
    with pytest.raises(UnsupportedError, match=r"numpy\.farray is no class of arrays"):
        model(data)


RECONSTRUCT = Global("numpy._core.multiarray", "_reconstruct")
NDARRAY = Global("numpy", "ndarray")
F8 = Call(Global("numpy", "dtype"), ("f8", False, True))
OBJECT = Call(Global("numpy", "dtype"), ("O8", False, True))


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ((1, (2,), F8, False, b"x" * 8), "ask for 16"),
        ((1, (-1,), F8, False, b""), "sizes"),
        ((1, (1 << 61, 1 << 61), F8, False, b""), "bytes"),
        ((1, "ab", F8, False, b""), "sizes"),
        ((1, (1,), "f8", False, b"x" * 8), "state"),
        ((1, (1,), F8, False, 5), "bytes were expected"),
        ((1, (2,), OBJECT, False, [1]), "objects of its shape"),
        ((1, (1,), OBJECT, False, b"x" * 8), "objects of its shape"),
        ((1, (1,), F8), "state"),
        (None, "no state"),
    ],
)
def test_an_array_that_is_none_is_refused(state: Any, says: str) -> None:
    states = [] if state is None else [state]
    call = Call(RECONSTRUCT, (NDARRAY, (0,), b"b"), offset=7, states=states)
    with pytest.raises(UnsupportedError, match=says) as error:
        model_of([call])
    assert error.value.path == "model[0]"
    assert "byte 7" in str(error.value)


@pytest.mark.parametrize(
    "args",
    [
        (F8, b"x"),
        (OBJECT, b""),
        (5, b""),
        (Call(Global("numpy", "dtype"), ("U1", False, True)), b"\x00\x00\x11\x00"),
    ],
)
def test_a_scalar_that_is_none_is_refused(args: tuple[Any, ...]) -> None:
    with pytest.raises(UnsupportedError, match="scalar"):
        model_of(Call(Global("numpy._core.multiarray", "scalar"), args))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((b"x" * 8, F8, (1,), "A"), "order"),
        ((b"x" * 8, F8, (1,), "K", (1,)), "axes"),
        ((b"x" * 8, 5, (1,), "C"), "dtype"),
        ((b"x" * 8, F8, (3,), "C"), "ask for 24"),
    ],
)
def test_a_buffer_that_is_no_array_is_refused(args: tuple[Any, ...], says: str) -> None:
    with pytest.raises(UnsupportedError, match=says):
        model_of(Call(Global("numpy._core.numeric", "_frombuffer"), args))


def test_truth_values_that_are_neither_0_nor_1_are_refused_as_when_loading(tmp_path: Any) -> None:
    data = pickle.dumps(np.array([True, False, True]), 4).replace(b"\x01\x00\x01", b"\x02\x00\x01")
    with pytest.raises(HolotypeError, match="boolean"):
        holotype.convert(data, tmp_path / "x.holo")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("protocol", ALL)
def test_a_random_state_goes_on_where_it_was(protocol: int) -> None:
    state = np.random.RandomState(5)
    state.normal()
    data = pickle.dumps(state, protocol)
    bits = model(data).reduced.args[0]
    assert bits.reduced.state["pos"] == state.get_state(legacy=False)["state"]["pos"]


def test_a_generator_of_an_unknown_kind_is_refused() -> None:
    constructor = Global("numpy.random._pickle", "__bit_generator_ctor")
    for args, states in (
        (("os",), [Dict([])]),
        (("PCG64",), []),
        (("PCG64",), ["x"]),
    ):
        with pytest.raises(UnsupportedError, match="generator"):
            model_of(Call(constructor, args, states=states))


def test_a_random_state_of_numpy_before_1_17_is_read() -> None:
    state = np.random.RandomState(5)
    state.normal()
    name, key, *rest = state.get_state()
    held = model(pickle.dumps([key]))[0]
    old = Call(
        Global("numpy.random", "__RandomState_ctor"), (), states=[(name, Ready(held), *rest)]
    )
    wanted = fingerprint(pickle.dumps([state]))
    made = model_of([old]).model
    bits = made[0].reduced.args[0]
    assert bits.reduced.state["pos"] == rest[0]
    if not SEEDLESS:
        assert fingerprint_of(encode(made, type_table())) == wanted


def test_keywords_that_no_library_writes_are_refused() -> None:
    state = (1, (1,), F8, False, b"x" * 8)
    call = Call(RECONSTRUCT, (NDARRAY, (0,), b"b"), Dict([("a", 1)]), "newobj_ex", states=[state])
    with pytest.raises(UnsupportedError, match="keywords"):
        model_of(call)
