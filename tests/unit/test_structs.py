"""Structs are read by functions that were made while modules were imported, and by nothing else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import holotype

SOURCE = Path(holotype.__file__).parent
ROOT = Path(__file__).parents[2]
THREADS = """
import sys, threading
import holotype

data = open(sys.argv[1], "rb").read()
barrier = threading.Barrier(8)

def work():
    barrier.wait()
    holotype.load(data)

holotype.load  # imports are made one after the other
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("all of them")
"""


def _readings() -> Iterator[str]:
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name == "structs.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "msgspec.json.decode",
                "msgspec.json.Decoder",
                "msgspec.msgpack.decode",
                "msgspec.convert",
            ):
                yield f"{path.relative_to(SOURCE)}: {ast.unparse(node)}"


def test_nothing_else_names_a_struct_to_msgspec() -> None:
    plain = {
        "capsule/said.py: msgspec.json.decode(msgspec.json.encode(value))",
        "graph/parse.py: msgspec.json.decode(data)",
        "legacy/files.py: msgspec.json.decode(text)",
        "types/lightgbm/parse.py: msgspec.json.Decoder(list[list[float]])",
        "types/lightgbm/parse.py: msgspec.json.Decoder(list[list[int]])",
    }
    assert set(_readings()) == plain


@pytest.mark.parametrize("attempt", range(3))
def test_threads_may_open_the_first_archives_of_a_process_at_once(
    attempt: int, tmp_path: Path
) -> None:
    path = tmp_path / "m.holo"
    holotype.dump({"weights": np.arange(1000.0)}, path)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", THREADS, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "src"]))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "all of them"), done.stderr
