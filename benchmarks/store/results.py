"""What a run found, as frozen values: bytes and seconds; ``None`` means not measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.results import Environment, Timing


@dataclass(frozen=True)
class Kept:
    """What one way takes to keep a history: after the first version, and after the last."""

    way: str
    first: int
    size: int
    files: int


@dataclass(frozen=True)
class Series:
    """One history: the bytes of each version as a pickle, and what each way made of them.

    ``unequal`` versions did not come back from the store byte for byte.
    """

    history: str
    pickles: list[int]
    kept: dict[str, Kept]
    unequal: int | None

    def step(self, way: str) -> float | None:
        """What a further version takes on average, over its pickle's bytes."""
        further = sum(self.pickles[1:])
        return (self.kept[way].size - self.kept[way].first) / further if further else None

    def total(self, way: str) -> float:
        """What all versions take, over their pickles' bytes."""
        return self.kept[way].size / sum(self.pickles)


@dataclass(frozen=True)
class Timed:
    """One operation on one large model, each time in a fresh process.

    ``work`` is the operation with what it imports on first use, ``process`` all from start to end.
    ``peak`` is what the operation had resident at most, above what was there when it began, in a
    process that had done the same to a small model; ``size`` are the bytes of the model's own file,
    uncompressed, and ``stored`` those that the operation added to the disk.
    """

    subject: str
    operation: str
    way: str
    size: int
    stored: int
    work: Timing
    process: Timing
    peak: int | None


@dataclass(frozen=True)
class Scrubbed:
    """Reading all of a store: bytes of its files, and seconds of it and of SHA-256 alone."""

    size: int
    scrub: Timing
    sha256: Timing


@dataclass(frozen=True)
class Packed:
    """One codec on one kind of weights: times smaller, MB of raw data a second in and out."""

    subject: str
    codec: str
    ratio: float
    inward: float
    outward: float


@dataclass(frozen=True)
class Run:
    """All that one run found. Small models, fewer ``versions`` or ``rounds`` are not judged."""

    environment: Environment
    quick: bool
    versions: int
    rounds: int
    left_out: list[str]
    series: list[Series] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    scrubbed: list[Scrubbed] = field(default_factory=list)
    packed: list[Packed] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def one(self, subject: str, operation: str, way: str) -> Timed | None:
        """What ``way`` took for ``operation``, if it was measured."""
        wanted = (subject, operation, way)
        found = (t for t in self.timed if (t.subject, t.operation, t.way) == wanted)
        return next(found, None)
