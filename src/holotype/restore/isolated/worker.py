"""The process of an isolated model: opens an archive in its own environment, and answers.

It is started with two numbers, the process that it serves and the descriptor of the archive, and
told the rest over its standard input. Rule: what the model's libraries print goes to stderr, never
between the messages; and it ends when the other side does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import re
import resource
import select
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from typing import Any

import msgspec

from holotype.archive.reader import open_archive
from holotype.errors import HolotypeError
from holotype.restore.isolated.protocol import Channel, ChannelClosed
from holotype.restore.isolated.tables import Tables, plainly, tables_here
from holotype.restore.native import admitted, build
from holotype.structs import converter_of
from holotype.trust.policy import Policy
from holotype.types.answers import answers_of
from holotype.version import __version__

__all__ = ["MORE", "Start", "main"]

_PR_SET_PDEATHSIG = 1
_MAX_START = 1 << 20
_MAX_TEXT = 4000
_MOST_WARNINGS = 20
_MOST_NAMES = 1000
# What else may be asked of a model that predicts, beside what golden predictions are kept of.
MORE = (
    *("inverse_transform", "score", "kneighbors", "kneighbors_graph", "radius_neighbors"),
    *("radius_neighbors_graph", "apply", "decision_path", "mahalanobis", "predict_joint_log_proba"),
    *("get_feature_names_out", "get_support"),
)
_LEARNED = re.compile("[A-Za-z][A-Za-z0-9_]{0,98}_")  # by the manner of scikit-learn


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told first: what may be built beside data, its limits in bytes, and what
    the other side has for tables.
    """

    holotype: str
    packages: list[str]
    code: list[str]
    opaque: list[str]
    limit: int
    memory: int | None
    tables: Tables


_start = converter_of(Start)


def main() -> None:
    """Serve the process that started this one until it ends."""
    parent, archive = int(sys.argv[2]), int(sys.argv[3])
    reading, writing = _descriptors_of_our_own()
    _end_with(parent, reading)
    channel = Channel(reading, writing, _MAX_START)
    with contextlib.suppress(ChannelClosed):
        try:
            start = _start(channel.receive())
            channel.limit = start.limit
            model, opened = _open(archive, start)
            methods = _methods(model)
            about = _about(model)
            channel.send({**opened, **about, "methods": list(methods), "peak": _peak()})
        except ChannelClosed:
            raise
        except Exception as error:  # noqa: BLE001 - all of it is told to who asked
            channel.send(_told(error))
            return
        while True:
            _answer(channel, model, methods, start.tables)


def _open(descriptor: int, start: Start) -> tuple[Any, dict[str, Any]]:
    if start.holotype != __version__:
        raise RuntimeError(f"this is Holotype {__version__}, and {start.holotype} asks")
    if start.memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (start.memory, start.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    trust = Policy(
        packages=frozenset(start.packages),
        code=frozenset(start.code),
        opaque=frozenset(start.opaque),
    )
    with open(descriptor, "rb") as file, open_archive(file) as reader:
        blueprint = admitted(reader, trust, Policy())
        built = build(reader, blueprint)
        used = [f"{rule.says} ({rule.since})" for rule in built.rules]
        return built.model, {"id": reader.id, "rules": used}


def _methods(model: Any) -> dict[str, Any]:
    """How the model is asked: by what a probe asks, and by what else it offers of ``MORE``."""
    found = dict(answers_of(model))
    for name in MORE:
        with contextlib.suppress(Exception):  # of a search that was not fitted, for example
            method = getattr(model, name)
            if found and callable(method):
                found.setdefault(name, method)
    return found


def _about(model: Any) -> dict[str, Any]:
    shown, learned = type(model).__name__, []
    with contextlib.suppress(Exception):  # which reads what the model may not have
        shown = repr(model)
        learned = [name for name in dir(model) if _LEARNED.fullmatch(name)]
    return {
        "learned": learned[:_MOST_NAMES],
        "repr": shown[:_MAX_TEXT],
        "tables": tuple(tables_here()),
        "python": platform.python_version(),
    }


def _answer(channel: Channel, model: Any, methods: Mapping[str, Any], tables: Tables) -> None:
    """One question: the name of a method, its arguments, and those by name.

    Or the name of something that was learned, without arguments.
    """
    try:
        asked = channel.receive()
    except HolotypeError as error:  # of a type that is not installed here, for example
        channel.send(_told(error))
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        try:
            name = asked["ask"]
            if asked["args"] is None:
                given = getattr(model, name)
            else:
                given = methods[name](*asked["args"], **asked["named"])
            said = [(type(w.message).__mro__, w.message) for w in caught[:_MOST_WARNINGS]]
            answer = {
                "answer": plainly(given, tables),
                "peak": _peak(),
                "warnings": [([c.__name__ for c in mro], str(w)[:_MAX_TEXT]) for mro, w in said],
            }
            channel.send(answer)
        except ChannelClosed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library makes of these inputs
            channel.send(_told(error))


def _told(error: Exception) -> dict[str, Any]:
    """An error as data: the names of its class and those above, its text, where it was raised."""
    text = "".join(traceback.format_exception(error))
    return {
        "error": [cls.__name__ for cls in type(error).__mro__[:10]],
        "ours": isinstance(error, HolotypeError),
        "text": str(error)[:_MAX_TEXT],
        "traceback": text[-_MAX_TEXT:],
        "peak": _peak(),
    }


def _peak() -> int:
    """The most memory that this process has used, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10


# -- the process itself ----------------------------------------------------------------------------


def _descriptors_of_our_own() -> tuple[int, int]:
    """Input and output, out of the reach of libraries: what these print goes to stderr."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return reading, writing


def _end_with(parent: int, reading: int) -> None:
    """Be killed when the parent ends: by the system where it can, and when its pipe is closed."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before that
        os._exit(1)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()


def _watch(reading: int) -> None:
    poll = select.poll()
    poll.register(reading, 0)  # which reports that the other end was closed, and nothing else
    poll.poll()
    os._exit(1)
