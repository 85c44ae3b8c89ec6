"""The machine of the pickle language: protocols 0 to 5, executed on symbols.

It keeps stack, marks and memo exactly as CPython's unpicklers do, but where they would import, call
or set something, it writes down that they would. Where CPython's two unpicklers differ (frames,
memo keys) it reads whatever either of them reads.

Rules: no recursion; time linear in the file; the memory that symbols take is limited; whatever
stands in a file, the only exception is LegacyError, with the offset and the opcode.
"""

from __future__ import annotations

import gc
import struct
import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from typing import Any, cast

from holotype.errors import LegacyError
from holotype.legacy.opcodes import HIGHEST_PROTOCOL, OPCODES, name_of
from holotype.legacy.registers import Buffer, Log, Registers, Use, fault
from holotype.legacy.symbols import (
    Call,
    Dict,
    Extension,
    FrozenSet,
    Global,
    How,
    Persistent,
    Set,
    Symbol,
    Thing,
    class_with_source,
)

__all__ = ["Buffer", "Built", "Log", "Machine", "Use", "run"]

Handler = Callable[[int], int]

_SLICE = 1 << 20  # bytes between two looks at the memory
_MAX_BLOCKS = 1 << 25  # small blocks of memory that symbols may take: about 3 GB

_MAX_NAME = 4096
_BINGET, _MEMOIZE, _BININT1 = (OPCODES[name] for name in ("BINGET", "MEMOIZE", "BININT1"))
_INLINE = (_BINGET, _MEMOIZE, _BININT1)
# Opcodes whose operand is, or begins with, a single byte.
_ONE_BYTE = frozenset(
    {"BINGET", "BININT1", "BINPUT", "EXT1", "LONG1", "PROTO"}
    | {"SHORT_BINBYTES", "SHORT_BINSTRING", "SHORT_BINUNICODE"}
)

_u16 = struct.Struct("<H").unpack_from
_i32 = struct.Struct("<i").unpack_from
_u32 = struct.Struct("<I").unpack_from
_u64 = struct.Struct("<Q").unpack_from

Built = Callable[["Machine", int], int]


