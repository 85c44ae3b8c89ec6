"""Tensors of every dtype and layout, and those that share memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attacks.forge import array, blueprint, reseal

import holotype
from holotype.errors import HolotypeError, InvalidStateError, UnsupportedError

torch = pytest.importorskip("torch", reason="its tensors are stored")

pytestmark = [
    pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental:UserWarning"),
    pytest.mark.filterwarnings("ignore:Sparse (CSR|CSC|invariant) :UserWarning"),
]

DTYPES = (
    "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64 bfloat16 "
    "complex32 complex64 complex128 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz "
    "float8_e8m0fnu"
)


def again(value: Any) -> Any:
    """Saved as data and loaded; saving the result gives the same fingerprint."""
    archive = holotype.dumps(value, max_level="data")
    back = holotype.loads(archive)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)
    return back


def bits(tensor: Any) -> bytes:
    return bytes(tensor.detach().clone(memory_format=torch.contiguous_format).untyped_storage())


def of(dtype: str) -> Any:
    kind = getattr(torch, dtype)
    return torch.arange(6, dtype=torch.uint8).reshape(2, 3).to(torch.float32).to(kind)


@pytest.mark.parametrize("name", DTYPES.split())
def test_tensors_of_every_dtype_keep_bits_shape_and_strides(name: str) -> None:
    if not hasattr(torch, name):
        pytest.skip("this version of torch has no such dtype")
    whole = of(name)
    views = [whole, whole.t(), whole[:, ::2], whole[1, 2], whole[:0], whole.expand(4, 2, 3)]
    for tensor in [*views, torch.empty(0, dtype=whole.dtype), whole.reshape(2, 1, 3).mT]:
        back = again(tensor)
        assert type(back) is torch.Tensor
        assert (back.dtype, back.shape, back.stride()) == (
            tensor.dtype,
            tensor.shape,
            tensor.stride(),
        )
        assert bits(back) == bits(tensor)


def test_views_of_one_storage_come_back_as_views_of_one_storage() -> None:
    whole = torch.arange(40.0).reshape(10, 4)
    model = {"whole": whole, "rows": whole[2:5], "column": whole[:, 1]}
    model["bits"] = whole.view(torch.int32)
    back = again(model)
    assert len({tensor.untyped_storage()._cdata for tensor in back.values()}) == 1
    back["rows"].zero_()
    assert not back["whole"][2:5].any()
    assert back["column"][2] == 0
    assert back["whole"]._base is None, "a view would refuse to be changed in place as a leaf"


def test_what_no_tensor_sees_is_not_stored() -> None:
    secret = torch.full((1000, 8), 7.0)
    secret[3] = 1.0
    assert holotype.fingerprint(holotype.dumps(secret[3])) == holotype.fingerprint(
        holotype.dumps(torch.ones(8))
    )
    gaps = holotype.show(holotype.dumps(secret[:, 0]))
    assert gaps.arrays[0].shape == (7993,)
    held = torch.full((4, 2), 7.0)
    archive = holotype.dumps({"a": held[:, 0], "b": held[2:3, 0]})
    raw = holotype.show(archive).arrays[0]
    assert raw.shape == (7,)
    assert np.array([7.0, 0.0] * 3 + [7.0], np.float32).tobytes() in archive


def test_the_same_tensors_give_the_same_fingerprint_whatever_else_is_alive() -> None:
    weight = torch.arange(6.0)
    before = holotype.fingerprint(holotype.dumps([weight]))
    view = weight[2:]
    assert holotype.fingerprint(holotype.dumps([weight])) == before
    assert holotype.fingerprint(holotype.dumps([weight, view])) != before
    assert holotype.fingerprint(holotype.dumps([weight, view.clone()])) != holotype.fingerprint(
        holotype.dumps([weight, view])
    )


def test_parameters_and_buffers_keep_gradients_and_attributes() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    weight.group = "decayed"
    frozen = torch.nn.Parameter(torch.ones(3), requires_grad=False)
    leaf = torch.ones(4, requires_grad=True)
    buffer = torch.nn.Buffer(torch.ones(2), persistent=False)
    back = again([weight, frozen, leaf, buffer, weight.data])
    assert [type(each) for each in back[:2]] == [torch.nn.Parameter] * 2
    assert [each.requires_grad for each in back] == [True, False, True, False, False]
    assert back[0].group == "decayed"
    assert isinstance(back[3], torch.nn.Buffer)
    assert back[3].persistent is False
    assert back[4].untyped_storage()._cdata == back[0].untyped_storage()._cdata


def test_sparse_tensors() -> None:
    dense = torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    doubled = torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 2.0], (2, 3))
    forms = [dense.to_sparse(), doubled, dense.to_sparse_csr(), dense.to_sparse_csc()]
    for form in [*forms, dense.bfloat16().to_sparse(), dense.to_sparse(1)]:
        back = again(form)
        assert (back.layout, back.dtype, back.shape) == (form.layout, form.dtype, form.shape)
        assert torch.equal(back.to_dense(), form.to_dense())
    assert not again(doubled).is_coalesced()
    assert again(forms[0]).is_coalesced()


def test_a_generator_goes_on_where_it_was() -> None:
    generator = torch.Generator().manual_seed(4)
    torch.randn(3, generator=generator)
    back = again(generator)
    assert torch.equal(torch.randn(5, generator=generator), torch.randn(5, generator=back))


def test_small_values() -> None:
    values = [
        torch.float32,
        torch.bfloat16,
        torch.qint8,
        torch.Size([2, 3]),
        torch.device("cpu"),
        torch.device("cuda", 1),
        torch.strided,
        torch.sparse_coo,
        torch.channels_last,
        {torch.float32: 1, torch.Size([3]): 2},
    ]
    back = again(values)
    assert back == values
    assert type(back[3]) is torch.Size


def test_the_names_of_stored_arrays_are_those_of_the_state() -> None:
    state = {f"layer{i}.weight": torch.randn(80, 80) for i in range(40)}
    names = {info.name for info in holotype.show(holotype.dumps(state)).arrays}
    assert state.keys() <= names
    few = torch.nn.Sequential(torch.nn.Linear(2, 3)).state_dict()
    assert {info.name for info in holotype.show(holotype.dumps(few)).arrays} == few.keys()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "dequantize"),
        (lambda: torch.ones(2, requires_grad=True) * 2, "detach"),
        (lambda: torch.empty(3, device="meta"), "meta device"),
        (lambda: torch.ones(3, dtype=torch.complex64).conj(), "resolve_conj"),
        (lambda: torch.ones(1).expand(10**9), "expanded from"),
        (lambda: torch.empty(0, 10**9), "none would believe"),
        (lambda: torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]), "unbind"),
        (lambda: torch.eye(4).to_sparse_bsr((2, 2)), "to_dense"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_what_could_not_come_back_is_refused_with_advice(make: Any, says: str) -> None:
    with pytest.raises(UnsupportedError, match=says) as caught:
        holotype.dumps({"x": make()})
    assert "model.x" in str(caught.value)


class Marked(torch.Tensor):  # type: ignore[misc, name-defined]
    """A tensor of a class of its own."""


@pytest.mark.parametrize("level", ["data", "code"])
def test_storages_and_tensors_of_other_classes_are_refused(level: str) -> None:
    for value in (torch.ones(2).untyped_storage(), torch.ones(2).as_subclass(Marked)):
        with pytest.raises(UnsupportedError):
            holotype.dumps(value, max_level=level)


def test_one_storage_of_booleans_and_numbers_is_refused() -> None:
    flags = torch.tensor([True, False])
    with pytest.raises(UnsupportedError, match="read as booleans"):
        holotype.dumps([flags, flags.view(torch.uint8)])


# -- what a file may say ------------------------------------------------------------------------


def forged(*args: Any, key: str = "torch.Tensor", **arrays: Any) -> bytes:
    held = {name: np.asarray(value) for name, value in arrays.items()}
    nodes = [array(arg, held[arg]) if isinstance(arg, str) and arg in held else arg for arg in args]
    return reseal(blueprint({"call": key, "args": nodes}), held)


def layout(shape: list[int], strides: list[int], offset: int) -> dict[str, Any]:
    return {"tuple": [{"tuple": shape}, {"tuple": strides}, offset]}


def coo(indices: Any, count: int, *, coalesced: bool = True) -> bytes:
    rest = (None, {"tuple": [3]}, coalesced, None)
    return forged("sparse_coo", "i", "v", *rest, i=np.array(indices), v=FOUR[:count])


def csr(starts: Any, columns: Any, count: int) -> bytes:
    rest = (None, {"tuple": [1, 3]}, None, None)
    arrays = {"s": np.array(starts), "c": np.array(columns), "v": FOUR[:count]}
    return forged("sparse_csr", "s", "c", "v", *rest, **arrays)


FOUR = np.arange(4, dtype="<f4")


@pytest.mark.parametrize(
    "archive",
    [
        forged("a", "float32", layout([5], [1], 0), a=FOUR),
        forged("a", "float32", layout([2], [4], 0), a=FOUR),
        forged("a", "float32", layout([2], [1], 3), a=FOUR),
        forged("a", "float64", layout([2], [1], 1), a=FOUR.view("|u1")),
        forged("a", "float32", layout([2, 2], [1], 0), a=FOUR),
        forged("a", "float32", layout([2], [-1], 1), a=FOUR),
        forged("a", "float32", layout([2**31, 2**31], [0, 0], 0), a=FOUR),
        forged("a", "float32", layout([0, 2**40], [1, 1], 0), a=FOUR),
        forged("a", "float32", layout([2], [1], -1), a=FOUR),
        forged("a", "float64", layout([4], [1], 0), a=FOUR),
        forged("a", "bool", layout([4], [1], 0), a=np.full(4, 7, "|u1")),
        forged("a", "bfloat16", a=FOUR),
        forged("a", "float32", a=FOUR),
        forged("a", "qint8", layout([4], [1], 0), a=FOUR.view("|u1")),
        forged("a", None, None, "yes", a=FOUR),
        forged("a", None, None, True, a=np.arange(4)),
        forged("a", a=np.arange(4, dtype=">f4")),
        forged("a", a=np.array(["x"])),
        forged("a", a=np.zeros((2, 2), order="F")),
        forged("a", key="torch.nn.Parameter", a=np.arange(4)),
        forged("a", key="torch.Generator", a=np.zeros(5056, "|u1")),
        forged("a", key="torch.Generator", a=np.zeros(16, "|u1")),
        forged({"tuple": ["x"]}, key="torch.Size"),
        forged("complex256", key="torch.dtype"),
        forged("__class__", key="torch.layout"),
        forged("cpu", 10**6, key="torch.device"),
        coo([[3]], 1),
        coo([[-1]], 1),
        coo([[1, 1]], 2),
        coo([[2, 1]], 2),
        coo([[1]], 4, coalesced=False),
        coo([[1], [1]], 1),
        csr([0, 1], [3], 1),
        csr([0, 2], [1], 1),
        csr([0, 2], [1, 1], 2),
        csr([0, 2, 1], [1], 1),
        csr([1, 1], [1], 1),
        forged("sparse_bsr", "a", a=FOUR),
    ],
)
def test_a_file_that_lies_about_a_tensor_is_refused(archive: bytes) -> None:
    with pytest.raises(InvalidStateError):
        holotype.loads(archive)


def test_tensors_from_a_file_are_the_callers_own() -> None:
    archive = holotype.dumps({"a": torch.zeros(3), "b": torch.zeros(3)})
    back = holotype.loads(archive)
    back["a"].add_(1)
    assert not back["b"].any()
    assert not holotype.loads(archive)["a"].any()


def test_a_mapped_tensor_is_changed_in_memory_only(tmp_path: Any) -> None:
    path = tmp_path / "t.holo"
    holotype.dump(torch.zeros(100_000), path)
    mapped = holotype.load(path, mmap=True)
    mapped.add_(1)
    assert not holotype.load(path).any()


def test_attributes_that_cover_those_of_a_tensor_are_refused() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    weight.__dict__["shape"] = (9,)
    with pytest.raises(HolotypeError, match="covers one of its class"):
        holotype.dumps(weight)
