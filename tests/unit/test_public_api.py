"""What the package exports is what it means to export, documented and light."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from tests import fresh

import holotype
from holotype import errors

EXPORTED = [
    "Archive",
    "HolotypeError",
    "Policy",
    "Receipt",
    "Report",
    "Store",
    "__version__",
    "autolog",
    "bom",
    "card",
    "compress",
    "convert",
    "decompress",
    "diff",
    "doctor",
    "dump",
    "dumps",
    "fingerprint",
    "keygen",
    "load",
    "loads",
    "scan",
    "seal",
    "show",
    "track",
    "verify",
    "wheels",
]
HEAVY = ("sklearn", "scipy", "pandas", "torch", "joblib", "typer", "rich", "concurrent.futures")


def test_the_exported_names_are_these() -> None:
    assert holotype.__all__ == EXPORTED
    for name in EXPORTED:
        assert getattr(holotype, name) is not None


def test_nothing_public_is_there_that_is_not_exported() -> None:
    rooms = {"api", "archive", "capsule", "cli", "code", "digest", "errors", "graph", "legacy"}
    rooms |= {"compare", "restore", "signing", "store", "testing", "trust", "types"}
    rooms |= {"codec", "deploy", "structs", "version"}
    rooms |= {"annotations", "TYPE_CHECKING", "Any", "import_module"}
    public = {name for name in vars(holotype) if not name.startswith("_")}
    assert public - rooms <= set(EXPORTED)
    assert set(dir(holotype)) >= set(EXPORTED)
    with pytest.raises(AttributeError, match="no attribute 'unpickle'"):
        holotype.unpickle  # noqa: B018


@pytest.mark.parametrize("name", [name for name in EXPORTED if name != "__version__"])
def test_everything_exported_is_documented(name: str) -> None:
    thing = getattr(holotype, name)
    assert inspect.getdoc(thing)
    for member, value in vars(thing).items() if inspect.isclass(thing) else ():
        if inspect.isfunction(value) and not member.startswith("_"):
            assert value.__doc__, f"{name}.{member}"


@pytest.mark.parametrize(
    "name", [name for name in EXPORTED if inspect.isfunction(getattr(holotype, name))]
)
def test_every_parameter_and_result_has_a_type(name: str) -> None:
    signature = inspect.signature(getattr(holotype, name))
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty


def test_options_are_given_by_name() -> None:
    for function in (holotype.dump, holotype.dumps, holotype.load):
        parameters = list(inspect.signature(function).parameters.values())
        optional = [p for p in parameters if p.default is not inspect.Parameter.empty]
        assert optional
        assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in optional)


def test_loading_takes_what_verifying_asks_of_seals() -> None:
    asked = ("policy", "name", "version", "keys")
    wanted = inspect.signature(holotype.verify).parameters
    for function in (holotype.load, holotype.loads, holotype.Store.load):
        parameters = inspect.signature(function).parameters
        assert [parameters[name] for name in asked] == [wanted[name] for name in asked]


def test_the_version_is_that_of_the_format_of_versions() -> None:
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?((a|b|rc|\.dev)\d+)?", holotype.__version__)


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(holotype.__file__).parent / "py.typed").exists()


def test_importing_the_package_imports_no_framework_and_no_terminal() -> None:
    code = f"import sys, holotype; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert fresh.run(code).stdout == "[]\n"


def test_saving_and_loading_plain_things_imports_no_framework() -> None:
    code = (
        "import sys, holotype; holotype.loads(holotype.dumps({'a': [1]}));"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert fresh.run(code).stdout == "[]\n"


def test_every_error_is_listed_drawn_documented_and_of_one_family() -> None:
    classes = {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert sorted(errors.__all__) == sorted(classes) == errors.__all__
    drawing = errors.__doc__ or ""
    for name, value in classes.items():
        assert issubclass(value, (errors.HolotypeError, Warning))
        assert value.__doc__
        assert len(re.findall(rf"\b{name}\b", drawing.partition("Errors of other")[0])) == 1


def test_the_drawing_of_the_errors_is_their_inheritance() -> None:
    parents: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if drawn := re.match(r"^( +(?:[│├└─ ]*))(\w+Error)\b", line):
            depth = len(drawn[1])
            parents[depth] = drawn[2]
            above = [parents[d] for d in parents if d < depth]
            for deeper in [d for d in parents if d > depth]:
                del parents[deeper]
            if above:
                assert getattr(errors, drawn[2]).__bases__ == (getattr(errors, above[-1]),)
    assert parents


def test_errors_keep_their_parts() -> None:
    unsupported = errors.UnsupportedError("model.x", "cannot be kept.", "Drop it.")
    assert (unsupported.path, unsupported.problem, unsupported.advice, str(unsupported)) == (
        "model.x",
        "cannot be kept.",
        "Drop it.",
        "model.x: cannot be kept. Drop it.",
    )
    found = errors.FormatError("it is wrong", clause="2.4")
    assert (found.problem, found.clause, str(found)) == (
        "it is wrong",
        "2.4",
        "it is wrong (SPEC 2.4)",
    )
    assert str(errors.DigestError("it is wrong")) == "it is wrong"
    graph = errors.InvalidStateError("root.a", "is wrong")
    assert (graph.path, graph.problem, str(graph)) == ("root.a", "is wrong", "root.a: is wrong")


def test_the_text_of_an_error_cannot_steer_a_terminal() -> None:
    for text in ("\x1b[2J", "a\nb", "\r", "\x9b", "\u202e", "\ud800"):
        assert str(errors.BlueprintError(text, "is wrong")).isprintable()
        assert str(errors.FormatError(text)).isprintable()
    assert str(errors.BlueprintError("ä\x1b", "…")) == "ä\\x1b: …"
