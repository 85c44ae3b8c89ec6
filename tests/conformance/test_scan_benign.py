"""Files of honest models are data, whatever wrote them and however they are packed."""

from __future__ import annotations

import bz2
import collections
import datetime
import decimal
import functools
import gzip
import io
import lzma
import operator
import pathlib
import pickle
import re
import uuid
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import pytest
from tests.conformance.legacy_payloads import tarred, zipped
from tests.conformance.sklearn_models import data_for, fit, instances, label

from holotype.legacy import ScanReport, scan

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
PROTOCOLS = pytest.mark.parametrize("protocol", range(6))
COMPRESSORS = ("zlib", "gzip", "bz2", "lzma", "xz")


def assert_data(report: ScanReport) -> None:
    assert report.verdict == "data", (report.problems, report.findings)
    assert report.complete
    assert not report.findings


def pickles(value: Any, protocol: int) -> Iterator[bytes]:
    """The value by pickle, by joblib, and compressed; what has no pickle of a protocol is left."""
    for write in (_by_pickle, _by_joblib):
        try:
            yield write(value, protocol)
        except (TypeError, pickle.PicklingError):
            continue


def _by_pickle(value: Any, protocol: int) -> bytes:
    return pickle.dumps(value, protocol)


def _by_joblib(value: Any, protocol: int, **options: Any) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream, protocol=protocol, **options)
    return stream.getvalue()


