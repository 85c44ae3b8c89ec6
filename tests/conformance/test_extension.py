"""A package that is really installed brings its own table, and its models are data."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest
from tests import fresh

# A package with compiled-like code behind attributes, in a folder of its own ...
LIBRARY = """
import numpy as np

class Chain:
    '''Follows indices from state to state, as compiled code would: without looking.'''

    def __init__(self, steps):
        self.next_ = np.asarray(steps, np.int64)
        self.label = "chain"
        self.cache_ = {}

    def predict(self, X):
        return self.next_[np.asarray(X)]

class Other:
    pass
"""
# ... and its table, which imports neither of them.
TABLE = """
from holotype.types import Shadow, objects

def check_chain(shadow: Shadow) -> None:
    steps = shadow.array("next_", ndim=1, dtype="<i8")
    if len(steps) and not (0 <= steps.min() and steps.max() < len(steps)):
        raise shadow.fail("next_ leads out of it")
    shadow.text("label")

def entries():
    return objects({"tinylib": "Chain"}, checks={"Chain": check_chain}, drop={"Chain": ["cache_"]})
"""
SAVE = """
import sys, holotype, tinylib
chain = tinylib.Chain([1, 2, 0])
holotype.dump({"chain": chain, "again": chain}, sys.argv[1], max_level="data")
"""
LOAD = """
import sys, holotype
model = holotype.load(sys.argv[1])
assert model["chain"] is model["again"]
chain = model["chain"]
print(type(chain).__module__, chain.predict([0, 1, 2]).tolist(), sorted(vars(chain)))
"""
ERROR = """
import sys, holotype
try:
    holotype.load(sys.argv[1])
except holotype.HolotypeError as error:
    print(type(error).__name__, error)
print("tinylib" in sys.modules, "tiny_table" in sys.modules)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of packages (the library, its table, and one that is broken), and a model."""
    tmp_path = tmp_path_factory.mktemp("home")
    for folder, name, code in (
        ("library", "tinylib", LIBRARY),
        ("table", "tiny_table", TABLE),
        ("broken", "tiny_table", "raise RuntimeError('out of order')"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(textwrap.dedent(code))
        if folder != "library":
            info = tmp_path / folder / "tiny_lib-1.2.dist-info"
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-lib\nVersion: 1.2\n")
            (info / "entry_points.txt").write_text(
                "[holotype.types]\ntinylib = tiny_table:entries\n"
            )
    run(tmp_path, SAVE, "library", "table")
    return tmp_path


def run(home: Path, code: str, *folders: str, file: str = "m.holo", **more: str) -> str:
    """What code prints where these folders are installed."""
    path = [*(str(home / folder) for folder in folders), fresh.ENVIRONMENT["PYTHONPATH"]]
    return fresh.run(code, str(home / file), PYTHONPATH=os.pathsep.join(path), **more).stdout


def test_a_model_is_data_where_the_table_is_installed(home: Path) -> None:
    said = run(home, LOAD, "library", "table")
    assert said == "tinylib [1, 2, 0] ['label', 'next_']\n"


def test_contents_that_its_validator_refuses_are_never_built(home: Path) -> None:
    run(home, SAVE.replace("[1, 2, 0]", "[1, 2, 3]"), "library", "table", file="bad.holo")
    said = run(home, ERROR, "library", "table", file="bad.holo")
    assert "InvalidStateError" in said
    assert "tinylib.Chain: next_ leads out of it" in said
    assert said.endswith("False True\n"), (
        "the library was imported before its contents were checked"
    )


def test_a_library_that_is_missing_is_named_with_what_to_install(home: Path) -> None:
    said = run(home, ERROR, "table")
    assert said.startswith("MissingLibraryError tinylib.Chain needs tiny-lib: pip install tiny-lib")


def test_without_the_table_the_type_is_not_known(home: Path) -> None:
    for folders, more in ((["library"], {}), (["library", "table"], {"HOLOTYPE_PLUGINS": "0"})):
        said = run(home, ERROR, *folders, **more)
        assert "tinylib.Chain" in said
        assert said.startswith("UntrustedError")
        assert said.endswith("False False\n"), "a file had something imported"


def test_a_table_is_not_loaded_before_its_root_is_named(home: Path) -> None:
    code = """
import sys, holotype, holotype.types.table, numpy as np, fractions
holotype.loads(holotype.dumps([np.arange(3), fractions.Fraction(1, 2), {"tinylib.Chain": "text"}]))
len(holotype.types.table.type_table())
print("tiny_table" in sys.modules)
"""
    assert run(home, code, "library", "table") == "False\n"
    assert run(home, code, "library", "broken") == "False\n"


def test_a_table_that_is_broken_says_whose_it_is(home: Path) -> None:
    said = run(home, ERROR, "library", "broken")
    assert said.startswith("MissingLibraryError")
    assert "tiny-lib: RuntimeError: out of order" in said
    assert "HOLOTYPE_PLUGINS=0" in said


def test_other_classes_of_the_package_stay_outside(home: Path) -> None:
    code = """
import holotype, tinylib
try:
    holotype.dumps(tinylib.Other(), max_level="data")
except holotype.HolotypeError as error:
    print(type(error).__name__)
"""
    assert run(home, code, "library", "table") == "UnsupportedError\n"


def test_an_old_file_becomes_the_same_model(home: Path) -> None:
    code = """
import pickle, sys, pathlib, holotype, tinylib
chain = tinylib.Chain([1, 2, 0])
old = pathlib.Path(sys.argv[1] + ".pkl")
old.write_bytes(pickle.dumps(chain))
print(holotype.scan(old).verdict)
holotype.convert(old, sys.argv[1])
print(holotype.fingerprint(sys.argv[1]) == holotype.fingerprint(chain))
"""
    assert run(home, code, "library", "table", file="old.holo") == "data\nTrue\n"


def test_a_package_may_register_by_a_call(home: Path) -> None:
    code = """
import sys, tiny_table
from holotype.types import register
register("tinylib", tiny_table.entries())
register("tinylib", tiny_table.entries())
"""
    off = {"HOLOTYPE_PLUGINS": "0"}
    assert "[1, 2, 0]" in run(home, code + LOAD, "library", "table", **off)
