"""A path holds the old archive or the new one, whatever happens; a stream gets the same bytes."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import resource
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
import safetensors.numpy
from tests import fresh
from tests.unit.archive.samples import LARGE, SMALL, WHEN, large, members, same

import holotype
from holotype.archive import writer
from holotype.archive.manifest import Manifest, ModelInfo, Part
from holotype.archive.writer import write_archive
from holotype.errors import FormatError, SaveError
from holotype.graph.encode import encode
from holotype.types.table import type_table

MODELS = pytest.mark.parametrize("model", [SMALL, LARGE], ids=["small", "large"])


# ---------------------------------------------------------------------------------- what is written


@MODELS
def test_path_stream_and_bytes_get_the_same_archive(model: Any, tmp_path: Path) -> None:
    path, stream = tmp_path / "m.holo", io.BytesIO()
    written = [holotype.dump(model, path, created=WHEN), holotype.dump(model, stream, created=WHEN)]
    data = holotype.dumps(model, created=WHEN)
    assert path.read_bytes() == stream.getvalue() == data
    assert written[0] == written[1]


@MODELS
@pytest.mark.parametrize("mode", ["wb", "w+b", "xb", "ab"])
@pytest.mark.parametrize("buffering", [-1, 0])
def test_an_open_file_gets_it_where_it_stands(
    model: Any, mode: str, buffering: int, tmp_path: Path
) -> None:
    data = holotype.dumps(model, created=WHEN)
    for before in (b"", b"what was written before"):
        path = tmp_path / f"{len(before)}.holo"
        with path.open(mode, buffering=buffering) as file:
            file.write(before)
            holotype.dump(model, cast(BinaryIO, file), created=WHEN)
            assert file.tell() == len(before) + len(data)
            file.write(b"and after")
        assert path.read_bytes() == before + data + b"and after"


def test_a_file_that_was_longer_keeps_its_end(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    data = holotype.dumps(SMALL, created=WHEN)
    path.write_bytes(b"x" * (len(data) + 5))
    with path.open("r+b") as file:
        holotype.dump(SMALL, file, created=WHEN)
    assert path.read_bytes() == data + b"xxxxx"


def test_a_file_that_only_appends_is_written_in_order(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with os.fdopen(opened, "wb") as file:
        holotype.dump(LARGE, file, created=WHEN)
    assert path.read_bytes() == holotype.dumps(LARGE, created=WHEN)


def test_the_receipt_identifies_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    receipt = holotype.dump(LARGE, path)
    parts = members(path.read_bytes())
    assert receipt.id == f"sha256:{hashlib.sha256(parts['manifest.json']).hexdigest()}"
    assert receipt.fingerprint == f"sha256:{hashlib.sha256(parts['blueprint.json']).hexdigest()}"
    assert receipt.size == path.stat().st_size
    assert receipt.fingerprint == holotype.fingerprint(LARGE) == holotype.fingerprint(path)


def test_the_same_time_gives_the_same_bytes_and_another_only_another_id() -> None:
    first = holotype.dumps(LARGE, created=WHEN)
    assert holotype.dumps(LARGE, created=WHEN.astimezone()) == first
    other = holotype.dumps(LARGE, created=WHEN.replace(year=2027))
    assert len(other) == len(first)
    assert holotype.show(other).id != holotype.show(first).id
    assert holotype.fingerprint(other) == holotype.fingerprint(first)


def test_the_time_may_come_from_source_date_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(WHEN.timestamp())))
    assert holotype.dumps(SMALL) == holotype.dumps(SMALL, created=WHEN)


def test_a_fresh_process_with_other_hashes_writes_the_same_bytes() -> None:
    code = (
        "import sys, holotype; from tests.unit.archive.samples import SMALL, WHEN;"
        "sys.stdout.write(holotype.dumps(SMALL, created=WHEN).hex())"
    )
    written = {fresh.run(code, PYTHONHASHSEED=seed).stdout for seed in ("0", "77")}
    assert len(written) == 1
    # This program may be another one, which only the manifest says.
    here = members(holotype.dumps(SMALL, created=WHEN))
    there = members(bytes.fromhex(written.pop()))
    said = [json.loads(each.pop("manifest.json")) for each in (here, there)]
    for each in said:
        each.pop("origin", None)
    assert said[0] == said[1]
    assert here == there


@pytest.mark.parametrize("context", [True, False])
def test_the_members_of_an_archive_are_those_that_the_manifest_lists(context: bool) -> None:
    data = holotype.dumps(SMALL, context=context)
    parts = members(data)
    three = ["manifest.json", "blueprint.json", "parameters.safetensors"]
    assert list(parts) == three + ["environment/requirements.txt"] * context
    listed = holotype.show(data).manifest.parts
    assert [(part.name, part.size) for part in listed] == [
        (name, len(parts[name])) for name in list(parts)[1:]
    ]


def test_a_model_without_arrays_has_valid_empty_parameters() -> None:
    parameters = members(holotype.dumps({"a": 1}))["parameters.safetensors"]
    assert safetensors.numpy.load(parameters) == {}


def test_the_official_package_reads_the_parameters() -> None:
    parts = members(holotype.dumps(LARGE))
    tensors = safetensors.numpy.load(parts["parameters.safetensors"])
    nodes = dict(json.loads(parts["blueprint.json"])["root"]["dict"])
    for key, node in nodes.items():
        if isinstance(node, dict) and "array" in node:
            tensor, array = tensors.pop(node["array"]), LARGE[key]
            turned = array if array.flags.c_contiguous else array.T
            if array.dtype.kind in "fiub":
                assert same(tensor, turned), key
            else:
                assert tensor.dtype == np.uint8, key
                assert tensor.shape == (array.nbytes,), key
    assert [tensor.dtype for tensor in tensors.values()] == [np.int16]  # the column of ``long``


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_unzip_accepts_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    holotype.dump(LARGE, path)
    done = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "No errors detected" in done.stdout
    assert done.stderr == ""


def test_an_array_above_a_mebibyte_has_a_digest_of_its_chunks() -> None:
    data = large().tobytes()
    leaves = [
        hashlib.sha256(data[i : i + (1 << 20)]).digest() for i in range(0, len(data), 1 << 20)
    ]
    (info,) = holotype.show(holotype.dumps({"bytes": large()})).arrays
    assert info.digest == f"sha256-tree:{hashlib.sha256(b''.join(leaves)).hexdigest()}"
    (small,) = holotype.show(holotype.dumps([np.arange(3.0)])).arrays
    assert small.digest == f"sha256:{hashlib.sha256(np.arange(3.0).tobytes()).hexdigest()}"


def test_a_fingerprint_hashes_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = holotype.show(holotype.dumps(LARGE)).fingerprint
    monkeypatch.delattr(os, "pwritev")
    assert holotype.fingerprint(LARGE) == expected


EXTRAS = {"card.md": b"# A card", "more/rows.safetensors": bytes(range(200)), "z/empty.json": b""}


def written_with(target: Any, model: Any) -> holotype.Archive:
    """An archive with further parts; what ``show`` says of it."""

    def make(fingerprint: str, parts: list[Part]) -> Manifest:
        info = ModelInfo("x", "other", 0, 0, 0)
        return Manifest(1, fingerprint, info, "2026-01-01T00:00:00Z", None, "x", {}, {}, parts)

    write_archive(target, encode(model, type_table()), make, EXTRAS)
    return holotype.show(target if isinstance(target, Path) else target.getvalue())


@MODELS
def test_further_parts_follow_the_arrays_and_are_covered_by_the_id(
    model: Any, tmp_path: Path
) -> None:
    path, stream = tmp_path / "m.holo", io.BytesIO()
    archive = written_with(path, model)
    assert written_with(stream, model).id == archive.id
    assert stream.getvalue() == path.read_bytes()
    assert list(members(stream.getvalue()).items())[3:] == list(EXTRAS.items())
    for part in archive.manifest.parts[2:]:
        assert part.digest == f"sha256:{hashlib.sha256(EXTRAS[part.name]).hexdigest()}"
        assert (part.size, part.head) == (len(EXTRAS[part.name]), None)
    assert holotype.verify(path)
    assert same(holotype.load(path), model)


def test_a_further_part_that_can_be_mapped_is_aligned(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    written_with(path, SMALL)
    assert path.read_bytes().index(EXTRAS["more/rows.safetensors"]) % 64 == 0


def test_a_further_part_of_a_name_that_is_not_permitted_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.holo").write_bytes(b"old")
    for name in ("../x", "manifest.json", "Blueprint.json", "a b"):
        with pytest.raises(FormatError):
            write_archive(
                tmp_path / "m.holo",
                encode([1], type_table()),
                lambda fingerprint, parts: Manifest(
                    1, fingerprint, ModelInfo("x", "o", 0, 0, 0), "", None, "x", {}, {}, parts
                ),
                {name: b""},
            )
    assert os.listdir(tmp_path) == ["m.holo"]
    assert (tmp_path / "m.holo").read_bytes() == b"old"


# -------------------------------------------------------------------------------------------- paths


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An archive that is to be replaced, alone in its folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    holotype.dump({"old": 1}, folder / "m.holo")
    return folder / "m.holo"


def unchanged(path: Path) -> bool:
    """Whether the old archive is there, and nothing else."""
    return holotype.load(path) == {"old": 1} and os.listdir(path.parent) == [path.name]


def test_a_relative_path_and_a_pathlike_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    holotype.dump([1], "a.holo")
    holotype.dump([2], Path("b.holo"))
    assert [holotype.load("a.holo"), holotype.load(tmp_path / "b.holo")] == [[1], [2]]


@pytest.mark.parametrize("letter", ["a", "模", "\U0001f600"])
def test_a_name_may_be_as_long_as_the_file_system_allows(letter: str, tmp_path: Path) -> None:
    path = tmp_path / (letter * (255 // len(letter.encode())))
    holotype.dump([1], path)
    assert holotype.load(path) == [1]


def test_a_new_file_respects_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        holotype.dump([1], tmp_path / "m.holo")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "m.holo").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o664])
def test_a_replaced_file_keeps_its_mode(mode: int, kept: Path) -> None:
    kept.chmod(mode)
    holotype.dump([2], kept)
    assert stat.S_IMODE(kept.stat().st_mode) == mode
    assert holotype.load(kept) == [2]


def test_a_symbolic_link_is_written_through(kept: Path) -> None:
    link = kept.parent / "link.holo"
    link.symlink_to(kept.name)
    holotype.dump([2], link)
    assert link.is_symlink()
    assert holotype.load(kept) == [2]


def test_a_link_to_a_file_that_is_not_there_makes_it(tmp_path: Path) -> None:
    (tmp_path / "link.holo").symlink_to("m.holo")
    holotype.dump([2], tmp_path / "link.holo")
    assert holotype.load(tmp_path / "m.holo") == [2]


def test_a_path_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="is a folder; give the name of a file in it"):
        holotype.dump([1], tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_device_is_refused_as_a_path_and_a_full_one_as_a_stream() -> None:
    with pytest.raises(SaveError, match="not a regular file"):
        holotype.dump([1], "/dev/full")
    for buffering in (0, 1 << 16):
        file = open("/dev/full", "wb", buffering=buffering)  # noqa: SIM115 - closing fails too
        with pytest.raises(OSError, match="No space left") as caught:
            holotype.dump([1], file)
        assert caught.value.errno == errno.ENOSPC
        with pytest.raises(OSError, match="No space left") if buffering else open(os.devnull):
            file.close()


def test_a_folder_that_is_not_there_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        holotype.dump([1], tmp_path / "none" / "m.holo")


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that this process may not write to, also where it runs as root."""
    folder = Path(tempfile.mkdtemp(prefix="holotype-test-"))
    holotype.dump({"old": 1}, folder / "m.holo")
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_left_as_it_is(read_only: Path) -> None:
    with pytest.raises(PermissionError):
        holotype.dump([1], read_only / "m.holo")
    assert unchanged(read_only / "m.holo")


