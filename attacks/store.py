"""Hostile stores: somebody else's bucket, in which anything may stand under any key.

    python -m attacks.store FOLDER     # write them all, one folder each
    python -m attacks.store --table    # what each tries

Each begins as an honest store of two versions of ``m`` and one of ``other``; its maker then changes
it. What looks at such a store gives an error of Holotype, or the archive of the id that was asked
for; it ends within bounds of memory and time, and touches nothing outside of the folder.
`tests/conformance/test_hostile_stores.py` tries everything that a store can do on each.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import zstandard

import holotype
from holotype.archive.reader import open_archive
from holotype.digest import canonical_json, data_digest
from holotype.store.packs import Block, Pack, pack_key
from holotype.store.places.local import LocalPlace
from holotype.store.recipes import make_recipe
from holotype.store.records import Version, render
from holotype.store.vault import Vault

__all__ = ["STORES", "Forge", "StoreAttack", "models"]

_HEAD = struct.Struct("<8sI4x32s16x")
_TAIL = struct.Struct("<QQQ32s8s")
_WHEN = datetime(2024, 1, 1, tzinfo=UTC)
_EXABYTE = 1 << 60
_ITEMS = {"kind": "items", "dtype": "<f8"}
_RAW = {"codec": 1, "layer": "raw", "order": "C"}


@cache
def models() -> dict[str, bytes]:
    """The archives of the honest store, by version."""
    random = np.random.default_rng(0)
    first = {"w": random.normal(size=20_000), "b": random.normal(size=100)}
    second = {**first, "w": first["w"].copy()}
    second["w"][::7] *= 1 + 1e-12
    third = {"w": random.normal(size=20_000), "b": first["b"]}
    made = {"m@1.0.0": first, "m@1.0.1": second, "other@1.0.0": third}
    return {spec: holotype.dumps(model, created=_WHEN) for spec, model in made.items()}


class Forge:
    """An honest store in a folder, and the means to change it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = LocalPlace(folder, create=True)
        self.vault = Vault(self.place)
        self.vault.open(create=True)
        self.archives = models()
        for spec, data in self.archives.items():
            name, _, number = spec.partition("@")
            with open_archive(data) as reader:
                self.vault.push(name, reader, trust_level="data", number=number)
        self.vault.catalog.refresh()

    def version(self, spec: str = "m@1.0.0") -> Version:
        """An honest record."""
        return self.vault.find(spec)

    def record(self, spec: str = "m@1.0.0", **changes: Any) -> None:
        """Write a record again with other words in it."""
        version = self.version(spec)
        value = msgspec.to_builtins(version) | changes
        self.place.write(version.key, canonical_json(value))

    def block(self, spec: str = "m@1.0.0", *, deepest: bool = False) -> tuple[Pack, int, Block]:
        """The largest block of a version, with its pack and number; or the one most before it."""
        found = [
            (self.vault.catalog.packs[pack], number)
            for pack, number in self.vault.catalog.needed(self.objects(spec))
        ]
        every = [(pack, number, pack.blocks[number]) for pack, number in found]
        return max(every, key=lambda each: each[2].depth if deepest else each[2].raw)

    def objects(self, spec: str) -> list[str]:
        """The objects of a version, without its recipe."""
        return [digest for digest, _, _ in self.vault.recipe(self.version(spec)).objects]

    def pack(
        self,
        blocks: list[Any],
        bodies: bytes = b"",
        objects: dict[str, Any] | None = None,
        *,
        index: bytes | None = None,
        size: int | None = None,
    ) -> str:
        """Write a pack that says what it likes; its name, which is its SHA-256."""
        value = {"blocks": blocks, "objects": objects or {}}
        text = json.dumps(value).encode() if index is None else index
        if index is None:  # what compresses too well is not even looked at
            noise = np.random.default_rng(0).bytes(len(text) // 50).hex()
            filler = [64 + len(bodies), 0, {"noise": noise}, {}, [["sha256:" + "9" * 64, 0]]]
            text = json.dumps(value | {"blocks": [*blocks, filler]}).encode()
        packed = zstandard.ZstdCompressor(write_content_size=True).compress(text)
        head = _HEAD.pack(b"holopack", 1, bytes(32)) + bodies
        digest = hashlib.sha256(packed).digest()
        raw = len(text) if size is None else size
        data = head + packed + _TAIL.pack(len(head), len(packed), raw, digest, b"holopack")
        name = hashlib.sha256(data).hexdigest()
        self.place.write(pack_key(name), data)
        return name

    def rewrite(self, pack: Pack, change: Callable[[list[Any]], None]) -> None:
        """Replace a pack by one of the same bodies whose list of blocks was changed."""
        blocks = json.loads(canonical_json(pack.blocks))
        change(blocks)
        end = max(block.offset + block.size for block in pack.blocks)
        bodies = bytes(self.place.read(pack_key(pack.name), 64, end - 64))
        self.place.delete(pack_key(pack.name))
        self.pack(blocks, bodies, {k: list(v) for k, v in pack.objects.items()})

    def recipe(self, data: bytes, spec: str = "m@1.0.0", **said: Any) -> None:
        """Let a version be put together by this recipe, which is stored as honest text."""
        body = zstandard.ZstdCompressor(write_content_size=True).compress(data)
        digest = data_digest(data)
        block = [64, len(body), {"kind": "text"}, {"layer": "text"}, [[digest, len(data)]]]
        name = self.pack([block], body)
        packs = [name, *self.version(spec).packs]
        self.record(spec, recipe=digest, recipe_size=len(data), packs=packs, **said)


Maker = Callable[[Forge], None]


class StoreAttack(NamedTuple):
    """One hostile store: its name, what it tries, and what changes an honest one into it."""

    name: str
    aim: str
    make: Maker


STORES: dict[str, StoreAttack] = {}
"""All hostile stores by name."""


def hostile(make: Maker) -> Maker:
    """Register a maker; its docstring says what the store tries."""
    name = make.__name__.replace("_", "-")
    STORES[name] = StoreAttack(name, " ".join((make.__doc__ or "").split()), make)
    return make


# ------------------------------------------------------------------------------------ records


@hostile
def id_of_another(forge: Forge) -> None:
    """A record with the id that the reader trusts, and the parts of another archive."""
    other = forge.version("other@1.0.0")
    forge.record(recipe=other.recipe, recipe_size=other.recipe_size, size=other.size)


@hostile
def id_changed(forge: Forge) -> None:
    """A record whose id is nobody's."""
    forge.record(id="sha256:" + "0" * 64)


@hostile
def fingerprint_changed(forge: Forge) -> None:
    """A record with the fingerprint of another model."""
    forge.record(fingerprint=forge.version("other@1.0.0").fingerprint)


@hostile
def note_of_another(forge: Forge) -> None:
    """The id of one archive noted at another version."""
    digest = forge.version().id.removeprefix("sha256:")
    forge.place.write(f"ids/{digest}/other/1.0.0", b"")
    forge.place.delete(f"ids/{digest}/m/1.0.0")


@hostile
def record_of_another_name(forge: Forge) -> None:
    """A record under a key that is another version's."""
    forge.place.write("versions/m/1.0.0.json", render(forge.version("other@1.0.0")))


@hostile
def digest_that_climbs_out(forge: Forge) -> None:
    """An id with dots that lead out of the store."""
    forge.record(id="sha256:../../../../escaped", fingerprint="../../escaped")


@hostile
def pack_that_climbs_out(forge: Forge) -> None:
    """Packs by names that lead out of the store."""
    forge.record(packs=["../../../../etc/passwd", "/etc/passwd", "\x00", ""])


@hostile
def size_of_an_exabyte(forge: Forge) -> None:
    """A file of an exabyte, stated by the record."""
    forge.record(size=_EXABYTE)


@hostile
def recipe_size_of_an_exabyte(forge: Forge) -> None:
    """A recipe of an exabyte, stated by the record."""
    forge.record(recipe_size=_EXABYTE)


@hostile
def negative_sizes(forge: Forge) -> None:
    """Sizes below zero."""
    forge.record(size=-1, recipe_size=-1, added=-1)


@hostile
def record_of_megabytes(forge: Forge) -> None:
    """A message that fills the memory of whoever lists versions."""
    forge.record(message="x" * (40 << 20))


@hostile
def record_nested_without_end(forge: Forge) -> None:
    """A hundred thousand brackets in a record."""
    forge.place.write("versions/m/1.0.0.json", b'{"packs":' + b"[" * 100_000)


@hostile
def number_of_many_digits(forge: Forge) -> None:
    """A version number that takes quadratic time to read."""
    forge.place.write(f"versions/m/{'9' * 200}.0.0.json", b"{}")


@hostile
def number_of_hugeness(forge: Forge) -> None:
    """The highest version number that there is, so that none comes after it."""
    value = msgspec.to_builtins(forge.version()) | {"version": "999999999.999999999.999999999"}
    key = "versions/m/999999999.999999999.999999999.json"
    forge.place.write(key, canonical_json(value))


@hostile
def ten_thousand_packs(forge: Forge) -> None:
    """A record that sends its reader after thousands of packs that are not there."""
    forge.record(packs=[f"{number:064x}" for number in range(1000)])


@hostile
def tag_that_climbs_out(forge: Forge) -> None:
    """A tag of a version whose number is a path."""
    tag = {"format": 1, "name": "m", "tag": "x", "version": "../../../x", "moved": "2024-01-01"}
    forge.place.write("tags/m/x.json", json.dumps(tag).encode())


@hostile
def keys_that_mean_nothing(forge: Forge) -> None:
    """Files in every folder of the store, too high and too deep in it."""
    for room in ("ids", "notes", "tags", "writers", "condemned", "packs", "seals", "scrubs", "x"):
        forge.place.write(f"{room}/x", b"x")
        forge.place.write(f"{room}/y/y", b"")
        forge.place.write(f"{room}/{'a/' * 40}z.json", b"{}")


@hostile
def versions_that_are_none(forge: Forge) -> None:
    """Files where versions are kept that are no versions."""
    forge.place.write("versions/x", b"x")
    forge.place.write(f"versions/{'a/' * 40}1.0.0.json", b"{}")


@hostile
def marker_of_another_store(forge: Forge) -> None:
    """A store of a layout of the future."""
    forge.place.write("store.json", b'{"format":9,"store":"holotype"}')


# --------------------------------------------------------------------------- links in the folder


@hostile
def pack_is_a_link(forge: Forge) -> None:
    """A pack that is a link to a file outside."""
    pack, _, _ = forge.block()
    path = forge.folder / pack_key(pack.name)
    outside = forge.folder.parent / "outside"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)


