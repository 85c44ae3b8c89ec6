"""Native bytes become columns and the same columns again, or are refused."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

pytest.importorskip("catboost", reason="these tests need CatBoost")

from tests.unit.types.catboost.recipes import MODELS, fitted

from holotype.errors import UnsupportedError
from holotype.types.catboost.columns import columns_of
from holotype.types.catboost.estimators import state_of
from holotype.types.catboost.flatbuffer import MalformedError, read, write
from holotype.types.catboost.native import bytes_of
from holotype.types.catboost.schema import CORE, CTR_TABLE


def native(name: str = "categories") -> bytes:
    data: bytes = fitted(name).model._serialize_model()
    return data


def equal(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return list(one) == list(two) and all(equal(one[name], two[name]) for name in one)
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and one.tobytes() == two.tobytes()
    return type(one) is type(two) and bool(one == two)


@pytest.mark.parametrize("name", MODELS)
def test_columns_become_bytes_that_become_the_same_columns(name):
    columns = columns_of(native(name))
    assert equal(columns_of(bytes_of(columns)), columns)


def test_what_the_library_reads_it_writes_with_the_same_columns():
    import catboost

    columns = columns_of(native())
    model = catboost.CatBoost().load_model(blob=bytes_of(columns))
    assert equal(columns_of(model._serialize_model()), columns)
    assert model == fitted("categories").model


class Opened:
    """Native bytes as tables, to be changed and put together again."""

    def __init__(self, data: bytes) -> None:
        (size,) = struct.unpack_from("<I", data, 4)
        self.core = read(data[8 : 8 + size], CORE)
        rest = data[8 + size :]
        self.tables: list[Any] = []
        if rest:
            (count,) = struct.unpack_from("<I", rest)
            rest = rest[4:]
            for _ in range(count):
                (size,) = struct.unpack_from("<I", rest)
                self.tables.append(read(rest[4 : 4 + size], CTR_TABLE))
                rest = rest[4 + size :]
        assert not rest

    def closed(self) -> bytes:
        blocks = [write(self.core, CORE), *(write(each, CTR_TABLE) for each in self.tables)]
        sized = [struct.pack("<I", len(block)) + block for block in blocks]
        if self.core["parts"]:
            sized.insert(1, struct.pack("<I", len(self.tables)))
        return b"CBM1" + b"".join(sized)


def test_the_order_in_which_the_library_wrote_makes_no_difference():
    opened = Opened(native())
    opened.tables.reverse()
    opened.core["info"].reverse()
    assert opened.tables != Opened(native()).tables
    assert equal(columns_of(opened.closed()), columns_of(native()))


def test_one_bias_for_all_outputs_is_one_for_each():
    opened = Opened(native("three classes"))
    opened.core["trees"].update(bias=[], one_bias=0.5)
    assert columns_of(opened.closed())["bias"].tolist() == [0.5] * 3
    opened.core["trees"]["bias"] = [1.0, 2.0, 3.0]
    refused(opened.closed(), "two kinds of bias")
    opened.core["trees"].update(bias=[], dimension=2**31 - 1)
    refused(opened.closed(), "dimension is out of bounds")


def refused(data: bytes, problem: str) -> None:
    with pytest.raises(MalformedError, match=problem):
        columns_of(data)


@pytest.mark.parametrize("length", [0, 3, 4, 6, 8, 1000, -1, -5000])
def test_bytes_that_are_cut_off_are_refused(length):
    with pytest.raises(MalformedError):
        columns_of(native()[:length])


def test_bytes_of_something_else_are_refused():
    refused(b"\x80\x04N.", "do not begin")
    refused(b"CBM2" + native()[4:], "do not begin")
    refused(native() + b"\0", "more after the model")
    refused(native("binary") + bytes(4), "more after the model")


def test_what_is_not_known_is_refused():
    opened = Opened(native())
    opened.core["version"] = "FlabuffersModel_v2"
    refused(opened.closed(), "FlabuffersModel_v2")
    opened = Opened(native())
    opened.core["parts"].append("text_processing_v1")
    refused(opened.closed(), "text_processing_v1")
    opened = Opened(native())
    opened.core["trees"] = None
    refused(opened.closed(), "there are no trees")


def test_what_contradicts_itself_is_refused():
    opened = Opened(native())
    opened.core["trees"]["start"] = opened.core["trees"]["start"] + 1
    refused(opened.closed(), "one after the other")
    opened = Opened(native())
    opened.core["info"] += opened.core["info"][:1]
    refused(opened.closed(), "twice")
    opened = Opened(native())
    opened.core["trees"]["ctr_features"][0]["ctr"]["base"]["combination"] = None
    refused(opened.closed(), "of no features")
    for name in ("bucket", "blob"):
        opened = Opened(native())
        opened.tables[0][name] = opened.tables[0][name][:-1]
        refused(opened.closed(), "a table of CTRs is cut off")


def test_a_model_that_cannot_be_kept_says_so_and_what_can():
    opened = Opened(native())
    opened.core["parts"].append("embedding_processing_v1")
    with pytest.raises(UnsupportedError, match="embedding_processing_v1") as caught:
        state_of({"__model": opened.closed()}, {})
    assert "save_model" in caught.value.advice
