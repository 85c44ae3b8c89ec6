"""NumPy's objects come back exactly: arrays to the bit, random states to the next draw."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.memory import Stored, round_trip, store

from holotype.errors import InvalidStateError, MissingLibraryError, UnsupportedError
from holotype.types.numpy import entries
from holotype.types.table import type_table

NUMPY_2 = not np.__version__.startswith("1.")
RANDOM: Any = np.random


def matrix(rows: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(rows)


# -- arrays, scalars, dtypes -------------------------------------------------------------------

RECORDS = np.dtype([("a", "<i4"), ("b", "<f8", (2,)), ("c", [("x", "U3"), ("y", ">i2")])])
PADDED = np.dtype([("a", "i1"), ("b", "f8")], align=True)
ARRAYS: list[Any] = [
    np.array(3.5),
    np.array([]),
    np.zeros((0, 3)),
    np.zeros((3, 0), order="F"),
    np.arange(6, dtype=">i4"),
    np.arange(24).reshape(4, 6),
    np.asfortranarray(np.arange(24.0).reshape(4, 6)),
    np.asfortranarray(np.arange(24, dtype=np.int8).reshape(2, 3, 4)),
    np.array([True, False]),
    np.array([0.0, -0.0, np.nan, np.inf, -np.inf]),
    np.array([1 + 2j, complex("nan")], "c8"),
    np.array([1.5, 65504], "f2"),
    np.array([2**64 - 1], "u8"),
    np.array(["a", "bé", ""]),
    np.array(["a", "b"], ">U4"),
    np.array([b"a\x00b", b"c"]),
    np.array(["2020-01-01", "NaT"], "M8[ns]"),
    np.array([1, 2], "m8[25s]"),
    np.array([b"abcd"], "V4"),
    np.zeros(3, "V0"),
    np.zeros(3, [("a", "S0"), ("b", "U0"), ("c", "f8")]),
    np.zeros(3, RECORDS),
    np.ones(3, PADDED),
    np.zeros(2, np.dtype([])),
    np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]).view(np.ndarray),
    np.array([[1, "a"], [None, [2.5]]], dtype=object, order="F"),
    np.array({"a": 1}, dtype=object),
    np.empty((0, 3), object),
]
SCALARS: list[Any] = [
    np.float64(0.1),
    np.float32(-0.0),
    np.float16(np.inf),
    np.int8(-128),
    np.uint64(2**64 - 1),
    np.bool_(True),
    np.complex64(1 - 2j),
    np.complex128(complex("inf")),
    np.str_("é"),
    np.str_(""),
    np.str_("a\x00"),
    np.str_("\ud800"),
    np.bytes_(b""),
    np.bytes_(b"a\x00"),
    np.datetime64("2020-01-01"),
    np.datetime64("2020-01-01T00:00:00.5", "ms"),
    np.timedelta64(5, ("s", 25)),
    np.void(b"abc"),
]
DTYPES: list[Any] = [
    *map(np.dtype, ["f8", ">f4", "?", "S5", "U0", "V8", "M8", "m8[ns]", "c16", "O"]),
    *(RECORDS, PADDED, np.dtype([]), np.dtype((np.record, RECORDS))),
]


def assert_same(back: Any, value: Any) -> None:
    assert type(back) is type(value)
    assert back.dtype == value.dtype
    assert back.dtype.type is value.dtype.type
    assert back.shape == value.shape
    assert back.flags.c_contiguous == value.flags.c_contiguous
    assert back.flags.f_contiguous == value.flags.f_contiguous
    if value.dtype == object:
        assert back.tolist() == value.tolist()
    elif value.dtype.names is None:
        assert back.tobytes("A") == value.tobytes("A")
    else:
        assert repr(np.asarray(back)) == repr(np.asarray(value))


@pytest.mark.parametrize("value", ARRAYS, ids=lambda a: f"{a.dtype.str}{a.shape}")
def test_an_array_comes_back_with_dtype_order_and_bytes(value: Any) -> None:
    back = round_trip(value)
    assert_same(back, value)
    assert back.flags.writeable
    assert back.flags.owndata or back.base is not value


def test_a_view_that_is_not_contiguous_comes_back_in_c_order() -> None:
    whole = np.arange(24).reshape(4, 6)
    for view in (whole[::2, ::3], whole[::-1], np.broadcast_to(np.arange(3), (4, 3))):
        back = round_trip(view)
        assert back.flags.c_contiguous
        assert back.tobytes() == view.tobytes()


def test_padding_is_stored_as_zero() -> None:
    dirty = np.frombuffer(b"\xff" * 32, PADDED)
    stored = store(dirty)
    (data,) = stored.data.values()
    assert data == (b"\xff" + bytes(7) + b"\xff" * 8) * 2
    assert (stored.load()["a"] == dirty["a"]).all()


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_a_scalar_comes_back_of_its_type(value: Any) -> None:
    back = round_trip(value)
    assert type(back) is type(value)
    assert back.dtype == value.dtype
    assert repr(back) == repr(value)
    assert len(back) == len(value) if isinstance(value, (str, bytes)) else True
    assert [type(each) for each in round_trip([value] * 40)] == [type(value)] * 40


def test_structured_scalars_come_back_writable() -> None:
    scalar = np.zeros(2, RECORDS)[1]
    scalar["a"] = 7
    back = round_trip(scalar)
    assert type(back) is np.void
    assert back == scalar
    back["a"] = 8
    assert scalar["a"] == 7
    record = np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])[0]
    assert type(round_trip(record)) is np.record
    assert round_trip(record).b == 2.0


def test_long_long_comes_back_as_the_integer_of_64_bits() -> None:
    # Which of C's two types of 64 bits NumPy prefers depends on the platform; dtypes are equal.
    assert np.dtype(np.longlong) == np.dtype(np.int64)
    assert type(round_trip(np.longlong(3))) is np.int64
    assert round_trip(np.array([1], np.longlong)).dtype.type is np.int64


@pytest.mark.parametrize("value", DTYPES, ids=str)
def test_a_dtype_comes_back(value: Any) -> None:
    back = round_trip(value)
    assert back == value
    assert back.type is value.type
    assert back.isalignedstruct == value.isalignedstruct
    assert back.itemsize == value.itemsize


def marked(obj: Any) -> Any:
    vars(obj)["note"] = 1
    return obj


def noted(obj: Any) -> Any:
    obj._optinfo["note"] = 1
    return obj


def incomplete(obj: Any) -> Any:
    del vars(obj)["_variable"]
    return obj


def plain_records() -> Any:
    obj = np.zeros(2, [("a", "i4")]).view(np.recarray)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        np.ndarray.__setattr__(obj, "dtype", np.dtype([("a", "i4")]))
    assert obj.dtype.type is np.void
    return obj


REFUSED: list[Callable[[], Any]] = [
    lambda: np.longdouble(1),
    lambda: np.zeros(2, np.longdouble),
    lambda: np.zeros(2, np.clongdouble),
    lambda: np.zeros(2, [("a", object)]),
    lambda: np.zeros(2, np.dtype("f8", metadata={"a": 1})),
    lambda: np.zeros(2, np.dtype([("a", "f8")], metadata={"a": 1})),
    lambda: np.zeros(2, np.dtype("O", metadata={"a": 1})),
    lambda: np.dtype("O", metadata={"a": 1}),
    lambda: np.dtype(("f8", (2, 3))),
    lambda: np.dtype([(("title", "a"), "f8")]),
    lambda: np.dtype([("\ud800", "f8")]),
    lambda: np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 2]}),
    lambda: np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [4, 0]}),
    lambda: np.vectorize(len),
    lambda: np.frompyfunc(len, 1, 1),
    lambda: np.load,
    lambda: np.lib.stride_tricks.as_strided,
    lambda: np.add.reduce,
    lambda: np.random.rand,
    lambda: np.nditer(np.zeros(2)),
    lambda: marked(matrix([[1]])),
    lambda: marked(np.ma.array([1])),
    lambda: marked(np.poly1d([1])),
    lambda: np.ma.array(matrix([[1]])),
    lambda: np.ma.array([(1,)], dtype=[("a", "i4")])[0],
    lambda: noted(np.ma.array([1])),
    lambda: incomplete(np.poly1d([1])),
    plain_records,
    lambda: RANDOM.SeedSequence(1, pool_size=2000),
]


@pytest.mark.parametrize("make", REFUSED, ids=range(len(REFUSED)))
def test_what_could_not_come_back_is_refused(make: Callable[[], Any]) -> None:
    value = make()
    with pytest.raises(UnsupportedError) as caught:
        store([value])
    assert caught.value.path.startswith("model[0]")


# -- random states -----------------------------------------------------------------------------

BIT_GENERATORS = [RANDOM.MT19937, RANDOM.PCG64, RANDOM.PCG64DXSM, RANDOM.Philox, RANDOM.SFC64]
SEEDS: list[Any] = [1, [1, 2, 2**70], None, np.array([3, 4]), RANDOM.SeedSequence(5).spawn(3)[2]]


def assert_same_stream(one: Any, other: Any) -> None:
    if isinstance(one, RANDOM.RandomState):
        assert (one.normal(size=501) == other.normal(size=501)).all()
        assert (one.randint(0, 1 << 30, 500) == other.randint(0, 1 << 30, 500)).all()
    elif isinstance(one, RANDOM.Generator):
        assert (one.normal(size=501) == other.normal(size=501)).all()
        draw: Any = {"low": 0, "high": 1 << 20, "size": 501, "dtype": np.int32}
        assert (one.integers(**draw) == other.integers(**draw)).all()
    else:
        assert (one.random_raw(1000) == other.random_raw(1000)).all()


@pytest.mark.parametrize("seed", SEEDS, ids=["int", "list", "entropy", "array", "child"])
@pytest.mark.parametrize("make", BIT_GENERATORS, ids=lambda cls: cls.__name__)
class TestRandomStates:
    def test_a_bit_generator_goes_on_where_it_was(self, make: Any, seed: Any) -> None:
        bits = make(seed)
        bits.random_raw(7)
        assert_same_stream(bits, round_trip(bits))

    def test_a_generator_goes_on_and_spawns_the_same_children(self, make: Any, seed: Any) -> None:
        generator = RANDOM.Generator(make(seed))
        generator.normal(size=3)
        generator.integers(0, 9, dtype=np.int32)  # leaves half a word in the buffer
        generator.bit_generator.seed_seq.spawn(2)
        back = round_trip(generator)
        assert type(back.bit_generator) is make
        for one, other in zip(generator.spawn(2), back.spawn(2), strict=True):
            assert_same_stream(one, other)
        assert_same_stream(generator, back)

    def test_a_random_state_goes_on_over_any_bit_generator(self, make: Any, seed: Any) -> None:
        state = RANDOM.RandomState(make(seed))
        state.normal()  # leaves the second of a pair of normal numbers
        assert_same_stream(state, round_trip(state))


@pytest.mark.parametrize("seed", [0, [1, 2], None])
def test_a_legacy_random_state_goes_on(seed: Any) -> None:
    state = RANDOM.RandomState(seed)
    state.normal()
    back = round_trip(state)
    assert (back._bit_generator.seed_seq is None) == (seed is not None)
    assert back.get_state()[3:] == state.get_state()[3:]
    assert_same_stream(state, back)


def test_the_state_of_the_process_stays_that_of_the_process() -> None:
    own = RANDOM.mtrand._rand
    assert round_trip(own) is own
    assert store(own).root == {"args": [], "call": "numpy.random.RandomState"}


def test_a_generator_that_was_seeded_without_a_sequence_has_none_again() -> None:
    bits = RANDOM.Philox(key=9)
    assert round_trip(bits).seed_seq is None
    assert_same_stream(bits, round_trip(bits))
    if NUMPY_2:
        bits = RANDOM.SFC64(1)
        bits.__setstate__((bits.state, None))
        assert round_trip(bits).seed_seq is None
        assert_same_stream(bits, round_trip(bits))


def test_generators_that_share_their_bits_still_do() -> None:
    bits = RANDOM.PCG64(3)
    one, other = round_trip([RANDOM.Generator(bits), RANDOM.Generator(bits)])
    assert one.bit_generator is other.bit_generator


def test_a_seed_sequence_keeps_all_that_it_was_made_of() -> None:
    seed = RANDOM.SeedSequence([1, 2], spawn_key=(3, 4), pool_size=8)
    seed.spawn(5)
    back = round_trip(seed)
    assert back.state == seed.state
    assert (back.generate_state(9) == seed.generate_state(9)).all()


# -- array subclasses --------------------------------------------------------------------------


def test_subclasses_of_arrays_come_back_as_such() -> None:
    strings = np.array(["a ", "b"]).view(np.char.chararray)
    records = np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    for value in (matrix([[1, 2], [3, 4]]), strings, records, np.arange(3).view(np.recarray)):
        assert_same(round_trip(value), value)
    assert round_trip(records).a[0] == 1
    assert round_trip(strings)[0] == "a"


masked: Any = np.ma.array
MASKED: list[Any] = [
    masked([1, 2, 3]),
    masked([1, 2, 3], mask=[0, 1, 0]),
    masked([1.0, 2], mask=[1, 0], fill_value=-1, hard_mask=True),
    masked(np.ones((2, 3), order="F"), mask=np.zeros((2, 3), bool, order="F")),
    masked([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")], mask=[(0, 1)]),
    masked([(1, [2.0, 3.0])], dtype=[("a", "i4"), ("b", "f8", (2,))], mask=[(0, [0, 1])]),
    masked([None, "a"], dtype=object, mask=[1, 0]),
    masked([None, "a"], dtype=object, mask=[1, 0], fill_value=7),
    masked([{"a": 1}, [2]], mask=[0, 1], dtype=object),
    masked(["a", "bc"], mask=[0, 1], fill_value="x"),
    masked(3.0, mask=True),
    masked(["2020-01-01", "NaT"], dtype="M8[D]", mask=[1, 0]),
    masked(np.array([1], np.int8)),
    masked([0.5], dtype=">f4"),
    np.ma.empty(0),
]


@pytest.mark.parametrize("value", MASKED, ids=lambda m: f"{m.dtype.str}{m.shape}")
def test_a_masked_array_keeps_mask_fill_value_and_hardness(value: Any) -> None:
    value = value.copy(order="A")
    before = store(value).json
    back: Any = round_trip(value)
    assert_same(back.data, value.data)
    assert type(back) is type(value)
    assert (back._mask is np.ma.nomask) == (value._mask is np.ma.nomask)
    assert np.asarray(back._mask).dtype == np.asarray(value._mask).dtype
    assert np.asarray(back._mask).tobytes() == np.asarray(value._mask).tobytes()
    assert back.hardmask == value.hardmask
    assert repr(back) == repr(value)
    same, other = np.asarray(back.fill_value), np.asarray(value.fill_value)
    assert (same.dtype, repr(same)) == (other.dtype, repr(other))
    # Looking at an array makes NumPy write its default fill value down: the model is the same.
    assert store(value).json == before


def test_the_masked_constant_is_the_constant() -> None:
    back = round_trip([np.ma.masked, np.ma.masked, {"a": np.ma.masked}])
    assert back[0] is back[1] is back[2]["a"] is np.ma.masked


# -- polynomials and names ---------------------------------------------------------------------


def test_polynomials_come_back() -> None:
    assert round_trip(np.poly1d([1, 2])) == np.poly1d([1, 2])
    assert round_trip(np.poly1d([1, 2], variable="z")).variable == "z"
    for name in ("Polynomial", "Chebyshev", "Hermite", "HermiteE", "Laguerre", "Legendre"):
        cls = getattr(np.polynomial, name)
        for value in (cls([1, 2, 3]), cls([1.5], domain=[0, 1], window=[2, 3], symbol="z")):
            back = round_trip(value)
            assert type(back) is cls
            assert back == value
            assert back.symbol == value.symbol


NAMES: list[Any] = [
    *(np.log1p, np.add, np.exp, np.isnan, np.sqrt, np.maximum, np.abs, np.conj, np.mod),
    *(np.clip, np.mean, np.median, np.array, np.linalg.norm, np.fft.rfft, np.asarray),
    *(np.float64, np.bool_, np.int8, np.longlong, np.str_, np.dtype, np.number),
    *(np.generic, np.record, np.ufunc, np.matrix, np.ma.MaskedArray, np.random.RandomState),
    *(type(np.dtype("f8")), type(np.dtype("U3"))),
]


@pytest.mark.parametrize("value", NAMES, ids=lambda each: each.__name__)
def test_functions_and_types_are_named(value: Any) -> None:
    assert round_trip({"func": value})["func"] is value


def test_every_entry_that_this_numpy_has_is_found_by_what_it_stands_for() -> None:
    table = type_table()
    missing = []
    for entry in entries():
        try:
            found = table.resolve(entry)
        except MissingLibraryError:
            missing.append(entry.key)
            continue
        if entry.kind == "name":
            assert table.name_of(found) == entry.key
        else:
            assert table.entry_of(found) is table.entry(entry.key)
    assert not missing or not NUMPY_2 or np.__version__ < "2.3"


def test_no_name_touches_files_foreign_memory_or_code() -> None:
    forbidden = {
        *("load", "loads", "loadtxt", "fromfile", "memmap", "save", "savez", "savetxt", "tofile"),
        *("genfromtxt", "fromregex", "frombuffer", "from_dlpack", "as_strided", "empty"),
        *("empty_like", "vectorize", "frompyfunc", "fromfunction", "fromiter", "piecewise"),
        *("apply_along_axis", "apply_over_axes", "DataSource", "set_printoptions", "seterr"),
        *("copyto", "put", "putmask", "place", "pad", "fromstring", "nditer", "einsum_path"),
    }
    assert not forbidden & {entry.key.rpartition(".")[2] for entry in entries()}


# -- what loading refuses ----------------------------------------------------------------------


def hostile(obj: Any, change: Callable[[Any], Any]) -> Stored:
    return store(obj).tampered(change)


def pairs(node: Any) -> dict[str, Any]:
    """The members of a call's state, as lists that may be changed: name → [name, node]."""
    return {pair[0]: pair for pair in node["state"]["dict"]}


