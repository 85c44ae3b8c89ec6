"""From what a file says to what of it is outside the type table.

Rule: the judge looks at what the machine wrote down and at nothing else, so what ``scan`` reports
is what ``convert`` converts.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from holotype.legacy.files import Part, Stream
from holotype.legacy.forms import is_helper, is_known_name, is_random, judge_call, judge_change
from holotype.legacy.schema import names_in
from holotype.legacy.symbols import Call, Global, Symbol, class_with_source

__all__ = ["Finding", "Judge", "Name"]

_MAX_TEXT = 200
_MAX_FINDINGS = 1000
_STORAGE_HOMES = ("torch", "torch.cuda", "torch.storage")
_NOT_IN_TABLE = "it is not in the table"


class Name(msgspec.Struct, kw_only=True):
    """A class, function or constant that a file names.

    ``imported`` and ``called`` count how often, ``offset`` is where in its part it is first
    imported. ``outside`` says why it is outside the table, and is empty where it is not.
    """

    module: str
    name: str
    part: str
    imported: int
    called: int
    offset: int | None
    outside: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing outside the table. ``part`` is the path inside the file, ``offset`` in bytes."""

    what: str
    reason: str
    part: str
    offset: int | None = None


class Judge:
    """Collects names and findings over the parts of one file."""

    def __init__(self) -> None:
        self.names: list[Name] = []
        self.findings: list[Finding] = []
        self.dropped = 0

    def part(self, part: Part) -> None:
        """Judge one complete part."""
        for stream in part.pickles:
            self._stream(part, stream)
        for program in part.programs:
            self._found(program, "code that a loader runs", part)
        if part.schema is not None:
            self._schema(part)

    def _found(self, what: str, reason: str, part: Part, offset: int | None = None) -> None:
        if len(self.findings) >= _MAX_FINDINGS:
            self.dropped += 1
            return
        self.findings.append(
            Finding(what=_short(what), reason=reason, part=_short(part.name), offset=offset)
        )

    # -- pickles -------------------------------------------------------------------------------

    def _stream(self, part: Part, stream: Stream) -> None:
        log = stream.log
        names = {
            key: Name(
                module=_short(use.symbol.module),
                name=_short(use.symbol.name),
                part=_short(part.name),
                imported=use.count,
                called=0,
                offset=use.offset - part.start,
            )
            for key, use in log.globals.items()
        }
        for call in log.calls:
            self._call(part, call, names)
        again = Counter(map(id, log.again))
        for key, use in log.globals.items():
            kept = use.count + again[id(use.symbol)] != names[key].called
            # What a pickle that breaks off keeps for later is kept by nobody.
            self._global(part, use.symbol, names[key], kept and stream.error is None)
        self.names.extend(names.values())
        for persistent in log.persistent:
            known = _is_storage(persistent.pid) or class_with_source(persistent.pid) is not None
            if not known or judge_change(persistent):
                self._found("a persistent id", "the file's own program resolves it", part)
        for extension in log.extensions:
            self._found(
                f"extension code {extension.code}", "the reader's registry decides what it is", part
            )

    def _call(self, part: Part, call: Call, names: dict[tuple[str, str], Name]) -> None:
        function = call.function
        name = None
        if type(function) is Global:
            name = names[function.module, function.name]
            name.called += 1
            if is_random(function):  # NumPy 1 hands it the function that makes its bit generator
                for given in call.args:
                    if type(given) is Global and is_random(given):
                        names[given.module, given.name].called += 1
            if not is_known_name(function) and not is_helper(function):
                return  # told where it is imported
        reason = judge_call(call) or judge_change(call)
        if not reason:
            return
        if name is None:
            self._found("a call", reason, part, call.offset - part.start)
        elif not name.outside:
            name.outside = reason
            self._found(f"{name.module}.{name.name}", reason, part, call.offset - part.start)

    def _global(self, part: Part, symbol: Global, name: Name, kept: bool) -> None:
        if name.outside:
            return
        if is_helper(symbol):
            only_called = not kept or is_known_name(symbol)
            reason = "" if only_called else "it is named, and may only be called"
        else:
            reason = "" if is_known_name(symbol) else _NOT_IN_TABLE
        reason = reason or judge_change(symbol)
        if reason:
            name.outside = reason
            self._found(f"{name.module}.{name.name}", reason, part, name.offset)

    # -- skops ---------------------------------------------------------------------------------

    def _schema(self, part: Part) -> None:
        found: dict[tuple[str, str, str], Name] = {}
        for each in names_in(part.schema):
            name = found.get(each)
            if name is None:
                found[each] = Name(
                    module=_short(each.module),
                    name=_short(each.name),
                    part=_short(part.name),
                    imported=1,
                    called=0,
                    offset=None,
                    outside=each.reason,
                )
                if each.reason:
                    self._found(f"{each.module}.{each.name}", each.reason, part)
            else:
                name.imported += 1
        self.names.extend(found.values())


def _is_storage(pid: Symbol) -> bool:
    """Whether it is a reference to one of torch's raw storages."""
    return (
        type(pid) is tuple
        and len(pid) >= 5
        and pid[0] == "storage"
        and type(pid[1]) is Global
        and pid[1].module in _STORAGE_HOMES
        and is_known_name(pid[1])
        and type(pid[2]) is str
        and type(pid[3]) is str
        and type(pid[4]) is int
    )


def _short(text: str) -> str:
    """``text`` made safe to show, and of a length that a report can hold."""
    text = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]
