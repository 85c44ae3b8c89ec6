"""A difference in words: sections of lines, for a terminal and for a page.

What decides comes first: what breaks callers, then what the model is made of, what it learned, how
it answers, and what is said of it. Rule: text is plain and may be anything that a file says; who
shows it escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Literal

import msgspec

from holotype.compare.difference import (
    ArrayChange,
    ArrayForm,
    Difference,
    Fact,
    MetricChange,
    Setting,
    StepChange,
    TermsChange,
    TreesChange,
)
from holotype.compare.words import value_in_words

__all__ = ["Line", "Telling", "heading", "in_short", "tell"]

Mark = Literal["+", "-", "~", "!", " "]
"""Came, went, changed, breaks callers; or nothing of these."""

_NAMED_TERMS = 6
_SHARES = 0.1  # per cent, below which a share is told as less than it


class Line(msgspec.Struct, frozen=True):
    """One change: its mark, where it is, and what it is."""

    mark: Mark
    place: str
    said: str


class Telling(msgspec.Struct, frozen=True):
    """A heading and its lines; ``more`` were left out of the difference itself."""

    title: str
    lines: list[Line]
    more: int = 0


def heading(difference: Difference) -> str:
    """What is compared, in one line."""
    before, after = difference.before, difference.after
    kinds = before.type if before.type == after.type else f"{before.type} → {after.type}"
    counts = f"{before.parameters:,}"
    if before.parameters != after.parameters:
        counts += f" → {after.parameters:,}"
    return f"{kinds}, {counts} numbers"


def in_short(difference: Difference) -> str:
    """Whether they are the same, in one sentence."""
    if difference.same_archive:
        return "Both are the same archive."
    if difference.same_model:
        return "The model is the same, bit by bit; what is said of it is not."
    return "The models differ."


def tell(difference: Difference) -> list[Telling]:
    """All sections that have lines."""
    left_out = difference.left_out
    sections = [
        Telling("Inputs and outputs", list(_schema(difference)), left_out.get("schema", 0)),
        Telling("Steps", list(map(_step, difference.steps)), left_out.get("steps", 0)),
        Telling(
            "Hyper-parameters",
            list(map(_setting, difference.hyperparameters)),
            left_out.get("hyperparameters", 0),
        ),
        Telling("Trees", list(map(_trees, difference.trees)), left_out.get("trees", 0)),
        Telling("Terms", list(_terms(difference.terms)), left_out.get("terms", 0)),
        Telling(_arrays_title(difference), list(_arrays(difference)), left_out.get("arrays", 0)),
        Telling(
            "Learned values", list(map(_setting, difference.values)), left_out.get("values", 0)
        ),
        Telling("Golden predictions", list(_probe(difference))),
        Telling("Metrics", list(map(_metric, difference.metrics))),
        Telling("Libraries", list(map(_fact, difference.libraries))),
        Telling("Metadata", list(map(_fact, difference.metadata)), left_out.get("metadata", 0)),
        Telling("Not compared", [Line(" ", "", note) for note in difference.notes]),
    ]
    return [section for section in sections if section.lines]


# -- what the model is ---------------------------------------------------------------------------


def _schema(difference: Difference) -> Iterator[Line]:
    for change in difference.schema:
        yield Line("!" if change.breaking else "~", change.end, change.said)


def _step(change: StepChange) -> Line:
    marks: dict[str, Mark] = {"added": "+", "removed": "-"}
    mark = marks.get(change.kind, "~")
    if change.kind == "code":
        said = "its code is another" if change.before == change.after else _from_to(change)
    elif change.kind in ("added", "removed"):
        said = change.after or change.before or ""
    else:
        said = f"{change.kind}: {_from_to(change)}"
    return Line(mark, change.path or "the model", said)


def _from_to(change: StepChange) -> str:
    return f"{change.before} → {change.after}"


def _setting(change: Setting) -> Line:
    line = _changed(change.path, change.kind, change.before, change.after)
    if change.effect == "run":
        return Line(line.mark, line.place, f"{line.said}  (does not change the version)")
    return line


def _trees(change: TreesChange) -> Line:
    parts = [f"{change.before:,} → {change.after:,} trees"]
    if change.before == change.after:
        parts = [f"{change.after:,} trees"]
    told = [(change.kept, "kept"), (change.added, "added"), (change.removed, "removed")]
    told.append((change.changed, "changed"))
    parts.append(", ".join(f"{count:,} {word}" for count, word in told if count))
    parts.append(f"{change.nodes_before:,} → {change.nodes_after:,} nodes")
    mark: Mark = "+" if change.added and not change.changed else "~"
    return Line(mark, change.path or "the model", "; ".join(filter(None, parts)))


def _terms(changes: Iterable[TermsChange]) -> Iterator[Line]:
    for change in changes:
        counts = f"{change.before:,} → {change.after:,}"
        if change.before == change.after:
            counts = f"{change.after:,}"
        moved = f"; {change.moved:,} renumbered" if change.moved else ""
        yield Line(
            "~", change.path, f"{counts} terms: +{change.added:,} −{change.removed:,}{moved}"
        )
        if change.added:
            yield Line("+", "", _named(change.some_added, change.added))
        if change.removed:
            yield Line("-", "", _named(change.some_removed, change.removed))


def _named(terms: list[str], count: int) -> str:
    shown = ", ".join(value_in_words(term) for term in terms[:_NAMED_TERMS])
    more = count - min(len(terms), _NAMED_TERMS)
    return f"{shown} and {more:,} more" if more > 0 else shown


def _arrays_title(difference: Difference) -> str:
    differing = len(difference.arrays) + difference.left_out.get("arrays", 0)
    return f"Arrays ({differing:,} differ, {difference.arrays_equal:,} equal)"


def _arrays(difference: Difference) -> Iterator[Line]:
    for change in difference.arrays:
        yield Line(_mark(change), change.path or "the model", _array(change))


def _mark(change: ArrayChange) -> Mark:
    marks: dict[str, Mark] = {"added": "+", "removed": "-"}
    return marks.get(change.kind, "~")


def _array(change: ArrayChange) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        return _form(before or after)
    form = _form(after) if change.kind == "changed" else f"{_form(before)} → {_form(after)}"
    figures = change.figures
    if figures is None:
        return form
    told = [form, f"{_share(figures.share)} equal"]
    if figures.norm is not None:
        told.append(f"changed by {_share(figures.norm)} of its norm")
    if figures.largest:
        told.append(f"at most by {figures.largest:.3g}")
    return "; ".join(told)


def _form(form: ArrayForm | None) -> str:
    if form is None:
        return ""
    return f"{form.dtype}[{' × '.join(map(str, form.shape))}]"


def _share(share: float) -> str:
    if 0 < share * 100 < _SHARES:
        return f"{share * 100:.1g} %"
    if 1 - _SHARES / 100 < share < 1:
        return "nearly 100 %"
    return f"{share * 100:.3g} %" if share < 100 else f"{share:.3g} times"


# -- how it answers, and what is said of it ------------------------------------------------------


def _probe(difference: Difference) -> Iterator[Line]:
    probe = difference.probe
    if probe is None:
        return
    if not probe.compared:
        yield Line(" ", "", f"not compared: {probe.why_not}")
        return
    for change in probe.methods:
        if change.problem:
            yield Line("~", change.method, change.problem)
        elif change.differing:
            most = f", by up to {change.largest:.3g}" if change.largest else ""
            said = f"{change.differing:,} of {change.rows:,} rows differ{most}"
            yield Line("~", change.method, said)
        else:
            yield Line(" ", change.method, f"the same for all {change.rows:,} rows")


def _metric(change: MetricChange) -> Line:
    where = " ".join(each for each in (change.name, change.dataset, change.slice) if each)
    if change.before is None or change.after is None:
        kind = "added" if change.before is None else "removed"
        return _changed(where, kind, change.before, change.after)
    said = f"{value_in_words(change.before)} → {value_in_words(change.after)}"
    with suppress(OverflowError):
        said += f"  ({change.after - change.before:+.3g})"
    return Line("~", where, said)


def _fact(fact: Fact) -> Line:
    return _changed(fact.path, fact.kind, fact.before, fact.after)


def _changed(path: str, kind: str, before: Any, after: Any) -> Line:
    if kind == "added":
        return Line("+", path, value_in_words(after))
    if kind == "removed":
        return Line("-", path, value_in_words(before))
    return Line("~", path, f"{value_in_words(before)} → {value_in_words(after)}")