def set_arg(index: int, value: Any) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        node["args"][index] = value

    return change


def set_state(name: str, value: Any) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        pairs(node)[name][1] = value

    return change


def drop_state(node: Any) -> None:
    del node["state"]


TWO_WORDS = {"tuple": [-1]}
DECIMAL = {"call": "decimal.Decimal", "args": ["1"]}
MT, PCG, PHILOX = RANDOM.MT19937(1), RANDOM.PCG64(1), RANDOM.Philox(1)
PHILOX.random_raw(1)
SEED, STATE, GENERATOR = RANDOM.SeedSequence(1), RANDOM.RandomState(1), RANDOM.default_rng(1)
MASK = masked([1, 2, 3], mask=[0, 1, 0], fill_value=5)
POLY, SERIES = np.poly1d([1, 2]), np.polynomial.Polynomial([1, 2], domain=[0, 1])
HOSTILE: list[tuple[str, Any, Callable[[Any], Any]]] = [
    ("a position beyond the key", MT, set_state("pos", 625)),
    ("a negative position", MT, set_state("pos", -1)),
    ("a position that is no integer", MT, set_state("pos", 1.0)),
    ("a key that is no array", MT, set_state("key", 1)),
    ("no state", MT, drop_state),
    ("another state", MT, set_state("pos", None)),
    ("a seed that is no sequence", MT, set_arg(0, 1)),
    ("a seed of another type", MT, set_arg(0, DECIMAL)),
    ("two seeds", MT, lambda node: node["args"].append(None)),
    ("a word of 129 bits", PCG, set_state("state", {"int": hex(1 << 128)})),
    ("a flag of two", PCG, set_state("has_uint32", 2)),
    ("a half word of 33 bits", PCG, set_state("uinteger", 1 << 32)),
    ("a position beyond the buffer", PHILOX, set_state("buffer_pos", 5)),
    ("a negative position in the buffer", PHILOX, set_state("buffer_pos", -1)),
    ("a huge pool", SEED, set_arg(2, 10**12)),
    ("a tiny pool", SEED, set_arg(2, 3)),
    ("too many children", SEED, set_arg(3, 1 << 32)),
    ("entropy of text", SEED, set_arg(0, "0x1")),
    ("entropy of lists", SEED, set_arg(0, {"list": [{"list": [1]}]})),
    ("negative entropy", SEED, set_arg(0, -1)),
    ("a spawn key that is a list", SEED, set_arg(1, {"list": [1]})),
    ("a negative spawn key", SEED, set_arg(1, TWO_WORDS)),
    ("a random state with one argument", STATE, lambda node: node["args"].pop()),
    ("a random state over nothing", STATE, set_arg(0, None)),
    ("a random state over another type", STATE, set_arg(0, DECIMAL)),
    ("a normal number of two", STATE, set_arg(1, 2)),
    ("a normal number that is text", STATE, set_arg(2, "1")),
    ("a generator over nothing", GENERATOR, set_arg(0, None)),
    ("a mask that is no array", MASK, set_arg(1, 1)),
    ("a fill value that is no array", MASK, set_arg(2, 1)),
    ("a hard mask of text", MASK, set_arg(3, "yes")),
    ("masked data that are no array", MASK, set_arg(0, 1)),
    ("a masked constant with an argument", np.ma.masked, lambda node: node["args"].append(1)),
    ("a matrix over a number", matrix([[1]]), set_arg(0, 1)),
    ("coefficients that are no array", POLY, lambda node: node["state"].update(coeffs=1)),
    ("a variable that is no text", POLY, lambda node: node["state"].update(_variable=1)),
    ("another attribute", POLY, lambda node: node["state"].update(order=1)),
    ("no attributes", POLY, lambda node: node.update(state={})),
    ("a symbol that is no text", SERIES, lambda node: node["state"].update(_symbol=1)),
    ("a domain that is no array", SERIES, lambda node: node["state"].update(domain=1)),
]


