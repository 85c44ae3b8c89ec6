"""A package brings its own part of the table, for itself and for nobody else."""

from __future__ import annotations

import importlib
import sys
import threading
import tomllib
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests import fresh
from tests.memory import round_trip, store

from holotype.errors import InvalidStateError, MissingLibraryError
from holotype.types import (
    Entry,
    Shadow,
    called,
    estimators,
    functions,
    like,
    objects,
    register,
    registration,
    sizes,
)
from holotype.types import builtins as our_builtins
from holotype.types import numpy as our_numpy
from holotype.types.libraries import CORE, LIBRARIES, entries_of, install_hint, root_of
from holotype.types.plugins import GROUP, Plugin, Plugins
from holotype.types.table import Source, TypeTable, type_table

SCALER = "tinylib._scaling:Scaler"


class Scaler:
    """Ordinary: attributes only."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Thing(Scaler):
    """The same."""


def increase(value: Any) -> Any:
    return value + 1


@pytest.fixture(autouse=True)
def tinylib(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package that is installed for one test."""
    package, inner = ModuleType("tinylib"), ModuleType("tinylib._scaling")
    for name in ("Scaler", "Thing", "increase"):
        made = globals()[name]
        setattr(inner, name, made)
        monkeypatch.setattr(made, "__module__", "tinylib._scaling")
    monkeypatch.setitem(sys.modules, "tinylib", package)
    monkeypatch.setitem(sys.modules, "tinylib._scaling", inner)
    return inner


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> TypeTable:
    """A table like that of the process, which is left alone."""
    sources: dict[str, Source] = {}
    for library in LIBRARIES:
        if library.name in ("scipy", "sklearn"):
            sources |= dict.fromkeys(library.roots, partial(entries_of, library.name))
    made = TypeTable([*our_builtins.entries(), *our_numpy.entries()], sources)
    monkeypatch.setattr(registration, "type_table", lambda: made)
    return made


def entry(key: str = "tinylib.Scaler", where: str = SCALER, **more: Any) -> Entry:
    return Entry(key=key, where=(where,), **{"kind": "object", **more})


# -- what is let in --------------------------------------------------------------------------------


def test_a_registered_type_is_saved_and_loaded(table: TypeTable) -> None:
    register("tinylib", [entry()])
    back = round_trip(Scaler(mean=np.arange(3.0), name="a"), table)
    assert type(back) is Scaler
    assert back.mean.tolist() == [0.0, 1.0, 2.0]
    assert table.entry("tinylib.Scaler") is table.entry_of(Scaler)
    assert table.knows(SCALER)
    assert "tinylib.Scaler" in list(table.keys())


def test_registration_may_come_after_the_type_was_asked_for(table: TypeTable) -> None:
    assert table.entry_of(Scaler) is None
    assert table.name_of(increase) is None
    register("tinylib", [entry(), *functions({"tinylib._scaling": "increase"})])
    assert table.entry_of(Scaler) is not None
    assert table.name_of(increase) == "tinylib.increase"


def test_registering_the_same_again_changes_nothing(table: TypeTable) -> None:
    def made() -> list[Entry]:
        return list(estimators({"tinylib._scaling": "Scaler"}, checks={"Scaler": sizes("a_: any")}))

    register("tinylib", made())
    first, count = table.entry("tinylib.Scaler"), len(table)
    register("tinylib", made())
    assert table.entry("tinylib.Scaler") is first
    assert len(table) == count


@pytest.mark.parametrize(
    "other",
    [
        [],
        [entry(drop=frozenset({"cache"}))],
        [entry(), entry("tinylib.Thing", "tinylib._scaling:Thing")],
        [entry(check=lambda shadow: None)],
    ],
    ids=["none", "another", "more", "checked"],
)
def test_registering_otherwise_is_refused(other: list[Entry], table: TypeTable) -> None:
    register("tinylib", [entry()])
    with pytest.raises(ValueError, match="tinylib was registered before, with another tinylib"):
        register("tinylib", other)
    assert not table.entry("tinylib.Scaler").drop


@pytest.mark.parametrize(
    "root", ["sklearn", "numpy", "scipy", "_loss", "os", "builtins", "holotype", "a.b", "", "1"]
)
def test_a_root_of_somebody_else_is_refused(root: str, table: TypeTable) -> None:
    before = len(table)
    with pytest.raises(ValueError, match=repr(root)[1:-1] or "''"):
        register(root, [entry(f"{root}.Thing", f"{root}:Thing")])
    assert len(table) == before


