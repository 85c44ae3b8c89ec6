"""What two manifests say beside the model and its schema: metrics, libraries, data, origin, notes.

Rule: all of it is a claim of who wrote the archive and decides no version; values are told, cut
where they are long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from holotype.archive.manifest import Manifest
from holotype.archive.theta import Metric, Step
from holotype.compare.align import Element, align
from holotype.compare.brief import same_number
from holotype.compare.difference import Effect, Fact, Kind, MetricChange, Setting, StepChange
from holotype.compare.findings import Findings, shown_path
from holotype.compare.roles import RUN, is_placeholder

__all__ = ["facts", "libraries", "metrics", "settings"]

_MAX_DEPTH = 8
_MAX_TEXT = 1000
_MAX_STEPS = 10_000
_COUNTER = re.compile(r"_[0-9]+$")


def metrics(before: list[Metric], after: list[Metric]) -> list[MetricChange]:
    """Figures by name, data set and slice."""
    old, new = ({(m.name, m.dataset, m.slice): m.value for m in side} for side in (before, after))
    return [
        MetricChange(*key, old.get(key), new.get(key))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]


def libraries(before: Manifest, after: Manifest) -> list[Fact]:
    """Versions of what the model needs: those that the blueprint names first."""
    sides = []
    for manifest in (before, after):
        known = dict(manifest.libraries)
        where = manifest.environment
        if where is not None:
            known.setdefault("python", where.python)
            known |= {r.name: r.version for r in where.requirements if r.name not in known}
        sides.append(known)
    return list(_flat(sides[0], sides[1], "", 0))


def facts(before: Manifest, after: Manifest) -> list[Fact]:
    """Everything else, by its path in the manifest."""
    found: list[Fact] = []
    for name in (
        "created", "author", "tool", "metadata", "about", "data", "parents", "origin", "seeds",
        "twin",
    ):  # fmt: skip
        sides = [_said(manifest, name) for manifest in (before, after)]
        found += _flat(sides[0], sides[1], name, 0)
    places = [m.environment.platform if m.environment else None for m in (before, after)]
    sides = [msgspec.to_builtins(place) for place in places]
    found += _flat(sides[0], sides[1], "platform", 0)
    return found


def _said(manifest: Manifest, name: str) -> Any:
    value = getattr(manifest, name)
    if name == "data":
        return {each: _tables(data) for each, data in manifest.data.items()}
    return msgspec.to_builtins(value)


def _tables(data: Any) -> dict[str, Any]:
    """What identifies a data set; the figures of its columns are told by the card."""
    tables = {"features": data.features, "target": data.target}
    return {
        name: {"form": each.form, "shape": each.shape, "digest": each.digest}
        for name, each in tables.items()
        if each is not None
    }


def _flat(before: Any, after: Any, path: str, depth: int) -> Iterator[Fact]:
    """The leaves that differ of two JSON values."""
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and depth < _MAX_DEPTH:
        for name in [*before, *(each for each in after if each not in before)]:
            below = f"{path}.{name}" if path else name
            if name in before and name in after:
                yield from _flat(before[name], after[name], below, depth + 1)
            else:
                kind: Kind = "removed" if name in before else "added"
                told = _cut(before.get(name)), _cut(after.get(name))
                yield Fact(shown_path(below), kind, *told)
    elif before in (None, {}, []) and depth == 0:
        yield Fact(shown_path(path), "added", None, _cut(after))
    elif after in (None, {}, []) and depth == 0:
        yield Fact(shown_path(path), "removed", _cut(before), None)
    else:
        yield Fact(shown_path(path), "changed", _cut(before), _cut(after))


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
    if isinstance(value, dict | list):
        text = msgspec.json.encode(value).decode()
        return value if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    return value


# -- hyper-parameters and steps ------------------------------------------------------------------


def settings(
    before: Manifest, after: Manifest, found: Findings, newer: frozenset[str] = frozenset()
) -> None:
    """Hyper-parameters and steps as the manifests state them, added to what was found.

    ``newer`` are libraries of another version: what only one of the two knows is theirs.
    """
    models = before.model, after.model
    theirs = _is_newer(models[1].type, newer)
    told = models[0].hyperparameters, models[1].hyperparameters
    _settings(told[0], told[1], "", found, theirs)
    waiting = [(before.model.steps, after.model.steps, "")]
    left = _MAX_STEPS
    while waiting and left > 0:
        old, new, path = waiting.pop()
        left -= len(old) + len(new)
        for below, a, b in _steps(old, new, path, found):
            theirs = _is_newer(b.type, newer)
            _settings(a.hyperparameters, b.hyperparameters, below, found, theirs)
            if a.columns != b.columns:
                change = Setting(
                    shown_path(f"{below}.columns"), "changed", "setting",
                    _cut(a.columns), _cut(b.columns),
                )  # fmt: skip
                found.setting(change)
            waiting.append((a.steps, b.steps, below))


def _steps(
    old: list[Step], new: list[Step], path: str, found: Findings
) -> Iterator[tuple[str, Step, Step]]:
    """The steps that both have; those that only one has are told."""
    sides = [
        [Element(_name(step), step.type, _content(step)) for step in side] for side in (old, new)
    ]
    for pair in align(*sides):
        if pair.left is None and pair.right is not None:
            step = new[pair.right]
            change = StepChange(
                shown_path(f"{path}.{step.name}"), "added", "architecture", None, step.type
            )
            found.step(change)
        elif pair.right is None and pair.left is not None:
            step = old[pair.left]
            change = StepChange(
                shown_path(f"{path}.{step.name}"), "removed", "architecture", step.type
            )
            found.step(change)
        elif pair.left is not None and pair.right is not None:
            a, b = old[pair.left], new[pair.right]
            below = f"{path}.{b.name}"
            if a.type != b.type:
                change = StepChange(shown_path(below), "replaced", "architecture", a.type, b.type)
                found.step(change)
                continue
            if pair.moved:
                places = f"place {pair.left + 1}", f"place {pair.right + 1}"
                found.step(StepChange(shown_path(below), "moved", "architecture", *places))
            yield below, a, b


def _name(step: Step) -> str | None:
    """The name that somebody gave a step; None where it is only a number, or Keras's counter."""
    if step.name.isdigit():
        return None
    library, _, kind = step.type.rpartition(".")
    base = _COUNTER.sub("", step.name).replace("_", "")
    return None if library.startswith("keras") and base == kind.lower() else step.name


def _content(step: Step) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(step, name=""))


def _is_newer(key: str, newer: frozenset[str]) -> bool:
    return key.partition(".")[0] in newer


def _settings(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str, found: Findings, newer: bool
) -> None:
    """Hyper-parameters by name; those of an object that is a value, below it."""
    for name in [*old, *(each for each in new if each not in old)]:
        below = f"{path}.{name}"
        a: Any = old.get(name)
        b: Any = new.get(name)
        if name in old and name in new:
            if a == b and type(a) is type(b):
                continue
            if _is_object(a) and _is_object(b) and a["type"] == b["type"]:
                inner = [each.get("hyperparameters", {}) for each in (a, b)]
                _settings(inner[0], inner[1], below, found, newer)
                continue
            kind: Kind = "changed"
            run = same_number(a, b) or (newer and is_placeholder(a, b))
        else:
            kind = "removed" if name in old else "added"
            run = newer
        effect: Effect = "run" if run or name in RUN else "setting"
        found.setting(Setting(shown_path(below), kind, effect, _cut(a), _cut(b)))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)
