"""From wherever an archive comes, the same arrays come out: checked, writable, one's own."""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import itertools
import os
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
from attacks.forge import array, blueprint, container, reseal
from tests import fresh
from tests.unit.archive.samples import LARGE, SMALL, WHEN, large, members, same

import holotype
from holotype.archive import reader as module
from holotype.archive.parameters import MAX_SHARED
from holotype.archive.reader import open_archive
from holotype.errors import ArchiveError, DigestError, FormatError, LimitError
from holotype.restore.native import checked_blueprint

LARGE_DATA = holotype.dumps(LARGE, created=WHEN)
BIG = LARGE["bytes"]
SMALL_DATA = holotype.dumps(SMALL, created=WHEN)
WAYS = pytest.mark.parametrize(
    "options",
    [{"mmap": mmap, "verify": verify} for mmap in (False, True) for verify in (True, False)],
    ids=["read", "read-unverified", "mapped", "mapped-unverified"],
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archives") / "m.holo"
    path.write_bytes(LARGE_DATA)
    return path


def refuse(data: Any, error: type[ArchiveError], clause: str, message: str, **options: Any) -> None:
    with pytest.raises(error, match=message) as caught:
        holotype.load(data, **options)
    assert caught.value.clause == clause


# ------------------------------------------------------------------------------------------ sources


def through_a_pipe(data: bytes) -> io.BufferedReader:
    reading, writing = os.pipe()

    def run() -> None:
        with open(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=run).start()
    return open(reading, "rb")


def spooled(path: Path) -> Any:
    file = tempfile.SpooledTemporaryFile(max_size=1 << 30)  # noqa: SIM115
    file.write(path.read_bytes())
    file.seek(0)
    return file


def named(path: Path) -> Any:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115
    file.write(path.read_bytes())
    file.seek(0)
    return file


def compressed(opener: Any, path: Path) -> Any:
    target = path.with_suffix(f".{opener.__module__}")
    with opener(target, "wb") as file:
        file.write(path.read_bytes())
    return opener(target)


def in_the_middle(path: Path) -> Any:
    target = path.with_suffix(".middle")
    target.write_bytes(b"before" + path.read_bytes())
    file = open(target, "rb")  # noqa: SIM115
    file.seek(6)
    return file


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "text": str,
    "bytes": lambda path: path.read_bytes(),
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "stream": lambda path: io.BytesIO(path.read_bytes()),
    "file": lambda path: path.open("rb"),
    "file for both": lambda path: path.open("r+b"),
    "unbuffered file": lambda path: path.open("rb", buffering=0),
    "named temporary file": named,
    "spooled temporary file": spooled,
    "pipe": lambda path: through_a_pipe(path.read_bytes()),
    "file of gzip": lambda path: compressed(gzip.open, path),
    "file of bz2": lambda path: compressed(bz2.open, path),
    "file from where it stands": in_the_middle,
}


@WAYS
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_model(source: str, options: Any, tmp_path: Path) -> None:
    (tmp_path / "m.holo").write_bytes(SMALL_DATA)
    opened = SOURCES[source](tmp_path / "m.holo")
    try:
        assert same(holotype.load(opened, **options), SMALL)
    finally:
        if hasattr(opened, "close"):
            opened.close()


@WAYS
@pytest.mark.parametrize("source", ["path", "bytes", "stream"])
def test_large_arrays_come_from_every_kind_of_source(source: str, options: Any, path: Path) -> None:
    assert same(holotype.load(SOURCES[source](path), **options), LARGE)


def test_every_source_is_shown_verified_and_fingerprinted(path: Path) -> None:
    expected = holotype.fingerprint(LARGE)
    for use, source in itertools.product(
        (
            lambda s: holotype.show(s).fingerprint,
            lambda s: holotype.verify(s).fingerprint,
            holotype.fingerprint,
        ),
        ("path", "text", "bytes", "bytearray", "memoryview", "stream", "file", "pipe"),
    ):
        opened = SOURCES[source](path)
        assert use(opened) == expected, source
        if hasattr(opened, "close"):
            opened.close()


def test_a_named_pipe_is_read_by_its_path(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    thread = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[SMALL_DATA])
    thread.start()
    assert same(holotype.load(tmp_path / "pipe"), SMALL)
    thread.join()


