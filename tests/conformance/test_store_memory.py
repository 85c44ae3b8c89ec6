"""How much memory a large archive takes on its way into a store and out of it: a few blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests import fresh

import holotype

STATUS = Path("/proc/self/status")
SIZE = 300 << 20
MEASURE = """
import json, sys, threading, time
from pathlib import Path
import numpy as np
import holotype

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) << 10

def peak_of(operation):
    before, seen, done = anonymous(), [0], threading.Event()
    def watch():
        while not done.wait(0.002):
            seen.append(anonymous())
    thread = threading.Thread(target=watch)
    thread.start()
    kept = operation()
    done.set()
    thread.join()
    del kept
    return max(seen) - before

what, folder = sys.argv[1:]
store, raw = (holotype.Store(f"{folder}/{name}") for name in ("store", "raw"))
file, out = f"{folder}/m.holo", f"{folder}/out.holo"
warm = {"a": np.arange(9.0)}
store.push("warm", warm)
store.load("warm")
peaks = {}
if what == "push":
    rows = np.random.default_rng(0).standard_normal((SIZE // 800, 100))
    rows[:, ::5] = 0
    holotype.dump({"rows": rows}, file)
    del rows
    peaks["push"] = peak_of(lambda: store.push("m", file))
    peaks["push as it is"] = peak_of(lambda: raw.push("m", file, level="none"))
    peaks["pull"] = peak_of(lambda: store.pull("m", out))
    peaks["compress"] = peak_of(lambda: holotype.compress(file, f"{folder}/c.holo"))
    peaks["decompress"] = peak_of(lambda: holotype.decompress(f"{folder}/c.holo", out))
else:
    peaks["load"] = peak_of(lambda: store.load("m"))
    peaks["load all"] = peak_of(lambda: store.load("m", mmap=True, verify=False))
    peaks["load mapped"] = peak_of(lambda: raw.load("m", mmap=True, verify=False))
print(json.dumps(peaks))
""".replace("SIZE", str(SIZE))


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="only Linux says how much memory is anonymous")
def test_memory_is_bounded_by_blocks_and_not_by_the_archive(tmp_path: Path) -> None:
    peaks = {}
    for what in ("push", "load"):
        done = fresh.run(MEASURE, what, str(tmp_path), timeout=600)
        peaks |= json.loads(done.stdout)
    for what in ("load", "load all"):
        assert peaks.pop(what) < 1.3 * SIZE  # the arrays themselves
    assert max(peaks.values()) < 130 << 20, peaks
    archive = tmp_path / "m.holo"
    assert (tmp_path / "out.holo").read_bytes() == archive.read_bytes()
    assert holotype.show(tmp_path / "c.holo").id == holotype.show(archive).id
