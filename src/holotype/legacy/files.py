"""What is in an old model file: every reading of its bytes that some loader could have.

Formats are told by what bytes say, never by a file's name. One file may have several readings, such
as a pickle in front of a ZIP file, and each is read. Rule: what could not be read, or could be read
in two ways, is a problem of its part; a part without problems was read to its last byte.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from holotype.errors import LegacyError
from holotype.legacy import buffers, npy, tars, torchsave, zips
from holotype.legacy.buffers import Budget, Buffer
from holotype.legacy.forms import is_known_name
from holotype.legacy.machine import Log, Machine
from holotype.legacy.symbols import Call, Global, ObjectArray, RawArray, SideFile, Symbol
from holotype.legacy.wrappers import JoblibArrays

__all__ = ["Part", "Stream", "read_bytes", "read_file"]

_MAX_DEPTH = 8
_MAX_PICKLES = 100_000
_MAX_PLAIN = 10
_MAX_MEMBERS = 200_000
_WEAK = ("zlib", "lzma")
_MODULE = re.compile(r"[\w.\-]{1,300}")
_NAME = re.compile(r"[\w.\-<>]{1,300}")
_SIDE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,250}")
# What the pickle of an array names.
_OF_ARRAYS = frozenset({"_frombuffer", "_reconstruct", "dtype", "ndarray", "scalar"})
# Containers that may hold anything and are not read here.
_CLOSED = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x9d", "compress"),
    (b"LZIP", "lzip"),
)


class Stream(msgspec.Struct, eq=False):
    """One pickle of a part: ``data[start:end]``.

    ``log`` says what it would do to the outside. Where ``error`` is set it could not be executed to
    its end, and value and log are what there was until then.
    """

    start: int
    end: int
    protocol: int
    value: Symbol
    log: Log
    side: list[SideFile]
    error: LegacyError | None = None


class Part(msgspec.Struct, eq=False):
    """A file, or a member of an archive, or what a compressor hid.

    name      the path inside the file, empty for the file itself
    formats   every reading that it has; empty where none is known
    pickles   its pickles, in order
    array     what an ``.npy`` holds
    members   of an archive; one, of the same name, for what is compressed
    programs  code that a loader of this format would run, such as TorchScript's
    schema    the parsed ``schema.json`` of a skops file
    storages  the raw storages of a file of torch, by key
    problems  why the part is not read in full, or could be read otherwise
    notes     what is unusual but read
    data      its bytes; ``start`` is where they begin in the buffer that offsets count from
    """

    name: str
    size: int
    formats: list[str] = msgspec.field(default_factory=list)
    pickles: list[Stream] = msgspec.field(default_factory=list)
    array: RawArray | ObjectArray | None = None
    members: list[Part] = msgspec.field(default_factory=list)
    programs: list[str] = msgspec.field(default_factory=list)
    schema: Any = None
    storages: dict[str, memoryview] = msgspec.field(default_factory=dict)
    problems: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    data: memoryview = memoryview(b"")
    start: int = 0


Visit = Callable[[Part], None]


def read_bytes(data: bytes, *, limit: int = buffers.LIMIT, visit: Visit | None = None) -> Part:
    """Read the bytes of a whole file. Whatever they are, no exception but MemoryError leaves.

    ``limit`` is to how many bytes the file may be unpacked. ``visit`` is called with each part when
    it is complete, members first; it may take out of the part what nobody else needs.
    """
    return _Reader(Budget(limit), None, visit).part(data, "", 0, len(data))


def read_file(
    path: str | os.PathLike[str], *, limit: int = buffers.LIMIT, visit: Visit | None = None
) -> Part:
    """Read a file. Raises OSError where it cannot be opened; see :func:`read_bytes`.

    Arrays that joblib kept in files beside this one are read too, if their names are plain.
    """
    with buffers.open_regular(path) as file:
        data = buffers.open_buffer(file)
    folder = os.path.dirname(os.path.abspath(path))
    return _Reader(Budget(limit), folder, visit).part(data, "", 0, len(data))


class _Reader:
    def __init__(self, budget: Budget, folder: str | None, visit: Visit | None) -> None:
        self.budget = budget
        self.folder = folder
        self.visit = visit
        self.depth = 0
        self.count = 0
        self.in_torch = False  # inside an archive that has storages

    def part(self, data: Buffer, name: str, start: int, end: int, raw: bool = False) -> Part:
        """Read one part in every way; ``raw`` is what should be mere numbers."""
        view = memoryview(data)[start:end].toreadonly()
        part = Part(name, end - start, data=view, start=start)
        self.depth += 1
        self.count += 1
        if self.depth > _MAX_DEPTH:
            part.problems.append("archives within archives, deeper than a reader follows")
        elif self.count > _MAX_MEMBERS:
            part.problems.append("more members than a reader looks at")
        else:
            if not raw:
                try:
                    self._container(part, data, start, end)
                except LegacyError as error:
                    part.problems.append(str(error))
            self._pickles(part, data, start, end, raw)
        self.depth -= 1
        if self.visit is not None:
            self.visit(part)
        return part

    # -- containers ----------------------------------------------------------------------------

    def _container(self, part: Part, data: Buffer, start: int, end: int) -> None:
        head = bytes(data[start : min(end, start + 8)])
        if head[:6] == npy.MAGIC:
            self._npy(part, data, start, end)
        elif zips.is_zip(data, start, end, strict=tars.is_tar(data, start, end)):
            part.formats.append("zip")
            self._zip(part, data, start, end)
        elif tars.is_tar(data, start, end):
            part.formats.append("tar")
            self._tar(part, data, start, end)
        else:
            compressor = buffers.compression_of(data, start)
            if compressor is not None:
                self._compressed(part, data, start, end, compressor)
            for mark, kind in _CLOSED:
                if head.startswith(mark):
                    part.formats.append(kind)
                    part.problems.append(f"archives of the kind {kind} are not read")

    def _compressed(self, part: Part, data: Buffer, start: int, end: int, name: str) -> None:
        unpacked = buffers.decompress(data, name, self.budget, start, end)
        if name in _WEAK and unpacked.error is not None and not len(unpacked.data):
            return  # two bytes by which many a file begins
        part.formats.append(name)
        if unpacked.error is not None:
            part.problems.append(str(unpacked.error))
        elif bytes(data[unpacked.end : end]).strip(b"\0"):
            part.problems.append(f"{end - unpacked.end} bytes follow the compressed data")
        inner = self.part(unpacked.data, part.name, 0, len(unpacked.data))
        part.members.append(inner)

    def _npy(self, part: Part, data: Buffer, start: int, end: int) -> None:
        part.formats.append("npy")
        header = npy.read_header(data, start, end)
        if header.dtype.hasobject:
            stream = self._run(data, header.offset, end)
            part.pickles.append(stream)
            if stream.error is not None:
                raise stream.error
            part.array = ObjectArray(stream.value)
            position = stream.end
        else:
            position = header.offset + header.size
            if position > end:
                raise LegacyError("the file ends before its array does")
            view = memoryview(data)[header.offset : position].toreadonly()
            part.array = RawArray(
                header.dtype,
                header.shape,
                "F" if header.fortran_order else "C",
                view,
                header.offset,
            )
        if position < end:
            part.problems.append(f"{end - position} bytes follow the array")

    def _zip(self, part: Part, data: Buffer, start: int, end: int) -> None:
        listing = zips.list_members(data, start, end)
        part.problems += listing.problems
        names = {member.name for member in listing.members}
        homes = [name[: -len("data.pkl")] for name in names if _is_torch_pickle(name)]
        part.formats += ["torch"] * bool(homes) + ["skops"] * ("schema.json" in names)
        around, self.in_torch = self.in_torch, bool(homes)
        for member in listing.members:
            if not member.readable or member.name.endswith("/"):
                continue
            found = zips.read_member(data, member, self.budget, part.problems)
            key = _storage_key(member.name, homes)
            inner = self.part(found[0], _joined(part, member.name), found[1], found[2], bool(key))
            part.members.append(inner)
            plain = memoryview(found[0])[found[1] : found[2]].toreadonly()
            if key:
                part.storages[key] = plain
            if homes and "/code/" in f"/{member.name}":
                part.programs.append(member.name)
            if member.name == "schema.json":
                self._schema(part, plain)
        self.in_torch = around
        if part.programs:
            part.formats.append("torchscript")
        if {"manifest.json", "blueprint.json"} <= names:
            part.formats.append("holotype")
            part.notes.append("an archive of Holotype, which `holotype verify` looks into")
        if names and all(name.endswith(".npy") for name in names):
            part.formats.append("npz")

    def _schema(self, part: Part, text: memoryview) -> None:
        try:
            part.schema = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            part.problems.append(f"schema.json cannot be read: {error}")

    def _tar(self, part: Part, data: Buffer, start: int, end: int) -> None:
        listing = tars.list_tar(data, start, end)
        part.problems += listing.problems
        old_torch = {"pickle", "storages", "tensors"} <= {each.name for each in listing.members}
        for member in listing.members:
            name = _joined(part, member.name)
            if old_torch and member.name in ("storages", "tensors"):
                inner = self._torch_tar(part, data, name, member)
            else:
                inner = self.part(data, name, member.start, member.end)
            part.members.append(inner)
        if old_torch:
            part.formats.append("torch-tar")

    def _torch_tar(self, part: Part, data: Buffer, name: str, member: tars.TarMember) -> Part:
        inner = Part(name, member.end - member.start, ["torch-tar"], start=member.start)

        def run(position: int) -> Machine:
            machine = Machine(data, position, member.end, log=log)
            machine.run()
            return machine

        log = Log()
        try:
            if member.name == "storages":
                part.storages, end = torchsave.walk_tar_storages(run, member.start)
            else:
                end = torchsave.walk_tar_tensors(run, member.start)
            if end != member.end:
                inner.problems.append(f"{member.end - end} bytes follow the last {member.name}")
        except LegacyError as error:
            inner.problems.append(str(error))
        inner.pickles.append(Stream(member.start, member.end, 2, None, log, []))
        if self.visit is not None:
            self.visit(inner)
        return inner

    # -- pickles -------------------------------------------------------------------------------

    def _pickles(self, part: Part, data: Buffer, start: int, end: int, raw: bool) -> None:
        """Read the pickles that begin at ``start``, as pickle, joblib and torch would."""
        if "npy" in part.formats and part.pickles:
            return
        known = bool(part.formats) or raw
        position, found = start, 0
        while position < end:
            if found == _MAX_PICKLES:
                part.problems.append("more pickles in a row than a reader looks at")
                return
            hook = JoblibArrays()
            stream = self._run(data, position, end, hook)
            if stream.error is not None and not _matters(stream, data, position, known):
                break
            if raw and not found and not stream.log:
                return  # numbers that happen to say STOP
            part.pickles.append(stream)
            found += 1
            if stream.error is not None:
                part.problems.append(str(stream.error))
            if hook.first is not None and found <= _MAX_PLAIN:
                self._without_joblib(part, data, stream, hook.first, end)
            elif hook.first is not None:
                part.problems.append("more files of joblib in a row than a reader looks at twice")
                return
            if stream.log.buffers:
                part.problems.append("it needs buffers that were kept outside of the file")
            self._side_files(part, stream)
            part.formats += [name for name in _dialects(stream, hook) if name not in part.formats]
            position = stream.end
            if stream.error is not None:
                return
            if found == 5 and _is_torch_stream(part):
                position = self._torch_stream(part, data, position, end)
        self._judge(part, start, position, end, found, known, raw)

    def _judge(
        self, part: Part, start: int, position: int, end: int, found: int, known: bool, raw: bool
    ) -> None:
        """Say what is odd about pickles that were read to their ends."""
        if not found:
            return
        if any(stream.log.persistent for stream in part.pickles) and not (
            self.in_torch or "torch-stream" in part.formats
        ):
            part.problems.append("it refers to objects that are not in the file")
        if raw:
            part.problems.append("numbers of an array that are a pickle too")
        elif known:
            part.problems.append("a polyglot: it is a pickle too, in front of the rest")
        elif position < end:
            part.problems.append(f"{end - position} bytes follow the pickle")
        if found > 1 and "torch-stream" not in part.formats:
            part.notes.append(f"{found} pickles in a row; most loaders read only the first")

    def _run(
        self, data: Buffer, position: int, end: int, hook: JoblibArrays | None = None
    ) -> Stream:
        machine = Machine(data, position, end, built=hook)
        stream = Stream(position, end, 0, None, machine.log, [] if hook is None else hook.side)
        try:
            stream.value = machine.run()
            stream.end = machine.position
        except LegacyError as error:
            stream.error = error
        stream.protocol = machine.protocol
        return stream

    def _without_joblib(
        self, part: Part, data: Buffer, stream: Stream, first: int, end: int
    ) -> None:
        """What ``pickle.load`` would make of a file that was written for joblib.

        It takes the arrays for opcodes and stops soon, unless somebody saw to it that it does not.
        """
        plain = self._run(data, stream.start, end)
        misread = _misread(plain.log, stream.log)
        if misread is not None:
            _cut(plain.log, misread)
            part.notes.append("pickle.load would misread an array of objects; joblib.load does not")
        new = [
            use
            for key, use in plain.log.globals.items()
            if key not in stream.log.globals and _plausible(use.symbol)
        ]
        calls = [call for call in plain.log.calls if call.offset >= first]
        if not calls and not new:
            return
        places = {(call.offset, _called(call)) for call in stream.log.calls}
        others = [call for call in calls if (call.offset, _called(call)) not in places]
        plain.value = None
        part.pickles.append(plain)
        if new or others:
            part.problems.append(
                "a polyglot: pickle.load would take an array's bytes for another program"
            )

    def _torch_stream(self, part: Part, data: Buffer, position: int, end: int) -> int:
        part.formats.append("torch-stream")
        if "pickle" in part.formats:
            part.formats.remove("pickle")
        machine = Machine(data, position, end)
        try:
            sizes = torchsave.storage_sizes(part.pickles[3].log)
            part.storages, position = torchsave.read_storages(
                machine, part.pickles[4].value, position, sizes
            )
        except LegacyError as error:
            part.problems.append(str(error))
        return position

    def _side_files(self, part: Part, stream: Stream) -> None:
        for side in stream.side:
            name = side.filename
            if not _SIDE_NAME.fullmatch(name):
                part.problems.append(f"an array in the file {name[:100]!a}, which is not opened")
            elif self.folder is None:
                part.problems.append(f"an array is in the file {name} beside this one")
            else:
                self._side_file(part, os.path.join(self.folder, name), name)

    def _side_file(self, part: Part, path: str, name: str) -> None:
        try:
            with buffers.open_regular(path, follow=False) as file:
                data = buffers.open_buffer(file)
        except OSError as error:
            part.problems.append(
                f"an array is in the file {name} beside this one: {error.strerror}"
            )
        else:
            part.members.append(self.part(data, _joined(part, name), 0, len(data)))


def _joined(part: Part, name: str) -> str:
    return f"{part.name}/{name}" if part.name else name


def _is_torch_pickle(name: str) -> bool:
    return name == "data.pkl" or name.endswith("/data.pkl")


def _storage_key(name: str, homes: list[str]) -> str:
    """The key of the storage that a member of a file of torch is; empty for others."""
    for home in homes:
        if name.startswith(f"{home}data/"):
            return name[len(home) + len("data/") :]
    return ""


def _is_torch_stream(part: Part) -> bool:
    value = part.pickles[0].value
    return type(value) is int and value == torchsave.MAGIC


def _matters(stream: Stream, data: Buffer, position: int, known: bool) -> bool:
    """Whether a pickle that breaks off is one at all: it has the mark, or gets to do something."""
    if any(_plausible(use.symbol) for use in stream.log.globals.values()):
        return True
    head = bytes(data[position : position + 2])
    return not known and len(head) == 2 and head[0] == 0x80 and head[1] <= 5


def _plausible(symbol: Global) -> bool:
    """Whether it could be imported: what text by chance says to import mostly could not."""
    return bool(_MODULE.fullmatch(symbol.module) and _NAME.fullmatch(symbol.name))


def _misread(plain: Log, right: Log) -> int | None:
    """Where ``pickle.load`` loses its way in an honest file of joblib, by a name that is none.

    An array of objects is a pickle of its own with a memo of its own. Read on in the memo of the
    outer one, ``numpy`` in ``numpy.dtype`` becomes some other text of the model, such as the name
    of a column; nothing of that name has a dtype, and there the reading ends.
    """
    found = [
        use.offset
        for key, use in plain.globals.items()
        if key not in right.globals and key[1] in _OF_ARRAYS and not is_known_name(use.symbol)
    ]
    return min(found, default=None)


def _cut(log: Log, offset: int) -> None:
    """Forget what comes at ``offset`` or after it; of globals, all uses but calls."""
    log.calls = [call for call in log.calls if call.offset < offset]
    log.globals = {key: use for key, use in log.globals.items() if use.offset < offset}
    log.again.clear()
    called = Counter(id(call.function) for call in log.calls)
    for use in log.globals.values():
        use.count = called[id(use.symbol)]


def _called(call: Call) -> tuple[str, str] | None:
    function = call.function
    return (function.module, function.name) if type(function) is Global else None


def _dialects(stream: Stream, hook: JoblibArrays) -> list[str]:
    """What wrote the pickle, as far as that shows."""
    modules = {module.partition(".")[0] for module, _ in stream.log.globals}
    found = [name for name in ("cloudpickle", "dill") if name in modules]
    if hook.first is not None or hook.side:
        return ["joblib", *found]
    return ["pickle", *found]
