"""The machine does to symbols what an unpickler does to objects, and stops where one would."""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import struct
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.legacy.rebuild import rebuild

from holotype.errors import LegacyError
from holotype.legacy import machine
from holotype.legacy.machine import run
from holotype.legacy.opcodes import OPCODES
from holotype.legacy.symbols import (
    VIEW_ABOVE,
    ByteArray,
    Call,
    Dict,
    Extension,
    FrozenSet,
    Global,
    OldString,
    OutOfBand,
    Persistent,
    Set,
)

PROTOCOLS = pytest.mark.parametrize("protocol", range(6))

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**2100, -(2**2100)]),
    st.floats(allow_nan=False),
    TEXTS,
    st.binary(max_size=300),
)
HASHABLE = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=5).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=6,
)
VALUES = st.recursive(
    HASHABLE | st.complex_numbers(allow_nan=False) | st.binary(max_size=20).map(bytearray),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=5),
        st.sets(HASHABLE, max_size=4),
        inner.map(lambda value: [value, value]),
    ),
    max_leaves=12,
)


# -- the same as CPython ------------------------------------------------------------------------


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.integers(0, 5), st.booleans())
def test_what_pickle_writes_is_read_back(value: Any, protocol: int, in_python: bool) -> None:
    data = pickle.dumps(value, protocol)
    if in_python:
        stream = io.BytesIO()
        pickle._Pickler(stream, protocol).dump(value)  # type: ignore[attr-defined]
        data = stream.getvalue()
    machine = run(data)
    assert machine.position == len(data)
    found = rebuild(machine.value)
    assert found == pickle.loads(data)
    assert _kinds(found) == _kinds(value)


def _kinds(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value), [_kinds(item) for item in value]
    if isinstance(value, dict):
        return dict, [(_kinds(key), _kinds(item)) for key, item in value.items()]
    return type(value)


@PROTOCOLS
def test_numbers_of_protocols_keep_their_bits(protocol: int) -> None:
    values = [-0.0, math.inf, -math.inf, 5e-324, 0.1, True, False, -1, 10**40]
    found = run(pickle.dumps(values, protocol)).value
    assert list(map(repr, found)) == list(map(repr, values))
    assert math.isnan(run(pickle.dumps(math.nan, protocol)).value)


@PROTOCOLS
def test_sharing_is_identity_and_cycles_are_cycles(protocol: int) -> None:
    shared: list[Any] = [1]
    loop: list[Any] = [shared, shared]
    loop.append(loop)
    loop.append({"me": loop})
    found = run(pickle.dumps(loop, protocol)).value
    assert found[0] is found[1]
    assert found[2] is found
    assert found[3].pairs[0][1] is found


@PROTOCOLS
def test_the_end_is_where_pickletools_finds_it(protocol: int) -> None:
    data = pickle.dumps({"a": [1, (2, 3)], "b": b"x" * 5000}, protocol)
    *_, (opcode, _, position) = pickletools.genops(data)
    assert opcode.name == "STOP"
    assert run(data + b"rest").position == position + 1


def test_every_opcode_of_pickletools_is_there_under_its_code() -> None:
    assert {op.name: ord(op.code) for op in pickletools.opcodes} == OPCODES


def test_large_bytes_are_views_of_the_file() -> None:
    small, large = bytes(VIEW_ABOVE), bytes(VIEW_ABOVE + 1)
    found = run(pickle.dumps([small, large, bytearray(large)], 5)).value
    assert type(found[0]) is bytes
    assert type(found[1]) is memoryview
    assert found[1].readonly
    assert found[1] == large
    assert type(found[2]) is ByteArray
    assert found[2].data == large


def test_a_pickle_in_the_middle_of_a_buffer_is_read_from_there() -> None:
    data = b"before" + pickle.dumps([1, "x"]) + b"after"
    machine = run(data, 6, len(data) - 5)
    assert machine.value == [1, "x"]
    assert machine.position == len(data) - 5


# -- what would reach the outside ---------------------------------------------------------------


class Plain:
    def __init__(self) -> None:
        self.a = 1


class Slotted:
    __slots__ = ("a",)


@PROTOCOLS
def test_an_object_is_its_class_and_state(protocol: int) -> None:
    machine = run(pickle.dumps(Plain(), protocol))
    call = machine.value
    assert type(call) is Call
    if protocol < 2:
        assert call.how == "reduce"
        assert call.function.name == "_reconstructor"
        assert call.args[0].name == "Plain"
    else:
        assert call.how == "newobj"
        assert call.args == ()
        assert call.function.name == "Plain"
    (state,) = call.states
    assert type(state) is Dict
    assert state.pairs == [("a", 1)]
    assert machine.log.calls == [call]
    assert ("copyreg" in {module for module, _ in machine.log.globals}) == (protocol < 2)


