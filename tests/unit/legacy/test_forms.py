"""What may be called, named and changed, and that the forms of the arguments are demanded."""

from __future__ import annotations

from typing import Any

import pytest

from holotype.legacy.forms import is_helper, is_known_name, judge_call, judge_change, target_of
from holotype.legacy.symbols import Call, Dict, Global, Persistent

DTYPE = Call(Global("numpy", "dtype"), ("f8", False, True))
OBJECT = Global("builtins", "object")


def call(module: str, name: str, *args: Any, how: Any = "reduce") -> Call:
    return Call(Global(module, name), args, None, how)


INSIDE = [
    call("sklearn.linear_model._base", "LinearRegression", how="newobj"),
    call("sklearn.linear_model.base", "LinearRegression", how="newobj"),
    call("copyreg", "_reconstructor", Global("sklearn.svm._classes", "SVC"), OBJECT, None),
    call("numpy.core.multiarray", "_reconstruct", Global("numpy", "ndarray"), (0,), b"b"),
    call("numpy._core.multiarray", "scalar", DTYPE, b"12345678"),
    call("numpy.core", "_ufunc_reconstruct", "numpy", "log1p"),
    call("builtins", "getattr", Global("builtins", "str"), "lower"),
    call("_codecs", "encode", "x", "latin1"),
    call("builtins", "set", [1]),
    call("builtins", "type", None),
    call("collections", "OrderedDict"),
    call("sklearn.tree._tree", "Tree", 3, None, 1),
    call(
        "torch._utils",
        "_rebuild_tensor_v2",
        Persistent(()),
        0,
        (),
        (),
        False,
        call("collections", "OrderedDict"),
    ),
]
OUTSIDE = [
    call("os", "system", "x"),
    call("sklearn.linear_model._base", "LinearRegression", True, how="newobj"),
    call("sklearn.linear_model._base", "LinearRegression"),
    call("copyreg", "_reconstructor", Global("os", "_wrap_close"), OBJECT, None),
    call(
        "copyreg", "_reconstructor", Global("sklearn.svm._classes", "SVC"), Global("os", "x"), None
    ),
    call("copyreg", "_reconstructor", Global("sklearn.svm._classes", "SVC")),
    call("numpy.core.multiarray", "_reconstruct", Global("os", "x"), (0,), b"b"),
    call("numpy._core.multiarray", "scalar", "f8", b"12345678"),
    call("numpy.core", "_ufunc_reconstruct", "os", "system"),
    call("builtins", "getattr", Global("builtins", "str"), "__class__"),
    call("builtins", "getattr", Global("os", "path"), "join"),
    call("builtins", "getattr", call("os", "getcwd"), "lower"),
    call("_codecs", "encode", "x", "rot13"),
    call("_codecs", "encode", Global("os", "x"), "latin1"),
    call("builtins", "set", Global("os", "x")),
    call("builtins", "type", "name", (), {}),
    call("numpy", "log1p", 1),
    call("sklearn.x", "__pyx_unpickle_Y", Global("os", "x"), 1, None),
    call("torch._utils", "_rebuild_tensor_v2", call("os", "x"), 0, (), (), False, None),
    call("torch._utils", "_rebuild_tensor_v2", Persistent(()), 0, (), (), False, Dict([(1, 2)])),
    Call(call("functools", "partial", Global("builtins", "len")), ("x",)),
    Call("os.system", ("x",)),
    Call(Global("collections", "OrderedDict"), call("os", "x")),
]


@pytest.mark.parametrize("symbol", INSIDE, ids=repr)
def test_what_libraries_write_is_inside(symbol: Call) -> None:
    assert judge_call(symbol) == ""


@pytest.mark.parametrize("symbol", OUTSIDE, ids=repr)
def test_all_else_is_outside(symbol: Call) -> None:
    assert judge_call(symbol)


def test_names_are_of_the_table_or_are_helpers_or_are_nothing() -> None:
    assert is_known_name(Global("numpy", "log1p"))
    assert is_known_name(Global("sklearn.ensemble.forest", "RandomForestClassifier"))
    assert not is_known_name(Global("os", "system"))
    assert not is_known_name(Global("numpy", "linalg.os.system"))
    assert not is_known_name(Global("copyreg", "_reconstructor"))
    assert is_helper(Global("copyreg", "_reconstructor"))
    assert not is_helper(Global("os", "system"))
    assert target_of("numpy") is None


def test_items_and_states_go_to_what_takes_them() -> None:
    ordered = call("collections", "OrderedDict")
    ordered.pairs = [(1, 2)]
    assert judge_change(ordered) == ""
    model = call("sklearn.linear_model", "Ridge", how="newobj")
    model.states = [Dict([])]
    assert judge_change(model) == ""
    model.pairs = [(1, 2)]
    assert judge_change(model)
    name = Global("sklearn.linear_model", "Ridge")
    assert judge_change(name) == ""
    name.states = [Dict([])]
    assert judge_change(name)


def test_the_text_that_scipy_runs_is_its_own() -> None:
    stats = pytest.importorskip("scipy.stats", reason="it writes the text")
    for name in ("norm", "beta", "poisson", "hypergeom", "levy_stable", "johnsonsu"):
        text = getattr(stats, name)._parse_arg_template
        home = "discrete" if name in ("poisson", "hypergeom") else "continuous"
        made = call(f"scipy.stats._{home}_distns", f"{name}_gen", how="newobj")
        made.states = [Dict([("_parse_arg_template", text)])]
        assert judge_change(made) == "", name
        for changed in (
            f"{text}\nimport os",
            text.replace("self,", "self=exit(),", 1),
            text.replace("return", "return print(1) or", 1),
            text.replace("def _parse_args(", "@exit\ndef _parse_args(", 1),
        ):
            made.states = [Dict([("_parse_arg_template", changed)])]
            assert judge_change(made), changed
