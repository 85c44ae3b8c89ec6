"""Whether two processes that map one archive share its memory, until one of them writes.

The parent starts two holders and reads their proportional set sizes from the kernel; a holder obeys
one word a line on its standard input and answers with one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.memory import ROOT, warmed
from benchmarks.models import Model, arrays_of, fitted
from benchmarks.peers import Holotype
from benchmarks.results import Sharing


def share(key: str, *, quick: bool, directory: Path) -> Sharing:
    """Map model ``key`` in two processes, read all of it, then write to one array in one."""
    with tempfile.TemporaryDirectory(dir=directory) as folder, ExitStack() as stack:
        file = Path(folder) / "model.holo"
        Holotype().save(fitted(key, quick=quick), file)
        writer, reader = (stack.enter_context(_holder(key, file)) for _ in range(2))
        before = writer.resident() + reader.resident()
        facts = writer.ask("load")
        seen = reader.ask("load")
        loaded = writer.resident() + reader.resident() - before
        touched = int(writer.ask("write")["touched"])
        written = writer.resident() + reader.resident() - before
        return Sharing(
            model=key,
            arrays=int(facts["bytes"]),
            writable=bool(facts["writable"]),
            shared=loaded / int(facts["bytes"]),
            touched=touched,
            written=written / int(facts["bytes"]),
            isolated=reader.ask("sum")["sum"] == seen["sum"],
        )


class _Holder:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, word: str) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def resident(self) -> int:
        """The process's proportional set size in bytes: a page of two processes counts half."""
        rollup = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in rollup if line.startswith("Pss:")).split()[1]) * 1024


@contextmanager
def _holder(key: str, file: Path) -> Iterator[_Holder]:
    command = [sys.executable, "-m", "benchmarks.sharing", key, str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        holder = _Holder(process)
        holder.ask("ready")
        try:
            yield holder
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _sum(model: Model) -> float:
    return sum(float(array.sum()) for array in arrays_of(model) if array.dtype.kind in "iuf")


def _hold(key: str, file: Path) -> None:
    warmed(key, "holotype")
    model: Model = None
    for line in sys.stdin:
        answer: dict[str, float] = {}
        word = line.strip()
        if word == "load":
            model = Holotype().loads()["mapped"](file)
            arrays = list(arrays_of(model))
            answer["bytes"] = sum(array.nbytes for array in arrays)
            answer["writable"] = all(array.flags.writeable for array in arrays)
            answer["sum"] = _sum(model)
        elif word == "write":
            largest = max(arrays_of(model), key=lambda array: array.nbytes)
            largest += 1
            answer["touched"] = largest.nbytes
        elif word == "sum":
            answer["sum"] = _sum(model)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _hold(sys.argv[1], Path(sys.argv[2]))
