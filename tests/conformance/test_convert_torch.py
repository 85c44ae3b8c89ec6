"""Files of torch.save become archives that dumping what torch.load gives would be."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests import fresh

import holotype
from holotype.errors import HolotypeError, LegacyError, UnsupportedError
from holotype.legacy.torchsave import MAGIC

torch = pytest.importorskip("torch", reason="it writes the files")
nn = torch.nn

pytestmark = [
    pytest.mark.filterwarnings("ignore:Sparse (CSR|CSC|invariant) :UserWarning"),
    pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:source code of class:UserWarning"),
]


def saved(value: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **how)
    return stream.getvalue()


def converted(data: bytes, **how: Any) -> bytes:
    stream = io.BytesIO()
    holotype.convert(data, stream, **how)
    return stream.getvalue()


def values() -> dict[str, Any]:
    torch.manual_seed(0)
    table = torch.arange(40.0).reshape(10, 4)
    layer = nn.Linear(4, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(table).sum().backward()
    optimizer.step()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    marked = nn.Parameter(torch.ones(2))
    marked.group = "decayed"
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding="same"), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)
    )
    encoder = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True)
    kinds = (
        "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128"
    )
    return {
        "attention": nn.MultiheadAttention(8, 2),
        "checkpoint": {"m": layer, "o": optimizer, "s": schedule, "os": optimizer.state_dict()},
        "constants": [torch.float32, torch.Size([2]), torch.device("cuda:1"), torch.strided],
        "dtypes": [torch.ones(2).to(getattr(torch, name)) for name in kinds.split()],
        "empty": [torch.empty(0, 3), torch.tensor(3.5)],
        "encoder": nn.TransformerEncoder(encoder, 2),
        "many": {f"layer{i}.weight": torch.full((3, 2), float(i)) for i in range(40)},
        "module lists": [nn.ModuleDict({"a": nn.ReLU()}), nn.ParameterList([torch.ones(1)])],
        "network": network,
        "parameters": [marked, nn.Parameter(torch.ones(3), requires_grad=False)],
        "recurrent": nn.LSTM(4, 6, 2, bidirectional=True),
        "sparse": [torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()],
        "state": network.state_dict(),
        "views": {"a": table, "b": table[2:5], "c": table[:, 1], "t": table.t(), "p": table[3]},
    }


with warnings.catch_warnings(action="ignore"):  # of sparse tensors, which are in beta
    VALUES = values()
ONLY_ZIPPED = {
    "float8": torch.ones(3).to(torch.float8_e5m2),
    "generator": torch.Generator().manual_seed(3),
    "buffer": nn.Buffer(torch.ones(3)),
    "uint16": torch.ones(2, dtype=torch.uint16),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", VALUES)
def test_a_converted_file_is_what_dumping_the_loaded_one_gives(name: str, zipped: bool) -> None:
    check(VALUES[name], _use_new_zipfile_serialization=zipped)


@pytest.mark.parametrize("name", ONLY_ZIPPED)
def test_what_only_the_newer_format_holds(name: str) -> None:
    check(ONLY_ZIPPED[name])


def check(value: Any, **how: Any) -> None:
    data = saved(value, **how)
    archive = converted(data, max_level="data")
    loaded = torch.load(io.BytesIO(data), weights_only=False)
    expected = {holotype.fingerprint(holotype.dumps(each)) for each in (value, loaded)}
    assert {holotype.fingerprint(archive)} == expected
    assert holotype.scan(data).verdict == "data"
    holotype.loads(archive)


def test_a_converted_model_answers_as_the_loaded_one() -> None:
    model = VALUES["network"].eval()
    back = holotype.loads(converted(saved(model)))
    x = torch.ones(1, 3, 8, 8)
    assert torch.equal(back(x), model(x))


def test_compressed_files_and_pickle_protocols() -> None:
    for protocol in (2, 3, 4, 5):
        data = saved(VALUES["state"], pickle_protocol=protocol)
        one = holotype.fingerprint(converted(gzip.compress(data)))
        assert one == holotype.fingerprint(holotype.dumps(VALUES["state"]))


def test_converting_imports_no_torch(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save(VALUES["checkpoint"], path)
    program = (
        "import io, sys, holotype\n"
        "holotype.convert(sys.argv[1], io.BytesIO())\n"
        "print('torch' in sys.modules)"
    )
    assert fresh.run(program, str(path)).stdout.strip() == "False"


class Own(nn.Module):
    """A class that is found by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 1)


