"""A run as tables: for the terminal, for the README, and as JSON.

Pure functions of a run. A table is first a grid of words, so that the terminal and the README say
the same; a peer that was too slow for all rounds is marked and its rounds are given below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.results import Cell, Run, Timing
from benchmarks.targets import (
    JUDGED_MEMORY,
    Target,
    judge,
    load_ratio,
    memory_ratio,
    save_ratio,
    size_ratio,
)

NOTHING = "–"
BASE_SAVE = "pickle+sha256"
BASE_LOAD = "pickle"

Column = tuple[str, str]
"""A peer and one of its ways to load."""


@dataclass(frozen=True)
class Grid:
    """A table of words: a title, what the numbers are, a head and rows."""

    title: str
    caption: str
    head: list[str]
    rows: list[list[str]]


def grids(run: Run) -> list[Grid]:
    """The tables of a run: save, load, size, memory of save, memory of load, the real disk."""
    peers = _peers(run)
    found = [_save(run, peers), _load(run), _size(run, peers)]
    if any(cell.load_memory for cell in run.cells):
        found += [_save_memory(run, peers), _load_memory(run)]
    if run.durability:
        found.append(_durability(run))
    return found


def terminal(run: Run) -> RenderableType:
    """Everything for a person at a terminal: tables, targets, failures, the environment."""
    parts: list[RenderableType] = []
    for grid in grids(run):
        table = Table(title=grid.title, caption=grid.caption, title_justify="left")
        for index, name in enumerate(grid.head):
            table.add_column(name, justify="right" if index else "left", no_wrap=index == 0)
        for row in grid.rows:
            table.add_row(*row)
        parts += [table, Text()]
    parts += [_target_table(judge(run)), Text()]
    parts += [Text(line) for line in footnotes(run)]
    return Group(*parts)


def markdown(run: Run) -> str:
    """The tables for the README, as ratios; the times of the two bases stand beside them."""
    lines = []
    for grid in grids(run):
        lines += [f"**{grid.title}** ({grid.caption})", ""]
        lines.append("| " + " | ".join(grid.head) + " |")
        lines.append("| --- |" + " ---: |" * (len(grid.head) - 1))
        lines += ["| " + " | ".join(row) + " |" for row in grid.rows]
        lines.append("")
    lines += ["**Targets**", "", "| aim | found | |", "| --- | --- | --- |"]
    lines += [f"| {t.aim} | {t.figure} | {_verdict(t)} |" for t in judge(run)]
    lines += ["", *(f"{line}  " for line in footnotes(run))]
    return "\n".join(lines).rstrip() + "\n"


def json_report(run: Run) -> bytes:
    """The run, its ratios and its targets, as JSON."""
    ratios = {
        model: {
            cell.peer: {
                "save": save_ratio(run, model, cell.peer),
                "load": {way: load_ratio(run, model, cell.peer, way) for way in cell.loads},
                "size": size_ratio(run, model, cell.peer),
            }
            for cell in run.cells
            if cell.model == model
        }
        for model in run.models
    }
    targets = [asdict(target) for target in judge(run)]
    report = {"run": run, "ratios": ratios, "targets": targets}
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def footnotes(run: Run) -> list[str]:
    """What a reader must know of the figures: slow peers, failures, the machine."""
    notes = [f"({f.model}) {f.peer} failed: {f.reason}" for f in run.failures]
    for peer in _peers(run):
        slow = [c for c in run.cells if c.peer == peer and _is_slow(run, c)]
        if slow:
            models = ", ".join(f"({cell.model})" for cell in slow)
            notes.append(f"† {peer} on {models}: only {slow[0].save.rounds} rounds, being slow")
    about = run.environment
    load = about.load_average[0] if about.load_average else math.nan
    one, every = (rate / 1e9 for rate in about.sha256)
    notes.append(f"SHA-256 alone: {one:.2f} GB/s on one core, {every:.2f} GB/s on {about.cores}")
    libraries = ", ".join(f"{name} {version}" for name, version in about.libraries.items())
    notes.append(
        f"{about.date}, {about.cpu}, {about.cores} cores (load {load:.1f}), {about.platform}, "
        f"files in {about.directory}; Python {about.python}, {libraries}"
    )
    if run.quick:
        notes.append("quick run: small models, so these figures say nothing about speed")
    return notes


def number(value: float | None) -> str:
    """A ratio in as many digits as mean something."""
    if value is None:
        return NOTHING
    if value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.1g}"


def duration(seconds: float) -> str:
    """Seconds in the unit that a person would choose."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"
    return f"{seconds * 1e6:.0f} µs"


def volume(size: int) -> str:
    """Bytes in the unit that a person would choose, powers of 1000."""
    value = float(size)
    for unit in ("B", "KB", "MB"):
        if abs(value) < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.2f} GB"


def _peers(run: Run) -> list[str]:
    return list(dict.fromkeys(cell.peer for cell in run.cells))


def _columns(run: Run) -> list[Column]:
    return list(dict.fromkeys((cell.peer, way) for cell in run.cells for way in cell.loads))


def _title(column: Column) -> str:
    peer, way = column
    return peer if way == "load" else f"{peer}, {way}"


def _rows(run: Run, values: Callable[[str], list[str]]) -> list[list[str]]:
    """One row for each model that has a value at all."""
    found = [[f"({key}) {title}", *values(key)] for key, title in run.models.items()]
    return [row for row in found if set(row[1:]) != {NOTHING}]


