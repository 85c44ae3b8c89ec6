"""One operation on one large model in a fresh process: its seconds and its peak memory, as JSON.

What belongs to the process and not to the operation (the library, the model to be saved) is there
before the clock starts. ``--warm`` runs the operation on a small model first, so that memory for
modules is not counted.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import measure, memory
from benchmarks.models import Model

Operation = Callable[[Path, Model], Any]
"""Takes the folder and the model to be saved, which is nothing for one that loads."""

NAME = "model"
RAW = "none"
"""The level at which a store packs nothing, so that all can be mapped."""


def _store(folder: Path) -> Any:
    return _holotype()(str(folder / "store"))


def _holotype() -> Any:
    return importlib.import_module("holotype").Store  # which imports what it takes


def _joblib() -> Any:
    return importlib.import_module("joblib")


OPERATIONS: dict[str, Operation] = {
    "push": lambda folder, model: _store(folder).push(NAME, model, probe=None),
    "push raw": lambda folder, model: _store(folder).push(NAME, model, probe=None, level=RAW),
    "dump": lambda folder, model: _joblib().dump(model, folder / "model.joblib", compress=3),
    "load": lambda folder, _: _store(folder).load(NAME),
    "map": lambda folder, _: _store(folder).load(NAME, mmap=True, verify=False),
    "pull": lambda folder, _: _store(folder).pull(NAME, folder / "pulled.holo"),
    "joblib.load": lambda folder, _: _joblib().load(folder / "model.joblib"),
}
BEFORE = {
    "load": "push",
    "map": "push raw",
    "pull": "push",
    "joblib.load": "dump",
}
"""What must have been done for an operation to find its files."""


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store.work")
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("package", help="imported first: what the model is of")
    parser.add_argument("--model", type=Path, help="a file of joblib with the model to be saved")
    parser.add_argument("--warm", type=Path, metavar="MODEL", help="a small model to begin with")
    options = parser.parse_args()
    importlib.import_module(options.package)
    _joblib() if options.operation in ("dump", "joblib.load") else _holotype()
    operation = OPERATIONS[options.operation]
    if options.warm:
        _warm(options.operation, _joblib().load(options.warm))
    model = _joblib().load(options.model) if options.model else None
    samples = []

    def clocked() -> Any:
        sample, result = measure.clock(lambda: operation(options.folder, model))
        samples.append(sample)
        return result

    peak = memory.peak_of(clocked) if memory.measurable() else clocked() and None
    print(json.dumps({"sample": samples[0], "peak": peak and asdict(peak)}))


def _warm(operation: str, model: Model) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if operation in BEFORE:
            OPERATIONS[BEFORE[operation]](folder, model)
        OPERATIONS[operation](folder, model)


if __name__ == "__main__":
    main()
