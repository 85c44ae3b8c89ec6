"""What a command may be given for an archive: a file, or a version in a store.

Rule: a file of that name comes first.
"""

from __future__ import annotations

import re
from pathlib import Path

from holotype.api.common import Openable
from holotype.errors import NotInStoreError

__all__ = ["meant"]

_SPEC = re.compile(r"[^@]+@[^@]+|sha256:[0-9a-f]{64}")


def meant(path: Path, address: str | None = None) -> Openable:
    """The file at ``path``; else the version that this is, NAME@VERSION, NAME@TAG or the id.

    ``address`` is that of the store, if it is not the default one.
    """
    if path.exists() or not _SPEC.fullmatch(str(path)):
        return path
    from holotype.api.store import Store

    try:
        store = Store(address, create=False)
    except NotInStoreError:
        return path
    return store.source(str(path))