# -- scikit-learn -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("estimator", instances(), ids=label)
def test_an_estimator_of_scikit_learn_is_data_in_every_protocol(estimator: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        X, y = data_for(estimator)
        model = fit(estimator, X, y)
    count = 0
    for protocol in range(6):
        for data in pickles(model, protocol):
            assert_data(scan(data))
            count += 1
    assert count >= 4


@pytest.fixture(scope="module")
def forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    pd = pytest.importorskip("pandas", reason="a model that was fitted on a frame")
    X = pd.DataFrame({"os": [1.0, 2, 3, 4], "system": [4.0, 3, 2, 1]})
    return RandomForestClassifier(3, random_state=0).fit(X, ["a", "b", "a", "b"])


@pytest.mark.parametrize("compressor", COMPRESSORS)
@PROTOCOLS
def test_joblib_with_a_compressor_is_data(forest: Any, compressor: str, protocol: int) -> None:
    data = _by_joblib(forest, protocol, compress=(compressor, 3))
    report = scan(data)
    assert_data(report)
    assert report.formats == [compressor, "joblib"]


def test_joblib_with_lz4_is_data(forest: Any) -> None:
    pytest.importorskip("lz4", reason="joblib needs it to write such files")
    report = scan(_by_joblib(forest, 4, compress="lz4"))
    assert_data(report)
    assert report.formats == ["lz4", "joblib"]


def test_every_array_of_a_joblib_file_is_skipped_and_none_is_missed() -> None:
    arrays = [np.arange(n).astype(kind) for n in range(50) for kind in ("f8", "i1", "?")]
    assert_data(scan(_by_joblib(arrays, 4)))


def test_names_are_counted(forest: Any) -> None:
    report = scan(pickle.dumps(forest))
    names = {f"{name.module}.{name.name}": name for name in report.names}
    trees = names["sklearn.tree._classes.DecisionTreeClassifier"]
    assert (trees.imported, trees.called, trees.outside) == (1, 4, "")
    assert trees.offset is not None
    assert report.parts[0].protocols == [4]


# -- NumPy, SciPy, pandas, the standard library -------------------------------------------------


def values() -> list[Any]:
    import scipy.sparse as sp
    import scipy.stats

    return [
        *(np.zeros(3), np.zeros((2, 3), order="F"), np.array(["a"]), np.array([1, "a"], object)),
        *(np.zeros(2, "M8[ns]"), np.zeros(2, [("a", "i1"), ("b", ">f8", (2, 3))]), np.float32(1)),
        *(
            np.ma.array([1, 2], mask=[0, 1]),
            np.ones((1, 1)).view(np.matrix),
            np.datetime64("2020"),
            np.str_("a"),
        ),
        *(np.random.RandomState(0), np.random.default_rng(0), np.log1p, np.float64, np.mean),
        *(sp.csr_matrix(np.eye(3)), sp.csc_array(np.eye(3)), sp.dok_matrix(np.eye(3))),
        *(scipy.stats.norm(0, 1), scipy.stats.norm, scipy.stats.poisson(3)),
        *(datetime.datetime.now(datetime.UTC), datetime.date(2020, 1, 1), datetime.timedelta(1)),
        *(decimal.Decimal("1.5"), uuid.UUID(int=5), re.compile("a+"), pathlib.PurePosixPath("a")),
        *(functools.partial(np.clip, 1), operator.itemgetter(1), collections.deque([1], 3)),
        *(collections.OrderedDict(a=1), collections.Counter("ab"), slice(1, 2), range(3)),
        *(collections.defaultdict(list, {1: [2]}), {1, 2}, frozenset([1]), complex(1, 2)),
        *(bytearray(b"ab"), b"", b"\xff", type(None), Ellipsis, str.lower, len),
    ]


@pytest.mark.parametrize("value", values(), ids=lambda value: type(value).__name__)
def test_a_value_is_data_in_every_protocol(value: Any) -> None:
    count = 0
    for protocol in range(6):
        for data in pickles(value, protocol):
            assert_data(scan(data))
            count += 1
    assert count >= 8


def frames() -> list[Any]:
    pd = pytest.importorskip("pandas", reason="it writes the files")
    return [
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": pd.Categorical(["u", "v"])}),
        pd.DataFrame({"d": pd.date_range("2020", periods=2, tz="UTC"), "i": [1.5, None]}),
        pd.Series(pd.array([1, None], dtype="Int64"), name="n"),
        pd.Series(pd.period_range("2020", periods=2, freq="D")),
        pd.MultiIndex.from_product([[1, 2], ["a", "b"]]),
        pd.interval_range(0, 3),
        pd.Timestamp("2020"),
        pd.offsets.MonthEnd(),
        pd.NaT,
    ]


@PROTOCOLS
def test_frames_of_pandas_are_data(protocol: int) -> None:
    for value in frames():
        for data in pickles(value, protocol):
            assert_data(scan(data))


# -- other formats ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f8", ">i4", "U5", "M8[s]", "O", "i4,(2,)f8"])
def test_arrays_and_archives_of_arrays_are_data(dtype: str) -> None:
    array = np.zeros((2, 3), dtype)
    for write in (np.savez, np.savez_compressed):
        stream = io.BytesIO()
        write(stream, a=array, b=np.asfortranarray(array))
        report = scan(stream.getvalue())
        assert_data(report)
        assert report.formats == ["zip", "npz", "npy"]
    stream = io.BytesIO()
    np.save(stream, array)
    assert_data(scan(stream.getvalue()))


def test_a_file_of_skops_is_data(forest: Any) -> None:
    skops = pytest.importorskip("skops.io", reason="it writes the file")
    report = scan(skops.dumps(forest))
    assert_data(report)
    assert "skops" in report.formats
    assert "sklearn.ensemble._forest.RandomForestClassifier" in {
        f"{name.module}.{name.name}" for name in report.names
    }


def torch_values() -> dict[str, Any]:
    torch = pytest.importorskip("torch", reason="it writes the files")
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    kinds = (torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64, torch.uint8)
    return {
        "state_dict": model.state_dict(),
        "tensors": [torch.zeros(3, dtype=kind) for kind in kinds],
        "parameter": torch.nn.Parameter(torch.zeros(2)),
        "optimiser": torch.optim.Adam(model.parameters()).state_dict(),
        "others": [torch.eye(2).to_sparse(), torch.Size([1]), torch.device("cpu"), torch.float32],
        "views": [torch.arange(10)[2:5], torch.zeros(0)],
    }


@pytest.mark.parametrize("zipped_format", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
def test_files_of_torch_are_data(zipped_format: bool, protocol: int) -> None:
    torch = pytest.importorskip("torch", reason="it writes the files")
    for value in torch_values().values():
        stream = io.BytesIO()
        torch.save(
            value,
            stream,
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=zipped_format,
        )
        report = scan(stream.getvalue())
        assert_data(report)
        assert ("torch" if zipped_format else "torch-stream") in report.formats


def test_a_whole_module_of_torch_is_data_and_one_of_ones_own_is_outside() -> None:
    torch = pytest.importorskip("torch", reason="it writes the file")
    for module, verdict, found in (
        (torch.nn.Linear(2, 1), "data", []),
        (Own(), "outside", [f"{Own.__module__}.Own"]),
    ):
        stream = io.BytesIO()
        torch.save({"module": module}, stream)
        report = scan(stream.getvalue())
        assert report.verdict == verdict
        assert [finding.what for finding in report.findings] == found


class Own:
    """A class that no table knows."""


def test_models_in_archives_and_compressed_files_are_data(forest: Any) -> None:
    data = pickle.dumps(forest)
    for packed in (
        gzip.compress(data),
        bz2.compress(data),
        lzma.compress(data),
        zlib.compress(data),
        gzip.compress(data[:100]) + gzip.compress(data[100:]),
        zipped({"a/model.pkl": data}, zipfile.ZIP_DEFLATED),
        tarred({"a/model.pkl": data, "b.joblib": _by_joblib(forest, 4)}),
        gzip.compress(tarred({"inner.zip": zipped({"m": gzip.compress(data)})})),
    ):
        assert_data(scan(packed))


def test_several_pickles_in_a_row_are_noted() -> None:
    report = scan(pickle.dumps(1) + pickle.dumps([2]))
    assert_data(report)
    assert report.parts[0].notes == ["2 pickles in a row; most loaders read only the first"]


@pytest.mark.parametrize(
    "data", [b"hello", b"a,b\n1,2\n", b"country,b\nGermany x,2\n", b"\x00" * 99]
)
def test_what_is_no_model_is_neither_data_nor_broken(data: bytes) -> None:
    report = scan(data)
    assert report.verdict == "other"
    assert not report.complete
    assert not report.findings


@pytest.mark.parametrize("first", ["n_bins", "time", "os", "mean.radius", "column (cm)", "system"])
@PROTOCOLS
def test_text_in_a_joblib_file_with_objects_is_no_module(first: str, protocol: int) -> None:
    """An array of objects has a memo of its own; ``pickle.load`` would read it in another."""
    columns = np.array([f"column {i}" for i in range(5)], dtype=object)
    for model in (
        {first: 3, "columns": columns, "more": columns.copy(), "x": np.zeros(3)},
        [first, [first], {"a": first, "b": "b", "c": columns}, columns],
        [columns, first, np.array([columns, first, None], dtype=object)],
        columns,
    ):
        assert_data(scan(_by_joblib(model, protocol)))
