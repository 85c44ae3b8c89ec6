"""Files of skops: the same rules make a model of them."""

from __future__ import annotations

import collections
import copy
import functools
import io
import json
import operator
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import fingerprint, model

import holotype
from holotype.errors import HolotypeError, LegacyError, UnsupportedError

pytest.importorskip("skops.io", reason="these tests write files of skops")

import scipy.sparse
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

X = np.random.RandomState(0).rand(60, 3)
Y = (X[:, 0] > 0.5).astype(int)

OBJECTS: dict[str, Any] = {
    "plain": {"a": [1, 2.5, None, "x", True], "b": (1, (2,)), 3: {"c"}, 1.5: b"bytes"},
    "arrays": [np.arange(5.0), np.arange(6.0).reshape((2, 3), order="F"), np.zeros((0, 2))],
    "objects": np.array(["a", None, 1.5], dtype=object),
    "object matrix": np.array([["a", None], [1, 2]], dtype=object),
    "scalars": [np.float64(1.5), np.int32(3), np.dtype("f4"), np.dtype(object)],
    "functions": [np.log1p, len, int, np.float32],
    "keys": {np.int64(3): 1, np.float64(2.5): 2},
    "bytearray": bytearray(b"abc"),
    "ordered": collections.OrderedDict(a=1),
    "defaultdict": collections.defaultdict(list, {"a": [1]}),
    "partial": functools.partial(np.clip, 0),
    "slice": slice(1, None, 2),
    "itemgetter": operator.itemgetter(1),
    "csr": scipy.sparse.csr_matrix(np.eye(3)),
    "csc": scipy.sparse.csc_array(np.eye(3)),
    "dia": scipy.sparse.dia_matrix(np.eye(3)),
    "pipeline": make_pipeline(StandardScaler(), SGDClassifier(random_state=0)).fit(X, Y),
    "forest": RandomForestClassifier(5, random_state=0).fit(X, Y),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    "transformer": FunctionTransformer(np.log1p),
}


def saved(obj: Any) -> bytes:
    data: bytes = skops.io.dumps(obj)
    return data


def loaded(data: bytes) -> Any:
    return skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_converted_as_if_it_were_loaded_and_dumped(name: str) -> None:
    data = saved([OBJECTS[name]])
    assert fingerprint(data) == holotype.fingerprint(loaded(data))


def test_what_is_shared_stays_shared() -> None:
    common = np.arange(5.0)
    data = saved([common, {"a": common}])
    again = model(data)
    assert again[0] is again[1]["a"]


def test_random_states_go_on_where_they_were() -> None:
    state = np.random.RandomState(3)
    state.normal()
    (made,) = model(saved([state]))
    bits, has_gauss, gauss = made.reduced.args
    held = state.get_state(legacy=False)
    assert (has_gauss, gauss) == (held["has_gauss"], held["gauss"])
    assert np.array_equal(bits.reduced.state["key"], held["state"]["key"])


def test_generators_are_converted_as_if_they_were_loaded_and_dumped() -> None:
    data = saved([np.random.default_rng(3)])
    assert fingerprint(data) == holotype.fingerprint(loaded(data))


def test_masked_arrays_are_converted() -> None:
    data = saved([np.ma.array([1, 2], mask=[0, 1])])
    assert fingerprint(data) == holotype.fingerprint(loaded(data))


# -- hostile schemas -----------------------------------------------------------------------------


def changed(obj: Any, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A file of skops whose schema somebody changed."""
    source = zipfile.ZipFile(io.BytesIO(saved(obj)))
    schema = json.loads(source.read("schema.json"))
    change(schema)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            text = json.dumps(schema) if name == "schema.json" else source.read(name)
            target.writestr(name, text)
    return stream.getvalue()


CHANGES: dict[str, tuple[Any, Callable[[dict[str, Any]], Any], str]] = {
    "protocol": ([1], lambda s: s.update(protocol=99), "protocol"),
    "loader": ([1], lambda s: s.update(__loader__="ExecNode"), "unknown kind"),
    "no loader": ([1], lambda s: s.pop("__loader__"), "unknown kind"),
    "loader that is no text": ([1], lambda s: s.update(__loader__=[1]), "unknown kind"),
    "content": ([1], lambda s: s.update(content=5), "list of others"),
    "inside itself": ([1], lambda s: s.update(content=[copy.copy(s)]), "inside of itself"),
    "json": ([1], lambda s: s["content"][0].update(content="[1]"), "plain value"),
    "json that is none": ([1], lambda s: s["content"][0].update(content="{"), "plain value"),
    "no file": ([np.arange(3)], lambda s: s["content"][0].update(file="x"), "not there"),
    "key types": ({"a": 1}, lambda s: s["key_types"].update(content=[]), "types its keys are"),
    "no key types": ({"a": 1}, lambda s: s.pop("key_types"), "no content"),
    "slice": (slice(1), lambda s: s["content"].update(stop="x"), "numbers"),
    "partial": (functools.partial(max), lambda s: s["content"].pop("args"), "lacks a part"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_schema_that_skops_does_not_write_is_refused(name: str) -> None:
    obj, change, says = CHANGES[name]
    with pytest.raises(LegacyError, match=says):
        model(changed(obj, change))


def test_methods_and_strangers_are_named_with_their_places() -> None:
    def change(schema: dict[str, Any]) -> None:
        method = {
            "__class__": "system",
            "__module__": "os",
            "__loader__": "FunctionNode",
            "__id__": 1,
        }
        schema["content"][0] = method

    with pytest.raises(UnsupportedError, match=r"os\.system \(model\[0\]\)"):
        model(changed([1], change))
    with pytest.raises(UnsupportedError, match="of an object"):
        model(saved([StandardScaler().fit]))


def test_a_damaged_schema_gives_a_clear_error_wherever_it_is_damaged() -> None:
    source = zipfile.ZipFile(io.BytesIO(saved(OBJECTS["pipeline"])))
    text = source.read("schema.json")
    for place in range(0, len(text), max(1, len(text) // 150)):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as target:
            for name in source.namelist():
                content = text[:place] + b"7" + text[place + 1 :]
                target.writestr(name, content if name == "schema.json" else source.read(name))
        try:
            holotype.convert(stream.getvalue(), io.BytesIO())
        except HolotypeError:
            continue