@hostile
def folders_are_links(forge: Forge) -> None:
    """The folders of writers, marks and notes are links to one outside, where files lie."""
    outside = forge.folder.parent / "precious"
    outside.mkdir(exist_ok=True)
    (outside / "kept.json").write_bytes(b"precious")
    for name in ("writers", "condemned", "scrubs", ".writing", "tags"):
        path = forge.folder / name
        if path.exists():
            path.rename(forge.folder / f"{name}-before")
        path.symlink_to(outside)


@hostile
def pack_is_a_pipe(forge: Forge) -> None:
    """A pack that is a pipe: whoever opens it waits for ever."""
    pack, _, _ = forge.block()
    path = forge.folder / pack_key(pack.name)
    path.unlink()
    os.mkfifo(path)


# -------------------------------------------------------------------------------------- packs


@hostile
def index_bomb(forge: Forge) -> None:
    """Ten million blocks of nothing in an index of two hundred megabytes."""
    noise = np.random.default_rng(0).bytes(4 << 20).hex().encode()
    text = b'{"archive":["' + noise + b'",1],"blocks":[' + b'[64,0,{},{},[["",0]]],' * 10_000_000
    forge.pack([], index=text[:-1] + b'],"objects":{}}')


@hostile
def index_of_another_size(forge: Forge) -> None:
    """An index that decompresses to more than it says."""
    forge.pack([], index=b'{"blocks":[],"objects":{}}' + b" " * (60 << 20), size=26)


