"""Every case of the table, in another process that cannot import it, and again from there."""

from __future__ import annotations

import linecache
import re
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from tests import fresh
from tests.unit.code.cases import CASES, ask, load
from tests.unit.code.transport import HOME, receive, send

from holotype.code.build import build
from holotype.code.capture import capture
from holotype.code.definition import digest

CHILD = "from tests.unit.code.transport import main; main()"


def without_addresses(text: str) -> str:
    return re.sub("0x[0-9a-f]+", "0x", text)


def model_of(name: str, folder: Path) -> Any:
    case = CASES[name]
    return eval(case.model, vars(load(case.text, folder)))


def test_every_case_answers_the_same_in_a_process_without_its_module(tmp_path):
    wanted, lines = {}, []
    for name in CASES:
        model = model_of(name, tmp_path / name)
        (tmp_path / name / "sent").write_bytes(send(model, HOME))
        lines.append(f"{name} {tmp_path / name / 'sent'}\n")
        wanted[name] = without_addresses(repr(ask(name, model)))
    (tmp_path / "lines").write_text("".join(lines))
    done = fresh.run(CHILD, str(tmp_path / "lines"))
    answers = {}
    for line in without_addresses(done.stdout).splitlines():
        name, *both = line.split("\t")
        answers[name] = both
    assert answers == {name: [answer, answer] for name, answer in wanted.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_was_built_is_captured_again_as_the_same_definition(name, tmp_path):
    model = model_of(name, tmp_path)
    for obj in model if isinstance(model, tuple | list) else [model]:
        known = obj if isinstance(obj, FunctionType | type) else type(obj)
        if known.__module__ != "case":
            continue
        once = capture(known)
        made = build(once)
        twice = capture(made)
        assert twice.definition == once.definition
        assert digest(twice) == digest(once)
        assert twice.globals.keys() == once.globals.keys()
        assert twice.cells.keys() == once.cells.keys()
        assert twice.attributes.keys() == once.attributes.keys()
        assert (twice.defaults, twice.kwdefaults) == (once.defaults, once.kwdefaults)
        assert twice.annotations == once.annotations
        assert twice.eager == once.eager


def test_a_file_that_changed_since_is_noticed(tmp_path):
    module = load("k = 2\n\n\ndef f(x):\n    return x + k\n", tmp_path)
    assert capture(module.f).source == "def f(x):\n    return x + k"
    path = Path(module.f.__code__.co_filename)
    path.write_text("k = 2\n\n\ndef f(x):\n    return x - k\n")
    with pytest.raises(Exception, match="not what it was made from"):
        capture(module.f)
    path.write_text("# moved down\n\nk = 2\n\n\ndef f(x):\n    return x + k\n")
    assert capture(module.f).source == "def f(x):\n    return x + k"


def test_tracebacks_and_inspect_show_the_source_of_what_was_built(tmp_path):
    import inspect
    import traceback

    module = load("def make(d):\n    def f(x):\n        return x / d\n    return f\n", tmp_path)
    built = receive(send(module.make(0), HOME))
    assert inspect.getsource(built) == "def f(x):\n    return x / d\n"
    with pytest.raises(ZeroDivisionError) as caught:
        built(1)
    assert "return x / d" in "".join(traceback.format_tb(caught.tb))
    linecache.checkcache()
    assert inspect.getsource(built) == "def f(x):\n    return x / d\n"
