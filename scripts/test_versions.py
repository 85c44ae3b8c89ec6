#!/usr/bin/env python3
"""Runs the tests against every supported minor version of scikit-learn, each in an environment.

    python scripts/test_versions.py [--only 1.4,1.5] [-- PYTEST ARGUMENTS]

Environments stay in ``.venvs/`` and are reused until ``pyproject.toml`` or their row here changes.
A version whose Pythons are not on this machine is skipped and says so. A failed installation or
test, or a run in which nothing was tested, ends with status 1. Needs the standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venvs"
SELECTION = ("tests/e2e", "tests/conformance", "-m", "not slow")


@dataclass(frozen=True)
class Row:
    """One minor version of scikit-learn and the libraries of its time.

    ``pythons`` are those of 3.11 to 3.13 for which it and the libraries beside it have wheels,
    newest first; the first one found on the machine is used.
    """

    sklearn: str
    pythons: tuple[str, ...]
    numpy: str
    scipy: str
    pandas: str
    others: tuple[str, ...] = ()

    def constraints(self) -> str:
        """The text of the pip constraints file, one requirement a line."""
        pinned = {
            "scikit-learn": self.sklearn,
            "numpy": self.numpy,
            "scipy": self.scipy,
            "pandas": self.pandas,
        }
        lines = [f"{name}=={version}.*" for name, version in pinned.items()] + list(self.others)
        return "\n".join(lines) + "\n"


# The oldest row also holds the core dependencies at the lower bounds that pyproject.toml promises.
FLOOR = ("msgspec==0.19.*", "rich==13.7.*", "typer==0.16.*")

ROWS = (
    Row("1.4", ("3.12", "3.11"), numpy="1.26", scipy="1.11", pandas="2.2", others=FLOOR),
    Row("1.5", ("3.13", "3.12", "3.11"), numpy="2.1", scipy="1.14", pandas="2.2"),
    Row("1.6", ("3.13", "3.12", "3.11"), numpy="2.2", scipy="1.15", pandas="2.2"),
    Row("1.7", ("3.13", "3.12", "3.11"), numpy="2.3", scipy="1.16", pandas="2.3"),
    Row("1.8", ("3.13", "3.12", "3.11"), numpy="2.3", scipy="1.16", pandas="2.3"),
    Row("1.9", ("3.13", "3.12", "3.11"), numpy="2.4", scipy="1.17", pandas="3.1"),
)


@dataclass(frozen=True)
class Outcome:
    """What became of one row: counts of tests, or ``note`` where none ran."""

    sklearn: str
    python: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""
    ok: bool = True


def candidates(version: str) -> Iterator[str]:
    """Every place where a Python of this minor version may be, best first."""
    yield f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for found in sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True):
        yield str(found)
    if uv := shutil.which("uv"):
        found_by_uv = subprocess.run(
            [uv, "python", "find", "--no-python-downloads", version],
            capture_output=True,
            text=True,
            check=False,
        )
        if found_by_uv.returncode == 0:
            yield found_by_uv.stdout.strip()


def find_python(version: str) -> str | None:
    """The first candidate that starts, is of this version and can make environments.

    It is run, not only looked up: pyenv's shims exist for Pythons that they will not start.
    """
    probe = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates(version):
        try:
            answer = subprocess.run(
                [candidate, "-c", probe], capture_output=True, text=True, check=False
            )
        except OSError:
            continue
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return candidate
    return None


def logged(command: Sequence[str], log: Path) -> int:
    """Run a command in the project's root with all that it prints in ``log``; its exit status."""
    with log.open("w", encoding="utf-8") as out:
        return subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def tail(log: Path, lines: int = 40) -> str:
    """The end of a log, where the reason stands."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def prepare(row: Row, python: str, home: Path) -> bool:
    """Make or reuse the row's environment; False when it could not be installed."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + row.constraints().encode())
    stamp = home / "installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted.hexdigest():
        return True
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    constraints = home / "constraints.txt"
    constraints.write_text(row.constraints(), encoding="utf-8")
    log = home / "install.log"
    interpreter = str(home / "bin" / "python")
    install = [interpreter, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    if logged([python, "-m", "venv", str(home)], log) != 0 or (
        logged([*install, "--constraint", str(constraints), "--editable", ".[test]"], log) != 0
    ):
        print(tail(log), file=sys.stderr)
        return False
    stamp.write_text(wanted.hexdigest(), encoding="utf-8")
    return True


def count(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit report; errors count as failed."""
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314 - pytest wrote it

    def total(attribute: str) -> int:
        return sum(int(suite.get(attribute, "0")) for suite in suites)

    failed, skipped = total("failures") + total("errors"), total("skipped")
    return total("tests") - failed - skipped, failed, skipped


def run(row: Row, arguments: Sequence[str]) -> Outcome:
    """Test one row, or say why not."""
    found = ((version, find_python(version)) for version in row.pythons)
    version, python = next(((v, p) for v, p in found if p), ("-", None))
    if python is None:
        return Outcome(row.sklearn, "-", note=f"skipped: no Python {' or '.join(row.pythons)} here")
    home = ENVIRONMENTS / f"sklearn-{row.sklearn}-python-{version}"
    print(f"scikit-learn {row.sklearn} on Python {version}: installing", flush=True)
    if not prepare(row, python, home):
        return Outcome(row.sklearn, version, note="installation failed", ok=False)
    print(f"scikit-learn {row.sklearn} on Python {version}: testing", flush=True)
    report, log = home / "report.xml", home / "pytest.log"
    report.unlink(missing_ok=True)
    pytest = [str(home / "bin" / "python"), "-m", "pytest", f"--junitxml={report}", "-n", "auto"]
    # Old libraries warn about newer ones: that is theirs to mend, so warnings are not errors here.
    status = logged([*pytest, "-W", "default", *SELECTION, *arguments], log)
    if status != 0:
        print(tail(log), file=sys.stderr)
    if not report.exists():
        return Outcome(row.sklearn, version, note=f"pytest ended with {status}", ok=False)
    passed, failed, skipped = count(report)
    note = "" if status == 0 else f"see {log.relative_to(ROOT)}"
    return Outcome(row.sklearn, version, passed, failed, skipped, note, ok=status == 0)


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as text, a row a version."""
    head = f"{'scikit-learn':<14}{'python':<8}{'passed':>8}{'failed':>8}{'skipped':>9}  note"
    rows = [
        f"{o.sklearn:<14}{o.python:<8}{o.passed:>8}{o.failed:>8}{o.skipped:>9}  {o.note}".rstrip()
        for o in outcomes
    ]
    return "\n".join([head, *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description="Test against every supported scikit-learn.")
    parser.add_argument("--only", metavar="1.4,1.5", help="only these versions of scikit-learn")
    parser.add_argument("pytest", nargs="*", help="more arguments for pytest, after --")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [row.sklearn for row in ROWS]
    if unknown := set(wanted) - {row.sklearn for row in ROWS}:
        parser.error(f"unknown versions: {', '.join(sorted(unknown))}")
    outcomes = [run(row, options.pytest) for row in ROWS if row.sklearn in wanted]
    print("\n" + table(outcomes))
    tested = any(outcome.passed for outcome in outcomes)
    return 0 if tested and all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