def test_a_file_object_stays_open_and_the_callers(path: Path) -> None:
    with open(path, "rb") as file:
        holotype.load(file, mmap=True)
        assert not file.closed
        file.seek(0)
        assert file.read(4) == b"PK\3\4"


def test_text_files_are_refused(path: Path) -> None:
    with open(path) as file, pytest.raises(TypeError, match="open it with 'rb'"):
        holotype.load(cast(BinaryIO, file))
    with pytest.raises(TypeError, match="not binary"):
        holotype.load(cast(BinaryIO, io.StringIO("PK")))

    class Text:
        def read(self) -> str:
            return "PK"

    with pytest.raises(TypeError, match="not binary"):
        holotype.load(cast(BinaryIO, Text()))


@pytest.mark.parametrize("source", [None, 5, ["m.holo"]])
def test_what_is_no_file_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match=f"was expected, not {type(source).__name__}"):
        holotype.load(source)


def test_a_file_that_cannot_be_opened_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        holotype.load(tmp_path / "none.holo")
    with pytest.raises(IsADirectoryError):
        holotype.load(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.holo").touch()
    refuse(tmp_path / "m.holo", FormatError, "2.1", "the file is empty")
    refuse(b"", FormatError, "2.1", "0 bytes are too few")


# ------------------------------------------------------------------------------------------- arrays


def arrays_of(model: Any) -> Iterator[np.ndarray[Any, Any]]:
    for value in model.values() if isinstance(model, dict) else model:
        if isinstance(value, np.ndarray):
            yield value


@WAYS
@pytest.mark.parametrize("source", ["path", "bytes", "stream"])
def test_arrays_are_writable_aligned_and_keep_no_file_open(
    source: str, options: Any, path: Path
) -> None:
    for loaded in arrays_of(holotype.load(SOURCES[source](path), **options)):
        assert loaded.flags.writeable
        assert loaded.flags.aligned
        loaded[...] = loaded


def test_small_arrays_of_equal_content_are_stored_once() -> None:
    one, two = (holotype.dumps([np.arange(50.0) for _ in range(n)]) for n in (1, 2))
    assert len(one) < len(two) < len(one) + 250


@WAYS
def test_arrays_that_share_their_bytes_in_the_file_come_back_independent(
    options: Any, tmp_path: Path
) -> None:
    values = np.arange(50.0)
    node = array("a", values)
    (tmp_path / "m.holo").write_bytes(forged({"list": [node, node, node]}, {"a": values}))
    for source in (tmp_path / "m.holo", (tmp_path / "m.holo").read_bytes()):
        loaded = holotype.load(source, **options)
        for each in loaded:
            assert same(each, values)
            each[...] = 0
        assert not np.shares_memory(loaded[0], loaded[1])
        assert not np.shares_memory(loaded[1], loaded[2])


def test_only_small_arrays_share_their_bytes() -> None:
    """A file of one large array and many names for it would become many large arrays."""
    small, large = (np.arange(MAX_SHARED + more, dtype="u1") for more in (0, 1))
    one, two = array("a", small), array("a", large)
    assert len(holotype.loads(forged({"list": [one, one]}, {"a": small}))) == 2
    refuse(forged({"list": [two, two]}, {"a": large}), LimitError, "3.5", "use the 1025 bytes")
    for values, times in ((small, 1), (large, 2)):
        size = len(holotype.dumps([values.copy(), values.copy()])) - len(holotype.dumps([values]))
        assert (size > len(values)) == (times == 2)


@pytest.mark.parametrize("verify", [True, False])
def test_what_is_written_to_a_mapped_array_stays_in_this_process(
    verify: bool, tmp_path: Path
) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(LARGE_DATA)
    first, second = (holotype.load(path, mmap=True, verify=verify) for _ in range(2))
    for loaded in arrays_of(first):
        if loaded.dtype.kind in "fiu":
            loaded += 1
    assert not same(first, LARGE)
    assert path.read_bytes() == LARGE_DATA
    assert same(second, LARGE)
    assert same(holotype.load(path), LARGE)


def test_a_mapped_model_outlives_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(LARGE_DATA)
    model = holotype.load(path, mmap=True)
    holotype.dump({"bytes": large(1)}, path)
    path.unlink()
    assert same(model, LARGE)


def test_a_model_mapped_from_bytes_does_not_write_into_them() -> None:
    data = bytearray(LARGE_DATA)
    holotype.load(data, mmap=True)["bytes"][:] = 0
    assert data == LARGE_DATA
    data[:] = b""  # and holds no reference to them


def test_a_mapped_array_is_not_read_before_it_is_used(path: Path) -> None:
    """The pages that opening touches are few: what makes a gigabyte open in a millisecond."""
    code = (
        "import resource, sys, holotype; holotype.load(sys.argv[1]);"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt;"
        "model = holotype.load(sys.argv[1], mmap=True, verify=False);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    assert int(fresh.run(code, str(path)).stdout) * os.sysconf("SC_PAGESIZE") < BIG.nbytes / 2


def test_padding_comes_back_as_zero() -> None:
    rows = np.full(40, 0xFF, np.uint8).view(np.dtype([("a", "u1"), ("b", "<f4")], align=True))
    assert rows.tobytes()[1:4] == b"\xff\xff\xff"
    again = holotype.loads(holotype.dumps(rows))
    assert [again.tobytes()[i : i + 4] for i in range(0, 40, 8)] == [b"\xff\0\0\0"] * 5


def test_the_system_may_read_as_few_bytes_at_once_as_it_likes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.preadv

    def few(descriptor: int, views: list[memoryview], offset: int) -> int:
        return real(descriptor, [views[0][:1000]], offset)

    monkeypatch.setattr(os, "preadv", few)
    assert same(holotype.load(path), LARGE)


def test_a_file_that_becomes_shorter_while_it_is_read_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "preadv", lambda *_: 0)
    refuse(path, FormatError, "2.1", "became shorter")


def test_an_error_of_the_disk_is_the_systems_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", failing)
    with pytest.raises(OSError, match="Input/output error"):
        holotype.load(path)


# ------------------------------------------------------------------------------------------ digests

TEXT = "x" * 40
SMALL_ARRAY = np.arange(100.0)


def flipped(data: bytes, needle: bytes, at: int = 0) -> bytes:
    """``data`` with one bit changed, ``at`` bytes into the only place where ``needle`` stands."""
    assert data.count(needle) == 1
    changed = bytearray(data)
    changed[data.index(needle) + at] ^= 1
    return bytes(changed)


def forged(root: Any, arrays: Any, **changes: Any) -> bytes:
    return reseal(blueprint(root), arrays, **changes)


@WAYS
def test_a_manifest_with_another_checksum_is_refused(options: Any) -> None:
    """Nothing in the file holds its SHA-256: that is the archive's id, known to whom it matters."""
    data = flipped(holotype.dumps(1, author="Ada"), b'"Ada"', 1)
    refuse(data, DigestError, "5.1", r"manifest\.json is damaged: its CRC-32", **options)


@WAYS
def test_a_blueprint_with_another_digest_than_the_manifests_is_refused(options: Any) -> None:
    data = holotype.dumps([TEXT])
    refuse(flipped(data, TEXT.encode(), 7), DigestError, "5.3", "blueprint.json is not", **options)


@WAYS
def test_a_fingerprint_that_is_not_the_blueprints_digest_is_refused(options: Any) -> None:
    other = forged(1, {}, manifest={"fingerprint": "sha256:" + "0" * 64})
    refuse(other, DigestError, "5.4", "the fingerprint is not", **options)


@WAYS
@pytest.mark.parametrize("old", [b'"dtype":"F64"', b"  ", b'"shape":[100]'])
def test_a_head_that_is_not_the_arrays_is_refused(old: bytes, options: Any) -> None:
    honest = forged(array("a", SMALL_ARRAY), {"a": SMALL_ARRAY})
    parts = members(honest)["parameters.safetensors"]
    head, data = parts[: -SMALL_ARRAY.nbytes], parts[-SMALL_ARRAY.nbytes :]
    new = {b"  ": b" \n", b'"dtype":"F64"': b'"dtype":"I64"'}.get(old, b'"shape":[010]')
    changed = head.replace(old, new, 1)
    assert changed != head
    sealed = forged(array("a", SMALL_ARRAY), (changed, data))
    refuse(sealed, DigestError, "4.4", "the head of parameters", **options)
    unsealed = honest.replace(head, changed)
    refuse(unsealed, FormatError, "4.4", "does not hold the blueprint's arrays", **options)


@WAYS
@pytest.mark.parametrize("more", [b"", b"\0" * 8])
def test_parameters_of_another_length_are_refused(more: bytes, options: Any) -> None:
    honest = members(forged(array("a", SMALL_ARRAY), {"a": SMALL_ARRAY}))["parameters.safetensors"]
    head, data = honest[: -SMALL_ARRAY.nbytes], honest[-SMALL_ARRAY.nbytes :]
    sealed = forged(array("a", SMALL_ARRAY), (head, data + more if more else data[:-8]))
    refuse(sealed, FormatError, "4.4", "does not hold the blueprint's arrays", **options)


@pytest.mark.parametrize("mmap", [False, True])
def test_a_small_array_with_another_digest_is_refused(mmap: bool, tmp_path: Path) -> None:
    data = flipped(holotype.dumps({"a": SMALL_ARRAY}), SMALL_ARRAY.tobytes(), 99)
    (tmp_path / "m.holo").write_bytes(data)
    message = "the array a is not what was saved.* damaged or was changed"
    for source in (data, tmp_path / "m.holo"):
        refuse(source, DigestError, "4.5", message, mmap=mmap)
        assert holotype.load(source, mmap=mmap, verify=False)["a"].shape == (100,)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("chunk", range(6))
def test_one_bit_in_any_chunk_of_a_large_array_is_seen(
    chunk: int, mmap: bool, tmp_path: Path
) -> None:
    at = min(chunk * (1 << 20) + 77, BIG.nbytes - 9)
    data = flipped(LARGE_DATA, BIG[at : at + 9].tobytes())
    (tmp_path / "m.holo").write_bytes(data)
    refuse(tmp_path / "m.holo", DigestError, "4.5", "the array bytes is not", mmap=mmap)
    refuse(data, DigestError, "4.5", "the array bytes is not", mmap=mmap)
    assert isinstance(holotype.verify(data).error, DigestError)


@pytest.mark.parametrize("prefix", ["sha256:", "sha256-tree:"])
def test_an_array_has_only_the_form_of_digest_that_its_size_demands(prefix: str) -> None:
    values = np.zeros(10) if prefix == "sha256-tree:" else np.zeros(1 << 20)
    node = array("a", values)
    node["digest"] = prefix + node["digest"].partition(":")[2]
    with pytest.raises(holotype.HolotypeError, match=r"digest of \d+ bytes begins with"):
        holotype.load(forged(node, {"a": values}))


def test_a_part_with_another_digest_is_refused_where_all_is_verified() -> None:
    honest = forged(1, {}, extra=[("card.md", b"# A card"), ("empty.txt", b"")])
    assert holotype.load(honest) == 1
    assert holotype.verify(honest).ok
    parts = members(honest)
    parts["card.md"] = b"# Another"[:8]
    changed = container(list(parts.items()))
    refuse(changed, DigestError, "5.3", r"card\.md is not what the manifest says")
    assert str(holotype.verify(changed).error).startswith("card.md is not")
    assert holotype.load(changed, verify=False) == 1


def test_a_wrong_checksum_that_both_headers_state_is_seen_by_verify() -> None:
    wrong = SMALL_DATA.replace(
        zlib.crc32(members(SMALL_DATA)["blueprint.json"]).to_bytes(4, "little"), b"1234"
    )
    assert wrong.count(b"1234") == 2
    error = holotype.verify(wrong).error
    assert isinstance(error, DigestError)
    assert error.clause == "2.12"
    assert same(holotype.load(wrong), SMALL)  # SHA-256 says more than CRC-32


def test_checksums_of_large_members_are_joined_from_pieces() -> None:
    assert holotype.verify(LARGE_DATA).ok


def test_an_interruption_is_not_taken_for_damage() -> None:
    damaged = flipped(LARGE_DATA, BIG[-9:].tobytes())
    with open_archive(damaged) as opened:
        parsed = checked_blueprint(opened)
        with pytest.raises(KeyboardInterrupt), opened.load_arrays(parsed, verify=True):
            raise KeyboardInterrupt
        with pytest.raises(DigestError), opened.load_arrays(parsed, verify=True):
            raise ValueError("some other fault")
        with opened.load_arrays(parsed, verify=False):
            pass


# ------------------------------------------------------------------------------------- the contents

NESTED = np.dtype([("a", "u1"), ("b", [("c", "?", (2,)), ("d", "u1")])])


@WAYS
@pytest.mark.parametrize(
    ("raw", "dtype", "sound"),
    [
        ([0, 1, 1], "?", True),
        ([0, 1, 2], "?", False),
        ([255], "?", False),
        ([2, 1, 0, 3], NESTED, True),
        ([2, 1, 2, 3], NESTED, False),
        ([2, 2, 1, 3], NESTED, False),
        ([1, 7], [("a", "?"), ("b", "u1")], True),
        ([], "?", True),
    ],
)
def test_a_boolean_is_a_byte_0_or_1(raw: list[int], dtype: Any, sound: bool, options: Any) -> None:
    values = np.array(raw, "u1").view(dtype)
    data = forged(array("a", values), {"a": values})
    if sound:
        assert holotype.load(data, **options).tobytes() == bytes(raw)
    else:
        refuse(data, FormatError, "4.2", "in the array 'a' is neither 0 nor 1", **options)


@pytest.mark.parametrize("dtype", ["|S0", "<U0", "|V0"])
@pytest.mark.parametrize("shape", [[0], [3], [2, 3], [2**60]])
def test_items_of_no_bytes_cost_nothing_however_many(dtype: str, shape: list[int]) -> None:
    nothing = np.zeros(0, "u1")
    node = array("a", nothing, dtype=dtype, shape=shape)
    loaded = holotype.load(forged({"list": [node, node]}, {"a": nothing}))
    assert [(each.dtype.str, list(each.shape)) for each in loaded] == [(dtype, shape)] * 2


# ------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(("name", "limit"), [("manifest", "MANIFEST"), ("blueprint", "BLUEPRINT")])
def test_a_part_that_is_too_large_to_be_read_whole_is_refused(
    name: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, f"MAX_{limit}", 50)
    refuse(SMALL_DATA, LimitError, "5.5", rf"{name}\.json has \d+ bytes, more than 50")


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts[:1],
        lambda parts: parts[::-1],
        lambda parts: [*parts, {**parts[0], "name": "card.md"}],
        lambda parts: [{**parts[0], "name": "blueprint.txt"}, parts[1]],
        lambda parts: [{**parts[0], "size": parts[0]["size"] + 1}, parts[1]],
    ],
)
def test_a_table_of_parts_that_is_not_that_of_the_members_is_refused(change: Any) -> None:
    listed = holotype.show(forged(1, {})).manifest.parts
    parts = [
        {"name": part.name, "size": part.size, "digest": part.digest}
        | ({} if part.head is None else {"head": part.head})
        for part in listed
    ]
    refuse(forged(1, {}, manifest={"parts": change(parts)}), FormatError, "5.3", "table of parts")


