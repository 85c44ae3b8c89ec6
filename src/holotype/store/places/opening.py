"""From what a person gives to the place that it means: a path, an address, or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from holotype.errors import StoreError
from holotype.store.places.local import LocalPlace
from holotype.store.places.place import Place
from holotype.trust.folders import own_folder

__all__ = ["open_place"]

_CLOUD = {"s3", "gs", "az", "memory"}


def open_place(
    url: str | os.PathLike[str] | None = None,
    *,
    create: bool = False,
    config: Mapping[str, str] | None = None,
) -> Place:
    """The place at a path, ``file://``, ``s3://``, ``gs://``, ``az://`` or ``memory://``.

    None means ``$HOLOTYPE_STORE``, else ``holotype/store`` in the user's data directory
    (``$XDG_DATA_HOME``, else ``~/.local/share``). ``create`` makes a directory that is missing;
    a bucket must exist. ``config`` is for object storage, see `CloudPlace`.
    """
    if url is None:
        url = os.environ.get("HOLOTYPE_STORE") or str(
            own_folder("XDG_DATA_HOME", ".local", "share") / "store"
        )
    text = os.fspath(url)
    scheme, separator, _ = text.partition("://")
    if not isinstance(url, str) or not separator or "/" in scheme:
        return LocalPlace(os.path.expanduser(text), create=create)
    if scheme == "file":
        parts = urlsplit(text)
        if parts.netloc not in {"", "localhost"} or not parts.path:
            raise StoreError(f"{text!a} names another machine; write file:///absolute/path")
        return LocalPlace(unquote(parts.path), create=create)
    if scheme not in _CLOUD:
        raise StoreError(
            f"{text!a} is no address of a store: give a path, or an address that begins with "
            "file://, s3://, gs://, az:// or memory://"
        )
    from holotype.store.places.cloud import CloudPlace

    return CloudPlace(text, config=config)
