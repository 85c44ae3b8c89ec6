"""Small graphs of functions, closures, classes and objects: saved, opened, and saved again."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import holotype
from holotype.errors import UnsupportedError

NAME = "holotype_generated"
_numbers = itertools.count()

# Each makes one more part of the module: its text, given the names that are there already.
NUMBER = st.integers(-9, 9)


def constant(name: str, other: str, number: int) -> str:
    return f"{name} = [{number}, 'text']\n"


def function(name: str, other: str, number: int) -> str:
    return f"def {name}(x, y={number}, *, k=1):\n    return [x + y, k, name_of({other})]\n"


def closure(name: str, other: str, number: int) -> str:
    return (
        f"def make_{name}():\n    count = {number}\n"
        "    def inner(x):\n        nonlocal count\n        count += x\n"
        f"        return [count, name_of({other})]\n    return inner\n{name} = make_{name}()\n"
    )


def pair(name: str, other: str, number: int) -> str:
    return (
        f"def make_{name}():\n    total = [{number}]\n"
        "    return [lambda x: total.append(x) or list(total), lambda x: len(total) + x]\n"
        f"{name} = make_{name}()\n"
    )


def class_(name: str, other: str, number: int) -> str:
    return (
        f"class Class{name}:\n    limit = {number}\n"
        "    def __init__(self, x):\n        self.x = x\n"
        f"    def get(self, x):\n        return [self.x, x, self.limit, name_of({other})]\n"
        f"    @classmethod\n    def of(cls, x):\n        return [cls.limit, x]\n"
        f"{name} = Class{name}({other})\n"
    )


def derived(name: str, other: str, number: int) -> str:
    return (
        f"class Base{name}:\n    def get(self, x):\n        return [x + {number}]\n"
        f"class Class{name}(Base{name}):\n"
        "    def get(self, x):\n        return [*super().get(x), len(vars(self))]\n"
        f"{name} = Class{name}()\n{name}.own = {name}\nClass{name}.one = {name}\n"
    )


def bound(name: str, other: str, number: int) -> str:
    return class_(f"{name}_", other, number) + f"{name} = [{name}_.get, {name}_.of, {name}_]\n"


def partial(name: str, other: str, number: int) -> str:
    return (
        f"def base_{name}(a, x):\n    return [name_of(a), x, {number}]\n"
        f"{name} = functools.partial(base_{name}, {other})\n"
    )


def recursive(name: str, other: str, number: int) -> str:
    return (
        f"def {name}(x):\n    return [{number}] if x < 1 else back_{name}(x - 1)\n"
        f"def back_{name}(x):\n    return [x, *{name}(x - 1)]\n"
        f"{name}.note = {other}\n"
    )


PARTS: list[Callable[[str, str, int], str]] = [
    constant,
    function,
    closure,
    pair,
    class_,
    derived,
    bound,
    partial,
    recursive,
]
HEAD = """import functools

def name_of(value):
    return type(value).__name__

p0 = [0]
"""


@st.composite
def modules(draw: st.DrawFn) -> tuple[str, str]:
    """The text of a module, and the expression of the model in it."""
    text, names = HEAD, ["p0"]
    for index in range(draw(st.integers(1, 6))):
        part, other = draw(st.sampled_from(PARTS)), draw(st.sampled_from(names))
        names.append(f"p{index + 1}")
        text += part(names[-1], other, draw(NUMBER))
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5))
    if draw(st.booleans()):
        text += f"p0.append({names[-1]})\n"  # which may lead back
    return text, f"[{', '.join(chosen)}]"


def module_of(text: str, folder: str) -> Any:
    path = Path(folder, f"{NAME}_{next(_numbers)}.py")
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    return module


PLAIN = (int, str, bool, type(None))
SHARED = (list, types.FunctionType, functools.partial, type)


def shape(model: Any) -> list[Any]:
    """All that can be reached, in one order; what was met before as the number of that."""
    met: dict[int, int] = {}
    found: list[Any] = []
    waiting = [model]
    while waiting:
        each = waiting.pop()
        if isinstance(each, PLAIN):
            found.append(each)
            continue
        if isinstance(each, types.MethodType):
            found.append(each.__name__)
            waiting.append(each.__self__)
            continue
        if id(each) in met:
            found.append((met[id(each)],))
            continue
        met[id(each)] = len(met)
        found.append(type(each).__name__)
        waiting.extend(reversed(list(inside(each))))
    return found


def inside(each: Any) -> Any:
    if isinstance(each, list | tuple):
        return each
    if isinstance(each, functools.partial):
        return [each.func, *each.args]
    if isinstance(each, types.FunctionType):
        cells = [cell.cell_contents for cell in each.__closure__ or ()]
        named = [each.__globals__[n] for n in each.__code__.co_names if n in each.__globals__]
        return [each.__qualname__, *cells, *named, *(each.__defaults__ or ()), *vars(each).values()]
    if isinstance(each, type):
        kept = {n: v for n, v in vars(each).items() if not n.startswith("__")}
        return [
            each.__qualname__,
            *(kept[name] for name in sorted(kept) if name in ("limit", "one")),
        ]
    if isinstance(each, types.CellType | types.ModuleType):
        return [each.__class__.__name__]
    return [type(each), *(vars(each)[name] for name in sorted(vars(each)))]


def answers(model: Any) -> list[Any]:
    """What it says to some questions, asked in one order."""
    found: list[Any] = []
    for each in model:
        for part in each if isinstance(each, list) else [each]:
            ask = getattr(part, "get", part)
            if callable(ask) and not isinstance(ask, type):
                found.extend(shape(ask(x)) for x in (1, 3))
    return found


def saved(model: Any) -> bytes:
    try:
        return holotype.dumps(model, embed=[NAME])
    except UnsupportedError as error:  # a list that a partial is made of, and that holds it
        assume("stands in its own arguments" not in error.problem)
        raise


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(modules())
def test_what_is_opened_is_what_was_saved(made: tuple[str, str]) -> None:
    text, expression = made
    with tempfile.TemporaryDirectory() as folder:
        try:
            model = eval(expression, vars(module_of(text, folder)))
            data = saved(model)
            written, before = holotype.show(data), shape(model)
            said = answers(model)  # which may change it
        finally:
            sys.modules.pop(NAME, None)
    # From here on there is no such module, nor its file.
    trust = [need.argument for need in written.needs]
    back = holotype.loads(data, trust=trust)
    assert shape(back) == before
    again = saved(back)
    assert holotype.show(again).blueprint == written.blueprint
    assert holotype.show(again).fingerprint == written.fingerprint
    assert answers(back) == said
    assert [need.argument for need in holotype.show(again).needs] == trust