class Machine(Registers):
    """One pickle in ``data[start:end]``, or what of it could be executed.

    After :meth:`run`, ``value`` is the result, ``position`` is where the pickle ended, ``protocol``
    the highest that it announced. ``built`` is called after each BUILD with the machine and the
    position; it may replace the top of the stack and consume bytes, as joblib's unpickler does.
    """

    def __init__(
        self,
        data: Buffer,
        start: int = 0,
        end: int | None = None,
        *,
        log: Log | None = None,
        built: Built | None = None,
    ) -> None:
        super().__init__(data, start, end, log)
        self.built = built
        self.handlers: list[Handler] = [self._unknown] * 256
        for name, code in OPCODES.items():
            if code not in _INLINE:
                self.handlers[code] = getattr(self, f"_{name.lower()}")

    def run(self) -> Symbol:
        """Execute up to STOP and return the result."""
        blocks = 0  # looked at only when a pickle is long: counting takes time
        collecting = gc.isenabled()
        gc.disable()
        try:
            while not self.stopped:
                if self.position >= self.end:
                    raise fault(self.broken or "the file ends before the pickle does")
                self._run_until(min(self.end, self.position + _SLICE))
                if not self.stopped:
                    blocks = blocks or sys.getallocatedblocks() + _MAX_BLOCKS
                if blocks and sys.getallocatedblocks() > blocks:
                    raise fault("its objects take more memory than a reader gives them")
        except LegacyError as error:  # of a hook
            raise self._at(error) from None
        except (ValueError, IndexError, struct.error, KeyError, OverflowError) as error:
            raise self._at(LegacyError(self._problem(error))) from None
        finally:
            # They refer to the machine: without them it goes when nobody needs it any more.
            self.handlers = []
            if collecting:
                gc.enable()
        return self.value

    def _run_until(self, end: int) -> None:
        data, handlers, memo, again = self.data, self.handlers, self.memo, self.log.again
        position = self.position
        try:
            while position < end:
                at = position
                code = data[at]
                # The three of which most of a model's pickle is made, without a call.
                if code == _BINGET:
                    value = memo[data[at + 1]]
                    if type(value) is Global:
                        again.append(value)
                    self.stack.append(value)
                    position = at + 2
                elif code == _MEMOIZE:
                    memo[len(memo)] = self.stack[-1]
                    position = at + 1
                elif code == _BININT1:
                    self.stack.append(data[at + 1])
                    position = at + 2
                else:
                    position = handlers[code](at + 1)
            at = position
        except _Stop:
            at += 1
            self.stopped = True
        finally:
            self.position = at

    def _at(self, error: LegacyError) -> LegacyError:
        if error.offset is not None:
            return error
        at = self.position
        opcode = name_of(self.data[at]) if at < self.end else ""
        return LegacyError(error.problem, offset=at, opcode=opcode)

    def _has_operand(self) -> bool:
        return name_of(self.data[self.position]) in _ONE_BYTE

    def _problem(self, error: Exception) -> str:
        match error:
            case IndexError() if self.position + 1 >= self.end and self._has_operand():
                return "the file ends inside its operand"
            case IndexError():
                return "the stack is empty, or a mark stands in the way"
            case struct.error() | OverflowError():
                return "the file ends inside its operand"
            case KeyError():
                return f"nothing was put into the memo under {error}"
            case UnicodeDecodeError():
                return f"its text is not {error.encoding}"
            case _:
                return str(error)

    def _unknown(self, position: int) -> int:
        raise fault("there is no such opcode")

    # -- the frame of a pickle -----------------------------------------------------------------

    def _proto(self, position: int) -> int:
        protocol = self.data[position]
        if protocol > HIGHEST_PROTOCOL:
            raise fault(f"protocol {protocol} is not known")
        self.protocol = max(self.protocol, protocol)
        self.translate = protocol < 3
        return position + 1

    def _frame(self, position: int) -> int:
        (size,) = _u64(self.data, position)
        position += 8
        if size > self.end - position:
            # No unpickler goes on from here; what it would do is worth knowing all the same.
            self.broken = f"a frame of {size} bytes is announced, {self.end - position} are there"
        self.frame_end = position + size
        return position

    def _stop(self, position: int) -> int:
        self.value = self.stack.pop()
        if self.broken:
            raise fault(self.broken)
        raise _Stop

    # -- stack and memo ------------------------------------------------------------------------

    def _mark(self, position: int) -> int:
        self.below.append(self.stack)
        self.stack = []
        return position

    def _pop(self, position: int) -> int:
        if self.stack:
            self.stack.pop()
        else:
            self._take_marked()
        return position

    def _pop_mark(self, position: int) -> int:
        self._take_marked()
        return position

    def _dup(self, position: int) -> int:
        self._push_again(self.stack[-1])
        return position

    def _push_again(self, value: Symbol) -> None:
        if type(value) is Global:
            self.log.again.append(value)
        self.stack.append(value)

    def _put(self, position: int) -> int:
        index, position = self._index(position)
        self.memo[index] = self.stack[-1]
        return position

    def _binput(self, position: int) -> int:
        self.memo[self.data[position]] = self.stack[-1]
        return position + 1

    def _long_binput(self, position: int) -> int:
        self.memo[_u32(self.data, position)[0]] = self.stack[-1]
        return position + 4

    def _get(self, position: int) -> int:
        index, position = self._index(position)
        self._push_again(self.memo[index])
        return position

    def _long_binget(self, position: int) -> int:
        self._push_again(self.memo[_u32(self.data, position)[0]])
        return position + 4

    # -- containers ----------------------------------------------------------------------------

    def _empty_tuple(self, position: int) -> int:
        self.stack.append(())
        return position

    def _tuple1(self, position: int) -> int:
        self.stack[-1] = (self.stack[-1],)
        return position

    def _tuple2(self, position: int) -> int:
        second = self.stack.pop()
        self.stack[-1] = (self.stack[-1], second)
        return position

    def _tuple3(self, position: int) -> int:
        third, second = self.stack.pop(), self.stack.pop()
        self.stack[-1] = (self.stack[-1], second, third)
        return position

    def _tuple(self, position: int) -> int:
        items = self._take_marked()
        self.stack.append(tuple(items))
        return position

    def _empty_list(self, position: int) -> int:
        self.stack.append([])
        return position

    def _list(self, position: int) -> int:
        items = self._take_marked()
        self.stack.append(items)
        return position

    def _empty_dict(self, position: int) -> int:
        self.stack.append(Dict([]))
        return position

    def _dict(self, position: int) -> int:
        items = self._take_marked()
        self.stack.append(Dict(_pairs(items)))
        return position

    def _empty_set(self, position: int) -> int:
        self.stack.append(Set([]))
        return position

    def _frozenset(self, position: int) -> int:
        items = self._take_marked()
        self.stack.append(FrozenSet(items))
        return position

    def _append(self, position: int) -> int:
        item = self.stack.pop()
        top = self.stack[-1]
        if type(top) is list:
            top.append(item)
        else:
            thing = _thing(top, "appended to")
            thing.appended = _grown(thing.appended)
            thing.appended.append(item)
        return position

    def _appends(self, position: int) -> int:
        items = self._take_marked()
        top = self.stack[-1]
        if type(top) is list:
            top.extend(items)
        else:
            thing = _thing(top, "appended to")
            thing.appended = _grown(thing.appended)
            thing.appended.extend(items)
        return position

    def _setitem(self, position: int) -> int:
        value, key = self.stack.pop(), self.stack.pop()
        self._set_pairs([(key, value)])
        return position

    def _setitems(self, position: int) -> int:
        self._set_pairs(_pairs(self._take_marked()))
        return position

    def _set_pairs(self, pairs: list[tuple[Symbol, Symbol]]) -> None:
        top = self.stack[-1]
        if type(top) is Dict:
            top.pairs.extend(pairs)
        else:
            thing = _thing(top, "given items")
            thing.pairs = _grown(thing.pairs)
            thing.pairs.extend(pairs)

    def _additems(self, position: int) -> int:
        items = self._take_marked()
        top = self.stack[-1]
        if type(top) is Set:
            top.items.extend(items)
        else:
            thing = _thing(top, "added to")
            thing.added = _grown(thing.added)
            thing.added.extend(items)
        return position

    # -- what would reach the outside ----------------------------------------------------------

    def _push_global(self, module: str, name: str, position: int) -> None:
        if len(module) > _MAX_NAME or len(name) > _MAX_NAME:
            raise fault("the name of what it imports is too long to be one")
        if self.translate:
            known = NAME_MAPPING.get((module, name))
            if known is not None:
                module, name = known
            else:
                module = IMPORT_MAPPING.get(module, module)
        use = self.log.globals.get((module, name))
        if use is None:
            use = Use(Global(module, name), position)
            self.log.globals[module, name] = use
        else:
            use.count += 1
        self.stack.append(use.symbol)

    def _global(self, position: int) -> int:
        module, after = self._line(position)
        name, after = self._line(after)
        self._push_global(str(module, "utf-8"), str(name, "utf-8"), position - 1)
        return after

    def _stack_global(self, position: int) -> int:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise fault("the name of what it imports is not text")
        self._push_global(module, name, position - 1)
        return position

    def _push_call(
        self, function: Symbol, args: Symbol, how: How, position: int, kwargs: Symbol = None
    ) -> None:
        call = Call(function, args, kwargs, how, position - 1)
        self.log.calls.append(call)
        self.stack.append(call)

    def _reduce(self, position: int) -> int:
        args, function = self.stack.pop(), self.stack.pop()
        self._push_call(function, args, "reduce", position)
        return position

    def _newobj(self, position: int) -> int:
        args, cls = self.stack.pop(), self.stack.pop()
        self._push_call(cls, args, "newobj", position)
        return position

    def _newobj_ex(self, position: int) -> int:
        kwargs, args, cls = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self._push_call(cls, args, "newobj_ex", position, kwargs)
        return position

    def _inst(self, position: int) -> int:
        module, after = self._line(position)
        name, after = self._line(after)
        args = self._take_marked()
        self._push_global(str(module, "ascii"), str(name, "ascii"), position - 1)
        cls = self.stack.pop()
        self._push_call(cls, tuple(args), "inst", position)
        return after

    def _obj(self, position: int) -> int:
        cls, *args = self._take_marked() or _nothing()
        self._push_call(cls, tuple(args), "obj", position)
        return position

    def _build(self, position: int) -> int:
        state = self.stack.pop()
        top = self.stack[-1]
        if isinstance(top, Thing):
            top.states = _grown(top.states)
            top.states.append(state)
            if self.built is not None:
                return self.built(self, position)
        elif state is not None:
            _thing(top, "given a state")
        return position

    def _persid(self, position: int) -> int:
        line, position = self._line(position)
        self._push_persistent(line.decode("ascii"))
        return position

    def _binpersid(self, position: int) -> int:
        self._push_persistent(self.stack.pop())
        return position

    def _push_persistent(self, pid: Symbol) -> None:
        thing = Persistent(pid)
        self.log.persistent.append(thing)
        self.stack.append(class_with_source(pid) or thing)

    def _ext1(self, position: int) -> int:
        self._push_extension(self.data[position])
        return position + 1

    def _ext2(self, position: int) -> int:
        self._push_extension(_u16(self.data, position)[0])
        return position + 2

    def _ext4(self, position: int) -> int:
        self._push_extension(_i32(self.data, position)[0])
        return position + 4

    def _push_extension(self, code: int) -> None:
        if code <= 0:
            raise fault(f"{code} is no extension code")
        thing = Extension(code)
        self.log.extensions.append(thing)
        self.stack.append(thing)


def run(
    data: Buffer,
    start: int = 0,
    end: int | None = None,
    *,
    log: Log | None = None,
    built: Built | None = None,
) -> Machine:
    """Execute one pickle and return the machine, stopped.

    Raises LegacyError where the pickle cannot be executed to its end.
    """
    machine = Machine(data, start, end, log=log, built=built)
    machine.run()
    return machine


class _Stop(Exception):
    """STOP was met."""


def _nothing() -> list[Symbol]:
    raise IndexError


def _thing(top: Symbol, done: str) -> Thing:
    if not isinstance(top, Thing):
        raise fault(f"a value of type {type(top).__name__} cannot be {done}")
    return top


def _grown(items: Any) -> list[Any]:
    return cast("list[Any]", items) if items else []


def _pairs(items: list[Symbol]) -> list[tuple[Symbol, Symbol]]:
    if len(items) % 2:
        raise fault("a key without a value")
    return list(zip(items[::2], items[1::2], strict=True))
