"""What the validators of modules, variables and initialisers refuse."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError, UnsupportedError

jax = pytest.importorskip("jax", reason="needs JAX")
linen = pytest.importorskip("flax.linen", reason="needs Flax")

import dataclasses  # noqa: E402

from flax import nnx  # noqa: E402

from holotype.types.jax.linen import MODULES  # noqa: E402

CLASSES = [(module, name) for module, names in MODULES.items() for name in names]


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_every_field_of_a_module_is_on_the_list(module: str, name: str) -> None:
    fields = {field.name for field in dataclasses.fields(getattr(linen, name)) if field.init}
    assert fields - {"parent", "name"} <= set(MODULES[module][name].split())


def convolution() -> Any:
    return linen.Conv(2, (3,), strides=(2,), padding=((1, 1),))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strides", 1 << 20),
        ("strides", {"tuple": [512, 512]}),
        ("padding", {"tuple": [{"tuple": [-1, 1]}]}),
        ("padding", {"tuple": [{"tuple": [{"tuple": [1]}]}]}),
        ("kernel_dilation", "x" * 99),
        ("input_dilation", True),
        ("name", 3),
        ("scope", None),
    ],
)
def test_settings_without_bounds_are_refused(name: str, value: Any) -> None:
    specimen = Specimen(convolution())
    specimen.audit()()
    fields = specimen.at("args", 0)["dict"]
    fields[:] = [pair for pair in fields if pair[0] != name] + [[name, value]]
    with pytest.raises(InvalidStateError):
        specimen.audit()


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, "glorot"),
        (0, {"list": []}),
        (1, {"dict": [["scale", 1]]}),
        (2, {"name": "builtins.list"}),
    ],
)
def test_initialisers_take_only_what_their_maker_takes(index: int, value: Any) -> None:
    specimen = Specimen(convolution())
    specimen.put(value, "args", 0, "kernel_init", "args", index)
    with pytest.raises(InvalidStateError):
        specimen.audit()


def test_a_mode_that_is_none_is_refused() -> None:
    specimen = Specimen(convolution())
    specimen.put("fan_out_of_window", "args", 0, "kernel_init", "args", 1, "mode")
    with pytest.raises(InvalidStateError, match="mode is not what variance_scaling takes"):
        specimen.audit()


@pytest.mark.parametrize(
    ("name", "value"),
    [("__class__", None), ("_pytree__nodes", 1), ("_pytree__state", None), ("strides", 1 << 30)],
)
def test_attributes_of_a_module_of_nnx_are_checked(name: str, value: Any) -> None:
    specimen = Specimen(nnx.Linear(2, 1, rngs=nnx.Rngs(0)))
    specimen.audit()()
    specimen.put(value, name)
    with pytest.raises(InvalidStateError):
        specimen.audit()


def test_an_attribute_never_covers_a_method() -> None:
    specimen = Specimen(nnx.Linear(2, 1, rngs=nnx.Rngs(0)))
    specimen.put(1, "eval")
    with pytest.raises(InvalidStateError, match="eval is a method"):
        specimen.audit()()


def test_a_variable_with_a_hook_is_refused() -> None:
    variable = nnx.Param(jax.numpy.ones(1))
    variable._var_metadata["on_get_value"] = len
    with pytest.raises(UnsupportedError, match=r"model\.on_get_value"):
        holotype.dumps(variable)
