"""What histories weigh, each kept in all ways at once, version by version."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import holotype
from benchmarks.measure import Progress
from benchmarks.store.histories import History
from benchmarks.store.results import Kept, Series
from benchmarks.store.ways import Store, Version, Way

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
"""In every archive, so that a run repeated has the same bytes."""


def weigh(
    history: History,
    ways: Sequence[type[Way]],
    *,
    versions: int,
    quick: bool,
    directory: Path,
    progress: Progress,
) -> Series:
    """Keep ``versions`` of ``history`` in all ``ways`` that are meant for it."""
    with tempfile.TemporaryDirectory(dir=directory) as name:
        folder = Path(name)
        keepers = [
            way(folder / f"way-{number}")
            for number, way in enumerate(ways)
            if history.tensors or not way.tensors_only
        ]
        pickles: list[int] = []
        first: list[int] = []
        for number, model in enumerate(islice(history.build(quick), versions)):
            title = f"model-{number}" if history.copies else "model"
            file, archive = folder / "model.pkl", folder / f"{number}.holo"
            file.write_bytes(pickle.dumps(model, protocol=5))
            holotype.dump(model, archive, probe=None, created=CREATED, context=False)
            for keeper in keepers:
                keeper.keep(Version(number, title, model, file, archive))
            pickles.append(file.stat().st_size)
            first = first or [keeper.size()[0] for keeper in keepers]
            progress(f"({history.key}) {history.title}: version {number + 1} of {versions}")
        kept = {
            keeper.name: Kept(keeper.name, begun, *keeper.size())
            for keeper, begun in zip(keepers, first, strict=True)
        }
        stores = [keeper for keeper in keepers if isinstance(keeper, Store)]
        unequal = sum(store.unequal() for store in stores) if stores else None
        return Series(history.key, pickles, kept, unequal)
