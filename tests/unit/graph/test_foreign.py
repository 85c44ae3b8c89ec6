"""Classes and functions by the name under which they are installed, and objects by their parts."""

from __future__ import annotations

import copyreg
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from holotype.errors import MissingLibraryError, UnsupportedError
from holotype.graph.foreign import (
    foreign_entry,
    foreign_key,
    is_foreign_key,
    member_of,
    method_of,
    resolve_foreign,
    set_state,
    take_apart,
    words_of,
)

MODULE = """
    import os
    from collections import OrderedDict

    class Thing:
        class Inner:
            pass
        @staticmethod
        def loose():
            return 1
        value = 3

    def function():
        return 2

    renamed = function
    NUMBER = 4
"""
NAME = "holotype_foreign_module"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that writes a module and makes it importable; it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> str:
        (tmp_path / f"{NAME}.py").write_text(textwrap.dedent(text))
        return NAME

    yield write
    sys.modules.pop(NAME, None)


# -- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a:b", "a.b:c.d", "numpy.linalg:norm", "ä:ö"])
def test_a_key_is_a_module_and_a_name(key: str) -> None:
    assert is_foreign_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *("", "a", "a.b", ":", "a:", ":b", "a:b:c", "a..b:c", "a:b.", "a b:c", "a:b()", "1:b"),
        *("a.if:b", "a:class", "os:system", "os.path:join", "builtins:eval", "__main__:f"),
    ],
)
def test_other_texts_are_no_keys(key: str) -> None:
    assert not is_foreign_key(key)


def test_only_what_is_found_again_has_a_key(installed: Any) -> None:
    installed(MODULE)
    module: Any = __import__(NAME)
    assert foreign_key(module.Thing) == f"{NAME}:Thing"
    assert foreign_key(module.Thing.Inner) == f"{NAME}:Thing.Inner"
    assert foreign_key(module.Thing.loose) == f"{NAME}:Thing.loose"
    assert foreign_key(module.renamed) == f"{NAME}:function"
    assert foreign_key(module.OrderedDict) is None  # of the standard library
    assert foreign_key(4) is None
    old, module.function = module.function, lambda: 3
    assert foreign_key(old) is None  # something else has that name now
    module.Thing.__qualname__ = "Other"
    assert foreign_key(module.Thing) is None


def test_looking_for_a_key_imports_nothing(installed: Any) -> None:
    installed("raise RuntimeError('imported')")
    cls = type("Lost", (), {"__module__": NAME})
    assert foreign_key(cls) is None
    assert NAME not in sys.modules


def test_what_a_module_defines_is_found(installed: Any) -> None:
    installed(MODULE)
    assert resolve_foreign(f"{NAME}:function")() == 2
    assert resolve_foreign(f"{NAME}:Thing.loose")() == 1
    assert resolve_foreign(f"{NAME}:Thing.Inner").__name__ == "Inner"


@pytest.mark.parametrize(
    "name", ["absent", "os", "OrderedDict", "renamed", "NUMBER", "Thing.value", "NUMBER.real"]
)
def test_what_a_module_does_not_define_is_not(installed: Any, name: str) -> None:
    installed(MODULE)
    with pytest.raises(MissingLibraryError, match="defines no class or function"):
        resolve_foreign(f"{NAME}:{name}")


@pytest.mark.parametrize(
    "text",
    ["1 / 0", "raise SystemExit(3)", "import absent_for_holotype", "def", "raise GeneratorExit"],
)
def test_a_module_that_fails_is_reported(installed: Any, text: str) -> None:
    installed(text)
    with pytest.raises(MissingLibraryError, match="cannot be imported"):
        resolve_foreign(f"{NAME}:f")


