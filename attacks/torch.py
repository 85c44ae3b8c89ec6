"""Tricks with tensors and layers of PyTorch: what its kernels take for granted, and is not so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import BlueprintError, InvalidStateError, UntrustedError

FOUR = np.arange(4, dtype="<f4")


def tensor(name: str, values: np.ndarray[Any, Any], *more: Any, key: str = "Tensor") -> Any:
    """The node of a tensor over an array."""
    return {"call": f"torch.{key}", "args": [array(name, values), *more]}


def parameter(name: str, *shape: int) -> Any:
    """The node of a parameter of ones."""
    return tensor(name, np.ones(shape, "<f4"), key="nn.Parameter")


def layout(shape: list[int], strides: list[int], offset: int = 0) -> Any:
    """Shape, strides and offset of a tensor, in elements."""
    return {"tuple": [{"tuple": shape}, {"tuple": strides}, offset]}


def one(node: Any, values: np.ndarray[Any, Any] = FOUR) -> bytes:
    """An archive of one tensor over the array ``a``."""
    return reseal(blueprint(node), {"a": values})


def layer(name: str, parameters: Mapping[str, tuple[int, ...]], **members: Any) -> bytes:
    """An archive of a layer with parameters of these shapes."""
    nodes = {each: parameter(each, *shape) for each, shape in parameters.items()}
    state = {"training": False, **members, "parameters": {"list": list(nodes)}, **nodes}
    root = {
        "call": f"torch.nn.{name}",
        "args": [],
        "state": {"dict": [[key, value] for key, value in state.items()]},
    }
    arrays = {each: np.ones(shape, "<f4") for each, shape in parameters.items()}
    return reseal(blueprint(root), arrays)


# ------------------------------------------------------------------------------------------ tensors


@attack(InvalidStateError)
def strides_out_of_the_storage() -> bytes:
    """A tensor of four numbers whose strides lead a gigabyte further."""
    return one(tensor("a", FOUR, "float32", layout([2, 2], [2**28, 1])))


@attack(InvalidStateError)
def an_offset_past_the_storage() -> bytes:
    """A tensor that begins where its storage has ended."""
    return one(tensor("a", FOUR, "float32", layout([4], [1], 2**20)))


@attack(InvalidStateError)
def strides_that_run_backwards() -> bytes:
    """Negative strides, which torch has not, and which lead before the storage."""
    return one(tensor("a", FOUR, "float32", layout([4], [-1])))


@attack(InvalidStateError)
def one_number_a_trillion_times() -> bytes:
    """A stride of zero: four bytes that the first operation would make terabytes of."""
    return one(tensor("a", FOUR, "float32", layout([2**20, 2**20], [0, 0])))


@attack(InvalidStateError)
def nothing_of_a_trillion_rows() -> bytes:
    """A weight without elements for a trillion outputs, each of which takes no input."""
    empty = np.empty((2**40, 0), "<f4")
    return one(tensor("a", empty), empty)


@attack(InvalidStateError)
def booleans_of_other_bytes() -> bytes:
    """A storage of bytes that is read as booleans, which are 0 or 1 to a compiler."""
    sevens = np.full(4, 7, "|u1")
    return one(tensor("a", sevens, "bool", layout([4], [1])), sevens)


@attack(InvalidStateError)
def elements_of_another_width() -> bytes:
    """Numbers of eight bytes in a storage of half the size."""
    return one(tensor("a", FOUR, "float64", layout([4], [1])))


@attack(InvalidStateError)
def a_sparse_index_out_of_bounds() -> bytes:
    """A sparse matrix with an element far behind its last column."""
    indices = np.array([[0], [2**40]])
    args = [
        "sparse_coo",
        array("i", indices),
        array("v", FOUR[:1]),
        None,
        {"tuple": [2, 2]},
        True,
        None,
    ]
    root = {"call": "torch.Tensor", "args": args}
    return reseal(blueprint(root), {"i": indices, "v": FOUR[:1]})


@attack(InvalidStateError)
def sparse_rows_that_run_backwards() -> bytes:
    """A sparse matrix whose second row begins behind its end."""
    starts, columns = np.array([0, 2**40, 1]), np.array([0])
    args: list[Any] = ["sparse_csr", array("s", starts), array("c", columns), array("v", FOUR[:1])]
    args += [None, {"tuple": [2, 2]}, None, None]
    root = {"call": "torch.Tensor", "args": args}
    return reseal(blueprint(root), {"s": starts, "c": columns, "v": FOUR[:1]})


@attack(InvalidStateError)
def a_random_state_past_its_words() -> bytes:
    """A generator that is to read its next word behind the table of its words."""
    state = np.zeros(5056, "|u1")
    state[8:16] = np.array([1, 1], "<i4").view("|u1")
    state[16:24] = np.array([2**40], "<u8").view("|u1")
    root = {"call": "torch.Generator", "args": [array("a", state)]}
    return one(root, state)


# ------------------------------------------------------------------------------------------- layers


@attack(InvalidStateError)
def fewer_weights_than_layers() -> bytes:
    """A recurrent network of a million layers with the weights of one."""
    weights = {
        "weight_ih_l0": (8, 2),
        "weight_hh_l0": (8, 2),
        "bias_ih_l0": (8,),
        "bias_hh_l0": (8,),
    }
    facts = {"input_size": 2, "hidden_size": 2, "num_layers": 10**6, "bias": True}
    more = {"batch_first": False, "dropout": 0.0, "bidirectional": False, "proj_size": 0}
    return layer("LSTM", weights, mode="LSTM", **facts, **more)


@attack(InvalidStateError)
def gates_that_are_not_there() -> bytes:
    """A recurrent network whose weights have the rows of one gate instead of four."""
    weights = {"weight_ih": (2, 2), "weight_hh": (2, 2), "bias_ih": (2,), "bias_hh": (2,)}
    return layer("LSTMCell", weights, input_size=2, hidden_size=2, bias=True)


@attack(InvalidStateError)
def no_groups_at_all() -> bytes:
    """A normalisation that divides its channels into no groups."""
    weights = {"weight": (4,), "bias": (4,)}
    return layer("GroupNorm", weights, num_groups=0, num_channels=4, eps=1e-5, affine=True)


@attack(InvalidStateError)
def padding_of_a_gigabyte() -> bytes:
    """A layer of no weights that adds thirty thousand pixels on each side."""
    sides = {"tuple": [2**15, 2**15, 2**15, 2**15]}
    return layer("ConstantPad2d", {}, padding=sides, value=0.0)


@attack(InvalidStateError)
def a_call_in_the_place_of_a_forward() -> bytes:
    """A compiled forward pass of the file's own, which every module would prefer to its own."""
    name = {"name": "builtins.sorted"}
    return layer("Identity", {}, _compiled_call_impl=name)


