"""What the speed must be, as stated before the first line was written, and what a run says of it.

A target is reached, missed, or (``reached`` is None) not judged, because the run had not all that
it needs. A ratio below 1 is faster, smaller or less than the peer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks.results import Cell, Run, Timing

LARGE = "bcdefgh"
MAPPABLE = "egh"
SKOPS_MODELS = "bdf"
FRAMEWORK_MODELS = "ijk"
BEST_OF = ("pickle", "native", "safetensors")
JUDGED_SIZE = 100_000
"""Bytes of pickle above which sizes are compared."""
JUDGED_MEMORY = 10_000_000
"""Bytes of a model below which its peak memory drowns in the allocator's granularity."""

Value = Callable[[Cell], float]


@dataclass(frozen=True)
class Target:
    """One aim: what was asked, the figure found, whether it is reached and where it is worst."""

    aim: str
    figure: str
    reached: bool | None


def judge(run: Run) -> list[Target]:
    """Every target with what ``run`` says of it, in the order in which they were set.

    Small models prove nothing about speed, so a quick run has figures and no verdicts.
    """
    found = [*_times(run), *_mapped(run), *_skops(run), *_sizes(run), *_memory(run)]
    found += _frameworks(run)
    return [replace(target, reached=None) for target in found] if run.quick else found


def geometric_mean(ratios: Iterable[float]) -> float:
    """The mean to use for ratios: twice as slow and twice as fast cancel out."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(math.fsum(logarithms) / len(logarithms))


def save_ratio(run: Run, model: str, peer: str) -> float | None:
    """Median save of ``peer`` over that of pickle and one SHA-256 of its file."""
    return _ratio(run, model, peer, "pickle+sha256", lambda cell: cell.save.median)


def load_ratio(run: Run, model: str, peer: str, way: str = "load") -> float | None:
    """Median load of ``peer`` in one way over pickle's, which verifies nothing."""
    cell, base = run.cell(model, peer), run.cell(model, "pickle")
    if cell is None or base is None or way not in cell.loads:
        return None
    return cell.loads[way].median / base.loads["load"].median


def size_ratio(run: Run, model: str, peer: str) -> float | None:
    """Bytes of ``peer``'s file over pickle's."""
    return _ratio(run, model, peer, "pickle", lambda cell: cell.size)


def memory_ratio(run: Run, model: str, peer: str, way: str) -> float | None:
    """Peak extra memory of ``save`` or of a way to load, over what the model itself takes.

    That is what stays resident after pickle loaded it in a fresh process.
    """
    cell, base = run.cell(model, peer), run.cell(model, "pickle")
    if cell is None or base is None or not base.load_memory or not cell.load_memory:
        return None
    peak = cell.save_memory if way == "save" else cell.load_memory.get(way)
    return None if peak is None else peak.peak / max(1, base.load_memory["load"].kept)


def _ratio(run: Run, model: str, peer: str, base: str, value: Value) -> float | None:
    cell, reference = run.cell(model, peer), run.cell(model, base)
    return None if cell is None or reference is None else value(cell) / value(reference)


def _times(run: Run) -> list[Target]:
    save = {key: save_ratio(run, key, "holotype") for key in LARGE}
    load = {key: load_ratio(run, key, "holotype") for key in LARGE}
    small = run.cell("a", "holotype")
    return [
        _mean("save, (b)–(h), geometric mean ≤ 0.9 × pickle + SHA-256", save, 0.9),
        _worst("save, (b)–(h), none above 1.2 × pickle + SHA-256", save, 1.2),
        _mean("verified load, (b)–(h), geometric mean ≤ 1.2 × pickle", load, 1.2),
        _worst("verified load, (b)–(h), none above 2 × pickle", load, 2.0),
        _below("(a) saved in under 2 ms", small.save if small else None, 2),
        _below("(a) loaded in under 1 ms", small.loads["load"] if small else None, 1),
    ]


def _mapped(run: Run) -> list[Target]:
    bare = {key: _inverse(load_ratio(run, key, "holotype", "mapped")) for key in MAPPABLE}
    verified = {
        key: _inverse(load_ratio(run, key, "holotype", "mapped, verified")) for key in MAPPABLE
    }
    found = [found for found in run.sharing if found.model in MAPPABLE]
    figure = ", ".join(
        f"({f.model}) {f.shared:.2f} × its size in two processes, {f.written:.2f} × after a write"
        for f in found
    )
    good = all(f.writable and f.isolated and f.shared <= 1.2 for f in found)
    return [
        _least("mapped load of (e), (g), (h) ≥ 50 × faster than pickle", bare, 50),
        _least("mapped and verified load of (e), (g), (h) ≥ 2 × faster than pickle", verified, 2),
        Target(
            "mapped arrays are writable and shared between processes until written",
            figure or "not measured",
            good if len(found) == len(MAPPABLE) else None,
        ),
    ]


