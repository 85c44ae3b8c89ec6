"""The environment is what this process really uses, and costs a process once."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from holotype.archive.theta import Environment
from holotype.capsule import environment
from holotype.capsule.environment import environment_of, requirements_text, roots_of

NUMPY = frozenset({"numpy"})


@pytest.fixture(autouse=True)
def _forget() -> Any:
    """What was found out before is found out again, and afterwards too."""
    caches = (environment._with_devices, environment._all_modules)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def found(roots: frozenset[str] = NUMPY) -> Environment:
    return environment_of(roots, "holotype 0")[0]


def test_roots_are_the_libraries_that_keys_name() -> None:
    keys = ["sklearn.svm.SVC", "mine.models:Outer.Model", "collections.deque", "__main__:f"]
    assert roots_of(keys) == {"numpy", "sklearn", "mine"}
    assert roots_of([]) == {"numpy"}


def test_python_and_the_machine_are_recorded_but_not_its_name() -> None:
    here = found()
    assert (here.python, here.implementation) == (platform.python_version(), "CPython")
    assert (here.platform.system, here.platform.machine) == (platform.system(), platform.machine())
    assert platform.node() not in {here.platform.release, here.platform.libc}


def test_features_of_the_processor_are_those_that_numpy_may_use() -> None:
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as known
    except ImportError:
        from numpy.core._multiarray_umath import __cpu_features__ as known
    assert found().cpu == sorted(name for name, there in known.items() if there)


def test_features_are_left_out_where_numpy_does_not_say_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        monkeypatch.setitem(sys.modules, name, ModuleType("none"))
    assert found().cpu == []


# -------------------------------------------------------------------------------- distributions


def names(roots: frozenset[str]) -> dict[str, str]:
    return {each.name: each.version for each in found(roots).requirements}


def test_a_library_comes_with_all_that_it_requires() -> None:
    pytest.importorskip("sklearn")
    listed = names(frozenset({"sklearn"}))
    assert {"scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl"} <= listed.keys()
    assert {"pytest", "pandas", "matplotlib"}.isdisjoint(listed)  # extras, and what is beside it
    assert all(metadata.version(name) == version for name, version in listed.items())
    assert list(listed) == sorted(listed)


def test_without_packaging_requirements_are_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    expected = names(frozenset({"sklearn"}))
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    environment._with_devices.cache_clear()
    assert names(frozenset({"sklearn"})) == expected


def test_a_module_of_another_name_is_found_by_what_distributions_list() -> None:
    pytest.importorskip("dateutil")
    assert "python-dateutil" in names(frozenset({"dateutil"}))


def test_a_module_of_no_distribution_is_left_out() -> None:
    assert list(names(frozenset({"numpy", "no_such_module"}))) == ["numpy"]


class Made(metadata.Distribution):
    """A distribution with these metadata."""

    def __init__(self, head: str, record: str | None = None, error: Exception | None = None):
        self.texts = {"METADATA": head, "RECORD": record}
        self.error = error

    def read_text(self, filename: str) -> str | None:
        if self.error is not None:
            raise self.error
        return self.texts.get(filename)

    def locate_file(self, path: Any) -> Any:
        raise NotImplementedError


def install(monkeypatch: pytest.MonkeyPatch, **made: Made) -> None:
    def distribution(name: str) -> Made:
        if name not in made:
            raise metadata.PackageNotFoundError(name)
        return made[name]

    monkeypatch.setattr(metadata, "distribution", distribution)
    monkeypatch.setattr(metadata, "packages_distributions", dict)


def test_markers_and_extras_decide_what_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("packaging")
    head = (
        "Name: A_b.C\nVersion: 1\nRequires-Dist: b[more]>=1\nRequires-Dist: old; python_version<'3'"
        '\nRequires-Dist: dev; extra == "dev"\nRequires-Dist: ;;odd\n\nRequires-Dist: text\n'
    )
    more = "Name: b\nVersion: 2\nRequires-Dist: c; extra == 'more'\nRequires-Dist: a\n"
    plain = {name: Made(f"Name: {name}\nVersion: 3\n") for name in ("c", "old", "dev", "text")}
    install(monkeypatch, a=Made(head), b=Made(more), **plain)
    assert names(frozenset({"a"})) == {"a-b-c": "1", "b": "2", "c": "3"}


@pytest.mark.parametrize(
    "made",
    [
        Made(""),
        Made("Name: x\n"),
        Made("Name: x\nVersion: 1 --hash=evil\n"),
        Made("Name: x\\\nVersion: 1\n"),
        Made("Version: 1\n"),
        Made("", error=OSError("gone")),
        Made("", error=UnicodeDecodeError("utf-8", b"", 0, 1, "x")),
    ],
)
def test_damaged_metadata_are_left_out(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, a=made)
    assert names(frozenset({"a"})) == {}


def test_a_listing_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    monkeypatch.setattr(metadata, "packages_distributions", lambda: 1 / 0)
    assert names(frozenset({"a"})) == {}


RECORD = [
    "x/__init__.py,sha256=abc,12",
    '"x/with,comma.py",sha256=def,3',
    "x/__pycache__/__init__.cpython-311.pyc,,",
    "x-1.dist-info/METADATA,sha256=ghi,5",
    "x-1.dist-info/INSTALLER,sha256=jkl,4",
    "../../../bin/x,sha256=mno,200",
    "/etc/x,sha256=pqr,1",
    "x-1.data/scripts/x,sha256=stu,9",
]


def test_the_digest_is_of_the_files_that_came_with_the_wheel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = "".join(f"{line}\n" for line in sorted(RECORD[:2]))
    for record in (RECORD, RECORD[::-1], RECORD[:3]):
        install(monkeypatch, x=Made("Name: x\nVersion: 1\n", "\r\n".join(record)))
        environment._with_devices.cache_clear()
        (only,) = found(frozenset({"x"})).requirements
        assert only.files == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


@pytest.mark.parametrize("record", [None, "", "x-1.dist-info/METADATA,sha256=a,1"])
def test_without_a_record_there_is_no_digest(
    record: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, x=Made("Name: x\nVersion: 1\n", record))
    assert found(frozenset({"x"})).requirements[0].files is None


# ------------------------------------------------------------------------------ requirements.txt


def test_the_text_is_what_pip_reads() -> None:
    here, text = environment_of(frozenset({"numpy"}), "holotype 0")
    lines = text.decode().splitlines()
    assert f"numpy=={np.__version__}" in lines
    assert all(
        line.startswith(("#", "    #")) or re.fullmatch(r"[a-z0-9-]+==\S+", line) for line in lines
    )
    assert f"python {platform.python_version()}" in lines[1]
    assert f"    # files {here.requirements[0].files}" in lines


def test_pip_agrees(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(environment_of(NUMPY, "holotype 0")[1])
    arguments = ["-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "-r", str(path)]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if "No module named pip" in done.stderr:
        pytest.skip("pip is not installed")
    assert done.returncode == 0, done.stderr
    assert "Requirement already satisfied" in done.stdout


def test_nothing_breaks_a_line_of_the_text() -> None:
    text = requirements_text(found(), "tool\nevil==1\x1b[2J").decode()
    assert "\nevil" not in text
    assert "\x1b" not in text


# ------------------------------------------------------------------------------------- devices


def test_devices_are_those_that_are_in_use_already(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        is_initialized=lambda: True, device_count=lambda: 2, get_device_name=lambda i: f"G{i}"
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    bridge = SimpleNamespace(backends_are_initialized=lambda: True)
    monkeypatch.setitem(sys.modules, "jax._src.xla_bridge", bridge)
    devices = [SimpleNamespace(platform=p, device_kind=p.upper()) for p in ("cpu", "tpu")]
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=lambda: devices))
    assert found().gpu == ["torch: G0", "torch: G1", "jax: TPU"]
    cuda.is_initialized = lambda: False
    bridge.backends_are_initialized = lambda: False
    assert found().gpu == []
    cuda.is_initialized = lambda: 1 / 0
    assert found().gpu == []