def test_a_module_of_ones_own_is_kept_by_name_or_refused() -> None:
    data = saved(Own())
    with pytest.raises(UnsupportedError, match="Own"):
        converted(data, max_level="data")
    if not Own.__module__.startswith("__"):
        assert holotype.show(converted(data)).level == "named"


# -- files that lie ------------------------------------------------------------------------------


def rewritten(data: bytes, change: Any) -> bytes:
    """The ZIP file of torch with other members."""
    source = zipfile.ZipFile(io.BytesIO(data))
    members = {info.filename: source.read(info) for info in source.infolist()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as file:
        for name, content in change(members).items():
            file.writestr(name, content)
    return stream.getvalue()


def without_storage(members: dict[str, bytes]) -> dict[str, bytes]:
    return {name: held for name, held in members.items() if not name.endswith("data/0")}


def shorter_storage(members: dict[str, bytes]) -> dict[str, bytes]:
    return {n: held[:-4] if n.endswith("data/0") else held for n, held in members.items()}


def replacing(old: bytes, new: bytes) -> Any:
    def change(members: dict[str, bytes]) -> dict[str, bytes]:
        name = next(each for each in members if each.endswith("data.pkl"))
        assert old in members[name]
        return {**members, name: members[name].replace(old, new, 1)}

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without_storage, "is not in the file"),
        (shorter_storage, "states another size"),
        (replacing(b"FloatStorage", b"QUInt8Storage"), "is not kept"),
        (replacing(b"FloatStorage", b"DoubleStorage"), "states another size"),
        (replacing(b"K\x02K\x03\x86", b"K\x09K\x03\x86"), "outside of its storage"),
        (replacing(b"K\x03K\x01\x86", b"K\x09K\x01\x86"), "outside of its storage"),
        (replacing(b"QK\x00K\x02", b"QK\x04K\x02"), "outside of its storage"),
    ],
)
def test_a_file_that_lies_about_its_storages_is_refused(change: Any, says: str) -> None:
    data = saved(torch.arange(6.0).reshape(2, 3))
    with pytest.raises(HolotypeError, match=says):
        converted(rewritten(data, change))


def test_elements_of_the_other_byte_order() -> None:
    numbers = torch.tensor([1.0, -2.5, 3e10])

    def turn(members: dict[str, bytes]) -> dict[str, bytes]:
        swapped = struct.pack(">3f", *numbers.tolist())
        names = {name.rpartition("/")[2]: name for name in members}
        return {**members, names["0"]: swapped, names["byteorder"]: b"big"}

    data = rewritten(saved(numbers), turn)
    back = holotype.loads(converted(data))
    assert torch.equal(back, torch.load(io.BytesIO(data)))
    assert torch.equal(back, numbers)


def test_tensors_of_a_gpu_become_those_of_the_cpu() -> None:
    numbers = torch.arange(3.0)
    named = (b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    archive = converted(rewritten(saved(numbers), replacing(*named)))
    assert holotype.fingerprint(archive) == holotype.fingerprint(holotype.dumps(numbers))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_is_refused_by_name() -> None:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), stream)
    with pytest.raises(LegacyError, match="TorchScript"):
        converted(stream.getvalue())


def test_a_stream_without_its_storages_is_refused() -> None:
    data = saved(torch.ones(4), _use_new_zipfile_serialization=False)
    assert pickle.loads(data) == MAGIC
    with pytest.raises(LegacyError):
        converted(data[:-4])


def test_hooks_are_refused() -> None:
    module = nn.Linear(2, 2)
    module.register_forward_hook(sys.exit)
    with pytest.raises(UnsupportedError):
        converted(saved(module))