# ---------------------------------------------------------------------------------------- atomicity


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full"), MemoryError()], ids=repr
)
@pytest.mark.parametrize(
    ("model", "calls"),
    [(SMALL, 0), (SMALL, 1), (SMALL, 2), (LARGE, 0), (LARGE, 1), (LARGE, 4)],
    ids=["small-0", "small-1", "small-2", "large-0", "large-1", "large-4"],
)
def test_a_write_that_is_broken_off_leaves_the_old_archive(
    model: Any, calls: int, error: BaseException, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwritev
    made: list[int] = []

    def failing(*arguments: Any) -> int:
        made.append(1)
        if len(made) > calls:
            raise error
        return real(*arguments)

    monkeypatch.setattr(os, "pwritev", failing)
    with pytest.raises(type(error)):
        holotype.dump(model, kept)
    assert len(made) > calls
    assert unchanged(kept)


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
def test_a_step_that_fails_leaves_the_old_archive(
    step: str, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, step, failing)
    with pytest.raises(OSError, match="broken"):
        holotype.dump([2], kept)
    monkeypatch.undo()
    assert unchanged(kept)


def test_the_file_and_its_folder_are_on_the_disk_before_dump_returns(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("folder" if folder else "file")
        real_sync(descriptor)

    def replace(source: str, target: str) -> None:
        steps.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    holotype.dump([2], kept)
    assert steps == ["file", "rename", "folder"]


def test_a_model_that_cannot_be_saved_leaves_the_old_archive(kept: Path) -> None:
    with pytest.raises(SaveError):
        holotype.dump([lambda: 0], kept, max_level="data")
    assert unchanged(kept)


def test_a_file_that_grows_too_large_leaves_the_old_archive(kept: Path) -> None:
    """As on a full disk: the system refuses the write, not a test double."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            holotype.dump(LARGE, kept)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG
    assert unchanged(kept)


KILLED = """
import os, random, signal, sys, time
import holotype
from tests.unit.archive.samples import large

target, rounds = sys.argv[1], 30
model = {"number": 0, "bytes": large()}
holotype.dump(model, target)
choice = random.Random(5)
found = set()
for turn in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            model["number"] += 1
            model["bytes"][:] = model["number"] % 256
            if model["number"] == 2:
                os.write(writing, b"!")
            holotype.dump(model, target)
    os.read(reading, 1)
    time.sleep(choice.random() * 0.04)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading), os.close(writing)
    holotype.verify(target).require()
    found.add(holotype.load(target)["number"])
    for name in set(os.listdir(os.path.dirname(target))) - {os.path.basename(target)}:
        assert name[0] == "." and name.endswith(".tmp"), name
        os.unlink(os.path.join(os.path.dirname(target), name))
print(len(found))
"""


def test_a_writer_that_is_killed_leaves_the_old_archive_or_the_new_one(tmp_path: Path) -> None:
    """Thirty times by SIGKILL, at any moment; only temporary files may lie about."""
    assert int(fresh.run(KILLED, str(tmp_path / "m.holo")).stdout) >= 1


# ------------------------------------------------------------------------------------- file objects


def read_all(read: Callable[[int], bytes], into: list[bytes]) -> threading.Thread:
    def run() -> None:
        while data := read(1 << 16):
            into.append(data)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_pipe_can_be_written_to() -> None:
    reading, writing = os.pipe()
    received: list[bytes] = []
    thread = read_all(lambda size: os.read(reading, size), received)
    with open(writing, "wb", buffering=0) as file:
        assert not file.seekable()
        holotype.dump(LARGE, cast(BinaryIO, file), created=WHEN)
    thread.join()
    os.close(reading)
    assert b"".join(received) == holotype.dumps(LARGE, created=WHEN)


def test_a_socket_can_be_written_to() -> None:
    here, there = socket.socketpair()
    received: list[bytes] = []
    with here, there:
        thread = read_all(there.recv, received)
        with here.makefile("wb") as file:
            holotype.dump(LARGE, cast(BinaryIO, file), created=WHEN)
        here.shutdown(socket.SHUT_WR)
        thread.join()
    assert b"".join(received) == holotype.dumps(LARGE, created=WHEN)


def test_a_file_is_written_from_where_it_stands(tmp_path: Path) -> None:
    with open(tmp_path / "m.holo", "w+b") as file:
        file.write(b"before")
        holotype.dump(SMALL, file, created=WHEN)
        file.write(b"after")
    data = holotype.dumps(SMALL, created=WHEN)
    assert (tmp_path / "m.holo").read_bytes() == b"before" + data + b"after"


class Sink:
    """The least that can be written to: no descriptor, no flush."""

    def __init__(self, most: int | None) -> None:
        self.data = b""
        self.most = most  # bytes that one call takes; None takes all, and says nothing

    def write(self, data: Any) -> int | None:
        taken = bytes(data[: self.most])
        self.data += taken
        return None if self.most is None else len(taken)


@pytest.mark.parametrize("most", [None, 7, 1000])
def test_any_object_with_a_method_write_is_enough(most: int | None) -> None:
    sink = Sink(most)
    holotype.dump(SMALL, cast(BinaryIO, sink), created=WHEN)
    assert sink.data == holotype.dumps(SMALL, created=WHEN)


def test_a_stream_that_takes_no_bytes_is_refused() -> None:
    with pytest.raises(SaveError, match="does not take all bytes"):
        holotype.dump(SMALL, cast(BinaryIO, Sink(0)))


def test_a_stream_that_does_not_wait_is_refused() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with (
        open(reading, "rb"),
        open(writing, "wb", buffering=0) as file,
        pytest.raises(SaveError, match="give one that blocks"),
    ):
        holotype.dump(LARGE, cast(BinaryIO, file))


def test_text_files_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with (
        open(tmp_path / "m.holo", "w") as file,
        pytest.raises(TypeError, match="open it with 'wb'"),
    ):
        holotype.dump(SMALL, cast(BinaryIO, file))
    text = io.StringIO()
    with pytest.raises(TypeError, match="not binary"):
        holotype.dump(SMALL, cast(BinaryIO, text))
    assert (tmp_path / "m.holo").read_bytes() == text.getvalue().encode() == b""


@pytest.mark.parametrize("target", [None, 3, b"m.holo"])
def test_what_is_no_file_is_refused(target: Any) -> None:
    with pytest.raises(TypeError, match=f"was expected, not {type(target).__name__}"):
        holotype.dump(SMALL, target)


# ------------------------------------------------------------------------------------------- limits


def test_a_manifest_that_no_reader_would_take_is_not_written(kept: Path) -> None:
    with pytest.raises(SaveError, match=r"manifest\.json would have 2\d+ bytes.*SPEC 5\.5"):
        holotype.dump([1], kept, metadata={"x": "y" * 20_000_000})
    assert unchanged(kept)


def test_a_blueprint_that_no_reader_would_take_is_not_written(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_BLUEPRINT", 100)
    with pytest.raises(SaveError, match=r"blueprint\.json would have \d+ bytes"):
        holotype.dump(SMALL, kept)
    assert unchanged(kept)


def test_the_system_may_write_as_few_bytes_at_once_as_it_likes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwritev

    def few(descriptor: int, views: list[memoryview], offset: int) -> int:
        return real(descriptor, [views[0][:1000]], offset)

    monkeypatch.setattr(os, "pwritev", few)
    holotype.dump(LARGE, tmp_path / "m.holo", created=WHEN)
    assert (tmp_path / "m.holo").read_bytes() == holotype.dumps(LARGE, created=WHEN)


def test_more_arrays_than_one_call_can_write_are_written(tmp_path: Path) -> None:
    model = {f"a{i}": np.full(3, i) for i in range(1500)}
    holotype.dump(model, tmp_path / "m.holo")
    assert same(holotype.load(tmp_path / "m.holo"), model)


def test_a_manifest_that_changes_its_length_is_a_fault_that_writes_nothing(kept: Path) -> None:
    lengths = iter([1, 2])

    def make(fingerprint: str, parts: list[Part]) -> Manifest:
        info = ModelInfo("x", "other", 0, 0, 0)
        author = "x" * next(lengths)
        return Manifest(1, fingerprint, info, "2026-01-01T00:00:00Z", author, "x", {}, {}, parts)

    with pytest.raises(AssertionError, match="not the size that was planned"):
        write_archive(kept, encode([1], type_table()), make)
    assert unchanged(kept)
