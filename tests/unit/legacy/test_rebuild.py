"""Symbols become a model: sharing, cycles, everything that is unknown at once, and no bombs."""

from __future__ import annotations

import os
import pickle
import pickletools
from typing import Any

import cloudpickle
import numpy as np
import pytest
from tests.unit.legacy.old_files import fingerprint, model

from holotype.errors import HolotypeError, LegacyError, UnsupportedError
from holotype.graph.specimen import Named, Specimen
from holotype.legacy.machine import run
from holotype.legacy.rebuild import model_of
from holotype.legacy.symbols import (
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

SVC = Global("sklearn.svm._classes", "SVC")


def rebuilt(symbol: Any, size: int = 0) -> Any:
    return model_of(symbol, size=size).model


# -- plain values ----------------------------------------------------------------------------------


def test_plain_values_are_themselves_and_large_bytes_are_bytes() -> None:
    large = bytes(range(256)) * 40
    value = {"a": [1, 2.5, None], "b": (large, {large: large}), 3: frozenset({1, (2,)})}
    again = model(pickle.dumps(value))
    assert again == value
    assert type(again["b"][0]) is bytes


def test_one_object_at_two_places_is_one_object() -> None:
    common: list[Any] = [[1]]
    again = model(pickle.dumps([common, {"a": common}, (common,)]))
    assert again[0] is again[1]["a"] is again[2][0]


def test_of_equal_keys_the_last_value_counts_as_in_a_pickle() -> None:
    assert rebuilt(Dict([("a", 1), ("b", 2), ("a", 3)])) == {"a": 3, "b": 2}
    assert rebuilt(Set([1, 1, 2])) == {1, 2}
    assert rebuilt(FrozenSet([1, 1])) == frozenset({1})


def test_what_is_named_is_named_by_its_entry() -> None:
    (named,) = model(pickle.dumps([np.log1p]))
    assert isinstance(named, Named)
    assert named.entry.key == "numpy.log1p"


def test_an_instance_is_an_entry_and_its_attributes() -> None:
    made = rebuilt(Call(SVC, (), None, "newobj", states=[Dict([("C", 1.0)])]))
    assert isinstance(made, Specimen)
    assert (made.entry.key, made.reduced.state) == ("sklearn.svm.SVC", {"C": 1.0})


@pytest.mark.parametrize(
    "call",
    [
        Call(Global("copyreg", "_reconstructor"), (SVC, Global("builtins", "object"), None)),
        Call(Global("copyreg", "__newobj__"), (SVC,)),
        Call(SVC, (), None, "newobj"),
        Call(SVC, (), Dict([]), "newobj_ex"),
        Call(SVC, (), None, "inst"),
        Call(SVC, (), None, "obj"),
    ],
)
def test_all_ways_to_say_a_new_instance_are_one(call: Call) -> None:
    assert rebuilt(call).entry.key == "sklearn.svm.SVC"


# -- cycles and depth ------------------------------------------------------------------------------


def test_a_cycle_through_a_tuple_closes() -> None:
    loop: list[Any] = []
    loop.append((loop, {"again": (loop,)}))
    again = model(pickle.dumps(loop))
    assert again[0][0] is again
    assert again[0][1]["again"][0] is again


def test_a_call_that_waits_for_a_tuple_above_it_is_finished_later() -> None:
    loop: list[Any] = []
    above = (loop,)
    loop.append(Call(Global("operator", "itemgetter"), (above,)))
    again = rebuilt(above)
    assert again[0][0].reduced.args[0] is again


def test_a_call_in_its_own_arguments_is_refused() -> None:
    call = Call(Global("numpy._core.multiarray", "scalar"), (), offset=9)
    call.args = (call,)
    with pytest.raises(LegacyError, match="byte 9: an object stands in what it is made of"):
        rebuilt([call])


def test_depth_is_no_limit() -> None:
    tuples = b"\x80\x04]" + b"\x85" * 200_000 + b"."
    lists = b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b"."
    for data in (tuples, lists):
        assert fingerprint(data).startswith("sha256:")


def test_a_key_that_nests_deeply_is_refused_before_it_is_hashed() -> None:
    key = b"K\x01" + b"\x85" * 100_000
    data = b"\x80\x04}" + key + b"Ns."
    with pytest.raises(LegacyError, match="keys"):
        model(data)


# -- what is not in the table ----------------------------------------------------------------------


class Mine:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("true",)


def test_everything_unknown_is_named_at_once_with_its_places() -> None:
    data = pickle.dumps({"a": Mine(inner=Evil()), "b": [Mine(), Mine(), Mine(), Mine()]})
    with pytest.raises(UnsupportedError) as error:
        model(data)
    text = str(error.value)
    assert "2 things of the file cannot be converted" in text
    name = f"{Mine.__module__}.Mine"
    assert f"{name} (model['a'], model['b'][0], model['b'][1], …)" in text
    assert f"{os.system.__module__}.system is called" in text
    assert "model['a'].inner" in text


def test_what_a_file_sets_on_a_class_is_refused() -> None:
    touched = Global("sklearn.svm._classes", "SVC", states=[Dict([("fit", 1)])])
    for symbol in ([touched], [Call(touched, (), None, "newobj")]):
        with pytest.raises(UnsupportedError, match="is changed by the file"):
            rebuilt(symbol)


@pytest.mark.parametrize(
    ("symbol", "says"),
    [
        (Persistent("x"), "outside of the pickle"),
        (OutOfBand(0), "buffer 0"),
        (Extension(7), "extension 7"),
        (OldString(b"\xff"), "Python 2"),
        (Call(Call(Global("os", "getcwd"), ()), ()), "the result of a call"),
        (Call(SVC, 5, None, "newobj"), "not a tuple"),
        (Call(SVC, (), Dict([("a", 1)]), "newobj_ex"), "keywords"),
        (Call(Global("builtins", "eval"), ("1",)), r"builtins\.eval is called"),
        (Global("builtins", "eval"), r"builtins\.eval"),
    ],
)
def test_what_is_no_part_of_a_model_is_refused(symbol: Any, says: str) -> None:
    with pytest.raises(UnsupportedError, match=says):
        rebuilt([symbol])


def test_functions_that_are_carried_as_bytecode_are_refused_by_name() -> None:
    def doubled(x: int) -> int:
        return 2 * x

    class Local:
        pass

    data = cloudpickle.dumps([doubled, lambda x: x, Local()])
    with pytest.raises(UnsupportedError) as error:
        model(data)
    text = str(error.value)
    assert "the function doubled is carried as bytecode of one version of Python" in text
    assert "the function <lambda> is carried as bytecode" in text
    assert "the class Local is carried as bytecode" in text


def test_a_fault_is_told_with_its_path_and_offset() -> None:
    data = pickle.dumps({"a": [np.arange(3)]}, 2)
    offset = next(at for code, _, at in pickletools.genops(data) if code.name == "REDUCE")
    broken = data.replace(b"K\x03\x85", b"K\x04\x85")
    assert broken != data
    with pytest.raises(UnsupportedError, match=r"ask for 32.*model\['a'\]\[0\]") as error:
        model(broken)
    assert offset
    assert "byte" in str(error.value)


# -- bombs -----------------------------------------------------------------------------------------


def many(symbol: Any, count: int = 200_000) -> list[Any]:
    return [symbol] * count


def test_a_long_text_at_many_places_is_refused() -> None:
    for value in ("x" * 10_000, b"x" * 4000, 1 << 100_000, ("x" * 5000, "y" * 5000)):
        with pytest.raises(LegacyError, match="far more bytes"):
            rebuilt(many(value))


def test_a_large_set_without_identity_at_many_places_is_refused() -> None:
    with pytest.raises(LegacyError, match="far more bytes"):
        rebuilt(many(FrozenSet(list(range(10_000)))))


def test_many_objects_with_the_same_large_state_are_refused() -> None:
    state = Dict([(f"a{i}", i) for i in range(1000)])
    calls = [Call(SVC, (), None, "newobj", states=[state]) for _ in range(20_000)]
    with pytest.raises(LegacyError, match="same parts"):
        rebuilt(calls)


def test_many_arrays_over_the_same_bytes_are_refused() -> None:
    dtype = Call(Global("numpy", "dtype"), ("u1", False, True))
    frombuffer = Global("numpy._core.numeric", "_frombuffer")
    data = bytes(100_000)
    calls = [Call(frombuffer, (data, dtype, (100_000,), "C")) for _ in range(5000)]
    with pytest.raises(LegacyError, match="far more bytes"):
        rebuilt(calls)


def test_a_larger_file_may_say_more() -> None:
    texts = many("x" * 1000)
    with pytest.raises(LegacyError, match="far more bytes"):
        rebuilt(texts)
    assert len(rebuilt(texts, size=10_000_000)) == len(texts)


def test_honest_sharing_is_not_counted() -> None:
    common = ["x" * 10_000]
    assert len(rebuilt(many(common))) == 200_000


@pytest.mark.parametrize(
    "keys",
    [
        [[]],
        [Dict([])],
        [1 << 100_000],
        [i * ((1 << 61) - 1) for i in range(20_000)],
    ],
)
def test_keys_that_are_none_or_would_take_forever_are_refused(keys: list[Any]) -> None:
    for symbol in (Dict([(key, None) for key in keys]), Set(keys), FrozenSet(keys)):
        with pytest.raises(LegacyError, match="keys"):
            rebuilt([symbol])


def test_a_damaged_pickle_gives_a_clear_error_wherever_it_is_damaged() -> None:
    data = pickle.dumps([np.arange(5.0), {"a": (1, "b")}, np.random.RandomState(0)], 4)
    refused = 0
    for place in range(0, len(data), 3):
        damaged = data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :]
        try:
            model(damaged)
        except HolotypeError:
            refused += 1
    assert refused > len(data) / 100


def test_the_machine_and_the_rebuilder_agree_on_what_a_symbol_is() -> None:
    symbol = run(pickle.dumps([1, (2, [3])], 0)).value
    assert rebuilt(symbol) == [1, (2, [3])]