@pytest.mark.parametrize(("what", "obj", "change"), HOSTILE, ids=[each[0] for each in HOSTILE])
def test_a_state_that_was_never_written_is_refused(
    what: str, obj: Any, change: Callable[[Any], Any]
) -> None:
    with pytest.raises(InvalidStateError):
        hostile(obj, change).load()


REPLACED: list[tuple[str, Any, str, Any]] = [
    ("a short key", MT, "state.key", np.zeros(623, "<u4")),
    ("a key of signed words", MT, "state.key", np.zeros(624, "<i4")),
    ("a key in two dimensions", MT, "state.key", np.zeros((1, 624), "<u4")),
    ("a short buffer", PHILOX, "state.buffer", np.zeros(3, "<u8")),
    ("entropy of floats", RANDOM.SeedSequence(np.array([1, 2])), "args[0]", np.zeros(2)),
    ("a mask of another shape", MASK, "args[1]", np.zeros(2, bool)),
    ("a mask in two dimensions", MASK, "args[1]", np.zeros((3, 1), bool)),
    ("a mask of integers", MASK, "args[1]", np.zeros(3, "i1")),
    ("a fill value in one dimension", MASK, "args[2]", np.zeros(1, "<i8")),
    ("a matrix in three dimensions", matrix([[1]]), "args[0]", np.zeros((1, 1, 1), "<i8")),
    ("numbers as chararray", np.array(["a"]).view(np.char.chararray), "args[0]", np.zeros(1)),
    ("a domain of three", SERIES, "domain", np.zeros(3)),
    ("coefficients in two dimensions", SERIES, "coef", np.zeros((2, 2))),
]


@pytest.mark.parametrize(
    ("what", "obj", "name", "array"), REPLACED, ids=[each[0] for each in REPLACED]
)
def test_an_array_that_does_not_fit_is_refused(what: str, obj: Any, name: str, array: Any) -> None:
    with pytest.raises(InvalidStateError):
        store(obj).with_array(name, array).load()


def test_a_type_that_this_numpy_lacks_is_named_in_one_sentence() -> None:
    table = type_table()
    lacking = [key for key in ("numpy.vecdot", "numpy.matvec") if not hasattr(np, key[6:])]
    for key in lacking:
        entry = table.entry(key)
        assert entry is not None
        with pytest.raises(MissingLibraryError, match="is not part of numpy"):
            table.resolve(entry)