BAD = {
    "no entry": (Scaler, "is no Entry"),
    "key of another": (entry("sklearn.svm.SVC"), "begins with tinylib"),
    "key without a name": (entry("tinylib"), "begins with tinylib"),
    "key like another root": (entry("tinylibs.Scaler"), "begins with tinylib"),
    "key with a colon": (entry("tinylib:Scaler"), "begins with tinylib"),
    "key with underscores": (entry("tinylib.__class__"), "begins with tinylib"),
    "kind": (entry(kind="code"), "its kind is one of"),
    "foreign": (entry(foreign=True), "not foreign"),
    "nowhere": (Entry(key="tinylib.A", where=(), kind="name"), "what to import"),
    "where of another": (entry(where="os:system"), "of another package"),
    "where like another": (entry(where="tinylibs:A"), "of another package"),
    "where without a colon": (entry(where="tinylib.Scaler"), "is not module:qualified.name"),
    "where of no name": (entry(where="tinylib:A b"), "is not module:qualified.name"),
    "public alias": (entry(aliases=("sklearn:A",)), "private module without a package"),
    "alias of a path": (entry(aliases=("_a.b:A",)), "private module without a package"),
    "alias of Python": (entry(aliases=("_io:A",)), "private module without a package"),
    "alias of no name": (entry(aliases=("_a:A b",)), "private module without a package"),
    "object that is built": (entry(build=lambda cls, args: None), "for build it is a call"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_entry_that_is_not_the_package_s_own_is_refused(name: str, table: TypeTable) -> None:
    bad, match = BAD[name]
    good = entry("tinylib.Thing", "tinylib._scaling:Thing")
    with pytest.raises(ValueError, match=match):
        register("tinylib", [good, bad])
    assert table.entry("tinylib.Thing") is None, "nothing is added where one is refused"


def test_one_key_twice_is_one_entry(table: TypeTable) -> None:
    with pytest.raises(ValueError, match="stands twice"):
        TypeTable([entry(), entry()])


def test_an_alias_leads_to_its_entry(table: TypeTable) -> None:
    register("tinylib", [entry(aliases=("_lost:Scaler",))])
    assert table.at("_lost:Scaler") is table.entry("tinylib.Scaler")


# -- entries from names ----------------------------------------------------------------------------


def test_keys_are_public_paths() -> None:
    made = [
        *estimators({"tinylib._scaling": "Scaler Thing"}),
        *objects({"tinylib.deep._scaling": "Scaler"}),
        *functions({"tinylib.deep.scaling": "increase"}, public="tinylib"),
    ]
    assert [(each.key, each.where) for each in made] == [
        ("tinylib.Scaler", ("tinylib._scaling:Scaler",)),
        ("tinylib.Thing", ("tinylib._scaling:Thing",)),
        ("tinylib.deep.Scaler", ("tinylib.deep._scaling:Scaler",)),
        ("tinylib.increase", ("tinylib.deep.scaling:increase", "tinylib:increase")),
    ]
    assert [each.kind for each in made] == ["object", "object", "object", "name"]


def test_estimators_get_the_checks_of_scikit_learn_s(table: TypeTable) -> None:
    register("tinylib", estimators({"tinylib._scaling": "Scaler"}, drop={"Scaler": ["cache_"]}))
    model = Scaler(n_features_in_=3, n_jobs=2, func=None, cache_=1, _sklearn_version="1")
    stored = store(model, table)
    assert stored.load().__dict__ == {"n_features_in_": 3, "n_jobs": 2, "func": None}
    for name, value in (
        ("n_jobs", 1 << 20),
        ("n_features_in_", -1),
        ("func", {"name": "scipy.sparse.csr_matrix"}),
    ):

        def change(root: Any, name: str = name, value: Any = value) -> None:
            root["state"][name] = value

        with pytest.raises(InvalidStateError, match=r"tinylib\.Scaler"):
            stored.tampered(change).load()


def test_a_base_gives_its_checks(table: TypeTable) -> None:
    pytest.importorskip("sklearn", reason="the base is scikit-learn's")
    from sklearn.ensemble import RandomForestClassifier

    def more(shadow: Shadow) -> None:
        shadow.text("label")

    names = {"tinylib._scaling": "Scaler Thing"}
    forest = "sklearn.ensemble.RandomForestClassifier"
    register("tinylib", estimators(names, bases={"Scaler": forest}, checks={"Scaler": more}))
    X = np.arange(40.0).reshape(20, 2)
    fitted = vars(RandomForestClassifier(2, random_state=0).fit(X, X[:, 0] > 9))
    stored = store(Scaler(label="a", **fitted), table)
    assert len(stored.load().estimators_) == 2

    def widen(root: Any) -> None:
        root["state"]["n_features_in_"] = 3

    with pytest.raises(InvalidStateError, match="another number of features"):
        stored.tampered(widen).load()
    with pytest.raises(InvalidStateError, match="label is not text"):
        store(Scaler(label=1, **fitted), table).load()
    with pytest.raises(InvalidStateError, match="no decision tree"):
        store(Scaler(label="a", **{**fitted, "estimators_": [1]}), table).load()
    with pytest.raises(KeyError, match=r"sklearn\.unknown"):
        list(estimators(names, bases={"Thing": "sklearn.unknown"}))


def test_a_type_like_another_is_checked_as_many(table: TypeTable) -> None:
    seen = []

    def check(shadow: Shadow) -> None:
        seen.append(shadow.key)

    def check_all(shadows: Any) -> None:
        seen.extend(shadow.key for shadow in shadows)

    thing = entry("tinylib.Thing", "tinylib._scaling:Thing", check=check, check_all=check_all)
    register("tinylib", [thing, entry(check=like("tinylib.Thing"))])
    store(Scaler(a=1), table).load()
    assert seen == ["tinylib.Thing", "tinylib.Thing"]


@pytest.mark.parametrize(
    ("state", "good"),
    [
        ({"n_features_in_": 3, "mean_": np.zeros(3)}, True),
        ({"n_features_in_": 3, "mean_": np.zeros(2)}, False),
        ({"mean_": np.zeros(2), "scale_": np.zeros((2, 5))}, True),
        ({"mean_": np.zeros(2), "scale_": np.zeros((3, 5))}, False),
        ({"classes_": np.arange(4), "prior_": np.zeros(4)}, True),
        ({"classes_": np.arange(4), "prior_": np.zeros((4, 1))}, False),
        ({"mean_": None, "scale_": "text"}, True),
        ({"mean_": np.zeros((3, 3))}, False),
        ({"mean_": 1.0}, True),
    ],
)
def test_sizes_agree(state: dict[str, Any], good: bool, table: TypeTable) -> None:
    facts = "mean_: features | , scale_: features any, prior_: classes"
    register("tinylib", [entry(check=sizes(facts))])
    stored = store(Scaler(**state), table)
    if good:
        stored.load()
    else:
        with pytest.raises(InvalidStateError, match="has sizes"):
            stored.load()


def test_what_is_called_is_a_function(table: TypeTable) -> None:
    register("tinylib", [entry(check=called("by"))])
    for by in (np.log1p, "text", None, int):
        assert store(Scaler(by=by), table).load().by == by
    stored = store(Scaler(by=None), table)

    def change(root: Any) -> None:
        root["state"]["by"] = {"name": "scipy.sparse.csr_matrix"}

    with pytest.raises(InvalidStateError, match=r"by is scipy\.sparse\.csr_matrix"):
        stored.tampered(change).load()


# -- a table that is filled when it is asked -------------------------------------------------------


def test_only_the_libraries_that_are_asked_for_are_loaded() -> None:
    code = """
import sys
from holotype.types.table import type_table
table = type_table()
def loaded():
    return sorted(n for n in ("scipy", "pandas", "sklearn", "torch", "xgboost")
                  if "holotype.types." + n in sys.modules)
print(loaded())
assert table.entry("collections.deque") is not None
print(loaded())
assert table.entry("pandas.DataFrame") is not None
print(loaded())
print(sorted(n for n in ("pandas", "sklearn", "torch") if n in sys.modules))
"""
    assert fresh.run(code).stdout.split("\n")[:4] == ["[]", "[]", "['pandas']", "[]"]


def test_the_roots_that_are_written_down_are_those_of_the_entries() -> None:
    core = {root_of(each.key) for name in CORE for each in entries_of(name)}
    for library in LIBRARIES:
        found = list(entries_of(library.name))
        assert found or library.name not in ("sklearn", "imblearn"), library.name
        places = [place for each in found for place in (*each.where, *each.aliases)]
        roots = {root_of(each.key) for each in found} | set(map(root_of, places))
        assert roots <= {*library.roots, *core}, library.name
    listed = [root for library in LIBRARIES for root in library.roots]
    assert len(listed) == len(set(listed))
    assert not core & set(listed)


def test_the_root_of_our_own_classes_is_that_of_their_library() -> None:
    assert root_of("numpy.ndarray.laid_out") == "sklearn"
    assert root_of("holotype.types.sklearn.layouts:LaidOut") == "sklearn"
    assert root_of("sklearn.svm.SVC") == root_of("sklearn.svm._classes:SVC") == "sklearn"
    assert type_table().entry("numpy.ndarray.laid_out") is not None


def test_many_threads_see_one_table() -> None:
    made = []

    def source() -> list[Entry]:
        made.append(1)
        return [entry("lib.A", "lib:A"), entry("lib.B", "lib:B")]

    table = TypeTable([], {"lib": source, "_lib": source})
    barrier, seen = threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        seen.append(table.entry("lib.B") is not None and table.at("lib:A") is not None)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 8
    assert made == [1]


# -- what to install -------------------------------------------------------------------------------


def test_a_missing_library_is_named_with_the_command_that_installs_it(table: TypeTable) -> None:
    gone = TypeTable(
        [
            Entry(key="absent_one.A", where=("absent_one:A",), kind="name"),
            Entry(key="sklearn.A", where=("sklearn:Absent",), kind="name"),
        ]
    )
    with pytest.raises(MissingLibraryError, match=r"absent_one\.A needs absent_one: pip install "):
        gone.resolve(gone.entry("absent_one.A"))
    register("absent_two", [entry("absent_two.A", "absent_two:A")], install="Absent-Two")
    with pytest.raises(MissingLibraryError, match=r"needs Absent-Two: pip install Absent-Two$"):
        table.resolve(table.entry("absent_two.A"))
    register("tinylib", [entry("tinylib.Gone", "tinylib:Gone")])
    with pytest.raises(MissingLibraryError, match="is not part of tinylib"):
        table.resolve(table.entry("tinylib.Gone"))


def test_every_extra_that_is_named_is_one_and_brings_its_library() -> None:
    said = {root: install_hint(root) for library in LIBRARIES for root in library.roots}
    assert said["sklearn"] == ("scikit-learn", "pip install 'holotype[sklearn]'")
    assert said["xgboost"] == ("xgboost", "pip install 'holotype[xgboost]'")
    assert said["imblearn"] == ("imbalanced-learn", "pip install imbalanced-learn")
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    for package, command in said.values():
        what = command.removeprefix("pip install ")
        if what.startswith("'holotype["):
            needs = " ".join(extras[what.removeprefix("'holotype[").removesuffix("]'")])
            assert package in needs
        else:
            assert what == package


# -- entry points ----------------------------------------------------------------------------------


class Point:
    """An entry point, as far as it is looked at."""

    def __init__(self, value: str, loaded: Any = None, name: str = "") -> None:
        self.value = value
        self.loaded = loaded
        self.dist = type("Dist", (), {"name": name}) if name else None

    def load(self) -> Any:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


def plugged(*points: Point) -> TypeTable:
    plugins = Plugins()
    plugins._waiting = {"tinylib": Plugin("tinylib", list(points))}
    return TypeTable([], {}, plugins)


def test_a_plugin_is_loaded_when_its_root_is_asked_for() -> None:
    asked = []

    def made() -> list[Entry]:
        asked.append(1)
        return [entry()]

    table = plugged(Point("tinyholo:made", made, "tiny-lib"))
    assert table.entry("another.A") is None
    assert list(table.keys()) == []
    assert asked == []
    assert table.entry_of(Scaler) is table.entry("tinylib.Scaler") is not None
    assert table.entry("tinylib.Other") is None
    assert asked == [1]


def test_a_package_may_register_while_its_plugin_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def made() -> list[Entry]:
        register("tinylib", [entry()])
        return [entry()]

    table = plugged(Point("tinyholo:made", made))
    monkeypatch.setattr(registration, "type_table", lambda: table)
    register("tinylib", [entry()])
    assert table.entry("tinylib.Scaler") is not None


@pytest.mark.parametrize(
    ("points", "match"),
    [
        ([Point("a:b", lambda: [entry("sklearn.A")], "tiny-lib")], "of tiny-lib: ValueError"),
        ([Point("a:b", ImportError("it is broken"))], "of tinylib: ImportError: it is broken"),
        ([Point("a:b", lambda: None)], "TypeError"),
        ([Point("a", list)], "'a' is not module:function"),
        ([Point("a:b.c", list)], "is not module:function"),
        ([Point("a:b", list), Point("a:c", list)], "several: a:b, a:c"),
    ],
)
def test_a_plugin_that_cannot_be_used_says_what_to_do(points: list[Point], match: str) -> None:
    table = plugged(*points)
    for _ in range(2):
        with pytest.raises(MissingLibraryError, match=match) as caught:
            table.entry("tinylib.Scaler")
        assert "HOLOTYPE_PLUGINS=0" in str(caught.value)


def test_the_same_entry_point_twice_is_one() -> None:
    table = plugged(Point("a:b", lambda: [entry()]), Point("a:b", lambda: [entry()]))
    assert table.entry("tinylib.Scaler") is not None


def test_plugins_are_found_without_importing_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "tiny_lib-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-lib\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\ntinylib = tinyholo:made\nsys = tinyholo:made\nno-name = tinyholo:made\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    for switch, found in (("", True), ("1", True), ("0", False), ("off", False), ("False", False)):
        monkeypatch.setenv("HOLOTYPE_PLUGINS", switch)
        plugins = Plugins()
        assert (plugins.waiting("tinylib") is not None) is found
        assert plugins.waiting("sys") is plugins.waiting("no-name") is None
    assert "tinyholo" not in sys.modules
