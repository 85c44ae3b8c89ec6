"""Seals are members that come later: nothing before them changes, and none is lost."""

from __future__ import annotations

import errno
import io
import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks.seals import SEAL, named, sealed

import holotype
from holotype.archive import atomic
from holotype.archive.container import Member, read_directory
from holotype.archive.reader import open_archive
from holotype.archive.seals import (
    MAX_SEAL,
    MAX_SEALS,
    check_seal_members,
    seal_members,
    sealed_bytes,
    sealed_file,
)
from holotype.errors import DigestError, FormatError, LimitError, SealError

DATA = holotype.dumps({"a": np.arange(50_000.0), "b": "text"})
ONE, TWO = b'{"one": 1}', b'{"two": 2}'


@pytest.fixture
def archive_id() -> str:
    with open_archive(DATA) as reader:
        return reader.id


def test_every_byte_before_the_first_seal_stays(archive_id: str) -> None:
    parts = read_directory(DATA)
    end = parts[-1].offset + parts[-1].size
    once = sealed_bytes(DATA, [ONE], archive_id)
    twice = sealed_bytes(once, [TWO], archive_id)
    for data, seals in ((once, {ONE}), (twice, {ONE, TWO})):
        assert data[:end] == DATA[:end]
        assert read_directory(data)[: len(parts)] == parts
        with open_archive(data) as reader:
            assert reader.id == archive_id
            assert set(reader.seals().values()) == seals
            reader.check_sums()
            reader.check_others()


def test_a_seal_that_is_there_is_not_added_again(archive_id: str) -> None:
    once = sealed_bytes(DATA, [ONE], archive_id)
    assert sealed_bytes(once, [ONE], archive_id) == once
    assert sealed_bytes(DATA, [], archive_id) == DATA


def test_any_zip_tool_reads_a_sealed_archive(archive_id: str) -> None:
    with zipfile.ZipFile(io.BytesIO(sealed_bytes(DATA, [ONE], archive_id))) as file:
        assert file.testzip() is None
        name = next(iter(seal_members([ONE])))
        assert file.read(name) == ONE


def test_a_file_is_sealed_as_bytes_are(archive_id: str, tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(DATA)
    path.chmod(0o640)
    link = tmp_path / "link.holo"
    link.symlink_to(path)
    size = sealed_file(link, [ONE], archive_id)
    assert path.read_bytes() == sealed_bytes(DATA, [ONE], archive_id)
    assert path.stat().st_size == size
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link.holo", "m.holo"]


@pytest.mark.parametrize("way", ["system", "pieces", "refused"])
def test_a_file_is_copied_whole_with_or_without_the_systems_help(
    way: str, archive_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "pieces":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
        monkeypatch.setattr(atomic, "_PIECE", 1000)
    elif way == "refused":

        def refuse(*_: Any) -> int:
            raise OSError(errno.EXDEV, "not between these two")

        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    path = tmp_path / "m.holo"
    path.write_bytes(DATA)
    sealed_file(path, [ONE], archive_id)
    assert path.read_bytes() == sealed_bytes(DATA, [ONE], archive_id)


def test_an_error_leaves_the_file_as_it_was(
    archive_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(DATA)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwritev", full)
    with pytest.raises(OSError, match="full"):
        sealed_file(path, [ONE], archive_id)
    assert path.read_bytes() == DATA
    assert os.listdir(tmp_path) == ["m.holo"]


def test_who_seals_at_the_same_time_loses_no_seal(archive_id: str, tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(DATA)
    seals = [b"%d" % number for number in range(24)]
    threads = [
        threading.Thread(target=sealed_file, args=(path, [seal], archive_id)) for seal in seals
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == sealed_bytes(DATA, seals, archive_id)


def test_an_archive_that_was_replaced_meanwhile_is_not_sealed(
    archive_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.holo"
    other = holotype.dumps([1])
    path.write_bytes(other)
    with pytest.raises(DigestError, match="replaced by another"):
        sealed_file(path, [ONE], archive_id)
    assert path.read_bytes() == other


def test_there_are_limits(archive_id: str) -> None:
    with pytest.raises(SealError, match=f"{MAX_SEALS} seals, not {MAX_SEALS + 1}"):
        seal_members(b"%d" % number for number in range(MAX_SEALS + 1))
    with pytest.raises(SealError, match="a seal would have"):
        seal_members([bytes(MAX_SEAL + 1)])
    assert len(seal_members(b"%d" % number for number in range(MAX_SEALS))) == MAX_SEALS


def test_seals_of_the_right_form_are_no_hindrance_to_who_asks_for_none() -> None:
    assert holotype.loads(sealed()) == "honest"
    assert holotype.show(sealed()).id == holotype.show(sealed(lambda said: None)).id


def test_a_damaged_seal_is_found(archive_id: str) -> None:
    data = sealed()
    at = data.index(SEAL) + 20
    damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    for open_it in (holotype.loads, lambda d: holotype.verify(d).require()):
        with pytest.raises(DigestError):
            open_it(damaged)
    with open_archive(damaged) as reader, pytest.raises(DigestError, match=named(SEAL)[0]):
        reader.seals()


def test_a_broken_archive_takes_no_seal(archive_id: str) -> None:
    with pytest.raises(FormatError):
        sealed_bytes(DATA[:-1], [ONE], archive_id)


def members(*seals: tuple[str, int]) -> list[Member]:
    """A manifest, and seals of these names and sizes."""
    return [Member("manifest.json", 0, 10, 0), *(Member(n, 10, size, 0) for n, size in seals)]


def test_seals_are_few_small_and_in_order() -> None:
    names = [f"seals/{number:064x}.json" for number in range(MAX_SEALS + 1)]
    fit = members(*((name, 1) for name in names[:-1]))
    assert len(check_seal_members(fit)) == MAX_SEALS
    with pytest.raises(LimitError, match=f"{MAX_SEALS + 1} seals"):
        check_seal_members(members(*((name, 1) for name in names)))
    with pytest.raises(LimitError, match="has 4194305 bytes"):
        check_seal_members(members((names[0], MAX_SEAL + 1)))
    with pytest.raises(FormatError, match="order of their names"):
        check_seal_members(members((names[1], 1), (names[0], 1)))


def test_a_file_that_becomes_shorter_while_it_is_copied_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"12345")
    with (
        open(tmp_path / "short", "rb") as source,
        open(tmp_path / "copy", "wb") as target,
        pytest.raises(FormatError, match="became shorter"),
    ):
        atomic.copy(source.fileno(), target.fileno(), 10)
