"""``holotype track``: a program runs as it would, and what it fits is in the store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import holotype

PROGRAM = """
import sys
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)
print(sys.argv[1:])
if __name__ == "__main__":
    DecisionTreeClassifier(max_depth=int(sys.argv[2])).fit(X, y)
    sys.exit(3)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(PROGRAM)
    return path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holotype", "track", "--store", "models", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_program_gets_its_arguments_and_gives_its_exit_code(program: Path) -> None:
    done = run(program.parent, "--name", "iris", "train.py", "--depth", "2")
    assert done.returncode == 3, done.stderr
    assert done.stdout == "['--depth', '2']\n"
    assert "✓ iris@1.0.0" in done.stderr
    store = holotype.Store(program.parent / "models", create=False)
    assert store.load("iris@1.0.0").get_depth() == 2


def test_a_module_is_run_as_python_does(program: Path) -> None:
    done = run(program.parent, "--json", "-m", "train", "--depth", "1")
    assert done.returncode == 3, done.stderr
    said = json.loads(done.stdout.partition("\n")[2])
    assert [v["name"] for v in said["versions"]] == ["decision-tree-classifier"]


def test_a_missing_program_is_an_error_that_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "train.py")
    assert done.returncode == 2
    assert "there is no file train.py" in done.stderr
