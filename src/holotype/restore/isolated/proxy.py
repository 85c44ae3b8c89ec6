"""A model that lives in another process: its prediction methods, here.

Rule: what the other process says of itself is checked like a file; its errors come back as errors,
its warnings as warnings, and nothing of it is run here.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, NoReturn, Self

import msgspec
from msgspec import Meta

from holotype.errors import IsolationError
from holotype.restore.isolated.build import Built
from holotype.restore.isolated.process import Worker
from holotype.restore.isolated.tables import Tables, plainly
from holotype.restore.isolated.worker import MORE, Start
from holotype.structs import converter_of
from holotype.types.answers import Answers

__all__ = ["Info", "IsolatedModel"]

_MAX_TEXT = 5000
Text = Annotated[str, Meta(max_length=_MAX_TEXT)]
Learned = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_]{0,98}_$")]
Names = Annotated[list[Text], Meta(max_length=50)]

# What a library may raise or warn that means the same here.
_ERRORS = (
    ArithmeticError,
    AttributeError,
    FloatingPointError,
    IndexError,
    KeyError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)
_WARNINGS = (
    DeprecationWarning,
    FutureWarning,
    PendingDeprecationWarning,
    RuntimeWarning,
    UserWarning,
)
_SHOWN = 6


class _Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Text
    rules: Annotated[list[Text], Meta(max_length=10_000)]
    learned: Annotated[list[Learned], Meta(max_length=1000)]
    repr: Text
    tables: Tables
    python: Text
    methods: Names
    peak: int


class _Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    error: Annotated[Names, Meta(min_length=1)]
    ours: bool
    text: Text
    traceback: Text
    peak: int


class _Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answer: Any
    peak: int
    warnings: Annotated[list[tuple[Names, Text]], Meta(max_length=50)]


_CONVERTERS = {kind: converter_of(kind) for kind in (_Opened, _Error, _Answered)}


class Info(msgspec.Struct, frozen=True):
    """What is known of an isolated model's process.

    ``build_seconds`` is what building its environment took, whenever that was; ``start_seconds``
    from its start until the model could be asked; ``peak_memory`` in bytes, by its last answer.
    ``rules`` are upgrade rules that took part; ``notes`` say in what the environment differs from
    the recorded one.
    """

    environment: str
    python: str
    libraries: dict[str, str]
    notes: tuple[str, ...]
    rules: tuple[str, ...]
    build_seconds: float
    start_seconds: float
    peak_memory: int
    calls: int
    process: int


class IsolatedModel:
    """The prediction methods of a model in an environment of its own.

    One question is answered at a time, whatever thread asks. A process that ended is started anew
    by the next question; a fork of this process starts its own.
    """

    def __init__(
        self,
        built: Built,
        digest: str,
        archive: int,
        archive_id: str,
        start: Start,
        *,
        timeout: float | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self._built, self._digest, self._start = built, digest, start
        self._archive, self._archive_id = archive, archive_id
        self._timeout, self._names = timeout, names
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._worker: Worker | None = None
        self._closed = False
        self._peak = self._calls = 0
        self._seconds = 0.0
        self._close_archive = weakref.finalize(self, os.close, archive)
        self._opened: _Opened
        try:
            self.restart()
        except BaseException:
            self.close()
            raise

    # -- the process -------------------------------------------------------------------------------

    def restart(self) -> None:
        """End the process, if there is one, and open the model in a new one.

        Raises IsolationError where that fails.
        """
        with self._guard():
            if self._closed:
                raise IsolationError("the isolated model was closed")
            self._end()
            began = time.perf_counter()
            worker = Worker(self._built.python, self._archive, self._start.limit)
            try:
                told = self._checked(worker.ask(_plain(self._start), self._timeout), _Opened)
                if told.id != self._archive_id:
                    raise IsolationError("the archive is not the one that was opened")
                if not told.methods and not told.learned:
                    raise IsolationError(f"{told.repr} has no method that predicts or transforms")
            except BaseException:
                worker.close(grace=0)
                raise
            self._seconds = time.perf_counter() - began
            self._opened, self._peak, self._worker = told, told.peak, worker

    def close(self) -> None:
        """End the process; nothing happens the second time."""
        with self._guard():
            self._closed = True
            self._end()
            self._close_archive()

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _guard(self) -> threading.RLock:
        """The lock; in a fork a new one: whoever may have held the old one is not there."""
        if self._owner != os.getpid():
            self._owner, self._lock = os.getpid(), threading.RLock()
        return self._lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an isolated model is a process: open its archive again where it is needed")

    # -- asking ------------------------------------------------------------------------------------

    def ask(self, method: str, *args: Any, **named: Any) -> Any:
        """What ``method`` of the model returns for these arguments.

        Raises what the library raised, where that is an error of Python's own; IsolationError for
        any other, and where the process fails.
        """
        return self._asked(method, args, named)

    def _asked(self, name: str, args: tuple[Any, ...] | None, named: dict[str, Any]) -> Any:
        """A method, or without arguments something that the model learned."""
        there = self._opened.tables
        question = {"ask": name, "args": plainly(args, there), "named": plainly(named, there)}
        with self._guard():
            if self._worker is None or not self._worker.alive:
                self.restart()
            assert self._worker is not None  # noqa: S101 - it was started
            self._calls += 1
            found = self._checked(self._worker.ask(question, self._timeout), _Answered)
            self._peak = found.peak
        for names, text in found.warnings:
            warnings.warn(text, _known(names, _WARNINGS, UserWarning), stacklevel=4)
        return found.answer

    def _checked(self, told: Any, form: Any) -> Any:
        """A message in its form; raises the error that it tells."""
        failed = isinstance(told, dict) and "error" in told
        try:
            found = _CONVERTERS[_Error if failed else form](told)
        except (msgspec.ValidationError, TypeError) as error:
            self._end()
            raise IsolationError(
                f"the model's process gave an answer of no form: {error}"
            ) from None
        if isinstance(found, _Error):
            self._peak = found.peak
            raise _raised(found, asked=form is _Answered)
        return found

    @property
    def answers(self) -> Answers:
        """The prediction methods by name, each a function of the input."""
        asked = (name for name in self._opened.methods if name not in MORE)
        return {name: partial(self.ask, name) for name in asked}

    def __holotype_answers__(self) -> Answers:
        return self.answers

    def __getattr__(self, name: str) -> Any:
        opened = self.__dict__.get("_opened")
        if opened is not None and not name.startswith("__"):
            if name in opened.methods:
                return partial(self.ask, name)
            if name in opened.learned:
                return self._asked(name, None, {})
        has = "" if opened is None else f": it has {', '.join(opened.methods)}"
        raise AttributeError(f"an isolated model has no {name!r}{has}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._opened.methods, *self._opened.learned]

    # -- showing -----------------------------------------------------------------------------------

    @property
    def info(self) -> Info:
        """Where it runs, and what that costs."""
        return Info(
            environment=self._digest,
            python=self._opened.python,
            libraries=self._built.libraries,
            notes=self._built.notes,
            rules=tuple(self._opened.rules),
            build_seconds=self._built.seconds,
            start_seconds=self._seconds,
            peak_memory=self._peak,
            calls=self._calls,
            process=0 if self._worker is None else self._worker.pid,
        )

    @property
    def environment(self) -> str:
        """The environment in a few words: Python, and the libraries that were asked for."""
        versions = self._built.libraries
        known = [f"{name} {versions[name]}" for name in self._names if name in versions]
        return ", ".join([f"an environment of Python {self._opened.python}", *known[:_SHOWN]])

    def __repr__(self) -> str:
        info, model = self.info, self._opened.repr
        shown = "".join(each if each.isprintable() else " " for each in model)
        return (
            f"<isolated {shown} in {self.environment}; built in {info.build_seconds:.1f} s, "
            f"started in {info.start_seconds:.1f} s, {info.peak_memory >> 20} MiB at most>"
        )


def _plain(start: Start) -> Any:
    """The same as a message may hold it."""
    return msgspec.to_builtins(start, builtin_types=(bytes,))


def _known(names: list[str], known: Iterable[type], other: Any) -> Any:
    """The first class of Python's own that has one of these names."""
    by_name = {each.__name__: each for each in known}
    return next((by_name[name] for name in names if name in by_name), other)


def _raised(error: _Error, *, asked: bool) -> Exception:
    """What the other process raised, as an error of ours."""
    kind: Callable[[str], Exception] = IsolationError
    if asked and not error.ours:
        kind = _known(error.error, _ERRORS, IsolationError)
    text = error.text
    if kind is IsolationError:
        opening = "" if asked else "the model cannot be opened in its environment: "
        text = f"{opening}{error.error[0]}: {text}"
    raised = kind("".join(each if each.isprintable() or each == "\n" else "?" for each in text))
    said = "".join(each if each.isprintable() or each == "\n" else "?" for each in error.traceback)
    raised.add_note(f"In the model's own process:\n{said}")
    return raised