def test_slots_come_as_a_pair() -> None:
    slotted = Slotted()
    slotted.a = 2
    (state,) = run(pickle.dumps(slotted, 4)).value.states
    assert state[0] is None
    assert state[1].pairs == [("a", 2)]


def test_one_name_is_one_symbol_with_a_count() -> None:
    machine = run(b"(cos\nsystem\ncos\nsystem\ncos\npath\nl.")
    first, second, third = machine.value
    assert first is second
    assert third is not first
    use = machine.log.globals["os", "system"]
    assert (use.count, use.offset) == (2, 1)


def test_names_of_python_2_are_todays_unless_the_protocol_is_later() -> None:
    assert run(b"c__builtin__\nxrange\n.").value.name == "range"
    assert run(b"ccopy_reg\n_reconstructor\n.").value.module == "copyreg"
    assert run(b"\x80\x02c__builtin__\nset\n.").value.module == "builtins"
    assert run(b"\x80\x03c__builtin__\nset\n.").value.module == "__builtin__"


def test_strings_of_python_2_that_are_no_ascii_stay_bytes() -> None:
    assert run(b"S'plain\\n'\n.").value == "plain\n"
    assert run(b"U\x02ab.").value == "ab"
    found = run(b"T\x02\x00\x00\x00\xff\xfe.").value
    assert type(found) is OldString
    assert found.data == b"\xff\xfe"
    assert run(b'S"\\xe9\\x41"\n.').value.data == b"\xe9A"


def test_each_way_to_call_is_told() -> None:
    assert run(b"(I1\nios\nsystem\n.").value.how == "inst"
    obj = run(b"(cos\nsystem\nI1\no.").value
    assert (obj.how, obj.args) == ("obj", (1,))
    call = run(b"\x80\x04\x8c\x01a\x8c\x01b\x93)}\x92.").value
    assert call.how == "newobj_ex"
    assert type(call.kwargs) is Dict


def test_what_is_done_to_an_object_is_kept_in_order() -> None:
    call = run(b"ca\nb\n)RI1\naI2\na(I3\nI4\ne}bNbI5\nI6\ns(I7\nI8\nu.").value
    assert call.appended == [1, 2, 3, 4]
    assert type(call.states[0]) is Dict
    assert call.states[1] is None
    assert call.pairs == [(5, 6), (7, 8)]
    assert call.added == ()


def test_a_class_that_gets_a_state_says_so() -> None:
    symbol = run(b"cos\npath\n}b.").value
    assert type(symbol) is Global
    assert len(symbol.states) == 1


def test_things_from_elsewhere() -> None:
    machine = run(b"(Pabc\nI1\nQ\x82\x05\x83\x05\x01\x84\x05\x00\x00\x01\x97\x97\x98t.")
    text, number, one, two, four, buffer, readonly = machine.value
    assert [type(text), type(number)] == [Persistent, Persistent]
    assert (text.pid, number.pid) == ("abc", 1)
    assert [type(one), one.code, two.code, four.code] == [Extension, 5, 261, 16777221]
    assert [type(buffer), buffer.index, buffer.readonly] == [OutOfBand, 0, False]
    assert (readonly.index, readonly.readonly) == (1, True)
    assert machine.log.buffers == 2
    assert machine.log.persistent == [text, number]


def test_sets_and_frozen_sets() -> None:
    found = run(b"\x80\x04\x8f(K\x01K\x02\x90(K\x03\x91\x86.").value
    assert type(found[0]) is Set
    assert found[0].items == [1, 2]
    assert type(found[1]) is FrozenSet


def test_calls_that_are_thrown_away_are_in_the_log() -> None:
    machine = run(b"cos\nsystem\n)R0(cos\nexecl\n)R1N.")
    assert machine.value is None
    assert [call.function.name for call in machine.log.calls] == ["system", "execl"]


def test_globals_from_the_memo_are_counted() -> None:
    machine = run(b"cos\nsystem\np0\ng0\n2.")
    assert [symbol.name for symbol in machine.log.again] == ["system", "system"]


# -- where it stops -----------------------------------------------------------------------------