def _skops(run: Run) -> list[Target]:
    save, load, size = {}, {}, {}
    for key in run.models:
        ours, theirs = run.cell(key, "holotype"), run.cell(key, "skops")
        if ours is None or theirs is None:
            continue
        save[key] = theirs.save.median / ours.save.median
        load[key] = theirs.loads["load"].median / ours.loads["load"].median
        size[key] = ours.size / theirs.size
    return [
        _least("save of (b), (d), (f) ≥ 10 × faster than skops", _only(save, SKOPS_MODELS), 10),
        _least("load of (b), (d), (f) ≥ 10 × faster than skops", _only(load, SKOPS_MODELS), 10),
        _worst("never larger than skops", _only(size, "".join(run.models)), 1.0, digits=3),
    ]


def _sizes(run: Run) -> list[Target]:
    ratios = {
        key: size_ratio(run, key, "holotype")
        for key in run.models
        if (base := run.cell(key, "pickle")) is None or base.size > JUDGED_SIZE
    }
    return [_worst("size ≤ 1.05 × pickle's, over 100 KB", ratios, 1.05, digits=3)]


def _memory(run: Run) -> list[Target]:
    heavy = []
    for key in run.models:
        base = run.cell(key, "pickle")
        if base and base.load_memory and base.load_memory["load"].kept >= JUDGED_MEMORY:
            heavy.append(key)
    save = {key: memory_ratio(run, key, "holotype", "save") for key in heavy}
    load = {key: memory_ratio(run, key, "holotype", "load") for key in heavy}
    return [
        _worst("peak memory of save ≤ 0.1 × the model, from 10 MB", save, 0.1),
        _worst("peak memory of load ≤ 1.1 × the model, from 10 MB", load, 1.1),
    ]


def _frameworks(run: Run) -> list[Target]:
    """Models of other frameworks against the best of pickle, safetensors and their own format."""
    save, load, mapped = {}, {}, {}
    measured = "".join(key for key in FRAMEWORK_MODELS if key in run.models)
    if not measured:
        return []
    for key in measured:
        ours = run.cell(key, "holotype")
        others = [cell for name in BEST_OF if (cell := run.cell(key, name)) is not None]
        if ours is None or not others:
            continue
        save[key] = ours.save.median / min(cell.save.median for cell in others)
        load[key] = ours.loads["load"].median / min(cell.loads["load"].median for cell in others)
        native = run.cell(key, "native")
        if key == "k" and native is not None:
            mapped[key] = native.loads["load"].median / ours.loads["mapped"].median
    return [
        _worst(
            "boosters and tensors saved in ≤ 1.2 × the best of others", _only(save, measured), 1.2
        ),
        _worst("and loaded, verified, in ≤ 1.2 × the best of others", _only(load, measured), 1.2),
        _least("mapped load of (k) ≥ 50 × faster than torch.load", _only(mapped, "k"), 50),
    ]


def _only(found: dict[str, float], keys: Sequence[str]) -> dict[str, float | None]:
    return {key: found.get(key) for key in keys}


def _inverse(ratio: float | None) -> float | None:
    return None if ratio is None else 1 / ratio


def _mean(aim: str, ratios: dict[str, float | None], limit: float) -> Target:
    known = [ratio for ratio in ratios.values() if ratio is not None]
    if not known:
        return Target(aim, "not measured", None)
    mean = geometric_mean(known)
    return Target(aim, f"{mean:.2f} ×", mean <= limit if len(known) == len(ratios) else None)


def _worst(aim: str, ratios: dict[str, float | None], limit: float, *, digits: int = 2) -> Target:
    return _extreme(aim, ratios, lambda ratio: ratio <= limit, max, digits)


def _least(aim: str, ratios: dict[str, float | None], limit: float) -> Target:
    return _extreme(aim, ratios, lambda ratio: ratio >= limit, min, 1)


def _extreme(
    aim: str,
    ratios: dict[str, float | None],
    good: Callable[[float], bool],
    choose: Callable[[list[float]], float],
    digits: int,
) -> Target:
    known = {key: ratio for key, ratio in ratios.items() if ratio is not None}
    if not known:
        return Target(aim, "not measured", None)
    worst = choose(list(known.values()))
    key = next(key for key, ratio in known.items() if ratio == worst)
    missed = [k for k, ratio in known.items() if not good(ratio)]
    figure = f"({key}) {worst:.{digits}f} ×"
    if len(missed) > 1:
        figure += "; missed by " + ", ".join(f"({k})" for k in missed)
    reached = False if missed else (True if len(known) == len(ratios) else None)
    return Target(aim, figure, reached)


def _below(aim: str, timing: Timing | None, limit: float) -> Target:
    if timing is None:
        return Target(aim, "not measured", None)
    milliseconds = timing.median * 1e3
    return Target(aim, f"{milliseconds:.2f} ms", milliseconds < limit)
