"""What the documents say is so: their code runs, their links lead on, no command is missing."""

from __future__ import annotations

import importlib.util
import linecache
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from holotype import errors
from holotype.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("attacks/*.md")])
WITH_CODE = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
FRAMEWORKS = sorted(ROOT.glob("docs/frameworks/*.md"))
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
NOT_RUN = "<!-- not run -->"


class Block(NamedTuple):
    """A block of code of a page, from line ``line`` on."""

    line: int
    code: str


def blocks(page: Path) -> Iterator[Block]:
    """The Python blocks of a page that are to be run."""
    lines = page.read_text().splitlines()
    before = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("```"):
            end = lines.index("```", number + 1)
            if line == "```python" and before != NOT_RUN:
                yield Block(number + 2, "\n".join(lines[number + 1 : end]))
            number = end
        before = line.strip() or before
        number += 1


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its blocks in order, in one namespace and an empty folder."""
    found = list(blocks(page))
    if found:
        pytest.importorskip("sklearn", reason="the examples keep scikit-learn's models")
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"__name__": "__main__"}
    for block in found:
        padded = "\n" * (block.line - 1) + block.code  # so that a traceback shows the page's line
        cell = f"{page}, line {block.line}"  # a cell of a notebook, whose source can be found
        monkeypatch.setitem(
            linecache.cache, cell, (len(padded), None, padded.splitlines(keepends=True), cell)
        )
        exec(compile(padded, cell, "exec"), space)


_RUN = """
import linecache, pathlib, sys
from tests.test_docs import blocks
space = {"__name__": "__main__"}
page = pathlib.Path(sys.argv[1])
for block in blocks(page):
    padded = "\\n" * (block.line - 1) + block.code
    cell = f"{page}, line {block.line}"
    lines = padded.splitlines(keepends=True)
    linecache.cache[cell] = (len(padded), None, lines, cell)
    exec(compile(padded, cell, "exec"), space)
"""
MODULES = {"category-encoders": "category_encoders", "imbalanced-learn": "imblearn", "jax": "flax"}


@pytest.mark.parametrize("page", FRAMEWORKS, ids=lambda page: page.stem)
def test_the_python_of_a_framework_runs(page: Path, tmp_path: Path) -> None:
    """In a process of its own: Keras asks once which backend it has."""
    for module in ("sklearn", MODULES.get(page.stem, page.stem)):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"the page is about {module}, which is not installed")
    backend = "jax" if importlib.util.find_spec("jax") else "torch"
    paths = [str(ROOT), str(ROOT / "src")]
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(page)],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_is_code_to_run() -> None:
    assert sum(len(list(blocks(page))) for page in WITH_CODE) > 5


def test_a_block_that_is_marked_is_not_run(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"```python\n1\n```\n{NOT_RUN}\n\n```python\n2\n```\n```sh\n3\n```\n```python\n4\n```"
    )
    assert list(blocks(page)) == [Block(2, "1"), Block(13, "4")]


# --------------------------------------------------------------------------------- the command line


def section(command: str) -> str:
    """What docs/cli.md says of a command."""
    text = (ROOT / "docs" / "cli.md").read_text()
    found = re.search(rf"^## holotype {command}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cli.md has no section on {command}"
    return found[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_each_of_its_options_is_documented(command: str) -> None:
    text = section(command)
    assert f"$ holotype {command}" in text, "there is no example"
    for parameter in COMMANDS[command].params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in text, f"{option} is not explained"


def test_no_command_or_option_is_documented_that_is_not_there() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    assert set(re.findall(r"^## holotype (\w+)$", text, re.MULTILINE)) == set(COMMANDS)
    for command, group in COMMANDS.items():
        known = {option for parameter in group.params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<![\w-])--[a-z-]+", section(command))) <= known


def test_the_exit_codes_are_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "1", "2", "130"]


# ---------------------------------------------------------------------------------- links and names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_clauses_that_the_code_cites_are_in_the_specification() -> None:
    clauses = set(re.findall(r"^\*\*(\d+\.\d+) ", (ROOT / "SPEC.md").read_text(), re.MULTILINE))
    cited: set[str] = set()
    for file in [*ROOT.glob("src/**/*.py"), *ROOT.glob("attacks/*.py")]:
        text = file.read_text()
        cited |= set(re.findall(r"clause=\"(\d+\.\d+)\"", text))
        cited |= set(re.findall(r"SPEC (\d+\.\d+)", text))
        cited |= set(re.findall(r"Error, \"(\d+\.\d+)\"", text))
    assert cited - clauses == set()
    assert len(cited) > 20


def test_the_guide_names_the_errors() -> None:
    text = (ROOT / "docs" / "guide.md").read_text()
    named = set(re.findall(r"`(\w+Error)`", text))
    assert named <= set(errors.__all__) | {"OSError"}
    assert {"FormatError", "DigestError", "UntrustedError", "UnsupportedError"} <= named
