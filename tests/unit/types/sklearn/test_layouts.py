"""Matrices that an estimator cut from larger ones come back laid out alike, and compute alike."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.preprocessing import StandardScaler
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError
from holotype.types.sklearn.layouts import Layout, is_kept, lay_out, layout_of

TABLE = np.arange(40.0).reshape(8, 5)
VIEWS = {
    "every second item": TABLE[:, 0],
    "backwards": TABLE[0, ::-1],
    "part of each row": TABLE[:, :3],
    "every second row": TABLE[::2],
    "every second column": TABLE[:, ::2],
    "part of each column": TABLE.T[:3],
    "one row of columns": TABLE.T[:1],
    "one column of rows": TABLE[:, :1],
    "rows backwards": TABLE[::-1],
    "all backwards": TABLE[::-1, ::-1],
    "small numbers": TABLE.astype(np.float32)[:, :2],
    "complex numbers": (TABLE * 1j)[::2, ::-1],
}


def carried(array):
    """The array, as an estimator that has it brings it back; and the estimator."""
    model = StandardScaler()
    model.table_ = array
    return holotype.loads(holotype.dumps(model)).table_, model


@pytest.mark.parametrize("name", VIEWS)
def test_a_part_comes_back_equal_and_laid_out_alike(name):
    view = VIEWS[name]
    loaded, model = carried(view)
    assert loaded.tolist() == view.tolist()
    assert (loaded.dtype, loaded.flags.writeable) == (view.dtype, True)
    assert layout_of(view) is not None
    assert layout_of(loaded) == layout_of(view)
    assert np.sign(loaded.strides).tolist() == np.sign(view.strides).tolist()
    again = StandardScaler()
    again.table_ = loaded
    assert holotype.fingerprint(again) == holotype.fingerprint(model)


@pytest.mark.parametrize(
    "view",
    [
        np.broadcast_to(TABLE[0], (4, 5)),
        np.lib.stride_tricks.sliding_window_view(TABLE[0], 3),
        np.arange(48.0).reshape(4, 3, 4)[:, :2],
        TABLE.astype(int)[:, :2],
    ],
    ids=["repeated rows", "overlapping rows", "three axes", "integers"],
)
def test_other_parts_come_back_as_plain_copies(view):
    loaded, _ = carried(view)
    assert loaded.tolist() == view.tolist()
    assert loaded.flags.c_contiguous


def test_two_estimators_that_share_a_part_still_share_it():
    first, second = StandardScaler(), StandardScaler()
    first.table_ = second.table_ = TABLE[:, :3]
    left, right = holotype.loads(holotype.dumps([first, second]))
    assert left.table_ is right.table_


def test_many_estimators_with_such_parts_come_back():
    models = [StandardScaler() for _ in range(40)]
    for i, model in enumerate(models):
        model.table_ = (TABLE + i)[:, :3] if i % 2 else (TABLE + i).T[:2]
    loaded = holotype.loads(holotype.dumps(models))
    for model, its in zip(models, loaded, strict=True):
        assert its.table_.tolist() == model.table_.tolist()
        assert layout_of(its.table_) == layout_of(model.table_)
    assert holotype.fingerprint(loaded) == holotype.fingerprint(models)


@pytest.mark.parametrize(
    "model",
    [
        TruncatedSVD(3, random_state=0),
        TruncatedSVD(1, random_state=0),
        PCA(7, svd_solver="randomized", random_state=0),
        PCA(3, svd_solver="arpack", random_state=0),
    ],
    ids=str,
)
def test_components_transform_bit_for_bit(model):
    X = np.random.default_rng(0).normal(size=(300, 20))
    model.fit(X)
    loaded = holotype.loads(holotype.dumps(model))
    for rows in (X, X[:7].copy(), X[:1].copy()):
        assert loaded.transform(rows).tobytes() == model.transform(rows).tobytes()
        back = model.transform(rows)
        assert loaded.inverse_transform(back).tobytes() == model.inverse_transform(back).tobytes()


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=2).flatmap(
        lambda shape: st.tuples(
            st.just(tuple(shape)),
            st.sampled_from(["C", "F"]),
            st.sets(st.integers(0, len(shape) - 1)),
            st.sets(st.integers(0, len(shape) - 1)),
        )
    )
)
def test_a_layout_that_is_kept_is_the_one_that_its_array_has(description):
    shape, order, gaps, backwards = description
    layout = Layout(order, tuple(sorted(gaps)), tuple(sorted(backwards)))
    array = np.arange(float(np.prod(shape))).reshape(shape)
    if is_kept(array.dtype, shape, layout):
        made = lay_out(array, layout)
        assert made.tolist() == array.tolist()
        assert not made.flags.forc
        assert layout_of(made) == layout


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        (1, "K"),
        (1, 3),
        (2, {"tuple": []}),
        (2, {"tuple": [True]}),
        (2, {"tuple": [2]}),
        (2, {"tuple": [-1]}),
        (2, {"tuple": [0, 0]}),
        (2, {"tuple": [1, 0]}),
        (2, {"list": [0]}),
        (2, 0),
        (3, {"tuple": [7]}),
        (3, {"tuple": ["0"]}),
    ],
)
def test_a_layout_that_nobody_states_is_refused(argument, value):
    model = StandardScaler()
    model.table_ = TABLE[:, :3]
    specimen = Specimen(model)
    specimen.put(value, "table_", "args", argument)
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert caught.value.path == "root.table_"


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.zeros(()), np.zeros((2, 2), np.int64)])
def test_an_array_that_has_no_layout_is_refused(array):
    model = StandardScaler()
    model.table_ = TABLE[:, :3]
    specimen = Specimen(model)
    specimen.write(array, "table_", "args", 0)
    with pytest.raises(InvalidStateError):
        specimen.audit()
