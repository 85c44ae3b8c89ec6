"""What the table does not know is written by name, as source, or as pickle; and comes back."""

from __future__ import annotations

import builtins
import collections
import copy
import functools
import json
import os.path
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import fresh

import holotype
from holotype.errors import UnsupportedError

HERE = [__name__]


def show(obj: Any, **options: Any) -> holotype.Archive:
    return holotype.show(holotype.dumps(obj, **{"embed": HERE, **options}))


def opened(data: bytes) -> Any:
    return holotype.loads(data, trust=[need.argument for need in holotype.show(data).needs])


def there_and_back(obj: Any, **options: Any) -> Any:
    """A copy, which is written as the same bytes again."""
    options = {"embed": HERE, **options}
    data = holotype.dumps(obj, **options)
    back = opened(data)
    again = holotype.show(holotype.dumps(back, **options))
    assert again.blueprint == holotype.show(data).blueprint
    return back


def refused(obj: Any, problem: str, **options: Any) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        holotype.dumps(obj, **{"embed": HERE, **options})


# -- cycles --------------------------------------------------------------------------------------


class Own:
    one: Any
    limit = 3

    def get(self) -> Any:
        return self.limit

    @classmethod
    def of_class(cls) -> Any:
        return cls.limit

    class Inner:
        def get(self) -> int:
            return 7


Own.one = Own()


def ping(n: int) -> int:
    return 0 if n == 0 else pong(n - 1)


def pong(n: int) -> int:
    return 1 if n == 0 else ping(n - 1)


def first(other: Any = None) -> Any:
    return other


def second(other: Any = first) -> Any:
    return other


first.__defaults__ = (second,)
LIST: list[Any] = []


def the_list() -> Any:
    return LIST


LIST.append(the_list)


def test_a_class_may_hold_an_object_of_itself() -> None:
    back = there_and_back(Own.one)
    assert type(back).one is back
    cls = there_and_back(Own)
    assert type(cls.one) is cls


def test_functions_may_call_each_other() -> None:
    back = there_and_back([ping, pong])
    assert [back[0](5), back[0](4)] == [1, 0]
    assert back[0].__globals__ is back[1].__globals__
    assert back[0].__globals__["pong"] is back[1]


def test_functions_may_be_each_others_defaults() -> None:
    back = there_and_back(first)
    assert back()() is back


def test_a_list_may_hold_a_function_that_reads_it() -> None:
    back = there_and_back(LIST)
    assert back[0]() is back


def test_an_object_may_hold_its_own_method() -> None:
    own = Own()
    own.callback = own.get  # type: ignore[attr-defined]
    back = there_and_back(own)
    assert back.callback.__self__ is back
    assert back.callback() == 3


def test_what_a_partial_calls_may_lead_back_to_it() -> None:
    def make() -> Any:
        def inner(x: Any) -> Any:
            return x, made

        made = functools.partial(inner, 1)
        return made

    back = there_and_back(make())
    assert back()[1] is back
    own = Own()
    own.partial = functools.partial(own.get)  # type: ignore[attr-defined]
    held = there_and_back(own.partial)  # type: ignore[attr-defined]
    assert held.func.__self__.partial is held


def test_a_tuple_may_hold_a_function_that_closes_over_it() -> None:
    def make() -> Any:
        def inner() -> Any:
            return made

        made = (inner, [1])
        return made

    back = there_and_back(make())
    assert back[0]() is back


class Given:
    def __new__(cls, *given: Any) -> Any:
        return object.__new__(cls)

    def __getnewargs__(self) -> Any:
        return (self.inner,)


def test_an_object_does_not_stand_in_its_own_arguments() -> None:
    given: Any = Given()
    given.inner = [given]
    refused(given, "stands in its own arguments")
    given.inner = [1]
    assert there_and_back(given).inner == [1]


# -- what belongs together -----------------------------------------------------------------------

BYTES = b"x" * 5000
FROZEN = frozenset(range(100))
SEEN: list[int] = []


def with_bytes() -> Any:
    return BYTES, FROZEN


def with_bytes_too() -> Any:
    return len(BYTES), FROZEN