BROKEN = {
    b"": (0, "", "ends before"),
    b"N": (1, "", "ends before"),
    b"\xff.": (0, "0xff", "no such opcode"),
    b"\x80\x06N.": (0, "PROTO", "protocol 6"),
    b"0.": (0, "POP", "empty"),
    b"(.": (1, "STOP", "empty"),
    b"a.": (0, "APPEND", "empty"),
    b"t.": (0, "TUPLE", "empty"),
    b"(o.": (1, "OBJ", "empty"),
    b"]NNs.": (3, "SETITEM", "list cannot be given items"),
    b"](Nu.": (3, "SETITEMS", "without a value"),
    b"}(Nd.": (3, "DICT", "without a value"),
    b"NNa.": (2, "APPEND", "NoneType cannot be appended to"),
    b"h\x00.": (0, "BINGET", "nothing was put into the memo under 0"),
    b"g12345678901234567890123\n.": (0, "GET", "too many digits"),
    b"Np-1\n.": (1, "PUT", "negative"),
    b"(p0\n.": (1, "PUT", "empty"),
    b"I12": (0, "INT", "ends inside"),
    b"Ix\n.": (0, "INT", "invalid literal"),
    b"Sabc\n.": (0, "STRING", "not quoted"),
    b"J\x01.": (0, "BININT", "ends inside"),
    b"K": (0, "BININT1", "ends inside"),
    b"\x8b\xff\xff\xff\xff.": (0, "LONG4", "negative"),
    b"T\xff\xff\xff\xff.": (0, "BINSTRING", "negative"),
    b"X\x05\x00\x00\x00ab.": (0, "BINUNICODE", "5 bytes are announced, 3 are there"),
    b"\x8e" + struct.pack("<Q", 2**63) + b".": (0, "BINBYTES8", "announced"),
    b"\x8c\x01\xff.": (0, "SHORT_BINUNICODE", "not utf-8"),
    b"NN\x93.": (2, "STACK_GLOBAL", "not text"),
    b"\x82\x00.": (0, "EXT1", "no extension code"),
    b"N\x98.": (1, "READONLY_BUFFER", "no buffer"),
    b"K\x01}b.": (3, "BUILD", "int cannot be given a state"),
    b"L" + b"1" * 5000 + b"\n.": (0, "LONG", "digits"),
    b"F" + b"1" * 5000 + b"\n.": (0, "FLOAT", "digits"),
}


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:12]))
def test_an_error_names_offset_and_opcode(data: bytes) -> None:
    offset, opcode, problem = BROKEN[data]
    with pytest.raises(LegacyError, match=problem) as caught:
        run(data)
    assert (caught.value.offset, caught.value.opcode) == (offset, opcode)


def test_a_frame_that_is_too_long_fails_at_the_end_and_shows_what_is_in_it() -> None:
    data = b"\x80\x04\x95" + struct.pack("<Q", 1000) + b"cos\nsystem\n)R."
    with pytest.raises(LegacyError, match="frame of 1000 bytes"):
        run(data)


def test_nothing_beyond_the_end_is_read() -> None:
    data = pickle.dumps("a long text, cut in the middle", 4)
    for end in range(len(data)):
        with pytest.raises(LegacyError):
            run(data, 0, end)


def test_depth_is_no_problem() -> None:
    depth = 200_000
    value = run(b"]" * depth + b"a" * (depth - 1) + b".").value
    for _ in range(depth - 1):
        (value,) = value
    assert value == []
    deep = run(b")" + b"\x85" * depth + b".").value
    for _ in range(depth):
        (deep,) = deep
    del deep
    call = run(b"ca\nb\n" + b")R" * depth + b".").value
    count = 0
    while type(call) is Call:
        call, count = call.function, count + 1
    assert count == depth


def test_the_memory_that_symbols_take_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"]" * (3 << 20) + b"."
    monkeypatch.setattr(machine, "_MAX_BLOCKS", 1 << 20)
    with pytest.raises(LegacyError, match="more memory"):
        run(data)


def test_names_that_can_be_no_names_are_refused() -> None:
    with pytest.raises(LegacyError, match="too long"):
        run(b"c" + b"a" * 5000 + b"\nb\n.")


def test_duplicates_share_and_take_no_room() -> None:
    data = b"]" + b"2\x86" * 3000 + b"."
    assert sys.getsizeof(run(data).value) < 100


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(sorted(OPCODES.values())) | st.integers(0, 255), max_size=60))
def test_any_bytes_end_in_a_value_or_a_legacy_error(codes: list[int]) -> None:
    error = refusal(bytes(codes) + b"\n.")
    if error is not None:
        assert error.offset is not None
        assert 0 <= error.offset <= len(codes) + 2


@settings(max_examples=300, deadline=None)
@given(VALUES, st.integers(0, 5), st.data())
def test_changed_pickles_end_in_a_value_or_a_legacy_error(
    value: Any, protocol: int, data: st.DataObject
) -> None:
    changed = bytearray(pickle.dumps(value, protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.sampled_from(sorted(OPCODES.values())) | st.integers(0, 255))
    error = refusal(bytes(changed))
    assert error is None or str(error).isprintable()


def refusal(data: bytes) -> LegacyError | None:
    """The error of a pickle that cannot be executed; None where it can."""
    try:
        run(data)
    except LegacyError as error:
        return error
    return None
