"""The same model has the same fingerprint in every process and every version of Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import holotype

RECIPE = Path(__file__).with_name("sklearn_recipe.py")
VERSIONS = """
import numpy, scipy, sklearn
print(numpy.__version__, scipy.__version__, sklearn.__version__)
"""


def run(python, *arguments, **environment):
    done = subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(holotype.__file__).parent.parent),
            "OMP_NUM_THREADS": "1",
            **environment,
        },
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_neither_the_hash_seed_nor_stale_memory_shows_in_a_fingerprint():
    # MALLOC_PERTURB_ fills what glibc hands out with another byte: what nobody wrote to would show.
    first = run(sys.executable, str(RECIPE), PYTHONHASHSEED="0")
    again = run(sys.executable, str(RECIPE), PYTHONHASHSEED="4711", MALLOC_PERTURB_="85")
    assert len(first.splitlines()) >= 12
    assert again == first


def test_other_versions_of_python_give_the_same_fingerprints():
    """Compares with the interpreters that HOLOTYPE_PYTHONS lists, with equal libraries."""
    others = [name for name in os.environ.get("HOLOTYPE_PYTHONS", "").split(os.pathsep) if name]
    if not others:
        pytest.skip("HOLOTYPE_PYTHONS names no other interpreters")
    here = run(sys.executable, "-c", VERSIONS)
    mine = run(sys.executable, str(RECIPE))
    for other in others:
        assert run(other, "-c", VERSIONS) == here, f"{other} has other libraries"
        assert run(other, str(RECIPE)) == mine, other