@attack(InvalidStateError)
def a_function_for_an_activation() -> bytes:
    """A transformer whose activation is some function that the table names."""
    return layer("TransformerDecoderLayer", {}, norm_first=False, activation={"name": "math.exp"})


@attack(InvalidStateError)
def modules_doubled_forty_times() -> bytes:
    """Forty containers that each call the next one twice."""
    shared: list[Any] = []
    for at in range(40):
        inner = {"ref": at + 1}
        members: list[Any] = [["training", False]]
        if at < 39:
            members += [["modules", {"list": ["0", "1"]}], ["0", inner], ["1", inner]]
        shared.append({"call": "torch.nn.Sequential", "args": [], "state": {"dict": members}})
    return reseal(blueprint({"ref": 0}, shared))


@attack(InvalidStateError)
def an_image_enlarged_without_end() -> bytes:
    """Twelve layers that each make an image sixty-four times as large."""
    members: list[Any] = [["training", False], ["modules", {"list": [str(i) for i in range(12)]}]]
    facts = [["training", False], ["name", "Upsample"], ["size", None], ["scale_factor", 8.0]]
    facts += [["mode", "nearest"], ["align_corners", None], ["recompute_scale_factor", None]]
    node = {"call": "torch.nn.Upsample", "args": [], "state": {"dict": facts}}
    members += [[str(i), node] for i in range(12)]
    root = {"call": "torch.nn.Sequential", "args": [], "state": {"dict": members}}
    return reseal(blueprint(root))


# ------------------------------------------------------------------------------------- what is code


@attack(InvalidStateError)
def a_module_that_is_code() -> bytes:
    """TorchScript by its name, which stands in the table only to be refused."""
    return reseal(blueprint({"call": "torch.jit._script.RecursiveScriptModule", "args": []}))


@attack(UntrustedError)
def a_loader_by_its_name() -> bytes:
    """torch.load, as a function that a model refers to."""
    return reseal(blueprint({"name": "torch.load"}))


@attack(BlueprintError)
def a_function_that_is_called() -> bytes:
    """A function of torch that the table names, called."""
    return reseal(blueprint({"call": "torch.nn.functional.relu", "args": [1]}))