@hostile
def index_nested_without_end(forge: Forge) -> None:
    """An index of brackets."""
    forge.pack([], index=b'{"blocks":' + b"[" * 200_000)


@hostile
def block_beyond_the_end(forge: Forge) -> None:
    """A block behind the end of its pack."""

    def change(blocks: list[Any]) -> None:
        blocks[-1][1] += 1 << 40

    forge.rewrite(forge.block()[0], change)


@hostile
def blocks_that_overlap(forge: Forge) -> None:
    """Two blocks of the same bytes."""

    def change(blocks: list[Any]) -> None:
        blocks[-1][0] = blocks[0][0]

    forge.rewrite(forge.block()[0], change)


@hostile
def digests_that_lie(forge: Forge) -> None:
    """Two parts of one size that have exchanged their digests: other numbers in the same model."""
    pack, number, _ = forge.block("other@1.0.0")

    def change(blocks: list[Any]) -> None:
        blocks[number][4].reverse()
        sizes = sorted(part[1] for part in blocks[number][4])
        for part, size in zip(blocks[number][4], sizes, strict=True):
            part[1] = size

    forge.rewrite(pack, change)


@hostile
def digest_twice_with_other_content(forge: Forge) -> None:
    """A second block that claims the digests of the first, of zeros and with fewer before it."""
    for _, _, block in (forge.block(), forge.block("m@1.0.1", deepest=True)):
        parts = [list(part) for part in block.parts]
        forge.pack([[64, block.raw, _ITEMS, _RAW, parts]], bytes(block.raw))


