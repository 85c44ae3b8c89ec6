"""Which version number follows from a difference: versions that number themselves.

    equal fingerprint                                        the same version
    a change of the schema that breaks callers               major
    architecture, hyper-parameters, a wider schema           minor
    only what was learned, or how it is run                  patch

Rule: the step follows from the difference alone and is that of its largest change. A person may ask
for a larger one, and never for a smaller.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Literal

import msgspec

from holotype.compare.difference import Difference, Effect, Setting
from holotype.compare.words import value_in_words

__all__ = [
    "Derived",
    "Reason",
    "Step",
    "Word",
    "derive",
    "next_version",
    "parse_version",
    "verdict",
]

_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")
_MOST_REASONS = 20
_NAMED = 3


Word = Literal["same", "patch", "minor", "major"]


class Step(IntEnum):
    """How far a version goes on: larger is more."""

    SAME = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Reason(msgspec.Struct, frozen=True):
    """One kind of change that demands a step; ``paths`` are some places, ``count`` how many."""

    step: Word
    what: str
    count: int = 1
    paths: list[str] = []


class Derived(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a difference means for a version, and why; ``sentence`` says it for people.

    ``step`` is the one that is taken, ``derived`` that which the difference demands: they are the
    same unless a person ``asked`` for more. ``version`` is empty where no older one was told.
    """

    step: Word
    derived: Word
    reasons: list[Reason]
    sentence: str
    version: str = ""
    asked: str | None = None


def derive(difference: Difference) -> tuple[Step, list[Reason]]:
    """The step that a difference demands, and every reason for it, the largest first."""
    if difference.same_model:
        return Step.SAME, [Reason("same", _metadata(difference))]
    reasons = [*_breaking(difference), *_minor(difference), *_patch(difference)]
    return Step[reasons[0].step.upper()], reasons[:_MOST_REASONS]


def verdict(difference: Difference) -> Derived:
    """What :func:`derive` says, in the form that is stored and shown."""
    step, reasons = derive(difference)
    return Derived(_word(step), _word(step), reasons, _sentence(step, reasons))


def next_version(previous: str, difference: Difference, override: str | None = None) -> Derived:
    """The version that follows on ``previous`` (``1.4.2``), whose difference to the new is given.

    Args:
        previous: the version of the older archive: three numbers without leading zeros.
        difference: from the older archive to the new one.
        override: what a person asks for instead: *patch*, *minor* or *major*, or a whole version.

    Raises ValueError for what is no version, and for an override below what the difference demands.
    """
    parts = parse_version(previous)
    step, reasons = derive(difference)
    derived = _after(parts, step)
    chosen, taken = derived, step
    if override is not None:
        chosen, taken = _asked(parts, override)
        if chosen < derived:
            raise ValueError(
                f"{override} would make it {_text(chosen)}, and at least {_text(derived)} is "
                f"needed: {reasons[0].what}"
            )
    return Derived(
        version=_text(chosen),
        step=_word(taken),
        derived=_word(step),
        reasons=reasons,
        sentence=_sentence(step, reasons, override if chosen != derived else None),
        asked=override,
    )


