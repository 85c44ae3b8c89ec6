"""track and autolog: a version in a store whenever an estimator was fitted."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from holotype.api.store import Store
from holotype.errors import HolotypeError, TrackWarning
from holotype.store.records import Version
from holotype.types.sklearn.fitting import hear_fits

__all__ = ["Tracked", "autolog", "track"]

_SCORED = 1 << 22  # values of X; to score more rows would take long
_ROOT = "model"


class Tracked:
    """What was tracked: ``versions`` in the order in which they were fitted, each once."""

    def __init__(self, store: Store, name: str | None, options: dict[str, Any]) -> None:
        self.store = store
        self.versions: list[Version] = []
        self._name = name
        self._options = options

    def push(self, model: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Version | None:
        """Push a model that was fitted with these arguments; a failure is a TrackWarning."""
        name = self._name or _name_of(model)
        try:
            latest = next((v for v in reversed(self.versions) if v.name == name), None)
            said = _said(model, args, kwargs or {}) | self._options
            if latest is not None:
                said.setdefault("parents", {"retrained_from": latest.id})
            pushed = self.store.push(name, model, **said)
        except (HolotypeError, OSError) as error:
            warnings.warn(f"{name} was not pushed: {error}", TrackWarning, stacklevel=4)
            return None
        if pushed not in self.versions:
            self.versions.append(pushed)
        return pushed


@contextmanager
def track(
    name: str | None = None,
    *,
    store: Store | str | os.PathLike[str] | None = None,
    **options: Any,
) -> Iterator[Tracked]:
    """Push every estimator that is fitted inside the ``with`` block, if its model is new.

        with holotype.track("churn", store="models"):
            pipeline.fit(X, y)  # churn@1.0.0, or what follows from what changed

    With each go digests and figures of the data that it was fitted on (no row of it), its score on
    them, and the version that was fitted before as its parent. A search or an ensemble is one
    model; fits in other processes are not heard of. If pushing fails, there is a TrackWarning, and
    training goes on.

    Args:
        name: of the models; by default each has that of its class, such as ``random-forest``.
        store: a store, or its address; by default that of :class:`Store`.
        options: further arguments of :meth:`Store.push` and :func:`dump`: ``tags``, ``message``,
            ``metrics``, ``author``…
    """
    tracked = Tracked(store if isinstance(store, Store) else Store(store), name, options)
    with hear_fits(tracked.push):
        yield tracked


_open: list[Any] = []


def autolog(
    name: str | None = None,
    *,
    store: Store | str | os.PathLike[str] | None = None,
    disable: bool = False,
    **options: Any,
) -> Tracked | None:
    """Track from now on until the program ends, or until ``autolog(disable=True)``.

    Arguments are those of :func:`track`. Returns what is tracked, None if nothing is any more.
    """
    while _open:
        _open.pop().__exit__(None, None, None)
    if disable:
        return None
    tracking = track(name, store=store, **options)
    tracked = tracking.__enter__()
    _open.append(tracking)
    return tracked


def _name_of(model: Any) -> str:
    """``random-forest-classifier`` of ``RandomForestClassifier``; of a pipeline, its last step."""
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if isinstance(steps, list) and steps else model
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", type(last).__name__)
    return "-".join(words).lower() or _ROOT


def _said(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What is recorded of how a model was fitted."""
    given = dict(zip(("X", "y"), args, strict=False)) | kwargs
    X, y = given.get("X"), given.get("y")
    if X is None:
        return {}
    said: dict[str, Any] = {"data": {"train": X if y is None else (X, y)}}
    score = getattr(model, "score", None)
    size = getattr(X, "size", None)
    if y is not None and callable(score) and isinstance(size, int) and size <= _SCORED:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                said["metrics"] = {"train": {"score": float(score(X, y))}}
            except Exception:  # noqa: BLE001 - a model that has no score is none the worse
                return said
    return said