@hostile
def parts_larger_than_they_are(forge: Forge) -> None:
    """A block that says it decodes to half a gigabyte."""
    pack, number, _ = forge.block()

    def change(blocks: list[Any]) -> None:
        blocks[number][4][0][1] = (1 << 29) - (1 << 20)

    forge.rewrite(pack, change)


@hostile
def text_bomb_as_recipe(forge: Forge) -> None:
    """A recipe of thirty megabytes of zeros in some kilobytes."""
    forge.recipe(bytes(32 << 20))


@hostile
def bases_in_a_circle(forge: Forge) -> None:
    """Two blocks that are differences from each other."""
    pack, number, block = forge.block("m@1.0.1", deepest=True)
    own = [digest for digest, _ in block.parts]

    def change(blocks: list[Any]) -> None:
        blocks[number][5] = [0, own]

    forge.rewrite(pack, change)
    form = {"kind": "items", "dtype": "|u1"}
    others = [[digest, size] for digest, size in forge.block()[2].parts]
    forge.pack([[64, 8, form, dict(block.coded), others, [0, own], 1]], bytes(8))


@hostile
def depth_that_lies(forge: Forge) -> None:
    """A chain of differences, all of which say that one block comes before them."""
    parts = [[f"sha256:{number:064x}", 8] for number in range(2000)]
    blocks: list[Any] = [[64, 8, _ITEMS, _RAW, [parts[0]]]]
    for before, part in pairwise(parts):
        blocks.append([72, 0, _ITEMS, _RAW, [part], [0, [before[0]]], 1])
    name = forge.pack(blocks, bytes(8))
    digest = parts[-1][0]
    forge.record(recipe=digest, recipe_size=8, packs=[name])


@hostile
def base_of_gigabytes(forge: Forge) -> None:
    """A small text that is the difference from a thousand times a megabyte."""
    zeros = bytes(1 << 20)
    big = data_digest(zeros)
    body = zstandard.ZstdCompressor(write_content_size=True).compress(zeros)
    text = {"kind": "text"}, {"layer": "text"}
    name = forge.pack(
        [
            [64, len(body), *text, [[big, 1 << 20]]],
            [64 + len(body), 1, *text, [["sha256:" + "5" * 64, 9]], [0, [big] * 3000], 1],
        ],
        body + b"x",
    )
    forge.record(recipe="sha256:" + "5" * 64, recipe_size=9, packs=[name])


@hostile
def base_that_begins_beyond(forge: Forge) -> None:
    """A difference from bytes that begin an exabyte behind the beginning."""
    pack, number, _ = forge.block("m@1.0.1", deepest=True)

    def change(blocks: list[Any]) -> None:
        blocks[number][5][0] = _EXABYTE

    forge.rewrite(pack, change)


@hostile
def object_of_itself(forge: Forge) -> None:
    """Objects that are made of themselves and of each other."""
    ours, theirs = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    name = forge.pack([], b"", {ours: [theirs, ours], theirs: [ours]})
    forge.record(recipe=ours, recipe_size=1, packs=[name])


@hostile
def object_of_a_million_parts(forge: Forge) -> None:
    """A recipe that is a megabyte a hundred thousand times."""
    zeros = bytes(1 << 20)
    digest, whole = data_digest(zeros), "sha256-tree:" + "3" * 64
    body = zstandard.ZstdCompressor(write_content_size=True).compress(zeros)
    block = [64, len(body), {"kind": "text"}, {"layer": "text"}, [[digest, 1 << 20]]]
    name = forge.pack([block], body, {whole: [digest] * 100_000})
    forge.record(recipe=whole, recipe_size=100_000 << 20, packs=[name])


@hostile
def dtype_of_objects(forge: Forge) -> None:
    """A block of pointers."""

    def change(blocks: list[Any]) -> None:
        for block in blocks:
            if block[2]["kind"] == "items":
                block[2]["dtype"] = "|O"

    forge.rewrite(forge.block()[0], change)


@hostile
def coding_that_lies(forge: Forge) -> None:
    """Sizes of frames that are negative, huge and nested."""

    def change(blocks: list[Any]) -> None:
        for block, frames in zip(blocks, ([-1], [1 << 70], [[[]]], "x"), strict=False):
            block[3]["frames"] = frames

    forge.rewrite(forge.block()[0], change)


