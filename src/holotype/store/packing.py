"""An archive on its way into packs: its spans, its recipe, and what of them is new to a catalog."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from holotype.archive.reader import ArchiveReader
from holotype.digest import data_digest
from holotype.store.catalog import Catalog
from holotype.store.cutting import cut
from holotype.store.encoding import Coder, New
from holotype.store.reading import Reader
from holotype.store.recipes import make_recipe
from holotype.store.stored import Progress, StoredArchive

__all__ = ["Packing"]


class Packing:
    """``parent`` is an archive of the store that this one may be like, with its recipe's digest.

    ``digest`` is that of the recipe, which has ``size`` bytes.
    """

    def __init__(
        self,
        reader: ArchiveReader,
        catalog: Catalog,
        level: str,
        parent: StoredArchive | None = None,
        parent_recipe: str | None = None,
    ) -> None:
        data = np.frombuffer(reader.view, np.uint8)
        self._spans = [
            (span, span.digest or data_digest(data[span.offset : span.offset + span.size]))
            for span in cut(reader)
        ]
        self._recipe = make_recipe(reader.view, [(d, s.offset, s.size) for s, d in self._spans])
        self._catalog = catalog
        self._coder = Coder(
            data, catalog, Reader(catalog), {} if parent is None else parent.named(), level
        )
        self._parent_recipe = parent_recipe
        self.digest = data_digest(self._recipe)
        self.size = len(self._recipe)

    def objects(self) -> list[str]:
        """All objects that make up the archive, its recipe first."""
        return [self.digest, *(digest for _, digest in self._spans)]

    def news(self, progress: Progress | None = None) -> Iterator[New]:
        """What must be written so that they are all there."""
        done, total = 0, sum(span.size for span, _ in self._spans)
        for new in self._coder.code(self._spans):
            yield new
            if progress is not None and new.block is not None:
                done += new.block.raw
                progress(done, total)
        if self._catalog.parts(self.digest) is None:
            yield self._coder.text(self._recipe, self.digest, self._parent_recipe)
        if progress is not None:
            progress(total, total)