def parse_version(text: str) -> tuple[int, int, int]:
    """The three numbers of a version; ValueError for anything else."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no version: write three numbers, such as 1.4.2")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def _after(parts: tuple[int, int, int], step: Step) -> tuple[int, int, int]:
    major, minor, patch = parts
    return {
        Step.SAME: parts,
        Step.PATCH: (major, minor, patch + 1),
        Step.MINOR: (major, minor + 1, 0),
        Step.MAJOR: (major + 1, 0, 0),
    }[step]


def _asked(parts: tuple[int, int, int], override: str) -> tuple[tuple[int, int, int], Step]:
    if override in ("patch", "minor", "major"):
        step = Step[override.upper()]
        return _after(parts, step), step
    wanted = parse_version(override)
    differing = [old != new for old, new in zip(parts, wanted, strict=True)]
    step = Step(3 - differing.index(True)) if any(differing) else Step.SAME
    return wanted, step


def _text(parts: tuple[int, int, int]) -> str:
    return ".".join(map(str, parts))


def _word(step: Step) -> Word:
    words: dict[Step, Word] = {
        Step.SAME: "same",
        Step.PATCH: "patch",
        Step.MINOR: "minor",
        Step.MAJOR: "major",
    }
    return words[step]


# -- reasons -------------------------------------------------------------------------------------


def _breaking(difference: Difference) -> list[Reason]:
    found = [change for change in difference.schema if change.breaking]
    return [
        Reason("major", change.said, 1, [change.name] if change.name else []) for change in found
    ]


def _minor(difference: Difference) -> list[Reason]:
    reasons = []
    if difference.type is not None:
        reasons.append(Reason("minor", f"the model is a {_short(difference.type[1])} now"))
    steps = [each for each in difference.steps if each.effect == "architecture"]
    for kind in ("added", "removed", "replaced", "moved", "renamed", "code"):
        paths = [each.path or "the model" for each in steps if each.kind == kind]
        if paths:
            word = "changed its code" if kind == "code" else f"was {kind}"
            reasons.append(Reason("minor", _told(paths, word), len(paths), paths[:_MOST_REASONS]))
    arrays = [each for each in difference.arrays if each.effect == "architecture"]
    for kind in ("added", "removed", "reshaped"):
        paths = [each.path or "the model" for each in arrays if each.kind == kind]
        if paths:
            what = _told(paths, f"was {kind}")
            reasons.append(Reason("minor", what, len(paths), paths[:_MOST_REASONS]))
    reasons += _settings(difference)
    wider = [change for change in difference.schema if not change.breaking]
    reasons += [Reason("minor", change.said, 1, [change.name or ""]) for change in wider]
    larger: tuple[Effect, ...] = ("architecture", "setting")
    if not reasons and any(effect in larger for effect in difference.effects):
        reasons.append(Reason("minor", "hyper-parameters or the architecture changed"))
    return reasons


def _settings(difference: Difference) -> list[Reason]:
    """Hyper-parameters that change what the model is, from old to new."""
    told = {
        each.path: _from_to(each) for each in difference.hyperparameters if each.effect == "setting"
    }
    for change in difference.trees:
        if change.effect == "setting":
            path = change.path or "the model"
            told[path] = f"{path} has {change.after:,} trees, and had {change.before:,}"
    told |= {e.path: f"{e.path} changed" for e in difference.arrays if e.effect == "setting"}
    told |= {e.path: f"{e.path} changed" for e in difference.terms if e.effect == "setting"}
    if not told:
        return []
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    what = ", ".join(list(told.values())[:_NAMED]) + more
    return [Reason("minor", what, len(told), list(told)[:_MOST_REASONS])]


def _from_to(change: Setting) -> str:
    before, after = value_in_words(change.before), value_in_words(change.after)
    if change.kind == "changed":
        return f"{change.path} {before} → {after}"
    return f"{change.path} = {after} is new" if change.kind == "added" else f"{change.path} is gone"


def _patch(difference: Difference) -> list[Reason]:
    learned = len(difference.arrays) + len(difference.trees) + len(difference.terms)
    learned += len(difference.values)
    if learned:
        return [Reason("patch", "what the model learned changed", learned)]
    paths = [each.path for each in difference.hyperparameters if each.effect == "run"]
    if paths:
        return [Reason("patch", _told(paths, "changed"), len(paths), paths[:_MOST_REASONS])]
    return [Reason("patch", "the model is stored in another form")]


def _told(paths: list[str], word: str) -> str:
    named = ", ".join(paths[:_NAMED])
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{named}{more} {word.replace('was', 'were') if len(paths) > 1 else word}"


def _short(key: str) -> str:
    return key.rpartition(".")[2]


def _metadata(difference: Difference) -> str:
    if difference.same_archive:
        return "it is the same archive"
    told = len(difference.metadata) + len(difference.metrics) + len(difference.libraries)
    return "the model is the same" + (", with other metadata" if told else "")


def _sentence(step: Step, reasons: list[Reason], override: str | None = None) -> str:
    if step is Step.SAME:
        begin = f"Same version: {reasons[0].what}"
    else:
        mine = [reason.what for reason in reasons if reason.step == str(step)]
        more = f" and {len(mine) - _NAMED} more" if len(mine) > _NAMED else ""
        begin = f"{str(step).capitalize()}: {'; '.join(mine[:_NAMED])}{more}"
    if override is not None:
        begin += f"; a person asked for {override}"
    return f"{begin}."
