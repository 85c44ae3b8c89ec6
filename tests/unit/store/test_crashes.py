"""However a push, a collection or a copy ends, the store is whole, and the same works again."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.store.stores import (
    MemoryPlace,
    archive,
    arrays,
    check_clean,
    check_versions,
    new_vault,
    push,
)

import holotype
from holotype.errors import StoreError
from holotype.store.collecting import collect
from holotype.store.copying import copy
from holotype.store.mending import scrub
from holotype.store.places.place import Place
from holotype.testing.places import CountingPlace, FaultyPlace

pytest.importorskip("zstandard", reason="stores need holotype[store]")

ROOT = Path(__file__).parents[3]
KILLS = 200
ONE, TWO, THREE = (archive(arrays(seed, size=1600)) for seed in (1, 2, 3))


def test_processes_that_are_killed_anywhere_leave_a_store_that_needs_no_repair(
    tmp_path: Path,
) -> None:
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else tmp_path
    folder = parent / f"holotype-{os.getpid()}"
    folder.mkdir()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.unit.store.crashing", folder, "0", str(KILLS)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "src"]))},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["kills"] == KILLS
    assert counts["push"] > 20
    assert counts["left writers"] > 5, "the kills never came in the middle of a push"


# ------------------------------------------------------------------------------------ errors


def full() -> MemoryPlace:
    place = MemoryPlace()
    vault = new_vault(place)
    push(vault, "m", ONE)
    push(vault, "m", TWO)
    vault.remove("m@1.0.0")
    return place


BEFORE = full()


def again() -> MemoryPlace:
    place = MemoryPlace()
    place.content, place.clock = dict(BEFORE.content), BEFORE.clock
    return place


def pushing(place: Place) -> Any:
    return push(new_vault(place), "m", THREE)


def collecting(place: Place) -> Any:
    return collect(new_vault(place))


def copying(place: Place) -> Any:
    source = new_vault(MemoryPlace())
    push(source, "n", THREE)
    return copy(source, None, new_vault(place))


@pytest.mark.parametrize("after", [False, True], ids=["refused", "answer-lost"])
@pytest.mark.parametrize(
    ("work", "made"), [(pushing, "m@1.0.2"), (collecting, None), (copying, "n@1.0.0")]
)
def test_an_error_at_any_operation_keeps_the_old_state_and_the_same_works_afterwards(
    work: Callable[[Place], Any], made: str | None, after: bool
) -> None:
    counting = CountingPlace(again())
    work(counting)
    total = sum(counting.calls.values())
    assert total > 10
    kept = {"m@1.0.1": TWO}
    failures = 0
    for number in range(total):
        place = again()
        faulty = FaultyPlace(place, number, after=after)
        try:
            work(faulty)
        except StoreError:
            failures += 1
        check_versions(place, kept, more=True)
        names = {str(version) for version in new_vault(place).versions()}
        assert names <= {*kept, made}
        assert scrub(new_vault(place)).damaged == ()
        work(place)
        pushed = kept | ({} if made is None else {made: THREE})
        check_versions(place, pushed)
        place.clock += 400 * place.tick  # an hour and more
        check_clean(place)
        check_versions(place, pushed)
    assert failures > total / 2


# -------------------------------------------------------------------------------------- disks


@pytest.fixture
def store(tmp_path: Path) -> Path:
    holotype.Store(tmp_path / "s").push("m", arrays(1))
    return tmp_path / "s"


def sizes(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def test_a_full_disk_is_said_and_changes_nothing(store: Path) -> None:
    """A limit on the size of files stands for the disk: it fails in the middle of a pack."""
    script = f"""
import errno, os, resource, signal, sys
import holotype
from holotype.errors import StoreError
from tests.unit.store.stores import arrays
store = holotype.Store({str(store)!r})
model = arrays(2, count=4, size=400_000)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
data = holotype.dumps(model)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 30))
try:
    store.push("m", data, level="none")
except StoreError as error:
    print(error)
else:
    sys.exit("no error")
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
print(store.push("m", data, level="none"))
"""
    before = sizes(store)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "src"]))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("m@1.")
    assert before.items() <= sizes(store).items()
    assert holotype.Store(store).scrub().damaged == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said_and_can_still_be_read(store: Path) -> None:
    folders = [store, *(p for p in store.rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        opened = holotype.Store(store)
        with pytest.raises(StoreError, match="permission denied"):
            opened.push("m", arrays(2))
        assert opened.load("m").keys() == arrays(1).keys()
        assert opened.scrub().damaged == ()
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_disk_that_is_full_or_read_only_is_named(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, words in [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
    ]:
        before = sizes(store)

        def fail(*_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            with pytest.raises(StoreError, match=words):
                holotype.Store(store).push("m", arrays(2))
        assert sizes(store) == before
    assert holotype.Store(store).push("m", arrays(2)).version != "1.0.0"
