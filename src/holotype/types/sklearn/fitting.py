"""Hearing of every estimator that was fitted: ``fit`` and its kin are wrapped for a while.

scikit-learn says nothing of its own when a model was fitted, so all classes of estimators that
there are, and those that come to be meanwhile, get wrapped methods, and their own back at the end.
Rule: a wrapped method does what it did, and only the outermost call counts: what a search or an
ensemble fits inside is part of it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from holotype.errors import MissingLibraryError

__all__ = ["Heard", "hear_fits"]

_METHODS = ("fit", "fit_transform", "fit_predict", "partial_fit")

Heard = Callable[[Any, tuple[Any, ...], dict[str, Any]], object]
"""Takes the fitted estimator, and the arguments that it was fitted with."""


@contextmanager
def hear_fits(heard: Heard) -> Iterator[None]:
    """Call ``heard`` after each outermost fit that succeeds, in the thread that fitted.

    Fits that go on at the same time in several threads count as parts of the one that began first.
    While ``heard`` runs, all methods are those of the classes themselves.
    """
    try:
        from sklearn.base import BaseEstimator
    except ImportError:
        raise MissingLibraryError(
            "tracking hears of estimators of scikit-learn: pip install 'holotype[sklearn]'"
        ) from None
    ears = _Ears(BaseEstimator, heard)
    ears.open()
    try:
        yield
    finally:
        ears.close()


class _Ears:
    """The methods that are wrapped, and whether a fit is going on."""

    def __init__(self, base: type, heard: Heard) -> None:
        self._base = base
        self._heard = heard
        self._own: dict[tuple[type, str], FunctionType] = {}
        self._fitting = threading.Lock()
        self._announced: Any = None

    def open(self) -> None:
        ears = self
        before = self._base.__init_subclass__

        def announced(cls: Any, /, **options: Any) -> None:
            before.__func__(cls, **options)  # type: ignore[attr-defined]
            ears._wrap_class(cls)

        self._announced = self._base.__dict__.get("__init_subclass__")
        self._base.__init_subclass__ = classmethod(announced)  # type: ignore[assignment,method-assign]
        for cls in _below(self._base):
            self._wrap_class(cls)

    def close(self) -> None:
        if self._announced is None:
            del self._base.__init_subclass__
        else:
            self._base.__init_subclass__ = self._announced  # type: ignore[method-assign]
        self._give_back()

    def _give_back(self) -> None:
        for (cls, name), own in self._own.items():
            setattr(cls, name, own)

    def _wrap_class(self, cls: type) -> None:
        for name in _METHODS:
            own = cls.__dict__.get(name)
            if isinstance(own, FunctionType):
                self._own[cls, name] = own
                setattr(cls, name, self._wrapped(own))

    def _wrapped(self, own: FunctionType) -> Any:
        @functools.wraps(own)
        def fit(model: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._fitting.acquire(blocking=False):
                return own(model, *args, **kwargs)
            try:
                result = own(model, *args, **kwargs)
                self._tell(model, args, kwargs)
            finally:
                self._fitting.release()
            return result

        return fit

    def _tell(self, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._give_back()  # who saves a class by its source must find its own methods
        try:
            self._heard(model, args, kwargs)
        finally:
            for cls, name in list(self._own):
                setattr(cls, name, self._wrapped(self._own[cls, name]))


def _below(base: type) -> Iterator[type]:
    """All classes that derive from it, each once."""
    seen: set[type] = set()
    waiting: list[type[Any]] = [base]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            if cls not in seen:
                seen.add(cls)
                waiting.append(cls)
                yield cls
