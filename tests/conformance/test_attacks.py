"""Every hostile file of ``attacks/`` is refused as its maker says, and does nothing on the way."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from attacks.incidents import INCIDENTS
from attacks.make import ATTACKS, ROOMS, main, table
from attacks.objects import call, node
from tests import fresh

import holotype
from holotype import errors
from holotype.types.libraries import LIBRARIES
from holotype.types.table import type_table

NAMES = pytest.mark.parametrize("name", ATTACKS)
LOADS = ("load", "mapped", "bytes")
OTHERS = (
    *("unverified", "mapped, unverified", "show", "verify", "fingerprint", "command"),
    *("portable", "doctor"),
)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happened when each file was opened in each way: see ``watched.py``."""
    folder = tmp_path_factory.mktemp("attacks")
    done = fresh.run(["-m", "tests.conformance.watched", str(folder)], timeout=600)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: row for row in rows}


@NAMES
def test_it_ends_within_the_limits_of_memory_and_time(name: str, watched: Any) -> None:
    assert watched[name]["status"] == 0, "killed"
    assert set(watched[name]["outcomes"]) == {*LOADS, *OTHERS}


@NAMES
def test_it_is_refused_with_its_own_error_and_clause(name: str, watched: Any) -> None:
    attack = ATTACKS[name]
    expected = None if attack.error is None else attack.error.__name__
    for way in LOADS:
        outcome = watched[name]["outcomes"][way]
        assert outcome["error"] == expected, (way, outcome)
        assert outcome.get("clause", "") == attack.clause, (way, outcome)


@NAMES
def test_no_way_to_open_it_raises_an_error_of_another_package(name: str, watched: Any) -> None:
    foreign = {
        way: outcome
        for way, outcome in watched[name]["outcomes"].items()
        if outcome["error"] is not None and not outcome["ours"]
    }
    assert foreign == {}


@NAMES
def test_its_errors_are_short_and_cannot_steer_a_terminal(name: str, watched: Any) -> None:
    for way, outcome in watched[name]["outcomes"].items():
        assert outcome.get("length", 0) < 10_000, way
        assert outcome.get("message", "").isprintable(), way


@NAMES
def test_nothing_is_imported_run_opened_or_started(name: str, watched: Any) -> None:
    assert watched[name]["events"] == []


@NAMES
def test_verify_says_what_load_says(name: str, watched: Any) -> None:
    """But for what only the reader's policy refuses: with the file itself nothing is wrong.

    Of old words, verify looks at the newest form and load at that of the installed version: both
    refuse them, and each says what it sees.
    """
    outcomes = watched[name]["outcomes"]
    expected = {"error": None} if ATTACKS[name].sound else outcomes["load"]
    if name.startswith("ladder-"):
        assert outcomes["verify"]["error"] == expected["error"]
    else:
        assert outcomes["verify"] == expected


def test_an_unverified_load_forgives_digests_and_nothing_else(watched: Any) -> None:
    for name, attack in ATTACKS.items():
        for way in ("unverified", "mapped, unverified"):
            error = watched[name]["outcomes"][way]["error"]
            if attack.clause == "4.5" or name == "manifest-part-with-another-digest":
                assert error is None, (name, way)
            else:
                assert error == (attack.error and attack.error.__name__), (name, way)


# ----------------------------------------------------------------------------------- the collection


def test_there_is_an_attack_on_every_part_and_for_every_kind_of_error() -> None:
    rooms = {name.partition("-")[0] for name in ATTACKS}
    assert rooms == {room.__name__.rpartition(".")[2] for room in ROOMS}
    assert {attack.error for attack in ATTACKS.values()} == {
        None,
        errors.FormatError,
        errors.DigestError,
        errors.LimitError,
        errors.MisplacedSealError,
        errors.BlueprintError,
        errors.UntrustedError,
        errors.InvalidStateError,
        errors.UpgradeError,
    }


def test_each_incident_is_re_enacted() -> None:
    """Every public fault that the page lists names attacks that are there."""
    for incident in INCIDENTS:
        for beginning in incident.attacks:
            assert any(name.startswith(beginning) for name in ATTACKS), (incident, beginning)


def test_the_page_says_what_the_makers_say() -> None:
    page = (Path(__file__).parents[2] / "attacks" / "README.md").read_text()
    assert page.endswith(table())


def test_the_files_are_the_same_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert f"{len(ATTACKS)} hostile files" in capsys.readouterr().out
    written = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()
    }
    assert written == {
        attack.file: hashlib.sha256(attack.make()).hexdigest() for attack in ATTACKS.values()
    }
    assert len(set(written.values())) == len(written), "two attacks are the same file"


def test_the_maker_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--table"]) == 0
    assert capsys.readouterr().out == table()
    assert main([]) == main(["--folder"]) == 2
    assert "usage:" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------- the table

DANGEROUS = (
    "eval exec compile open __import__ getattr setattr delattr vars globals locals input exit quit "
    "breakpoint load loads save savez savez_compressed savetxt loadtxt genfromtxt fromfile tofile "
    "memmap fromregex DataSource open_memmap system popen Popen spawn fork attrgetter methodcaller "
    "import_module run call check_output fetch_openml read_pickle to_pickle read_csv read_json "
    "read_html read_sql read_hdf read_parquet read_feather query runstring frompyfunc vectorize "
    "ctypeslib f2py load_library loadmat savemat fetch_olivetti_faces Memory Parallel"
)


def test_the_table_names_nothing_that_opens_runs_imports_or_reaches_through() -> None:
    last = {key: key.rpartition(".")[2] for key in type_table().keys()}  # noqa: SIM118 - no mapping
    assert [key for key, name in last.items() if name in DANGEROUS.split()] == []
    assert [key for key in last if "__" in key] == []


def test_every_key_of_the_table_is_of_a_library_that_we_know() -> None:
    libraries = {key.partition(".")[0] for key in type_table().keys()}  # noqa: SIM118
    frameworks = {root for library in LIBRARIES for root in library.roots}
    assert {"xgboost", "torch", "keras", "patsy"} <= frameworks & libraries
    assert libraries - frameworks - {"numpy"} == {
        "builtins",
        "collections",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "math",
        "operator",
        "pathlib",
        "re",
        "types",
        "uuid",
        "zoneinfo",
    }


def test_a_name_of_the_table_that_is_called_is_refused() -> None:
    """Names are only ever referred to: calling one is not in the language of blueprints."""
    for key in ("math.factorial", "numpy.log1p", "operator.getitem"):
        with pytest.raises(errors.BlueprintError, match="is not written as 'call'"):
            holotype.loads(node(call(key, 1)))