def _save(run: Run, peers: list[str]) -> Grid:
    others = [peer for peer in peers if peer != BASE_SAVE]

    def row(key: str) -> list[str]:
        base = run.cell(key, BASE_SAVE)
        ratios = [
            _marked(run, run.cell(key, peer), save_ratio(run, key, peer), lambda cell: cell.save)
            for peer in others
        ]
        return [duration(base.save.median) if base else NOTHING, *ratios]

    return Grid(
        "Save",
        f"time ÷ {BASE_SAVE}; below 1 is faster",
        ["model", BASE_SAVE, *others],
        _rows(run, row),
    )


def _load(run: Run) -> Grid:
    others = [column for column in _columns(run) if column != (BASE_LOAD, "load")]

    def row(key: str) -> list[str]:
        base = run.cell(key, BASE_LOAD)
        cells = [duration(base.loads["load"].median) if base else NOTHING]
        for peer, way in others:
            cell = run.cell(key, peer)
            ratio = load_ratio(run, key, peer, way)
            known = cell if cell is not None and way in cell.loads else None
            cells.append(_marked(run, known, ratio, lambda cell: cell.loads[way]))  # noqa: B023
        return cells

    return Grid(
        "Load",
        "time ÷ pickle, which verifies nothing; below 1 is faster",
        ["model", BASE_LOAD, *map(_title, others)],
        _rows(run, row),
    )


def _size(run: Run, peers: list[str]) -> Grid:
    others = [peer for peer in peers if peer not in (BASE_LOAD, BASE_SAVE, "cloudpickle")]

    def row(key: str) -> list[str]:
        base = run.cell(key, BASE_LOAD)
        sizes = []
        for peer in others:
            cell, ratio = run.cell(key, peer), size_ratio(run, key, peer)
            sizes.append(number(ratio) if ratio else volume(cell.size) if cell else NOTHING)
        return [volume(base.size) if base else NOTHING, *sizes]

    return Grid(
        "Size of the file",
        "bytes ÷ pickle's",
        ["model", BASE_LOAD, *others],
        _rows(run, row),
    )


def _save_memory(run: Run, peers: list[str]) -> Grid:
    others = [peer for peer in peers if peer != BASE_SAVE]
    return Grid(
        "Peak extra memory while saving",
        "÷ the memory that the model takes; bytes for models under 10 MB",
        ["model", "model's memory", *others],
        _rows(
            run,
            lambda key: [
                _resident(run, key),
                *(_memory(run, key, peer, "save") for peer in others),
            ],
        ),
    )


def _load_memory(run: Run) -> Grid:
    columns = [column for column in _columns(run) if column[0] != BASE_SAVE]
    return Grid(
        "Peak extra memory while loading",
        "the model included, ÷ the memory that it takes; bytes for models under 10 MB",
        ["model", "model's memory", *map(_title, columns)],
        _rows(
            run,
            lambda key: [
                _resident(run, key),
                *(_memory(run, key, peer, way) for peer, way in columns),
            ],
        ),
    )


def _durability(run: Run) -> Grid:
    return Grid(
        "Saving to the real disk",
        "medians; Holotype is durable when it returns",
        ["model", "holotype", "of which fsync", "pickle+sha256+fsync"],
        [
            [
                f"({found.model}) {run.models[found.model]}",
                duration(found.durable.median),
                duration(max(0.0, found.durable.median - found.without_fsync.median)),
                duration(found.pickle.median),
            ]
            for found in run.durability
        ],
    )


def _memory(run: Run, key: str, peer: str, way: str) -> str:
    """A peak over the model's memory; in bytes where that is too small to divide by."""
    cell, base = run.cell(key, peer), run.cell(key, BASE_LOAD)
    if cell is None or cell.save_memory is None or cell.load_memory is None:
        return NOTHING
    peak = cell.save_memory if way == "save" else cell.load_memory.get(way)
    if peak is None:
        return NOTHING
    heavy = base and base.load_memory and base.load_memory["load"].kept >= JUDGED_MEMORY
    ratio = memory_ratio(run, key, peer, way) if heavy else None
    return volume(peak.peak) if ratio is None else f"{ratio:.2f}"


def _resident(run: Run, key: str) -> str:
    base = run.cell(key, BASE_LOAD)
    return volume(base.load_memory["load"].kept) if base and base.load_memory else NOTHING


def _marked(
    run: Run, cell: Cell | None, ratio: float | None, timing: Callable[[Cell], Timing]
) -> str:
    if cell is None:
        return NOTHING
    text = number(ratio) if ratio is not None else duration(timing(cell).median)
    return f"{text} †" if _is_slow(run, cell) else text


def _is_slow(run: Run, cell: Cell) -> bool:
    return cell.save.rounds < max(c.save.rounds for c in run.cells if c.model == cell.model)


def _verdict(target: Target) -> str:
    return {True: "reached", False: "missed", None: "not judged"}[target.reached]


def _target_table(targets: list[Target]) -> Table:
    table = Table(title="Targets", title_justify="left")
    for name in ("aim", "found", ""):
        table.add_column(name)
    colours = {True: "green", False: "red", None: "dim"}
    for target in targets:
        verdict = Text(_verdict(target), style=colours[target.reached])
        table.add_row(target.aim, target.figure, verdict)
    return table