def test_the_user_may_interrupt_an_import(installed: Any) -> None:
    installed("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        resolve_foreign(f"{NAME}:f")


def test_an_error_whose_words_fail_is_named() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert words_of(MuteError()) == "MuteError"
    assert words_of(KeyError("a")) == "KeyError: 'a'"


def test_entries_are_of_the_ways_in_which_objects_are_made() -> None:
    assert foreign_entry("a:b", "name").kind == "name"
    assert foreign_entry("a:b", "object").kind == "object"
    call, new = foreign_entry("a:b", "call", "items"), foreign_entry("a:b", "new")
    assert (call.kind, call.build, call.takes, call.foreign) == ("call", None, "items", True)
    assert new.build is not None
    assert new.build(tuple, [[1, 2]]) == (1, 2)
    assert foreign_entry("a:b", "call", "items") is call


# -- states and methods --------------------------------------------------------------------------


class Plain:
    pass


class Slotted:
    __slots__ = ("__dict__", "a")


class Own:
    def __setstate__(self, state: Any) -> None:
        self.got = state


def test_states_are_set_as_pickle_sets_them() -> None:
    own, plain, slotted = Own(), Plain(), Slotted()
    set_state(own, 3)
    assert own.got == 3
    set_state(plain, {"x": 1})
    assert vars(plain) == {"x": 1}
    set_state(slotted, ({"b": 2}, {"a": 1}))
    assert (slotted.a, vars(slotted)) == (1, {"b": 2})
    set_state(slotted, (None, {"a": 5}))
    assert slotted.a == 5
    set_state(plain, {})
    assert vars(plain) == {"x": 1}


class Base:
    value = 3

    class Inner:
        pass

    def plain(self) -> Any:
        return self

    @classmethod
    def of_class(cls) -> Any:
        return cls

    @staticmethod
    def static() -> int:
        return 1


class Derived(Base):
    def own(self) -> Any:
        return self


def test_a_member_is_what_the_class_itself_holds() -> None:
    assert member_of(Base, "plain") is Base.plain
    assert member_of(Base, "static") is Base.static
    assert member_of(Base, "of_class") is Base.of_class.__func__  # type: ignore[attr-defined]
    assert member_of(Base, "Inner") is Base.Inner
    for owner, name in ((Base, "value"), (Base, "absent"), (Derived, "plain"), (Base(), "plain")):
        assert member_of(owner, name) is None
    assert member_of(Base, "__dict__") is None


def test_a_method_is_bound_to_its_owner() -> None:
    obj = Derived()
    assert method_of(obj, "plain")() is obj
    assert method_of(obj, "own")() is obj
    assert method_of(obj, "of_class")() is Derived
    assert method_of(Derived, "of_class")() is Derived
    for owner, name in ((obj, "static"), (obj, "value"), (obj, "absent"), (obj, "__init__")):
        assert method_of(owner, name) is None


# -- taking apart --------------------------------------------------------------------------------


def reducing(result: Any) -> Any:
    class Odd:
        def __reduce_ex__(self, protocol: Any) -> Any:
            if isinstance(result, Exception):
                raise result
            return result

    return Odd()


NEW, NEW_EX = copyreg.__newobj__, copyreg.__newobj_ex__  # type: ignore[attr-defined]


def test_attributes_alone_are_an_object() -> None:
    plain = Plain()
    assert take_apart(plain)[:2] == ("object", Plain)
    plain.x = 1  # type: ignore[attr-defined]
    how, maker, reduced = take_apart(plain)
    assert (how, maker, reduced.state) == ("object", Plain, {"x": 1})


@pytest.mark.parametrize("name", ["__private", "own", "\ud800"])
def test_attributes_that_are_not_data_are_a_state(name: str) -> None:
    obj = Derived()
    vars(obj)[name] = 1
    assert take_apart(obj).how == "new"


def test_what_says_more_is_made_by_new_or_a_call() -> None:
    slotted = Slotted()
    slotted.a = 1
    assert take_apart(slotted) == ("new", Slotted, ((), (None, {"a": 1}), None, None))
    assert take_apart(reducing((NEW_EX, (Plain, (1, 2), {}), None))) == (
        "new",
        Plain,
        ((1, 2), None, None, None),
    )
    assert take_apart(reducing((NEW_EX, (Plain, (), {"a": 1})))).maker is NEW_EX
    assert take_apart(reducing((Plain, [1], None, iter([2]), iter([])))) == (
        "call",
        Plain,
        ((1,), None, [2], None),
    )


def test_a_registered_reduction_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, Plain, lambda obj: (Plain, (7,)))
    assert take_apart(Plain()) == ("call", Plain, ((7,), None, None, None))


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (ZeroDivisionError("no"), "cannot be taken apart: ZeroDivisionError"),
        ("name", "global name"),
        ((Plain,), "cannot be taken apart"),
        ((Plain, (), 1, 2, 3, 4, 5), "cannot be taken apart"),
        ((Plain, None), "cannot be taken apart"),
        ((NEW, ()), "cannot be taken apart"),
        ((NEW_EX, (Plain, ())), "cannot be taken apart"),
        ((Plain, (), None, 3), "cannot be taken apart"),
        ((Plain, (), None, None, None, print), "a function of its own"),
        ((Plain, (), None, iter([1]), iter([(1, 2)])), "a list and a dict at once"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(result: Any, problem: str) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        take_apart(reducing(result))


def test_a_module_without_names_has_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holotype_empty", ModuleType("holotype_empty"))
    cls = type("Lost", (), {"__module__": "holotype_empty"})
    assert foreign_key(cls) is None
