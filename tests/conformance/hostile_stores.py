"""Does all that one can do with a store to each hostile one, in a process that is capped.

Run as a module with a folder; prints one JSON object a line. Each child is a fork of this process.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attacks.store import STORES, Forge, models

import holotype
from holotype.archive.reader import open_archive
from holotype.errors import HolotypeError

MEMORY = 1 << 30
"""Bytes that a child may take beyond what this process has."""

SECONDS = 60
"""Of processor time, for all that is done to one store."""

HONEST = models()
SPECS = [*HONEST, "m"]


def id_of(data: bytes) -> str:
    with open_archive(data) as reader:
        return reader.id


IDS = {id_of(data): data for data in HONEST.values()}
MODELS = {archive_id: holotype.loads(data) for archive_id, data in IDS.items()}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all((one[k] == other[k]).all() for k in one)


def ways(folder: Path) -> dict[str, Callable[[], object]]:
    """All that one does with a store; each gives False if it got something wrong."""
    url = folder / "store"

    def store() -> holotype.Store:
        return holotype.Store(url, create=False)

    def load(spec: str, **options: Any) -> bool:
        opened = store()
        model = opened.load(spec, **options)
        archive_id = spec if spec.startswith("sha256:") else opened.find(spec).id
        return archive_id in MODELS and same(model, MODELS[archive_id])

    def pull(spec: str) -> bool:
        target = folder / "pulled.holo"
        version = store().pull(spec, target)
        data = target.read_bytes()
        target.unlink()
        if id_of(data) != version.id:
            return False
        try:
            model = holotype.loads(data)
        except HolotypeError:  # it is none that anybody will take for one
            return True
        return version.id in MODELS and same(model, MODELS[version.id])

    def copy(spec: str | None) -> bool:
        target = folder / f"copy-{abs(hash(spec))}"
        copied = store().copy(target, spec)
        for version in copied.versions:
            other = holotype.Store(target).load(str(version))
            if version.id not in MODELS or not same(other, MODELS[version.id]):
                return False
        return True

    def scrub(**options: Any) -> bool:
        return store().scrub(**options) is not None

    done: dict[str, Callable[[], object]] = {
        "list": lambda: store().list(),
        "log": lambda: store().log(),
        "usage": lambda: store().usage(),
    }
    for spec in [*SPECS, *IDS]:
        done[f"load {spec}"] = lambda spec=spec: load(spec)
        done[f"pull {spec}"] = lambda spec=spec: pull(spec)
    for spec in HONEST:
        done[f"map {spec}"] = lambda spec=spec: load(spec, mmap=True)
        done[f"unverified {spec}"] = lambda spec=spec: store().load(spec, verify=False)
        done[f"array {spec}"] = lambda spec=spec: store().array(spec, "w")
    done["scrub"] = scrub
    done["scrub deep"] = lambda: scrub(deep=True)
    done["scrub anew"] = lambda: scrub(resume=False)
    for spec in ("m@1.0.0", "m", None):
        done[f"copy {spec}"] = lambda spec=spec: copy(spec)
    done["gc dry"] = lambda: store().gc(dry_run=True)
    done["push"] = lambda: store().push("m", {"w": MODELS[next(iter(MODELS))]["w"] + 1})
    done["mend"] = lambda: scrub(source=folder.parent / "honest" / "store")
    done["gc"] = lambda: store().gc()
    return done


def attempt(folder: Path) -> dict[str, Any]:
    outcomes: dict[str, Any] = {}
    for name, do in ways(folder).items():
        began = time.process_time()
        try:
            outcome = "wrong" if do() is False else "fine"
        except HolotypeError as error:
            outcome = f"refused: {type(error).__name__}: {str(error)[:200]}"
        except BaseException as error:
            outcome = f"foreign: {type(error).__name__}: {str(error)[:300]}"
        outcomes[name] = [outcome, round(time.process_time() - began, 2)]
    return outcomes


def child(folder: Path) -> dict[str, Any]:
    """What became of it: outcomes, or how it was killed."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(ours)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
        try:
            result = {"outcomes": attempt(folder)}
            result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            os.write(theirs, json.dumps(result).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        text = pipe.read()
    status = os.waitpid(pid, 0)[1]
    return json.loads(text) if text and not status else {"killed": status, "outcomes": {}}


def main(folder: Path, names: list[str]) -> None:
    os.fsync = lambda _: None  # type: ignore[assignment]  # nobody needs these after a crash
    Forge(folder / "honest" / "store")
    for name in names or STORES:
        room = folder / name
        room.mkdir()
        STORES[name].make(Forge(room / "store"))
        before = {str(p) for p in room.iterdir()}
        row = child(room)
        after = {str(p) for p in room.iterdir() if not p.name.startswith("copy-")}
        kept = room / "precious" / "kept.json"
        row["outside"] = sorted(after - before)
        row["precious"] = not (room / "precious").exists() or (
            [p.name for p in (room / "precious").iterdir()] == ["kept.json"]
            and kept.read_bytes() == b"precious"
        )
        print(json.dumps({"name": name, **row}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