@hostile
def trees_without_end(forge: Forge) -> None:
    """A block of trees whose values have more outputs than memory has bytes."""
    form = {"kind": "trees", "nodes": "<f8", "values": "<f8", "tail": [1 << 24] * 2, "counts": [1]}
    parts = [["sha256:" + "7" * 64, 8], ["sha256:" + "8" * 64, 8]]
    name = forge.pack([[64, 8, form, {"layer": "trees"}, parts]], bytes(8))
    forge.record(recipe=parts[0][0], recipe_size=8, packs=[name])


# ------------------------------------------------------------------------------------ recipes


@hostile
def recipe_of_a_wrong_array(forge: Forge) -> None:
    """A recipe that puts an array of another model, of the same size, into this one."""
    recipe = forge.vault.recipe(forge.version())
    others = {size: d for d, _, size in forge.vault.recipe(forge.version("other@1.0.0")).objects}
    view = memoryview(forge.archives["m@1.0.0"])
    changed = [(others.get(size, digest), offset, size) for digest, offset, size in recipe.objects]
    forge.recipe(make_recipe(view, changed))


@hostile
def recipe_with_objects_of_another_size(forge: Forge) -> None:
    """A recipe whose object is an exabyte, so that the file is."""
    recipe = forge.vault.recipe(forge.version())
    segments = [[recipe.objects[0][0], _EXABYTE]]
    head = canonical_json({"format": 1, "segments": segments, "size": _EXABYTE})
    forge.recipe(struct.pack("<Q", len(head)) + head, size=_EXABYTE)


@hostile
def recipe_of_endless_segments(forge: Forge) -> None:
    """A recipe that names one object thirty thousand times."""
    digest, _, size = forge.vault.recipe(forge.version()).objects[0]
    whole = size * 30_000
    head = canonical_json({"format": 1, "segments": [[digest, size]] * 30_000, "size": whole})
    forge.recipe(struct.pack("<Q", len(head)) + head, size=whole)


@hostile
def recipe_without_a_file(forge: Forge) -> None:
    """A recipe whose file is no archive but a script."""
    data = b"#!/bin/sh\necho owned\n"
    forge.recipe(make_recipe(memoryview(data), []), size=len(data))


# ------------------------------------------------------------------------------------ writers


@hostile
def writers_that_announce_nonsense(forge: Forge) -> None:
    """Intents of dead writers that want a collector to write records elsewhere."""
    version = msgspec.to_builtins(forge.version())
    for number, name in enumerate(["../../escaped", "m", "x" * 5000]):
        changed = version | {"name": name, "version": f"3.0.{number}", "packs": ["e" * 64]}
        intent = {"format": 1, "process": "x", "ended": True, "version": changed}
        forge.place.write(f"writers/{number:032x}.json", canonical_json(intent))


@hostile
def writers_that_never_end(forge: Forge) -> None:
    """Intents that are no JSON, are megabytes, and name processes in strange ways."""
    for number, data in enumerate([b"\xff", b"x" * (3 << 20), b'{"process":":::"}', b"{}"]):
        forge.place.write(f"writers/{number:032x}.json", data)


@hostile
def everything_condemned(forge: Forge) -> None:
    """Marks on all packs, and on names that are none."""
    for name in [*forge.vault.catalog.packs, "f" * 64, "x", "a.b"]:
        forge.place.write(f"condemned/{name}", b"")


@hostile
def scrub_that_was_done(forge: Forge) -> None:
    """A state by which a scrub has seen all packs already, of megabytes and of wrong kinds."""
    state = {"deep": False, "begun": "2024-01-01T00:00:00Z", "damaged": {"x/../y": "z" * (2 << 20)}}
    forge.place.write("scrubs/state.json", canonical_json(state))


def table() -> str:
    """What each store tries, as Markdown."""
    rows = [f"| `{each.name}` | {each.aim} |\n" for each in STORES.values()]
    return "| store | what it tries |\n| --- | --- |\n" + "".join(rows)


def main(arguments: list[str]) -> int:
    """Do what the command line asks; the status of the process."""
    if arguments == ["--table"]:
        sys.stdout.write(table())
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m attacks.store FOLDER | --table\n")
        return 2
    for attack in STORES.values():
        folder = Path(arguments[0]) / attack.name
        folder.mkdir(parents=True)
        attack.make(Forge(folder / "store"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