def counting(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        SEEN.append(1)
        return function(*args)

    return wrapper


def seen() -> Any:
    return SEEN


def test_values_without_identity_are_bound_in_one_space() -> None:
    one, two = there_and_back([with_bytes, with_bytes_too])
    assert one() == (BYTES, FROZEN)
    assert two() == (5000, FROZEN)


def test_a_copied_label_does_not_part_functions_from_their_module() -> None:
    def labelled(x: int) -> int:
        return x + 1

    labelled.__module__ = "elsewhere"
    wrapped = counting(labelled)
    assert wrapped.__module__ == "elsewhere"
    back, others = there_and_back([wrapped, seen], embed=[*HERE, "elsewhere"])
    assert (back(1), others(), back.__module__) == (2, [1], "elsewhere")
    assert back.__globals__ is others.__globals__
    assert back.__globals__["__name__"] == __name__


def test_members_are_found_in_their_class() -> None:
    method, inner, own, cls = there_and_back([Own.of_class, Own.Inner().get, Own.Inner, Own])
    assert [method(), inner(), type(inner.__self__) is own] == [3, 7, True]
    assert [method.__self__, own] == [cls, cls.Inner]
    back = opened(holotype.dumps([Own.get, Own], embed=HERE))
    assert back[0] is back[1].get


def test_what_copying_leaves_on_a_class_is_not_its_contents() -> None:
    class Fresh:
        pass

    before = show(Fresh).blueprint
    copy.copy(Fresh())
    assert "__slotnames__" in vars(Fresh)
    assert show(Fresh).blueprint == before


def test_cells_are_variables_of_code() -> None:
    def outer() -> Any:
        value = [1]
        return lambda: value

    inner = outer()
    assert there_and_back([inner, inner.__closure__])[0]() == [1]
    refused(inner.__closure__, "a closure variable stands by itself")


def test_methods_keep_what_was_set_on_them() -> None:
    class Local:
        def get(self, x: int = 1, *, y: int = 2) -> int:
            return x + y

        def also(self) -> int:
            return 1

        def plain(self, x: int = 1) -> int:
            return x

    Local.get.__defaults__ = (5,)
    Local.get.__kwdefaults__ = {"y": 7}
    Local.also.note = "n"  # type: ignore[attr-defined]
    back = there_and_back(Local())
    assert (back.get(), back.also.note, back.plain()) == (12, "n", 1)


def test_functions_keep_what_was_set_on_them() -> None:
    def function(x: int = 1, *, y: int = 2) -> int:
        return x + y

    function.note = [1]  # type: ignore[attr-defined]
    back = there_and_back(function)
    assert (back(), back(2, y=3), back.note) == (3, 5, [1])
    assert back.__annotations__ == {"x": "int", "y": "int", "return": "int"}


def test_annotations_are_kept_as_far_as_the_table_knows_them() -> None:
    def function(x, y):  # type: ignore[no-untyped-def]
        return x, y

    function.__annotations__ = {"x": Own, "y": object(), "return": int}
    assert there_and_back(function).__annotations__ == {
        "x": f"{__name__}.Own",
        "y": "builtins.object",
        "return": int,
    }


def test_how_annotations_were_compiled_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "holotype_eager.py").write_text("def f(x: int) -> int:\n    return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    function = __import__("holotype_eager").f
    monkeypatch.delitem(sys.modules, "holotype_eager")
    back = there_and_back(function)
    assert back.__annotations__ == {"x": int, "return": int}
    assert "text_annotations" not in show(function).blueprint["root"]
    assert show(ping).blueprint["shared"][0]["text_annotations"] is True


def test_modules_are_named_where_code_names_them() -> None:
    def function(x: float) -> Any:
        return np.sqrt(x), os.path.sep

    assert there_and_back(function)(4.0) == (2.0, os.path.sep)

    def deeper(x: Any) -> Any:
        return np.linalg.norm(x)

    assert show(deeper).blueprint["root"]["submodules"] == ["numpy.linalg"]
    assert there_and_back(deeper)([3.0, 4.0]) == 5.0

    def closing() -> Any:
        module = np
        return lambda x: [module.sqrt(x)]

    assert there_and_back(closing())(4.0) == [2.0]
    refused([np], "the module numpy stands where no code names it")


def test_modules_that_no_reader_would_find_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Any = types.ModuleType("holotype_made")

    def function() -> Any:
        return made

    refused(function, "holotype_made is not found by its name")
    made = sys.modules["__main__"]
    refused(function, "__main__ is not found by its name")
    made = types.ModuleType("no name")
    monkeypatch.setitem(sys.modules, "no name", made)
    refused(function, "is not found by its name")


# -- refusals ------------------------------------------------------------------------------------


def test_names_that_are_no_text_are_refused() -> None:
    def function() -> None:
        pass

    vars(function)["\ud800"] = 1
    refused(function, "is not text")
    vars(function).clear()
    function.__name__ = "\ud800"
    refused(function, "is not text")


def test_what_is_made_by_others_is_refused() -> None:
    refused([1].append, "not in the table")
    refused(np.random.default_rng(0).normal, "not in the table")
    refused(collections.OrderedDict(a=1).popitem, "not in the table")

    class Local:
        def __reduce__(self) -> Any:
            return builtins.list, ([1],)

    refused(Local(), "is made by something that is not its own")


def test_methods_of_the_table_have_no_name() -> None:
    from sklearn.linear_model import LogisticRegression

    refused(LogisticRegression().fit, "not in the table")
    own = Own()
    refused(types.MethodType(ping, own), "not in the table")


def test_a_class_that_is_not_to_be_found_has_no_source() -> None:
    space: dict[str, Any] = {"__name__": "nowhere_for_holotype"}
    exec("class Lost: pass", space)
    refused(space["Lost"], "source .* is not to be had.*max_level='opaque'")
    refused(space["Lost"](), "max_level='opaque'")


@pytest.mark.parametrize("level", ["data", "named"])
def test_no_more_trust_is_asked_for_than_is_allowed(level: str) -> None:
    refused([Own()], "asks for the trust level code.*max_level='code'", max_level=level)


# -- as pickle -----------------------------------------------------------------------------------


def test_pickle_bytes_say_what_they_are() -> None:
    space: dict[str, Any] = {}
    exec("def lost(x):\n    return x + 40\nclass Lost:\n    x = 1\n", space)
    archive = show([space["lost"], space["Lost"]], max_level="opaque")
    function, cls = archive.blueprint["root"]["list"]
    assert function["what"] == "builtins.function"
    assert cls["what"] == "builtins.Lost"
    assert function["tool"].startswith("cloudpickle ")
    assert archive.level == "opaque"
    back = opened(holotype.dumps([space["lost"], space["Lost"]], max_level="opaque"))
    assert (back[0](2), back[1].x) == (42, 1)


def test_what_not_even_pickle_holds_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w") as file:
        refused([file], "not even cloudpickle can store it", max_level="opaque")


def test_pickle_bytes_need_cloudpickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    space: dict[str, Any] = {}
    exec("def lost(x):\n    return x\n", space)
    refused(space["lost"], "pip install cloudpickle", max_level="opaque")


# -- the same everywhere -------------------------------------------------------------------------

SCRIPT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("case", sys.argv[1])
case = sys.modules["case"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(case)
import holotype
print(holotype.show(holotype.dumps(case.model, embed=["case"])).fingerprint)
"""

CASE = """
import functools
NAMES = {"a", "b", "c"}
class Base:
    table = {"x": 1, "y": 2}
    def look(self, name): return name in NAMES, self.table
class Model(Base):
    def __init__(self):
        self.parts = [self.look, functools.partial(helper, y=NAMES), Base]
def helper(x, *, y): return x, y, NAMES, Base
Model.one = Model()
model = [Model(), Model.one, helper, {"f": lambda x: helper(x, y=NAMES)}]
"""


def test_the_blueprint_is_the_same_in_every_process(tmp_path: Path) -> None:
    file = tmp_path / "case.py"
    file.write_text(CASE)
    seeds = ("0", "1", "12345")
    found = {fresh.run(SCRIPT, str(file), PYTHONHASHSEED=seed).stdout for seed in seeds}
    assert len(found) == 1
    assert json.dumps(found.pop()).startswith('"sha256:')
