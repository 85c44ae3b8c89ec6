"""Files that are small and would take a careless reader hours, or all memory there is.

Each multiplies something: what many opcodes share, what is looked at again, what repeats.
"""

from __future__ import annotations

import gzip
import pickle
import struct
from collections.abc import Callable

from tests.conformance.legacy_payloads import called, named, program, text, zipped

__all__ = ["BOMBS"]

BOMBS: dict[str, Callable[[], bytes]] = {}
MANY = 50_000


def bomb(make: Callable[[], bytes]) -> Callable[[], bytes]:
    BOMBS[make.__name__] = make
    return make


@bomb
def pickles_in_a_row() -> bytes:
    return b"N." * 200_000


@bomb
def long_names_in_all_pairs() -> bytes:
    names = b"".join(text("a" * 100_000 + str(i)) + b"\x940" for i in range(20))
    pairs = b"".join(b"h%ch%c\x930" % (i % 20, j % 20) for i in range(200) for j in range(100))
    return program(names + pairs + b"N")


@bomb
def names_of_all_kinds() -> bytes:
    return program(b"".join(named("os", f"name{i}") + b"0" for i in range(MANY)) + b"N")


@bomb
def one_long_text_encoded_by_many_calls() -> bytes:
    head = named("_codecs", "encode") + b"\x940" + text("é" * 1_000_000) + text("latin1")
    return program(head + b"\x86\x940" + b"h\x00h\x01R0" * MANY + b"N")


@bomb
def one_long_tuple_in_many_calls() -> bytes:
    head = named("pyarrow.lib", "_restore_array") + b"\x940(" + b"N" * 500_000 + b"t\x940"
    return program(head + b"h\x00h\x01R0" * MANY + b"N")


@bomb
def one_state_of_many_distributions() -> bytes:
    state = b"}(" + (text("a") + b"N") * 100_000 + b"u\x940"
    gen = named("scipy.stats._continuous_distns", "norm_gen") + b"\x940"
    return program(state + gen + b"h\x01)\x81h\x00b0" * MANY + b"N")


@bomb
def template_that_matches_in_many_ways() -> bytes:
    value = "\ndef _parse_args(self, " + "a " * 500_000 + "x"
    state = b"}" + text("_parse_arg_template") + text(value) + b"s\x940"
    gen = named("scipy.stats._continuous_distns", "norm_gen") + b"\x940"
    return program(state + gen + b"h\x01)\x81h\x00b0" * 1000 + b"N")


@bomb
def one_dtype_of_many_arrays() -> bytes:
    base = called("numpy", "dtype", text("i1"), b"\x89", b"\x88") + b"\x940"
    count = 4900
    names = b"(" + b"".join(text(f"f{i}") for i in range(count)) + b"t"
    fields = b"}(" + b"".join(text(f"f{i}") + b"h\x00K\x00\x86" for i in range(count)) + b"u"
    state = b"(K\x03" + text("|") + b"N" + names + fields + b"K\x01K\x01K\x00t"
    dtype = called("numpy", "dtype", text("V1"), b"\x89", b"\x88") + state + b"b\x940"
    parts = {"subclass": b"N", "shape": b"K\x00\x85", "order": text("C"), "dtype": b"h\x01"}
    wrapper = b"}(" + b"".join(text(name) + value for name, value in parts.items()) + b"u\x940"
    cls = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b"\x940"
    return program(base + dtype + wrapper + cls + b"h\x03)\x81h\x02b0" * MANY + b"N")


@bomb
def arrays_of_objects_without_end() -> bytes:
    dtype = called("numpy", "dtype", text("O8"), b"\x89", b"\x88") + b"\x940"
    parts = {"subclass": b"N", "shape": b"K\x00\x85", "order": text("C"), "dtype": b"h\x00"}
    state = b"}(" + b"".join(text(name) + value for name, value in parts.items()) + b"u\x940"
    cls = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b"\x940"
    return program(dtype + state + cls + b"h\x02)\x81h\x01bN.0" * MANY + b"N")


@bomb
def files_of_joblib_that_pickle_would_read_to_the_end_of_all() -> bytes:
    dtype = called("numpy", "dtype", text("u1"), b"\x89", b"\x88")
    parts = {"subclass": b"N", "shape": b"K\x09\x85", "order": text("C"), "dtype": dtype}
    state = b"}(" + b"".join(text(name) + value for name, value in parts.items()) + b"u"
    wrapper = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + state + b"b"
    return program(wrapper + b"\x8e" + struct.pack("<Q", 1)) * 3000


@bomb
def tuples_doubled_again_and_again() -> bytes:
    return program(b")" + b"2\x86" * 100_000)


@bomb
def calls_of_calls() -> bytes:
    return program(named("os", "getcwd") + b")R" * 200_000)


@bomb
def marks_without_end() -> bytes:
    return b"(" * 2_000_000


@bomb
def zeros_without_end_in_a_gzip() -> bytes:
    return gzip.compress(gzip.compress(bytes(100 << 20)))


@bomb
def lines_without_end() -> bytes:
    return b"S'" + b"\\" * 1_000_001 + b"'\n" * 1000


@bomb
def members_without_end() -> bytes:
    return zipped({f"{i}": pickle.dumps(i) for i in range(20_000)})


@bomb
def zip_in_zip_in_zip() -> bytes:
    data = pickle.dumps(bytes(1_000_000))
    for _ in range(10):
        data = zipped({"a.zip": data, "b.zip": data[:1000]})
    return data
