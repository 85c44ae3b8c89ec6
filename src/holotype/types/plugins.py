"""Tables that installed packages bring, found by their entry points.

A package that says in its ``pyproject.toml``

    [project.entry-points."holotype.types"]
    tinylib = "tinylib.holotype:entries"

brings the table of the import root ``tinylib``. Rules: what may be loaded is written in the
metadata of what is installed, which is read without importing anything; a key of a file only ever
selects one of these names; nothing is loaded before something of its root is saved, or named by a
file; and whoever sets ``HOLOTYPE_PLUGINS=0`` has none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from holotype.errors import MissingLibraryError
from holotype.graph.foreign import is_dotted, words_of
from holotype.graph.table import Entry
from holotype.types.admission import check_root

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "SWITCH", "Plugin", "Plugins"]

GROUP = "holotype.types"
SWITCH = "HOLOTYPE_PLUGINS"
_OFF = ("0", "false", "no", "off")


class Plugin:
    """What one or more entry points say of an import root; several must say the same."""

    def __init__(self, root: str, points: list[EntryPoint]) -> None:
        self.root = root
        self.points = points

    @property
    def install(self) -> str:
        """The distribution that brings the table: most often that of the library itself."""
        dist = self.points[0].dist
        return self.root if dist is None else dist.name

    def entries(self) -> list[Entry]:
        """Load the function that the entry point names, and call it."""
        values = sorted({point.value for point in self.points})
        if len(values) > 1:
            raise self.failure(f"there are several: {', '.join(values)}")
        module, _, name = values[0].partition(":")
        if not is_dotted(module) or not name.isidentifier():
            raise self.failure(f"{values[0]!r} is not module:function")
        try:
            made: Iterable[Any] = self.points[0].load()()
            return list(made)
        except Exception as error:  # of whatever that package does
            raise self.failure(error) from error

    def failure(self, problem: str | Exception) -> MissingLibraryError:
        """The error to raise where the table of this root cannot be used."""
        words = words_of(problem) if isinstance(problem, Exception) else problem
        return MissingLibraryError(
            f"the types of {self.root} cannot be used; the entry point {GROUP} of "
            f"{self.install}: {words}. Mend or remove that package, or set {SWITCH}=0"
        )


class Plugins:
    """The plugins of this process by import root, looked for when the first is asked about."""

    def __init__(self) -> None:
        self._waiting: dict[str, Plugin] | None = None

    def waiting(self, root: str) -> Plugin | None:
        """The plugin of a root, unless it is done."""
        if self._waiting is None:
            self._waiting = _installed()
        return self._waiting.get(root)

    def done(self, root: str) -> None:
        """Forget a plugin whose entries are in the table."""
        if self._waiting is not None:
            self._waiting.pop(root, None)


def _installed() -> dict[str, Plugin]:
    if os.environ.get(SWITCH, "").strip().lower() in _OFF:
        return {}
    from importlib.metadata import entry_points

    found: dict[str, Plugin] = {}
    for point in entry_points(group=GROUP):
        try:
            check_root(point.name)
        except ValueError:
            continue  # no key has such a root, so nothing ever asks for it
        found.setdefault(point.name, Plugin(point.name, [])).points.append(point)
    return found
