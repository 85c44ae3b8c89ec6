"""Golden predictions: inputs, what the model answered to them, and how exactly it can repeat that.

They are taken when a model is saved and compared when it is opened, by whatever rung of the ladder
brought it back. How far two answers may be apart is measured, not guessed: the model answers again
with one thread and row by row, and the largest difference, with some slack, is its tolerance.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import numpy as np

from holotype.archive.reader import ArchiveReader
from holotype.capsule.compare import Deviation, compare, plain, rows_of
from holotype.capsule.marks import unmarked
from holotype.errors import FormatError, UnsupportedError
from holotype.structs import converter_of
from holotype.types.answers import answers_of

__all__ = [
    "MAX_ROWS",
    "PROBE_PARTS",
    "Answer",
    "Probe",
    "ask_again",
    "probe_parts",
    "read_probe",
    "take_probe",
]

MAX_ROWS = 256
"""Of a larger input, so many rows are kept, evenly spread; of one thread's answers, a few."""

PROBE_PARTS = ("probe.json", "probe.safetensors")
"""The members of an archive that hold its probe."""

_MAX_SIZES = (64 << 20, 256 << 20)
_SLACK = 8  # times the largest difference that was measured
_ULPS = 16  # and never less: another processor may round differently
_UNSTEADY = 1e-3  # an answer that moves by more is not a function of the input
_SINGLE_ROWS = 4
_BUDGETS = (2.0, 0.2)  # seconds for inputs that were given and for made-up ones: what takes
# longer is not begun


class Probe(msgspec.Struct, kw_only=True):
    """Inputs and what each method answered, as :func:`compare.plain` gives it.

    ``tolerance`` is, by method, how far an answer may be from it, relative to the largest value in
    its array; 0 demands equal bits. ``left_out`` says by method why it is not kept. ``synthetic``:
    the inputs were made up from the input schema. ``targets`` is what was true of the inputs, row
    by row, if that was told. ``seconds`` is what asking took.
    """

    inputs: Any
    outputs: dict[str, Any]
    tolerance: dict[str, float]
    left_out: dict[str, str] = {}
    synthetic: bool = False
    targets: Any = None
    seconds: float = 0.0

    @property
    def rows(self) -> int | None:
        """How many rows the inputs have, where they have rows."""
        return rows_of(self.inputs)

    def stored(self) -> dict[str, Any]:
        """What is written: the same probe gives the same bytes."""
        told = {} if self.targets is None else {"targets": self.targets}
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "tolerance": self.tolerance,
            "synthetic": self.synthetic,
            **told,
        }


_read = converter_of(Probe)


class Answer(msgspec.Struct, frozen=True):
    """What one method answered now: *equal*, *close* (within its tolerance) or *different*."""

    method: str
    verdict: str
    tolerance: float
    deviation: Deviation

    @property
    def ok(self) -> bool:
        return self.verdict != "different"


def take_probe(
    model: Any, inputs: Any, *, synthetic: bool = False, targets: Any = None
) -> Probe | None:
    """Ask ``model``; None where it has no method to ask, or none answers made-up inputs.

    ``targets`` are kept beside the answers, one row for each of the inputs.

    Raises UnsupportedError where none of its methods can answer the inputs that were given, and for
    targets that are not theirs.
    """
    methods = answers_of(model)
    if not methods:
        return None
    began = time.perf_counter()
    end = began + _BUDGETS[synthetic]
    known = None if targets is None else _some_rows(_targets(targets, rows_of(inputs)))
    inputs = _some_rows(inputs)
    probe = Probe(inputs=inputs, outputs={}, tolerance={}, synthetic=synthetic, targets=known)
    with _undisturbed(), unmarked(model):
        for name, ask in methods.items():
            if probe.outputs and time.perf_counter() > end:
                probe.left_out[name] = "the other methods took long"
                continue
            try:
                answer = plain(ask(inputs))
            except Exception as error:  # noqa: BLE001 - whatever a library makes of these inputs
                probe.left_out[name] = f"{type(error).__name__}: {error}"
                continue
            largest = _unsteadiness(ask, inputs, answer, end)
            if largest > _UNSTEADY:
                probe.left_out[name] = "it answers differently each time"
                continue
            probe.outputs[name] = answer
            probe.tolerance[name] = _tolerance(answer, largest)
    probe.seconds = time.perf_counter() - began
    if probe.outputs:
        return probe
    if synthetic:
        return None
    reasons = "; ".join(f"{name}: {why}" for name, why in probe.left_out.items())
    raise UnsupportedError(
        "probe", f"the model cannot answer it. {reasons}", "Give inputs that it can predict from."
    )


def ask_again(
    model: Any, probe: Probe, *, at_least: float = 0.0, only: Collection[str] | None = None
) -> list[Answer]:
    """Compare what ``model`` answers with the probe, method by method, or ``only`` by some.

    ``at_least`` replaces the tolerances of numbers that are smaller; what is to be equal stays so.
    """
    methods = answers_of(model)
    answers = []
    with _undisturbed(), unmarked(model):
        for name, expected in probe.outputs.items():
            if only is not None and name not in only:
                continue
            tolerance = probe.tolerance.get(name, 0.0)
            if tolerance:
                tolerance = max(tolerance, at_least)
            try:
                deviation = compare(expected, plain(methods[name](probe.inputs)))
            except KeyError:
                deviation = Deviation(np.inf, "the model has no such method")
            except Exception as error:  # noqa: BLE001 - a library of another version may raise anything
                deviation = Deviation(np.inf, f"it raises {type(error).__name__}: {error}")
            largest = deviation.largest
            verdict = "equal" if largest == 0 else "close" if largest <= tolerance else "different"
            answers.append(Answer(name, verdict, tolerance, deviation))
    return answers


