"""A directory under processes that race, are killed, lack rights or space, or find links."""

import errno
import io
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from holotype.errors import ConflictError, NotInStoreError, StoreError
from holotype.store.places.local import LocalPlace
from holotype.store.places.place import ABSENT, Found

_FORK = multiprocessing.get_context("spawn")


@pytest.fixture
def place(tmp_path: Path) -> LocalPlace:
    return LocalPlace(tmp_path / "store", create=True)


def _count(root: str, times: int) -> None:
    """Add one to a number that others add to as well."""
    place = LocalPlace(root)
    for _ in range(times):
        while True:
            found = place.find("counter")
            assert found is not None
            number = int(bytes(place.read("counter")))
            if place.find("counter") != found:
                continue
            try:
                place.write("counter", b"%d" % (number + 1), found)
                break
            except ConflictError:
                continue


def test_processes_that_replace_only_what_they_found_lose_nothing(place: LocalPlace) -> None:
    place.write("counter", b"0")
    workers = [_FORK.Process(target=_count, args=(place.url, 25)) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert [each.exitcode for each in workers] == [0] * 4
    assert bytes(place.read("counter")) == b"100"


_WRITER = """
import sys
from holotype.store.places.local import LocalPlace
place = LocalPlace(sys.argv[1])
while True:
    place.write("packs/ab/one", bytes(3_000_000))
    place.write("packs/ab/one", b"1" * 2_000_000)
    print(flush=True)
"""


def test_a_killed_writer_leaves_no_half_and_no_lock(place: LocalPlace) -> None:
    whole = {bytes(3_000_000), b"1" * 2_000_000}
    left = 0
    for turn in range(4):
        command = [sys.executable, "-c", _WRITER, place.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(turn + 1):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        assert bytes(place.read("packs/ab/one")) in whole
        assert [each.key for each in place.list("")] == ["packs/ab/one"]
        place.write("packs/ab/two", b"the lock is free")
        place.delete("packs/ab/two")
    left = len(list((Path(place.url) / ".writing").iterdir()))
    assert place.sweep(place.now() - timedelta(hours=1)) == 0
    assert place.sweep(place.now() + timedelta(hours=1)) == left
    assert list((Path(place.url) / ".writing").iterdir()) == []


def test_a_full_disk_is_said_and_leaves_the_old_state(
    place: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("a", b"old")
    write, calls = os.write, []

    def full(handle: int, data: bytes) -> int:
        calls.append(handle)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match=r"store/a: the disk is full; free some space"):
        place.write("a", io.BytesIO(bytes(5 << 20)))
    monkeypatch.undo()
    assert bytes(place.read("a")) == b"old"
    assert list((Path(place.url) / ".writing").iterdir()) == []


def test_a_limit_on_files_is_said(place: LocalPlace) -> None:
    code = (
        "import resource, sys\n"
        "from holotype.store.places.local import LocalPlace\n"
        "from holotype.errors import StoreError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: LocalPlace(sys.argv[1]).write('a', bytes(200_000))\n"
        "except StoreError as error: print(error)\n"
    )
    place.write("a", b"old")
    command = [sys.executable, "-c", code, place.url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.strip().endswith("store/a: the file would be larger than is allowed (ulimit -f)")
    assert bytes(place.read("a")) == b"old"
    assert list((Path(place.url) / ".writing").iterdir()) == []


def test_a_missing_right_is_said(place: LocalPlace) -> None:
    place.write("a", b"old")
    Path(place.url).chmod(0o500)
    Path(place.url, ".writing").chmod(0o500)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        for work in (lambda: place.write("a", b"new"), place.now):
            with pytest.raises(StoreError, match="permission denied; ask whoever owns"):
                work()
    finally:
        os.seteuid(user)
    Path(place.url).chmod(0o700)
    assert bytes(place.read("a")) == b"old"


def test_what_is_no_directory_and_what_is_missing_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="a folder was expected"):
        LocalPlace(tmp_path / "file")
    with pytest.raises(StoreError, match="a folder was expected"):
        LocalPlace(tmp_path / "file" / "store", create=True)
    with pytest.raises(NotInStoreError, match="there is no store at"):
        LocalPlace(tmp_path / "missing")
    place = LocalPlace(tmp_path / "store", create=True)
    (tmp_path / "store").rename(tmp_path / "moved")
    with pytest.raises(StoreError, match="is gone") as caught:
        place.read("a")
    assert not isinstance(caught.value, NotInStoreError)


def test_links_and_pipes_in_a_store_are_refused(place: LocalPlace, tmp_path: Path) -> None:
    root = Path(place.url)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    os.mkfifo(root / "pipe")
    for key in ("link", "folder/secret", "pipe"):
        for work in (
            lambda key=key: place.read(key),
            lambda key=key: place.find(key),
            lambda key=key: place.map(key, 0, 1),
            lambda key=key: place.read_into(key, 0, np.zeros(1, np.uint8)),
        ):
            with pytest.raises(StoreError, match=r"link|regular"):
                work()
    with pytest.raises(StoreError, match="a folder was expected, not a file or a link"):
        place.write("folder/new", b".")
    with pytest.raises(StoreError, match="a folder was expected, not a file or a link"):
        place.delete("folder/secret")
    place.write("link", b"the link itself is replaced")
    assert (outside / "secret").read_bytes() == b"secret"
    assert sorted(os.listdir(outside)) == ["secret"]
    assert [each.key for each in place.list("")] == ["link"]


def test_a_group_may_share_a_store_as_far_as_umask_lets_it(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        place = LocalPlace(tmp_path / "shared", create=True)
        place.write("packs/ab/one", b".", ABSENT)
        place.write("tags/one", b".")
    finally:
        os.umask(before)
    for path in Path(place.url).rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o775 if path.is_dir() else 0o664), path


def test_where_the_file_system_has_no_links_a_lock_keeps_the_rule(
    place: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "link", no_link)
    place.write("a", b"first", ABSENT)
    with pytest.raises(ConflictError):
        place.write("a", b"second", ABSENT)
    assert bytes(place.read("a")) == b"first"


def test_a_tag_tells_contents_apart_that_have_one_size_and_one_time(place: LocalPlace) -> None:
    tags: set[str] = set()
    for number in range(20):
        place.write("a", b"%03d" % number)
        os.utime(Path(place.url, "a"), ns=(0, 0))
        found = place.find("a")
        assert isinstance(found, Found)
        tags.add(found.tag)
    assert len(tags) == 20


def test_a_lock_file_that_was_removed_is_made_anew(place: LocalPlace) -> None:
    first = place.write("a", b"first")
    Path(place.url, ".lock").unlink()
    place.write("a", b"second", first)
    assert bytes(place.read("a")) == b"second"
