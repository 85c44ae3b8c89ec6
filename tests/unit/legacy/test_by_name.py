"""What the table does not know is kept by name when an old file is converted, and never called."""

from __future__ import annotations

import io
import os
import pickle
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import holotype
from holotype.errors import UnsupportedError, UntrustedError

NAME = "holotype_old_package"
PACKAGE = """
    from sklearn.base import BaseEstimator, TransformerMixin

    class Shift(BaseEstimator, TransformerMixin):
        def __init__(self, by=1.0):
            self.by = by
        def fit(self, X, y=None):
            self.n_features_in_ = X.shape[1]
            return self
        def transform(self, X):
            return X + self.by

    class Stateful:
        def __init__(self, x):
            self.x = x
        def __getstate__(self):
            return {"saved": self.x}
        def __setstate__(self, state):
            self.x = state["saved"] + 1

    class Paired:
        def __getstate__(self):
            return (1, 2)
        def __setstate__(self, state):
            self.pair = state

    class Names(dict):
        pass

    class Bag(list):
        pass

    class Warm(float):
        pass

    class Called:
        def __reduce__(self):
            return make, (1,)

    def make(x):
        return Called()

    def double(X):
        return X * 2
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("old")
    (folder / f"{NAME}.py").write_text(textwrap.dedent(PACKAGE))
    sys.path.insert(0, str(folder))
    yield __import__(NAME)
    sys.path.remove(str(folder))
    del sys.modules[NAME]


def converted(data: bytes, **options: Any) -> tuple[holotype.Receipt, bytes]:
    stream = io.BytesIO()
    return holotype.convert(data, stream, **options), stream.getvalue()


def made(package: Any) -> dict[str, Any]:
    X = load_iris().data
    bag = package.Bag([1, 2])
    names = package.Names(a=[bag])
    names["again"] = bag
    return {
        "pipeline": make_pipeline(
            package.Shift(0.5), StandardScaler(), FunctionTransformer(package.double)
        ).fit(X),
        "state": package.Stateful(3),
        "pair": package.Paired(),
        "names": names,
        "many": [package.Shift(i) for i in range(50)],
        "number": package.Warm(36.6),
        "function": package.double,
        "class": package.Shift,
    }


@pytest.mark.parametrize(
    "what", ["pipeline", "state", "pair", "names", "many", "number", "function", "class"]
)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_it_is_what_dumping_the_live_object_gives(package: Any, what: str, protocol: int) -> None:
    live = made(package)[what]
    if what == "number" and protocol < 2:
        pytest.skip("protocols 0 and 1 build a float of a class of one's own by calling things")
    receipt, data = converted(pickle.dumps(live, protocol))
    assert receipt.level == "named"
    assert receipt.fingerprint == holotype.fingerprint(live)
    with pytest.raises(UntrustedError):
        holotype.loads(data)
    back = holotype.loads(data, trust=[NAME])
    assert type(back) is type(live)
    again = pickle.loads(pickle.dumps(live))
    assert holotype.fingerprint(back) == holotype.fingerprint(again)


def test_the_model_predicts_what_it_predicted(package: Any) -> None:
    live = made(package)["pipeline"]
    _, data = converted(pickle.dumps(live))
    X = load_iris().data
    assert np.array_equal(holotype.loads(data, trust=[NAME]).transform(X), live.transform(X))


def test_data_is_what_is_asked_for(package: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"Shift.*double"):
        converted(pickle.dumps(made(package)["pipeline"]), max_level="data")
    assert converted(pickle.dumps([1]), max_level="data")[0].level == "data"


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("echo owned",)


def test_what_a_file_calls_is_not_kept(package: Any) -> None:
    for hostile in (Evil(), [os.system], package.Called(), {"a": eval}):
        with pytest.raises(UnsupportedError, match="cannot be converted"):
            converted(pickle.dumps(hostile))


def test_private_things_of_the_libraries_of_the_table_are_not_kept() -> None:
    old = b"csklearn.nowhere\nSecret\n)\x81."
    with pytest.raises(UnsupportedError, match=r"sklearn\.nowhere\.Secret"):
        converted(b"\x80\x02" + old)


def test_names_that_could_be_no_class_are_not_kept() -> None:
    for module, name in (("my package", "A"), ("mypackage", "<lambda>"), ("__main__", "A")):
        old = f"\x80\x02c{module}\n{name}\n)\x81.".encode("latin-1")
        with pytest.raises(UnsupportedError, match="cannot be converted"):
            converted(old)
