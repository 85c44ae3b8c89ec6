"""Processes that work on a store and are killed at random points; a program, not a test.

    python -m tests.unit.store.crashing FOLDER SEED KILLS

After each kill the store is opened, scrubbed, and every version that was acknowledged is compared
byte by byte. It prints what was done, as JSON. Children are forked from this process, which has
imported everything, so that hundreds of them take seconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.unit.store.stores import archive, arrays, check_clean, new_vault, pulled, push

from holotype.archive.reader import open_archive
from holotype.errors import ConflictError
from holotype.store.collecting import collect
from holotype.store.copying import copy
from holotype.store.mending import scrub
from holotype.store.places.local import LocalPlace
from holotype.store.vault import Vault

MOST = 8  # versions in the store; then some are removed
MODELS = [arrays(seed, count=2, size=seed % 3 * 700 + 400) for seed in range(6)]
MODELS += [{**MODELS[i], "n1": MODELS[i - 1]["n1"]} for i in range(1, 6)]
ARCHIVES = [archive(model) for model in MODELS]


def id_of(data: bytes) -> str:
    with open_archive(data) as reader:
        return reader.id


BY_ID = {id_of(data): data for data in ARCHIVES}


def work(folder: Path, seed: int, told: int) -> None:
    """Push, remove, collect and copy until somebody ends it, and say what was done."""
    choose = random.Random(seed)

    def say(**what: str) -> None:
        os.write(told, json.dumps(what).encode() + b"\n")

    vault = new_vault(LocalPlace(folder / "one"))
    other = new_vault(LocalPlace(folder / "two"))
    while True:
        kind = choose.choice(["push", "push", "push", "remove", "gc", "copy", "tag"])
        versions = vault.versions()
        if kind == "push" and len(versions) < MOST:
            level = choose.choice(["none", "fast"])
            version = push(vault, choose.choice("ab"), choose.choice(ARCHIVES), level=level)
            say(did="push", version=str(version), id=version.id)
        elif kind == "remove" and len(versions) > 2:
            version = choose.choice(versions)
            try:
                say(did="removing", version=str(version))
                vault.remove(str(version))
                say(did="remove", version=str(version))
            except ConflictError:
                say(did="kept", version=str(version))
        elif kind == "gc":
            collect(choose.choice([vault, other]))
            say(did="gc")
        elif kind == "copy" and versions and len(other.versions()) < MOST:
            done = copy(vault, choose.choice(versions), other)
            for version in done.versions:
                say(did="copy", version=str(version), id=version.id)
        elif kind == "tag" and versions:
            vault.tag(str(choose.choice(versions)), "best")
            say(did="tag")


def crash(folder: Path, seed: int, pause: float) -> tuple[list[dict[str, str]], bool]:
    """What a child said until it was killed; and whether it was killed, rather than ended."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        try:
            work(folder, seed, theirs)
        except BaseException:
            os.write(theirs, json.dumps({"did": traceback.format_exc()}).encode() + b"\n")
        os._exit(1)
    os.close(theirs)
    time.sleep(pause)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(ours, "rb") as pipe:
        said = [json.loads(line) for line in pipe.read().splitlines()]
    return said, os.WIFSIGNALED(status)


def main(folder: Path, seed: int, kills: int) -> None:
    choose = random.Random(seed)
    done: Counter[str] = Counter()
    sure: dict[str, dict[str, str]] = {"one": {}, "two": {}}
    doubtful: set[str] = set()
    for name in sure:
        new_vault(LocalPlace(folder / name, create=True))
    for number in range(kills):
        said, killed = crash(folder, choose.randrange(1 << 30), choose.uniform(0.0, 0.08))
        for each in said:
            done[each["did"]] += 1
            if each["did"] == "push":
                sure["one"][each["version"]] = each["id"]
            elif each["did"] == "copy":
                sure["two"][each["version"]] = each["id"]
            elif each["did"] == "removing":
                doubtful.add(each["version"])
            elif each["did"] == "kept":
                doubtful.discard(each["version"])
        assert killed, said[-1]["did"]
        for name, known in sure.items():
            check(LocalPlace(folder / name), known, doubtful if name == "one" else set())
        done["left writers"] += len(list(LocalPlace(folder / "one").list("writers/")))
        done["kills"] = number + 1
    for name, known in sure.items():
        place = LocalPlace(folder / name)
        for left in (folder / name / ".writing").iterdir():
            os.utime(left, (1e9, 1e9))
            done["left files"] += 1
        check_clean(place)
        assert not list((folder / name / ".writing").iterdir())
        check(place, known, doubtful if name == "one" else set())
    print(json.dumps(done))


def check(place: LocalPlace, sure: dict[str, str], doubtful: set[str]) -> None:
    """That the store opens, nothing is damaged, and what was said to be there is there."""
    vault: Vault = new_vault(place)
    there = {str(version): version for version in vault.versions()}
    missing = {name for name in sure if name not in doubtful and name not in there}
    assert not missing, missing
    for name, version in there.items():
        assert sure.get(name, version.id) == version.id, name
        assert pulled(vault, version) == BY_ID[version.id], name
    found = scrub(vault, resume=False)
    assert found.damaged == (), found.damaged


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
