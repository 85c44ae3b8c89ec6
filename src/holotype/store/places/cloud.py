"""Object storage as a place: S3 and what speaks like it, Google Cloud, Azure, and plain memory.

Rule: a condition is kept by the server, in the one request that carries all the bytes. Multipart
uploads are used only where there is no condition, because servers do not agree on conditions at
their end; so what is written with a condition is held in memory. Every conditional write carries a
mark of its own: where an answer is lost, the mark tells whether it was ours that got through.

Uploads of killed writers are seen by nobody, but may be charged: a lifecycle rule of the bucket
that aborts multipart uploads after a day removes them. S3 is tested on a real server; of Google
Cloud and Azure only the construction and what their errors mean.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import numpy as np
import numpy.typing as npt

from holotype.errors import ConflictError, NotInStoreError, StoreError
from holotype.store.places.failures import is_interrupted, is_out_of_range, meaning
from holotype.store.places.place import ABSENT, Condition, Found, checked

__all__ = ["CloudPlace"]

_T = TypeVar("_T")
_PART = 8 << 20  # bytes of one request, where there may be several
_PARALLEL = 4
_TIMEOUT = timedelta(seconds=120)  # of one request, with its whole body
_CLOCK = ".clock"  # no key: `checked` refuses it
_MARK = "writer"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ACCOUNTS = ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
# What an address may say. Addresses are shown and logged, so secrets have no place in them.
_IN_ADDRESS = {"endpoint", "region", "account_name", "virtual_hosted_style_request"}

_memory: dict[str, Any] = {}
_memory_lock = threading.Lock()


class CloudPlace:
    """``s3://bucket/prefix``, ``gs://bucket/prefix``, ``az://container/prefix``, ``memory://name``.

    Credentials and endpoint come from the variables that other tools know (``AWS_…``,
    ``GOOGLE_…``, ``AZURE_…``) or from ``config``, by the names that obstore gives them; endpoint
    and region may also stand in the address: ``s3://bucket?endpoint=https://…``. A request that
    fails is repeated for about ``patience`` seconds.
    """

    def __init__(
        self, url: str, *, config: Mapping[str, str] | None = None, patience: float = 30.0
    ) -> None:
        parts = urlsplit(url)
        self._scheme, self._patience = parts.scheme, patience
        said = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in said:
            if name not in _IN_ADDRESS:
                raise StoreError(
                    f"{name!a} does not belong into the address of a store; it may have "
                    f"{', '.join(sorted(_IN_ADDRESS))}; give credentials by the environment"
                )
        self._bucket = parts.netloc
        self.local = parts.scheme == "memory"
        query = "&".join(f"{name}={quote(said[name], safe=':/')}" for name in sorted(said))
        path = parts.path.strip("/")
        self._url = f"{parts.scheme}://{parts.netloc}{'/' if path else ''}{path}"
        self._url += f"?{query}" if query else ""
        if not self._bucket and not self.local:
            raise StoreError(f"{url!a} names no bucket: write {parts.scheme}://bucket/prefix")
        settings = {**said, **(config or {})}
        self._leading = [
            f"{name}={settings[name]}"
            for name in sorted(settings)
            if name.lower().endswith(("endpoint", "endpoint_url", "account_name"))
        ]
        self._obs, self._store = self._connect(path, settings)

    def __repr__(self) -> str:
        return f"CloudPlace({self._url!r})"

    @property
    def url(self) -> str:
        """The address, without any secret."""
        return self._url

    @property
    def origin(self) -> str:
        """The address, and what else decides here where that leads; for nobody's eyes."""
        names = _ACCOUNTS if self._scheme == "az" else _ENDPOINTS
        return "\n".join([self._url, *self._leading, *(os.environ.get(name, "") for name in names)])

    # -------------------------------------------------------------------------------- reading

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
        """``size`` bytes from ``start`` on, or all. NotInStoreError, or StoreError if too short."""
        if start < 0 or (size is not None and size <= 0):
            return self._nothing(key, start, size or 0)
        path = checked(key)

        def fetch() -> memoryview:
            if size is not None:
                return memoryview(self._obs.get_range(self._store, path, start=start, length=size))
            options = {"range": {"offset": start}} if start else None
            return memoryview(self._obs.get(self._store, path, options=options).bytes())

        try:
            data = self._tried(key, fetch)
        except _OutOfRangeError:
            return self._nothing(key, start, size or 0)
        if size is not None and len(data) != size:
            raise StoreError(f"{key} has no {size} bytes from {start} on: it is damaged")
        return data

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        """Fill ``target`` with the bytes from ``start`` on: large ones in several requests."""
        path, total = checked(key), target.nbytes
        if total <= _PART:
            target[:] = np.frombuffer(self.read(key, start, total), np.uint8)
            return
        for low in range(0, total, _PART * _PARALLEL):
            lows = range(low, min(total, low + _PART * _PARALLEL), _PART)
            sizes = [min(_PART, total - each) for each in lows]

            def fetch(lows: range = lows, sizes: list[int] = sizes) -> list[Any]:
                starts = [start + each for each in lows]
                ranges: list[Any] = self._obs.get_ranges(
                    self._store, path, starts=starts, lengths=sizes, coalesce=0
                )
                return ranges

            try:
                pieces = self._tried(key, fetch)
            except _OutOfRangeError:
                pieces = []
            if [len(piece) for piece in pieces] != sizes:
                raise StoreError(f"{key} has no {total} bytes from {start} on: it is damaged")
            for each, piece in zip(lows, pieces, strict=True):
                target[each : each + len(piece)] = np.frombuffer(piece, np.uint8)

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        """None: nothing of this can be mapped."""
        return None

    def find(self, key: str) -> Found | None:
        """What is under a key, or None."""
        path = checked(key)
        try:
            return _found(self._tried(key, lambda: self._obs.head(self._store, path)))
        except NotInStoreError:
            return None

    def list(self, prefix: str) -> Iterator[Found]:
        """All keys that begin with ``prefix``, in no order."""
        if prefix and not prefix.endswith("/"):
            raise StoreError(f"{prefix!a} is no prefix of keys: it ends with no /")
        if prefix:
            checked(prefix[:-1])
        stream = iter(self._obs.list(self._store, prefix or None, chunk_size=1000))
        while chunk := self._tried(prefix, lambda: next(stream, None), once=True):
            for meta in chunk:
                try:
                    checked(meta["path"])
                except StoreError:
                    continue
                yield _found(meta)

    # -------------------------------------------------------------------------------- writing

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        """Write all of ``data`` (a file object: from its position on), durable when this returns.

        ConflictError where the condition does not hold.
        """
        path = checked(key)
        if condition is None:
            result = self._put(key, path, data)
        else:
            body = data if isinstance(data, (bytes, bytearray, memoryview)) else data.read()
            result = self._put_if(key, path, body, condition)
        meta = self._tried(key, lambda: self._obs.head(self._store, path))
        return _found(meta)._replace(tag=result or meta["e_tag"] or "")

    def delete(self, key: str) -> None:
        """Remove a key; nothing happens where there is none."""
        path = checked(key)
        try:
            self._tried(key, lambda: self._obs.delete(self._store, path))
        except NotInStoreError:
            return

    def now(self) -> datetime:
        """The time that the server gives to an object that is written now, in whole seconds."""
        self._tried(_CLOCK, lambda: self._obs.put(self._store, _CLOCK, b"."))
        modified: datetime = self._tried(_CLOCK, lambda: self._obs.head(self._store, _CLOCK))[
            "last_modified"
        ]
        return modified

    def sweep(self, older_than: datetime) -> int:
        """Nothing to remove: what killed writers leave is for the bucket's lifecycle rule."""
        return 0

    # -------------------------------------------------------------------------------- inside

    def _put(self, key: str, path: str, data: bytes | BinaryIO) -> str | None:
        body: Any = data
        again: Callable[[], Any] = lambda: body  # noqa: E731
        once = False
        if not isinstance(data, (bytes, bytearray, memoryview)):
            once = not data.seekable()
            begin = 0 if once else data.tell()

            def again() -> Any:
                if not once:
                    data.seek(begin)
                head = _filled(data)
                return head if len(head) < _PART else _parts(head, data)

        result: dict[str, str | None] = self._tried(
            key,
            lambda: self._obs.put(
                self._store, path, again(), chunk_size=_PART, max_concurrency=_PARALLEL
            ),
            once=once,
        )
        return result["e_tag"]

    def _put_if(self, key: str, path: str, body: Any, condition: Condition) -> str | None:
        mode: Any = "create" if condition is ABSENT else self._unchanged(key, path, condition)
        mark = secrets.token_hex(16)
        errors = self._obs.exceptions
        until, pause = time.monotonic() + self._patience, 0.1
        while True:
            try:
                result: dict[str, str | None] = self._obs.put(
                    self._store,
                    path,
                    body,
                    mode=mode,
                    attributes={_MARK: mark},
                    use_multipart=False,
                )
                return result["e_tag"]
            except (errors.AlreadyExistsError, errors.PreconditionError) as error:
                tag, theirs = self._marked(key, path)
                if theirs == mark:
                    return tag
                # Servers also say so while somebody deletes: then nothing is there.
                if tag is not None or condition is not ABSENT or time.monotonic() > until:
                    problem = "is there already" if condition is ABSENT else "was changed meanwhile"
                    raise ConflictError(f"{key} {problem}, in {self._url}") from error
            except errors.BaseError as error:
                if not is_interrupted(error):
                    raise self._explained(key, error) from error
                tag, theirs = self._marked(key, path)
                if theirs == mark:
                    return tag
                if time.monotonic() > until:
                    raise self._explained(key, error) from error
            time.sleep(pause)
            pause = min(2 * pause, 3.0)

    def _unchanged(self, key: str, path: str, condition: Any) -> dict[str, str]:
        if self._scheme != "gs":
            return {"e_tag": condition.tag}
        # Google compares generations, which a listing does not tell.
        try:
            meta = self._tried(key, lambda: self._obs.head(self._store, path))
        except NotInStoreError:
            meta = {"e_tag": None}
        if meta["e_tag"] != condition.tag:
            raise ConflictError(f"{key} was changed meanwhile, in {self._url}")
        return {"e_tag": meta["e_tag"], "version": meta["version"]}

    def _marked(self, key: str, path: str) -> tuple[str | None, str | None]:
        """Tag and writer's mark of what is there now."""
        try:
            got = self._tried(key, lambda: self._obs.get(self._store, path))
        except NotInStoreError:
            return None, None
        return got.meta["e_tag"] or "", got.attributes.get(_MARK)

    def _nothing(self, key: str, start: int, size: int) -> bytes:
        found = self.find(key)
        if found is None:
            raise NotInStoreError(f"there is no {key} in {self._url}")
        if start < 0 or size or start > found.size:
            raise StoreError(
                f"{key} has {found.size} bytes; {size} from {start} on were expected: it is damaged"
            )
        return b""

    def _tried(self, key: str, action: Callable[[], _T], *, once: bool = False) -> _T:
        """The answer to a request, which is repeated where the connection broke off."""
        until, pause = time.monotonic() + self._patience, 0.1
        while True:
            try:
                return action()
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error) or "ContainerNotFound" in str(error):
                    raise self._explained(key, error) from error
                raise NotInStoreError(f"there is no {key} in {self._url}") from None
            except self._obs.exceptions.BaseError as error:
                if is_out_of_range(error):
                    raise _OutOfRangeError(f"{key} in {self._url} is too short") from error
                if once or not is_interrupted(error) or time.monotonic() > until:
                    raise self._explained(key, error) from error
            time.sleep(pause)
            pause = min(2 * pause, 3.0)

    def _explained(self, key: str, error: Exception) -> StoreError:
        return StoreError(f"{self._url}: {meaning(error, self._scheme, self._bucket, key)}")

    def _connect(self, path: str, config: dict[str, str]) -> tuple[Any, Any]:
        try:
            import obstore
            from obstore import store
        except ImportError:
            raise StoreError(
                f'{self._scheme}:// needs obstore: pip install "holotype[cloud]"'
            ) from None
        if self._scheme == "memory":
            with _memory_lock:
                return obstore, _memory.setdefault(self._url, store.MemoryStore())
        make: Any = {"s3": store.S3Store, "gs": store.GCSStore, "az": store.AzureStore}
        endpoint = config.get("endpoint") or next(
            (os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), ""
        )
        try:
            return obstore, make[self._scheme](
                self._bucket,
                prefix=path or None,
                config=config or None,
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "connect_timeout": timedelta(seconds=min(5.0, self._patience)),
                    "timeout": _TIMEOUT,
                },
                retry_config={
                    "max_retries": 1000,  # the pauses are random: time decides
                    "retry_timeout": timedelta(seconds=self._patience),
                    "backoff": {
                        "init_backoff": timedelta(milliseconds=100),
                        "max_backoff": timedelta(seconds=3),
                        "base": 2,
                    },
                },
            )
        except (obstore.exceptions.BaseError, ValueError) as error:
            raise self._explained("", error) from error


class _OutOfRangeError(StoreError):
    """The object ends before the bytes that were asked for."""


def _found(meta: Any) -> Found:
    return Found(meta["path"], meta["size"], meta["last_modified"], meta["e_tag"] or "")


def _filled(data: BinaryIO) -> bytes:
    """One part from a file object, which may give less at a time."""
    pieces, wanted = [], _PART
    while wanted and (piece := data.read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _parts(head: bytes, data: BinaryIO) -> Iterator[bytes]:
    while head:
        yield head
        head = _filled(data)
