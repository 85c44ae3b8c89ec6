"""The command line in this process: what it prints, and the code that it exits with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from holotype.cli import main


class Result(NamedTuple):
    """What a command gave back."""

    code: int | str | None
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``holotype`` with these arguments, as the program does."""

    def invoke(*arguments: Any) -> Result:
        monkeypatch.setattr(sys, "argv", ["holotype", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Result(ended.value.code or 0, said.out, said.err)

    return invoke
