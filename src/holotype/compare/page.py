"""A difference as one HTML page with plots: a page like the card's, without scripts, escaped."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from holotype.capsule.card.document import Block, Code, Drawing, Facts, Grid, Prose, Section
from holotype.capsule.card.html import to_html
from holotype.capsule.card.plots import bars, spread
from holotype.compare.difference import ArrayChange, Bins, Difference
from holotype.compare.telling import Telling, heading, in_short, tell
from holotype.compare.versions import verdict

__all__ = ["page_of"]

_MOST_LINES = 500
_MOST_BARS = 40
_MOST_HISTOGRAMS = 8
_FEW = 20  # changes that a histogram says nothing of
_WORDS = {"+": "added", "-": "removed", "~": "changed", "!": "breaking", " ": ""}


def page_of(difference: Difference) -> str:
    """The whole page."""
    before, after = difference.before, difference.after
    sections = [Section("In short", list(_summary(difference)))]
    for telling in tell(difference):
        drawn = list(_drawings(telling.title.partition(" ")[0], difference))
        sections.append(Section(telling.title, [*drawn, _grid(telling)]))
    return to_html(f"{before.name} → {after.name}", sections)


def _summary(difference: Difference) -> Iterator[Block]:
    yield Prose(in_short(difference))
    yield Prose(verdict(difference).sentence)
    sides = (("Before", difference.before), ("After", difference.after))
    for label, side in sides:
        told = f"{side.name}: {side.type}, {side.parameters:,} numbers, {side.created}"
        yield Facts([(label, told), ("Id", Code(side.id)), ("Fingerprint", Code(side.fingerprint))])
    yield Prose(heading(difference))


def _grid(telling: Telling) -> Grid:
    rows = [
        (_WORDS[line.mark], Code(line.place) if line.place else "", line.said)
        for line in telling.lines[:_MOST_LINES]
    ]
    more = len(telling.lines) - len(rows) + telling.more
    return Grid(("", "Where", "What"), rows, more)


def _drawings(title: str, difference: Difference) -> Iterator[Block]:
    if title == "Arrays":
        yield from _arrays(difference)
    elif title == "Metrics":
        yield from _metrics(difference)
    elif title == "Trees":
        for change in difference.trees[:_MOST_HISTOGRAMS]:
            told = [("kept", change.kept), ("changed", change.changed)]
            told += [("added", change.added), ("removed", change.removed)]
            svg = bars([(word, float(count), f"{count:,}") for word, count in told])
            yield Drawing(svg, f"What became of the trees of {change.path or 'the model'}.")


def _arrays(difference: Difference) -> Iterator[Block]:
    """How much each array changed, the most first; and how the largest changes are spread."""
    measured: list[tuple[float, ArrayChange]] = [
        (change.figures.norm, change)
        for change in difference.arrays
        if change.figures is not None and change.figures.norm is not None
    ]
    measured.sort(key=lambda each: -each[0])
    if measured:
        shown = measured[:_MOST_BARS]
        rows = [(change.path or "the model", norm, f"{norm:.3g}") for norm, change in shown]
        more = len(measured) - len(shown)
        rest = f" {more} that changed less are not shown." if more else ""
        caption = "L2 norm of the change of each array, relative to that of its old values."
        yield Drawing(bars(rows), caption + rest)
    for _, change in measured[:_MOST_HISTOGRAMS]:
        bins = change.figures.bins if change.figures is not None else None
        if bins is not None and bins.of >= _FEW:
            sample = f" ({bins.of:,} of them)" if bins.of < _changed(change) else ""
            caption = f"How the changes of {change.path or 'the model'} are spread{sample}."
            yield Drawing(_histogram(bins), caption)


def _changed(change: ArrayChange) -> int:
    figures = change.figures
    return 0 if figures is None else figures.elements - figures.equal


def _histogram(bins: Bins) -> str:
    width = (bins.high - bins.low) / len(bins.counts)
    middles = bins.low + width * (np.arange(len(bins.counts)) + 0.5)
    return spread(np.repeat(middles, bins.counts), bins.low, bins.high)


def _metrics(difference: Difference) -> Iterator[Block]:
    rows = []
    for change in difference.metrics[:_MOST_BARS]:
        name = " ".join(each for each in (change.name, change.dataset, change.slice) if each)
        for when, value in (("before", change.before), ("after", change.after)):
            size = _size(value)
            if size is not None:
                rows.append((f"{name}, {when}", size, f"{value:.6g}"))
    if rows:
        yield Drawing(bars(rows), "Metrics, old and new; of negative ones, their size.")


def _size(value: float | None) -> float | None:
    try:
        size = math.inf if value is None else abs(float(value))
    except OverflowError:
        return None
    return size if math.isfinite(size) else None
