"""The commands in docs/store.md work on what its Python has made."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

PAGE = Path(__file__).parents[3] / "docs" / "store.md"


def test_the_commands_of_the_page_work(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn", reason="the examples keep scikit-learn's models")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLOTYPE_STORE", "")
    text = PAGE.read_text()
    space: dict[str, object] = {"__name__": "__main__"}
    for code in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        exec(code, space)
    shutil.copy("model.holo", "churn.holo")
    commands = 0
    for line in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
        words = shlex.split(line)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("="))
            continue
        assert words[0] == "holotype", line
        result = run(*words[1:])
        assert (result.code, result.err) == (0, ""), line
        commands += 1
    assert commands > 8
