"""Archives cut up: the spans are the arrays and parts of the file, none over another."""

from __future__ import annotations

import zipfile
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from tests.unit.store.stores import archive

import holotype
from holotype.archive.reader import open_archive
from holotype.digest import data_digest
from holotype.store import cutting
from holotype.store.cutting import Span, cut

X, Y = load_iris(return_X_y=True)


def spans_of(data: bytes) -> dict[str, Span]:
    with open_archive(data) as reader:
        found = cut(reader)
    for one, other in pairwise(found):
        assert one.offset + one.size <= other.offset
    assert found[-1].offset + found[-1].size <= len(data)
    return {span.name: span for span in found}


def taken(data: bytes, span: Span) -> bytes:
    return data[span.offset : span.offset + span.size]


def test_arrays_are_spans_with_their_digests() -> None:
    model = {
        "rows": np.arange(600.0).reshape(20, 30),
        "columns": np.asfortranarray(np.arange(600, dtype="<i4").reshape(20, 30)),
        "one": np.arange(100, dtype="<i2"),
        "swapped": np.arange(100, dtype=">f8"),
        "small": np.arange(31.0),
        "empty": np.empty((0, 9)),
        "point": np.array(1.0),
    }
    data = archive(model)
    spans = spans_of(data)
    assert spans.keys() == {"rows", "columns", "swapped"}
    assert [(s.row, s.shape) for s in map(spans.get, ("rows", "columns", "swapped")) if s] == [
        (240, (20, 30)),
        (80, (30, 20)),
        (8, (100,)),
    ]
    for name, span in spans.items():
        assert span.dtype == model[name].dtype
        assert taken(data, span) == model[name].tobytes("A")
        assert data_digest(np.frombuffer(taken(data, span), np.uint8)) == span.digest


def test_the_nodes_of_a_tree_are_a_span_however_small() -> None:
    tree = DecisionTreeClassifier(max_depth=1).fit(X, Y)
    structured = [s for s in spans_of(archive(tree)).values() if s.dtype and s.dtype.names]
    assert [span.size for span in structured] == [3 * 64]


def test_answers_of_a_probe_and_large_parts_are_spans() -> None:
    model = LogisticRegression(max_iter=500).fit(X, Y)
    data = holotype.dumps(model, probe=X)
    spans = spans_of(data)
    tensors = [span for name, span in spans.items() if name.startswith("probe.safetensors/")]
    assert X.tobytes() in [taken(data, span) for span in tensors]
    assert all(span.dtype is not None and not span.digest for span in tensors)
    with zipfile.ZipFile(BytesIO(data)) as file:
        for name, span in spans.items():
            if span.dtype is None:
                assert taken(data, span) == file.read(name)
                assert span.size >= 1024
        parts = set(file.namelist())
    whole = {name for name in spans if name in parts}
    assert not whole & {"manifest.json", "blueprint.json", "parameters.safetensors"}


def test_a_large_part_is_an_array_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = holotype.dumps(LogisticRegression(max_iter=500).fit(X, Y), probe=X)
    texts = {name for name, span in spans_of(data).items() if span.dtype is None}
    assert texts
    monkeypatch.setattr(cutting, "_LARGE_PART", 1024)
    large = spans_of(data)
    assert {large[name].dtype for name in texts if large[name].size > 1024} == {np.dtype("u1")}


@pytest.mark.parametrize(
    "head",
    [
        b"{",
        b'{"a":1}',
        b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}',
        b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,1000000]}}',
        b'{"a":{"dtype":"F64","shape":[99],"data_offsets":[0,792]},'
        b'"b":{"dtype":"F64","shape":[99],"data_offsets":[8,800]}}',
        b'{"a":{"dtype":"F64","shape":[-5],"data_offsets":[0,792]}}',
        b'{"a":{"dtype":"NONE","shape":[0],"data_offsets":[0,792]}}',
    ],
)
def test_a_probe_with_an_odd_head_has_no_spans_over_each_other(head: bytes) -> None:
    class Odd:
        def __init__(self) -> None:
            content = len(head).to_bytes(8, "little") + head + bytes(900)
            self.view = memoryview(b"x" * 100 + content + b"y" * 100)
            self.members = {"probe.safetensors": _Member(100, len(content))}

    found = list(cutting._others(Odd()))  # type: ignore[arg-type]
    assert len(found) <= 1
    for span in found:
        assert 100 <= span.offset <= span.offset + span.size <= 1100
        assert span.row >= 1


class _Member:
    def __init__(self, offset: int, size: int) -> None:
        self.offset, self.size = offset, size


def test_the_same_archive_is_always_cut_alike() -> None:
    model: Any = {"a": np.arange(1000.0), "b": np.arange(50)}
    assert spans_of(archive(model)) == spans_of(archive(model))
