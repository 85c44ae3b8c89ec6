"""What torch's pickles may say of tensors, modules and optimizers, and what they may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.errors import LegacyError
from holotype.graph.specimen import Named, Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.rules.names import entry_named
from holotype.legacy.rules.taken import Odd, Taken
from holotype.legacy.rules.torch import FUNCTIONS, TYPES, constant
from holotype.legacy.symbols import Global, Persistent
from holotype.legacy.torchsave import Storage, Storages
from holotype.types.torch.storage import Layout, Piece

FOUR = memoryview(np.arange(4, dtype="<f4").tobytes())


def storage(dtype: str = "float32", data: memoryview = FOUR) -> Storage:
    return Storage("0", dtype, data, big_endian=False)


def entry(key: str) -> Entry:
    found = entry_named(key)
    assert found is not None
    return found


def no_hooks() -> Specimen:
    return Specimen(entry("collections:OrderedDict"), Reduced(pairs=[]))


def call(name: str, *args: Any, **how: Any) -> Any:
    taken = Taken(name, args, plain=lambda raw: raw, **how)
    rule = FUNCTIONS.get(name)
    if rule is not None:
        return rule(taken)
    found = entry_named(name)
    assert found is not None
    return TYPES[found.key](taken)


def tensor(*changes: Any, name: str = "_rebuild_tensor_v2") -> Any:
    """A tensor of four numbers, with other arguments from the first on."""
    honest = (storage(), 0, (4,), (1,), False, no_hooks())
    return call(f"torch._utils:{name}", *changes, *honest[len(changes) :])


def piece(made: Specimen) -> Piece:
    found = made.reduced.args[0]
    assert isinstance(found, Piece)
    return found


def test_tensors_are_pieces_of_storages() -> None:
    made = piece(tensor(storage(), 1, (2,), [1]))
    assert (made.dtype, made.layout) == ("float32", Layout((2,), (1,), 1))
    size = Specimen(entry("torch:Size"), Reduced(((4,),)))
    old = call("torch._utils:_rebuild_tensor", storage(), 0, size, (1,))
    assert piece(old).layout == Layout((4,), (1,), 0)
    untyped = storage("")
    new = call(
        "torch._utils:_rebuild_tensor_v3",
        untyped,
        0,
        (8,),
        (1,),
        False,
        None,
        Global("torch", "uint16"),
    )
    assert piece(new).dtype == "uint16"


@pytest.mark.parametrize(
    "arguments",
    [
        ("not a storage",),
        (storage(), -1),
        (storage(), 1),
        (storage(), 0, (5,)),
        (storage(), 0, (4,), (2,)),
        (storage(), 0, (4,), (-1,)),
        (storage(), 0, (4,), (1, 1)),
        (storage(), 0, "four"),
        (storage(), 0, (4,), (1,), 1),
        (storage(), 0, (4,), (1,), False, {"a": 1}),
        (storage(), 0, (4,), (1,), False, None, {"conj": True}),
        (storage("qint8"),),
    ],
)
def test_a_tensor_that_is_not_one_is_odd(arguments: Any) -> None:
    with pytest.raises(Odd):
        tensor(*arguments)


@pytest.mark.parametrize(
    "rest", [("float32",), (Global("torch", "load"),), (Global("torch", "float32"), {"a": 1})]
)
def test_a_tensor_of_a_dtype_that_is_none_is_odd(rest: Any) -> None:
    with pytest.raises(Odd):
        call("torch._utils:_rebuild_tensor_v3", storage(""), 0, (1,), (1,), False, None, *rest)


def test_parameters_have_a_piece_of_their_own() -> None:
    data = tensor()
    made = call("torch._utils:_rebuild_parameter", data, False, no_hooks())
    assert made.reduced.args[1] is False
    assert piece(made) == piece(data)
    assert piece(made).who != piece(data).who
    named = call("torch._utils:_rebuild_parameter_with_state", data, True, None, ({"a": 1}, None))
    assert named.reduced.state == {"a": 1}


@pytest.mark.parametrize(
    "arguments", [(1, True, None), (None, 1, None), (None, True, None, "state")]
)
def test_a_parameter_that_is_not_one_is_odd(arguments: Any) -> None:
    data = tensor() if arguments[0] is None else arguments[0]
    with pytest.raises(Odd):
        call("torch._utils:_rebuild_parameter_with_state", data, *arguments[1:])


V2, TENSOR = Global("torch._utils", "_rebuild_tensor_v2"), Global("torch", "Tensor")


@pytest.mark.parametrize(
    ("function", "cls", "args"),
    [
        (V2, Global("mine", "Tensor"), ()),
        (Global("os", "system"), TENSOR, ()),
        (Global("torch._utils", "_rebuild_qtensor"), TENSOR, ()),
        (V2, TENSOR, [1]),
        ("text", TENSOR, ()),
    ],
)
def test_tensors_of_other_classes_are_odd(function: Any, cls: Any, args: Any) -> None:
    with pytest.raises(Odd):
        call("torch._tensor:_rebuild_from_type_v2", function, cls, args, {})


def sparse(form: str, *data: Any) -> Any:
    layout = call("torch.serialization:_get_layout", f"torch.{form}")
    return call("torch._utils:_rebuild_sparse_tensor", layout, data)


def test_sparse_tensors_are_their_parts() -> None:
    whole = memoryview(np.array([0, 1], "<i8").tobytes())
    index = tensor(storage("int64", whole), 0, (1, 2), (2, 1))
    values = tensor(storage(), 1, (2,), (2,))
    made = sparse("sparse_coo", index, values, (3,), True)
    form, indices, elements, *rest = made.reduced.args
    assert (form, indices.tolist(), elements.tolist()) == ("sparse_coo", [[0, 1]], [1.0, 3.0])
    assert rest == [None, (3,), True, None]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("sparse_bsr", (1, 2, 3, 4)),
        ("sparse_coo", (1, 2, 3)),
        ("sparse_coo", (1, 2, (3,), True)),
        ("strided", (1, 2, 3, 4)),
    ],
)
def test_other_sparse_tensors_are_odd(form: str, data: Any) -> None:
    with pytest.raises(Odd):
        sparse(form, *data)


def test_a_part_that_repeats_its_elements_is_odd() -> None:
    values = tensor(storage(), 0, (1000,), (0,))
    with pytest.raises(Odd, match="repeats"):
        sparse("sparse_coo", values, values, (3,), True)


def test_a_kind_of_tensor_that_is_not_kept_is_named() -> None:
    assert "not in the table" in call("torch._utils:_rebuild_qtensor", storage()).problem


def test_small_values() -> None:
    assert call("torch:device", "cpu") == Reduced(("cpu", None))
    assert call("torch:device", "cuda:1") == Reduced(("cuda", 1))
    assert call("torch:device", "cuda", 1) == Reduced(("cuda", 1))
    half = constant("torch:half")
    assert half is not None
    assert half.reduced.args == ("float16",)
    assert constant("torch:load") is None
    with pytest.raises(Odd):
        call("torch:device", "cuda:x")
    with pytest.raises(Odd):
        call("torch.serialization:_get_layout", "os.system")
    with pytest.raises(Odd):
        call("torch:Generator", "cuda", states=[(1, 2, 3)])


LINEAR = "torch.nn.modules.linear:Linear"


def linear(**changes: Any) -> Any:
    weight = call(
        "torch._utils:_rebuild_parameter", tensor(storage(), 0, (2, 2), (2, 1)), True, None
    )
    state = {
        "training": False,
        "in_features": 2,
        "out_features": 2,
        "_parameters": {"weight": weight, "bias": None},
        "_buffers": Specimen(entry("collections:OrderedDict"), Reduced(pairs=[])),
        "_modules": {},
        "_forward_hooks": no_hooks(),
    }
    return call(LINEAR, new=True, states=[{**state, **changes}])


def test_a_module_is_its_attributes_and_what_is_registered() -> None:
    state = linear().state
    assert state["parameters"] == ["weight", "bias"]
    assert (state["training"], state["in_features"], state["bias"]) == (False, 2, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"training": 1},
        {"_modules": [1]},
        {"_forward_hooks": {0: Named(entry("builtins:abs"))}},
    ],
)
def test_a_module_that_is_not_one_is_odd(changes: Any) -> None:
    with pytest.raises(Odd):
        linear(**changes)


def test_attributes_that_do_not_follow_from_the_rest_are_odd() -> None:
    sizes: dict[str, Any] = {"kernel_size": (1,), "dilation": (1,), "padding": (1,)}
    state = {"training": False, **sizes, "_reversed_padding_repeated_twice": [2, 2]}
    with pytest.raises(Odd, match="does not follow"):
        call("torch.nn.modules.conv:Conv1d", new=True, states=[state])


def test_optimizers_without_groups_are_odd() -> None:
    with pytest.raises(Odd):
        call("torch.optim.sgd:SGD", new=True, states=[{"defaults": {}, "state": {}}])


def reference(*changes: Any) -> Persistent:
    honest = ("storage", Global("torch", "FloatStorage"), "0", "cpu", 4)
    return Persistent((*changes, *honest[len(changes) :]))


def test_a_storage_is_found_by_its_reference() -> None:
    found = Storages({"0": FOUR}).find(reference())
    assert (found.dtype, bytes(found.data)) == ("float32", bytes(FOUR))


@pytest.mark.parametrize(
    ("pid", "says"),
    [
        (("module",), "not known"),
        (("storage", Global("torch", "QInt8Storage")), "is not kept"),
        (("storage", Global("mine", "FloatStorage")), "is not kept"),
        (("storage", Global("torch", "FloatStorage"), "1"), "is not in the file"),
        (("storage", Global("torch", "FloatStorage"), "0", "cpu", 5), "another size"),
        (("storage", Global("torch", "FloatStorage"), "0", "cpu", -4), "another size"),
        (("storage", Global("torch", "FloatStorage"), "0", "cpu", 4, ("1", 0, 2)), "view"),
    ],
)
def test_a_reference_that_lies_is_refused(pid: Any, says: str) -> None:
    with pytest.raises(LegacyError, match=says):
        Storages({"0": FOUR}).find(reference(*pid))
