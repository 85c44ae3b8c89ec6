"""Many processes push, read and collect at once: nothing is lost and no number is given twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
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
    pulled,
    push,
)

from holotype.store.collecting import collect
from holotype.store.places.local import LocalPlace

pytest.importorskip("zstandard", reason="stores need holotype[store]")

ROOT = Path(__file__).parents[3]
PROCESSES = 8
PROGRAM = """
import json, os, random, sys
from pathlib import Path
from tests.unit.store.crashing import ARCHIVES, BY_ID
from tests.unit.store.stores import check_clean, check_versions, new_vault, pulled, push
from holotype.store.collecting import collect
from holotype.store.places.local import LocalPlace

def work(number):
    choose = random.Random(number)
    vault = new_vault(LocalPlace(sys.argv[1]))
    said = []
    for turn in range(6):
        if number < 6:
            name = choose.choice(["same", "same", f"own{number}"])
            data = ARCHIVES[choose.randrange(4) if turn % 2 else number]
            version = push(vault, name, data, level=choose.choice(["none", "fast"]))
            said.append([str(version), version.id])
            assert pulled(vault, version) == data
        else:
            collect(vault)
    return said

children = []
for number in range(int(sys.argv[2])):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        status = 1
        try:
            os.write(theirs, json.dumps(work(number)).encode())
            status = 0
        finally:
            os._exit(status) if not status else None
    os.close(theirs)
    children.append((child, ours))
result = []
for child, ours in children:
    with os.fdopen(ours) as pipe:
        text = pipe.read()
    assert os.waitpid(child, 0)[1] == 0, "a child failed"
    result += json.loads(text)
place = LocalPlace(sys.argv[1])
ids = {}
for spec, id_ in result:
    assert ids.setdefault(spec, id_) == id_, "a number was given twice"
pushed = {spec: BY_ID[id_] for spec, id_ in ids.items()}
check_versions(place, pushed)
check_clean(place)
check_versions(place, pushed)
print(len(result), len(pushed))
"""


def test_processes_that_push_and_collect_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    new_vault(LocalPlace(folder, create=True))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(PROCESSES)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "src"]))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pushes, versions = map(int, done.stdout.split())
    assert pushes == 36
    assert versions > 10


def test_threads_share_one_open_store() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    data = [archive(arrays(seed, size=1600)) for seed in range(6)]
    pushed: dict[str, bytes] = {}
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(4):
                mine = data[(number + turn) % len(data)]
                version = push(vault, f"m{number % 3}", mine)
                assert pulled(vault, version) == mine
                assert pushed.setdefault(str(version), mine) == mine
                if number == 5:
                    collect(vault)
        except BaseException as error:  # shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    check_versions(place, pushed)
    check_clean(place)
    check_versions(place, pushed)
    counts = Counter(name.partition("@")[0] for name in pushed)
    assert len(counts) == 3


def test_of_two_that_ask_for_one_number_one_gets_it(tmp_path: Path) -> None:
    from holotype.errors import ConflictError

    place = MemoryPlace()
    vault = new_vault(place)
    got: list[Any] = []

    def work(seed: int) -> None:
        try:
            got.append(push(new_vault(place), "m", archive(arrays(seed)), number="2.0.0"))
        except ConflictError as error:
            got.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, ConflictError) for each in got) == 3
    assert [str(version) for version in vault.versions()] == ["m@2.0.0"]
    collect(vault)
    check_clean(place)