def probe_parts(reader: ArchiveReader) -> tuple[bytes, bytes] | None:
    """The two parts of an archive that hold its probe, hashed; None where it has none."""
    found = [name for name in PROBE_PARTS if name in reader.members]
    if not found:
        return None
    if len(found) < len(PROBE_PARTS):
        raise FormatError("a probe is two parts, and one of them is missing", clause="7.1")
    blueprint, parameters = map(reader.content, PROBE_PARTS, _MAX_SIZES)
    return blueprint, parameters


def read_probe(value: Any) -> Probe:
    """A stored probe; ValueError where it has not the form of one."""
    return _read(value)


# -- how exactly an answer repeats ---------------------------------------------------------------


def _unsteadiness(ask: Callable[[Any], Any], inputs: Any, answer: Any, end: float) -> float:
    """The largest difference between ``answer`` and what is answered in other circumstances."""
    largest = 0.0

    def again(rows: slice | None = None) -> float:
        given = inputs if rows is None else _rows(inputs, rows)
        wanted = answer if rows is None else _answer_rows(answer, rows)
        return compare(wanted, plain(ask(given))).largest

    with _one_thread():
        largest = max(largest, again())
    count = rows_of(inputs)
    if count is None or count < 2 or not _by_row(answer, count):
        return largest
    for start in range(0, count, max(1, count // _SINGLE_ROWS)):
        if time.perf_counter() > end:
            break
        try:
            one = again(slice(start, start + 1))
        except Exception:  # noqa: BLE001 - a model may need more than one row
            break
        if one > _UNSTEADY:  # it looks at the whole batch, by design
            break
        largest = max(largest, one)
    return largest


def _tolerance(answer: Any, largest: float) -> float:
    kinds = [array.dtype for array in _arrays(answer) if array.dtype.kind in "fc"]
    if not kinds:
        return 0.0
    return max(_SLACK * largest, _ULPS * max(float(np.finfo(kind).eps) for kind in kinds))


def _arrays(answer: Any) -> Iterator[Any]:
    if isinstance(answer, (dict, list)):
        for item in answer.values() if isinstance(answer, dict) else answer:
            yield from _arrays(item)
    else:
        yield answer


def _by_row(answer: Any, count: int) -> bool:
    return all(array.ndim and len(array) == count for array in _arrays(answer))


def _answer_rows(answer: Any, rows: slice) -> Any:
    if isinstance(answer, dict):
        return {name: _answer_rows(item, rows) for name, item in answer.items()}
    if isinstance(answer, list):
        return [_answer_rows(item, rows) for item in answer]
    return answer[rows]


# -- rows of inputs of any kind ------------------------------------------------------------------


def _targets(targets: Any, rows: int | None) -> np.ndarray[Any, Any]:
    """Targets as an array of numbers or text with as many rows as the inputs have."""
    array = np.asarray(targets)
    if array.dtype == object and all(isinstance(each, str) for each in array.flat):
        array = array.astype(np.str_)
    if array.dtype.kind not in "biufU" or array.ndim not in (1, 2):
        raise UnsupportedError("targets", "are not numbers or text, one row for each of the probe.")
    if rows is None or len(array) != rows:
        raise UnsupportedError("targets", f"are {len(array)}, and the probe has {rows} rows.")
    return array


def _some_rows(inputs: Any) -> Any:
    """At most MAX_ROWS rows of ``inputs``, evenly spread; all of what has no rows."""
    count = rows_of(inputs)
    if count is None or count <= MAX_ROWS:
        return inputs
    return _rows(inputs, np.linspace(0, count - 1, MAX_ROWS).astype(np.intp))


def _rows(inputs: Any, rows: Any) -> Any:
    if isinstance(inputs, tuple):
        return tuple(_rows(each, rows) for each in inputs)
    if isinstance(inputs, dict):
        return {name: _rows(each, rows) for name, each in inputs.items()}
    if isinstance(inputs, list):
        return inputs[rows] if isinstance(rows, slice) else [inputs[row] for row in rows]
    return inputs.iloc[rows] if hasattr(inputs, "iloc") else inputs[rows]


# -- leaving everything as it was ----------------------------------------------------------------


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No warnings, and the process's own random numbers go on where they were."""
    state = np.random.get_state()  # the one that others share
    torch = sys.modules.get("torch")
    torch_state = None if torch is None else torch.get_rng_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)
        if torch is not None:
            torch.set_rng_state(torch_state)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The libraries that were imported use one thread, as far as they can be told."""
    with ExitStack() as stack:
        pools = sys.modules.get("threadpoolctl")
        if pools is not None:
            stack.enter_context(pools.threadpool_limits(1))
        torch = sys.modules.get("torch")
        if torch is not None:
            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(1)
        yield
