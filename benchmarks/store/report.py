"""A run as tables and as aims, for the terminal and for the docs: pure functions of a run.

Sizes and times of others stand as ratios to the store's: above 1 they are larger or slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.report import NOTHING, Grid, duration, number, volume
from benchmarks.store.histories import HISTORIES, SUBJECTS, VERSIONS
from benchmarks.store.results import Packed, Run, Series, Timed
from benchmarks.store.times import FIRST, LOAD, MAP, NEXT, PEER, ROWS, STORE
from benchmarks.store.ways import WAYS
from benchmarks.targets import Target

ROUNDS = 5
"""From which times are judged."""
FORESTS = ("forest", "regressor")
CODEC, ZIPNN = "holotype", "zipnn"


def grids(run: Run) -> list[Grid]:
    """What was measured, each part a table."""
    found = [_sizes(run.series), _steps(run.series), _times(run), _scrubbed(run), _packed(run)]
    return [grid for grid in found if grid.rows]


def targets(run: Run) -> list[Target]:
    """Every aim with what ``run`` says of it."""
    parts = ((judged_sizes(run), _kept(run)), (judged_times(run), [*_timed(run), *_rates(run)]))
    return [t if judged else replace(t, reached=None) for judged, part in parts for t in part]


def judged_sizes(run: Run) -> bool:
    """Whether there were versions enough, of full size."""
    return not run.quick and run.versions >= VERSIONS


def judged_times(run: Run) -> bool:
    """Whether there were rounds enough, with models of full size."""
    return not run.quick and run.rounds >= ROUNDS


def terminal(run: Run) -> RenderableType:
    """Everything for a person at a terminal."""
    parts: list[RenderableType] = []
    for grid in [*grids(run), _aims(run)]:
        table = Table(title=grid.title, caption=grid.caption, title_justify="left")
        for index, name in enumerate(grid.head):
            table.add_column(name, justify="right" if index else "left", no_wrap=index == 0)
        for row in grid.rows:
            table.add_row(*row)
        parts += [table, Text()]
    return Group(*parts, *map(Text, footnotes(run)))


def markdown(run: Run) -> str:
    """The same for the docs."""
    lines = []
    for grid in [*grids(run), _aims(run)]:
        lines += [f"**{grid.title}**" + (f" ({grid.caption})" if grid.caption else ""), ""]
        lines.append("| " + " | ".join(grid.head) + " |")
        lines.append("| --- |" + " ---: |" * (len(grid.head) - 1))
        lines += ["| " + " | ".join(row) + " |" for row in grid.rows] + [""]
    return "\n".join([*lines, *(f"{line}  " for line in footnotes(run))]).rstrip() + "\n"


def json_report(run: Run) -> bytes:
    """The run and its aims as JSON."""
    return msgspec.json.format(msgspec.json.encode({"run": run, "aims": targets(run)}), indent=1)


def footnotes(run: Run) -> list[str]:
    """What a reader must know of the figures."""
    about = run.environment
    notes = [
        f"({s.history}) {s.unequal} versions did not come back byte for byte"
        for s in run.series
        if s.unequal
    ]
    notes += run.failures
    if run.left_out:
        notes.append(f"left out, not being installed: {', '.join(run.left_out)}")
    one, every = (rate / 1e9 for rate in about.sha256)
    notes.append(f"SHA-256 alone: {one:.2f} GB/s on one core, {every:.2f} GB/s on {about.cores}")
    libraries = ", ".join(f"{name} {version}" for name, version in about.libraries.items())
    notes.append(
        f"{about.date}, {about.cpu}, {about.cores} cores (load {about.load_average[0]:.1f}), "
        f"{about.platform}, files in {about.directory}; Python {about.python}, {libraries}"
    )
    if not (judged_sizes(run) and judged_times(run)):
        notes.append("small models, or few versions or rounds: what is not judged means little")
    return notes


def _sizes(series: Sequence[Series]) -> Grid:
    present = {way for one in series for way in one.kept}
    others = [way.name for way in WAYS if way.name in present and way.name != STORE]

    def row(one: Series) -> list[str]:
        ours = one.kept.get(STORE)
        cells = [volume(sum(one.pickles))]
        cells.append(f"{volume(ours.size)} in {ours.files}" if ours else NOTHING)
        for way in others:
            kept = one.kept.get(way)
            if kept is None:
                cells.append(NOTHING)
            else:
                cells.append(number(kept.size / ours.size) if ours else volume(kept.size))
        return [_title(one), *cells]

    return Grid(
        f"All versions of a history, {max((len(s.pickles) for s in series), default=0)} each",
        "others ÷ the store; above 1 is larger",
        ["history", "pickles", "store, files", *others],
        [row(one) for one in series],
    )


def _steps(series: Sequence[Series]) -> Grid:
    ways = [way.name for way in WAYS if any(way.name in one.kept for one in series)]
    rows = []
    for one in series:
        steps = [one.step(way) if way in one.kept else None for way in ways]
        if any(step is not None for step in steps):
            rows.append([_title(one), *map(_fine, steps)])
    return Grid("A further version", "what it adds ÷ its pickle", ["history", *ways], rows)


def _times(run: Run) -> Grid:
    rows = []
    for subject in SUBJECTS:
        for operation in (row.title for row in ROWS):
            ours, peer = (run.one(subject, operation, way) for way in (STORE, PEER))
            if ours is None:
                continue
            rows.append(
                [
                    f"{subject}, {volume(ours.size)}: {operation}",
                    duration(ours.work.median),
                    _speed(ours),
                    number(_over(peer, ours, lambda timed: timed.work.median)),
                    number(_over(peer, ours, lambda timed: timed.process.median)),
                    number(_over(peer, ours, lambda timed: timed.stored))
                    if operation in (FIRST, NEXT)
                    else NOTHING,
                    _peak(ours),
                    _peak(peer),
                ]
            )
    return Grid(
        "Time and memory of large models",
        f"fresh processes, medians; {PEER} ÷ the store, above 1 is slower or larger",
        [
            "model: operation",
            STORE,
            "MB/s",
            "time",
            "whole process",
            "size",
            "peak memory ÷ model",
            "the peer's",
        ],
        rows,
    )


def _scrubbed(run: Run) -> Grid:
    rows = []
    for found in run.scrubbed:
        speeds = [found.size / timing.median / 1e9 for timing in (found.scrub, found.sha256)]
        cells = [f"{speed:.2f} GB/s" for speed in speeds]
        rows.append([volume(found.size), *cells, number(speeds[0] / speeds[1])])
    return Grid(
        "Reading all of a store again",
        "all cores",
        ["store", "scrub", "SHA-256 alone", "scrub's share"],
        rows,
    )


def _packed(run: Run) -> Grid:
    return Grid(
        "Codecs alone, on trained weights",
        "MB of raw data a second, by the clock",
        ["weights", "codec", "times smaller", "in", "out"],
        [
            [p.subject, p.codec, f"{p.ratio:.2f}", f"{p.inward:,.0f}", f"{p.outward:,.0f}"]
            for p in run.packed
        ],
    )


def _aims(run: Run) -> Grid:
    verdicts = {True: "reached", False: "missed", None: "not judged"}
    rows = [[target.aim, target.figure, verdicts[target.reached]] for target in targets(run)]
    return Grid("Aims", "", ["aim", "found", ""], rows)


def _kept(run: Run) -> Iterator[Target]:
    for one in run.series:
        history = HISTORIES[one.history]
        step = one.step(STORE) if STORE in one.kept else None
        if STORE not in one.kept:
            continue
        if history.total is not None:
            share, limit = one.total(STORE), history.total
            figure = f"{volume(one.kept[STORE].size)} of {volume(sum(one.pickles))}, {_fine(share)}"
        elif history.step is not None and step is not None:
            share, limit, figure = step, history.step, _fine(step)
        else:
            continue
        aim = f"({one.history}) {history.title}: {history.aim} ({_fine(limit)})"
        yield Target(aim, figure, share <= limit)


def _timed(run: Run) -> Iterator[Target]:
    def faster(operation: str, way: Callable[[Timed], float]) -> Callable[[str], float | None]:
        def ratio(subject: str) -> float | None:
            ours, peer = (run.one(subject, operation, name) for name in (STORE, PEER))
            return _over(peer, ours, way)

        return ratio

    def seconds(timed: Timed) -> float:
        return timed.work.median

    def speed(subject: str) -> float | None:
        ours = run.one(subject, LOAD, STORE)
        return ours.size / 1e6 / ours.work.median if ours else None

    every = tuple(SUBJECTS)
    yield from _least(f"next push ≥ 5 × {PEER}'s speed", every, faster(NEXT, seconds), 5)
    yield from _least(f"first forest ≥ 3 × {PEER}'s speed", FORESTS, faster(FIRST, seconds), 3)
    smaller = faster(FIRST, lambda timed: timed.stored)
    yield from _least(f"first forest ≥ 4 × smaller than {PEER}", FORESTS, smaller, 4)
    yield from _least("load not slower than joblib.load", every, faster(LOAD, seconds), 1)
    yield from _least("load ≥ 500 MB/s", every, speed, 500, " MB/s")


def _rates(run: Run) -> Iterator[Target]:
    for found in run.scrubbed:
        share = found.sha256.median / found.scrub.median
        yield Target("scrub ≥ 0.8 of SHA-256's speed", f"{share:.2f}", share >= 0.8)

    def beside(value: Callable[[Packed], float]) -> Callable[[str], float | None]:
        def ratio(subject: str) -> float | None:
            found = {p.codec: value(p) for p in run.packed if p.subject == subject}
            return found[CODEC] / found[ZIPNN] if {CODEC, ZIPNN} <= found.keys() else None

        return ratio

    kinds = tuple(dict.fromkeys(p.subject for p in run.packed))
    yield from _least("weights ≥ 0.95 of zipnn's ratio", kinds, beside(lambda p: p.ratio), 0.95)
    yield from _least("weights packed ≥ 2 × zipnn's speed", kinds, beside(lambda p: p.inward), 2)


def _least(
    aim: str,
    keys: Sequence[str],
    ratio: Callable[[str], float | None],
    limit: float,
    unit: str = " ×",
) -> Iterator[Target]:
    """The aim with each figure: no aim where nothing was measured, no verdict where a part was."""
    known = {key: found for key in keys if (found := ratio(key)) is not None}
    if known:
        figure = ", ".join(f"{key} {number(found)}{unit}" for key, found in known.items())
        missed = any(found < limit for found in known.values())
        yield Target(aim, figure, False if missed else (True if len(known) == len(keys) else None))


def _title(one: Series) -> str:
    return f"({one.history}) {HISTORIES[one.history].title}"


def _over(peer: Timed | None, ours: Timed | None, value: Callable[[Timed], float]) -> float | None:
    return value(peer) / value(ours) if peer and ours else None


def _speed(timed: Timed) -> str:
    if timed.operation == MAP:
        return f"{timed.work.median * 1e12 / timed.size:.0f} ms/GB"
    return f"{timed.size / 1e6 / timed.work.median:,.0f}"


def _peak(timed: Timed | None) -> str:
    return NOTHING if timed is None or timed.peak is None else number(timed.peak / timed.size)


def _fine(share: float | None) -> str:
    """A share in as many digits as mean something, in percent."""
    return NOTHING if share is None else f"{share:.2%}" if share < 0.1 else f"{share:.1%}"
