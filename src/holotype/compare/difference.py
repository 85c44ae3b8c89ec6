"""What differs between two archives, as data: the forms of ``holotype diff --json``.

Rule: every value here is plain, so that it can be written as JSON and judged by anyone; nothing of
a file is believed beyond what was read of it, and no list is longer than ``MOST``.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "FORMAT",
    "MOST",
    "MOST_TERMS",
    "ArrayChange",
    "ArrayForm",
    "Bins",
    "Difference",
    "Effect",
    "Fact",
    "Figures",
    "Kind",
    "MethodChange",
    "MetricChange",
    "ProbeChange",
    "SchemaChange",
    "Setting",
    "Side",
    "StepChange",
    "TermsChange",
    "TreesChange",
]

FORMAT = 1
MOST = 10_000
"""Entries of one list; more are counted in ``left_out``."""
MOST_TERMS = 100
"""Terms that are named of those that came or went; the rest is counted."""

Effect = Literal["architecture", "setting", "learned", "run"]
"""What a change touches: what the model is made of; how it was told to be; what it learned; or how
it is run and trained (seeds, threads, messages), and what a library's own version adds to it."""

Kind = Literal["added", "removed", "changed"]


class Side(msgspec.Struct, frozen=True):
    """One of the two archives. ``parameters`` counts elements; ``bytes`` is their size."""

    name: str
    id: str
    fingerprint: str
    type: str
    kind: str
    created: str
    parameters: int
    bytes: int


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plain value, by its path: a hyper-parameter, or one that was learned."""

    path: str
    kind: Kind
    effect: Effect
    before: Any = None
    after: Any = None


class StepChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the model: ``before`` and ``after`` say what it is, or where it stood.

    *replaced* by one of another type; *moved* among its neighbours; *renamed*; or its *code*
    (source or pickle bytes that the archive carries) is another.
    """

    path: str
    kind: Literal["added", "removed", "replaced", "moved", "renamed", "code"]
    effect: Effect
    before: str | None = None
    after: str | None = None


class SchemaChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the model takes (*input*) or gives (*output*).

    ``breaking``: who called the model as before may be refused, or get what means something else.
    """

    end: Literal["input", "output"]
    what: str
    breaking: bool
    said: str
    name: str | None = None
    before: Any = None
    after: Any = None


class ArrayForm(msgspec.Struct, frozen=True):
    """Type and sides of an array; ``bytes`` is its size."""

    dtype: str
    shape: tuple[int, ...]
    bytes: int


class Bins(msgspec.Struct, frozen=True):
    """How many changes lie in each of as many equal intervals from ``low`` to ``high``."""

    low: float
    high: float
    counts: list[int]
    of: int


class Figures(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far two arrays of one shape are apart.

    ``equal`` of the ``elements`` are the same (NaN equals NaN). Of numbers: ``largest`` is the
    largest absolute change, ``norm`` the L2 norm of the change relative to that of the old values
    (None where these are all zero), ``mean`` the mean change. ``bins`` are of the changed elements.
    """

    elements: int
    equal: int
    largest: float | None = None
    norm: float | None = None
    mean: float | None = None
    bins: Bins | None = None

    @property
    def share(self) -> float:
        """The share of equal elements, from 0 to 1."""
        return self.equal / self.elements if self.elements else 1.0


class ArrayChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """An array. ``figures`` are there where both have the same shape and can be compared."""

    path: str
    kind: Literal["added", "removed", "changed", "reshaped", "retyped"]
    effect: Effect
    before: ArrayForm | None = None
    after: ArrayForm | None = None
    figures: Figures | None = None


class TreesChange(msgspec.Struct, frozen=True):
    """The trees of an ensemble: how many there were and are, and how many are the very same ones.

    Those that were neither *kept* nor *added* nor *removed* are *changed*. ``nodes`` count the
    splits and leaves of all trees together. The ``effect`` is *setting* where only the number of
    trees says how many were asked for.
    """

    path: str
    before: int
    after: int
    kept: int
    added: int
    removed: int
    changed: int
    nodes_before: int
    nodes_after: int
    effect: Effect = "learned"


class TermsChange(msgspec.Struct, frozen=True):
    """A vocabulary, or other distinct texts.

    How many there were and are, which came and went, and how many of those that stayed have another
    number, or another place among each other (*moved*).
    """

    path: str
    effect: Effect
    before: int
    after: int
    added: int
    removed: int
    moved: int
    some_added: list[str]
    some_removed: list[str]


class MetricChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure of how good the model was found to be."""

    name: str
    dataset: str | None = None
    slice: str | None = None
    before: float | None = None
    after: float | None = None


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something else that the manifest says, by its path: ``data.train.features.digest``."""

    path: str
    kind: Kind
    before: Any = None
    after: Any = None


class MethodChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one method answers to the same inputs.

    ``differing`` of the ``rows`` are further apart than the larger of the two tolerances;
    ``largest`` is the largest absolute change of a number.
    """

    method: str
    rows: int
    differing: int
    largest: float | None = None
    problem: str = ""


class ProbeChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """Golden predictions. They are compared where both archives keep the same inputs."""

    compared: bool
    why_not: str = ""
    methods: list[MethodChange] = []


class Difference(msgspec.Struct, frozen=True, omit_defaults=False):
    """All that differs between two archives; see ``docs/diff.md`` for the JSON form.

    ``effects`` are those of all changes of the model, those that were left out of a long list
    among them. ``left_out`` counts these by the name of the list. ``notes`` say what could not be
    compared.
    """

    before: Side
    after: Side
    type: tuple[str, str] | None = None
    hyperparameters: list[Setting] = []
    steps: list[StepChange] = []
    schema: list[SchemaChange] = []
    trees: list[TreesChange] = []
    terms: list[TermsChange] = []
    arrays: list[ArrayChange] = []
    values: list[Setting] = []
    probe: ProbeChange | None = None
    metrics: list[MetricChange] = []
    libraries: list[Fact] = []
    metadata: list[Fact] = []
    effects: list[Effect] = []
    left_out: dict[str, int] = {}
    notes: list[str] = []
    arrays_equal: int = 0
    format: int = FORMAT

    @property
    def same_archive(self) -> bool:
        """Whether both are the same to the last byte of what they say."""
        return self.before.id == self.after.id

    @property
    def same_model(self) -> bool:
        """Whether both hold the same model, whatever else they say of it."""
        return self.before.fingerprint == self.after.fingerprint

    def to_json(self) -> bytes:
        """The documented JSON form."""
        return msgspec.json.encode(self)