@pytest.mark.parametrize("change", ["missing", "other"])
def test_only_the_parameters_have_a_head(change: str) -> None:
    first, second = holotype.show(forged(1, {})).manifest.parts
    one = {"name": first.name, "size": first.size, "digest": first.digest}
    two = {"name": second.name, "size": second.size, "digest": second.digest}
    if change == "other":
        one["head"], two["head"] = 1, 64
    sealed = forged(1, {}, manifest={"parts": [one, two]})
    refuse(sealed, FormatError, "5.3", "only parameters have a head")


@pytest.mark.parametrize("head", [-64, 0, 63, 65, 2**70])
def test_a_head_of_another_length_is_refused(head: int) -> None:
    sealed = forged(1, {}, manifest=lambda text: text.replace(b'"head":64', b'"head":%d' % head))
    refuse(sealed, DigestError, "4.4", "the head of parameters")


def test_a_refused_file_is_closed_even_while_its_error_is_held(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(flipped(SMALL_DATA, b'"column":"int"'))
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    with pytest.raises(DigestError):
        holotype.load(path)
    after = set(os.listdir("/proc/self/fd")) if before else set()
    assert len(after) <= len(before)


def test_the_digest_of_the_file_is_that_of_all_its_bytes() -> None:
    data = holotype.dumps({"a": 1})
    with open_archive(data) as reader:
        assert reader.digest() == f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_part_that_is_no_model_is_compared_with_its_digest() -> None:
    data = bytearray(holotype.dumps({"a": 1}))
    at = data.index(b"numpy==")
    data[at] ^= 1
    name = "environment/requirements.txt"
    with open_archive(bytes(data)) as reader:
        with pytest.raises(DigestError, match=name):
            reader.content(name, 1 << 20)
        with pytest.raises(LimitError, match=name):
            reader.content(name, 5)
