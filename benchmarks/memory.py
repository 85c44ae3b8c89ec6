"""Peak memory of one save or load, in a process of its own.

The rule kept: only the operation is counted. The libraries are imported and the code has run once
on the small model; for a save the model is built; freed memory was given back; then the kernel's
high-water mark is reset. Where the kernel cannot do that (not Linux), nothing is reported.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.models import RECIPES, fitted
from benchmarks.peers import PEERS, Peer
from benchmarks.results import Peak

ROOT = Path(__file__).parents[1]
RESET = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")


def peaks(key: str, peer: str, *, quick: bool, directory: Path) -> tuple[Peak, dict[str, Peak]]:
    """The peak of saving model ``key`` with ``peer``, and of each of its ways to load."""
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        file = Path(folder) / "model"
        save = _in_fresh_process(key, peer, file, "save", quick)
        loads = {name: _in_fresh_process(key, peer, file, name, quick) for name in _ways(peer)}
    return save, loads


def measurable() -> bool:
    """Whether this system can reset a process's peak."""
    return RESET.exists()


def warmed(key: str, peer: str) -> Peer:
    """The peer, after importing and running once all that it needs to keep model ``key``."""
    small = fitted(key, quick=True)
    instance = PEERS[peer]()
    if not instance.accepts(small):
        raise ValueError(f"{peer} does not keep model {key}")
    with tempfile.TemporaryDirectory() as folder:
        instance.save(small, Path(folder) / "small")
        for load in instance.loads().values():
            RECIPES[key].answers(load(Path(folder) / "small"))
    return instance


def _ways(peer: str) -> list[str]:
    return list(PEERS[peer]().loads())


def _in_fresh_process(key: str, peer: str, file: Path, way: str, quick: bool) -> Peak:
    command = [sys.executable, "-m", "benchmarks.memory", key, peer, str(file), way]
    output = subprocess.run(
        [*command, "--quick"] if quick else command, check=True, stdout=subprocess.PIPE, cwd=ROOT
    )
    return Peak(**json.loads(output.stdout))


def peak_of(operation: Callable[[], object]) -> Peak:
    _give_back()
    RESET.write_text("5")
    before = _status("VmRSS")
    result = operation()
    highest = _status("VmHWM")
    _give_back()
    kept = _status("VmRSS")
    del result
    return Peak(peak=highest - before, kept=kept - before)


def _give_back() -> None:
    """Return freed memory to the system, where the C library can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status(name: str) -> int:
    line = next(li for li in STATUS.read_text().splitlines() if li.startswith(name + ":"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Measure what the command line says and print the peak as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("model", choices=RECIPES)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("file", type=Path)
    parser.add_argument("way", help="'save', or the name of a way to load")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    peer = warmed(arguments.model, arguments.peer)
    if arguments.way == "save":
        model = fitted(arguments.model, quick=arguments.quick)
        peak = peak_of(lambda: peer.save(model, arguments.file))
    else:
        load = peer.loads()[arguments.way]
        peak = peak_of(lambda: load(arguments.file))
    print(json.dumps({"peak": peak.peak, "kept": peak.kept}))


if __name__ == "__main__":
    main()
