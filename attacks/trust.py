"""Code, names of packages and pickles: what asks for trust, and what hides that it does."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from attacks.forge import array, reseal
from attacks.forge import blueprint as whole
from attacks.objects import node
from attacks.registry import attack, untrusted
from holotype.errors import BlueprintError, InvalidStateError, UntrustedError

PAYLOAD = b"cos\nsystem\n(S'echo owned'\ntR."


def code(source: str, **more: Any) -> dict[str, Any]:
    """The node of a function that captured nothing."""
    name = "<lambda>" if source.startswith("lambda") else "f"
    return {
        "code": source,
        "kind": "function",
        "name": name,
        "qualname": name,
        "module": "m",
        "scope": name,
        "space": 0,
        "cells": {},
        "globals": {},
        **more,
    }


def opaque(data: bytes) -> dict[str, Any]:
    """Pickle bytes, in an array where they are many."""
    import base64

    return {
        "opaque": {"bytes": base64.b64encode(data).decode()},
        "python": "3.11",
        "tool": "cloudpickle 3.1.1",
        "what": "builtins.function",
    }


# ------------------------------------------------------------------------- sound, and not allowed


@untrusted
def pickle_bytes() -> bytes:
    """An opaque island that runs a command when it is unpickled."""
    return node(opaque(PAYLOAD))


@untrusted
def many_pickle_bytes() -> bytes:
    """The same, among many bytes, in an array."""
    data = PAYLOAD + pickle.dumps(bytes(100))
    island = {**opaque(b""), "opaque": {"bytes": array("p", np.frombuffer(data, np.uint8))}}
    return reseal(whole(island), {"p": np.frombuffer(data, np.uint8)})


@untrusted
def function_as_source() -> bytes:
    """A function that runs a command when it is called."""
    source = "def f(x):\n    return os.system('echo owned')\n"
    return node(code(source, globals={"os": {"module": "os"}}))


@untrusted
def class_as_source() -> bytes:
    """A class whose body runs a command when it is made."""
    source = "class A:\n    x = __import__('os').system('echo owned')\n"
    return node(code(source, kind="class", name="A", qualname="A", scope="A"))


@untrusted
def object_of_a_class_as_source() -> bytes:
    """The same, behind an object of the class, as a step of a pipeline."""
    source = "class A:\n    x = __import__('os').system('echo owned')\n"
    cls = code(source, kind="class", name="A", qualname="A", scope="A")
    step = {"instance": cls, "how": "object"}
    steps = {"list": [{"tuple": ["step", step]}]}
    return node({"object": "sklearn.pipeline.Pipeline", "state": {"steps": steps}})


@untrusted
def default_value_that_runs() -> bytes:
    """A default that a loader would evaluate when it executes the source."""
    return node(code("def f(x=__import__('os').system('echo owned')):\n    return x\n"))


@untrusted
def decorator_in_a_lambda() -> bytes:
    """A lambda inside which another is called at once."""
    return node(code("lambda x: (lambda: __import__('os').system('echo owned'))()"))


@untrusted
def class_of_an_installed_package() -> bytes:
    """A class by name, of a package that may be installed: its import would run code."""
    return node({"object": "antigravity_for_holotype:Fly", "state": {}})


@untrusted
def function_that_is_called_by_name() -> bytes:
    """A call of a function of an installed package: joblib unpickles."""
    return node({"call": "joblib.numpy_pickle:load", "args": ["model.pkl"]})


@untrusted
def method_of_an_installed_class() -> bytes:
    """A method by its name, in a class of an installed package."""
    return node({"name": "numpy.lib._npyio_impl:NpzFile.__getitem__"})


@untrusted
def setstate_of_an_installed_class() -> bytes:
    """A state for a class of a package, which its own method would take."""
    return node({"new": "joblib.memory:Memory", "args": [], "state": {"dict": []}})


# ---------------------------------------------------------------------- what trust is not asked for


@attack(UntrustedError)
def standard_library() -> bytes:
    """``os.system`` in the form of an installed package's function: nobody can allow it."""
    return node({"call": "os:system", "args": ["echo owned"]})


@attack(BlueprintError)
def tree_round_the_table() -> bytes:
    """A decision tree by the name of its module, so that nobody would check its nodes."""
    return node({"call": "sklearn.tree._tree:Tree", "args": [1, 1, 1]})


@attack(UntrustedError)
def builtins_as_a_package() -> bytes:
    """``eval`` by the name of its module."""
    return node({"call": "builtins:eval", "args": ["1"]})


@attack(UntrustedError)
def key_with_a_keyword() -> bytes:
    """A key that is no path of names."""
    return node({"name": "numpy.lambda:x"})


@attack(UntrustedError)
def key_with_a_call() -> bytes:
    """A key with more than names in it."""
    return node({"name": "numpy:load('x')"})


# -------------------------------------------------------------------------------- forms and claims


@attack(BlueprintError)
def module_as_a_value() -> bytes:
    """A module where no name of any code stands: a loader would import it as data."""
    return node({"list": [{"module": "antigravity"}]})


@attack(InvalidStateError)
def names_that_the_source_does_not_read() -> bytes:
    """Globals that shadow builtins for code that never names them."""
    return node(code("def f(x):\n    return x\n", globals={"print": {"module": "os"}}))


@attack(InvalidStateError)
def builtins_replaced() -> bytes:
    """The builtins of the function as one of its globals."""
    return node(code("def f(x):\n    return len(x)\n", globals={"__builtins__": {"dict": []}}))


@attack(InvalidStateError)
def cells_that_the_source_does_not_have() -> bytes:
    """A closure variable that nothing closes over."""
    return node(code("def f(x):\n    return x\n", cells={"y": {"cell": [1]}}))


@attack(InvalidStateError)
def two_statements() -> bytes:
    """A definition, and something that runs beside it."""
    return node(code("def f(x):\n    return x\nimport os; os.system('echo owned')\n"))


@attack(InvalidStateError)
def statement_that_is_no_definition() -> bytes:
    """Source that is not a definition at all."""
    return node(code("__import__('os').system('echo owned')"))


@attack(InvalidStateError)
def source_that_is_no_python() -> bytes:
    """Source that does not parse."""
    return node(code("def f(x) return x"))


@attack(InvalidStateError)
def source_with_a_nul() -> bytes:
    """Source with a byte that ends it for some."""
    return node(code("def f(x):\n    return x\n\0import os"))


@attack(InvalidStateError)
def brackets_without_end() -> bytes:
    """Source that nests deep enough to end a parser."""
    return node(code("lambda: " + "(" * 50_000 + ")" * 50_000))


@attack(InvalidStateError)
def operators_without_end() -> bytes:
    """Source whose tree is as deep as it is long."""
    return node(code("lambda: " + "-" * 200_000 + "1"))


@attack(InvalidStateError)
def attributes_without_end() -> bytes:
    """A chain of attributes, which makes a deep tree of a flat text."""
    return node(code("lambda x: x" + ".a" * 200_000))


@attack(BlueprintError)
def one_space_two_meanings() -> bytes:
    """Two functions share their names, and the second changes what a name of the first means."""
    first = code("def f(x):\n    return g(x)\n", globals={"g": {"name": "numpy.log1p"}})
    second = code("def h(x):\n    return g(x)\n", globals={"g": {"module": "os"}})
    return node({"list": [first, {**second, "name": "h", "qualname": "h", "scope": "h"}]})


@attack(BlueprintError)
def function_in_its_own_default_cell() -> bytes:
    """A closure variable that is no cell."""
    return node(code("def f(x):\n    return y\n", cells={"y": 3}))


@attack(BlueprintError)
def class_that_needs_itself() -> bytes:
    """A class whose statement reads the class."""
    source = "class A(B):\n    pass\n"
    cls = code(source, kind="class", name="A", qualname="A", scope="A", globals={"B": {"ref": 0}})
    return node({"ref": 0}, cls)


@attack(BlueprintError)
def bound_to_itself() -> bytes:
    """A method of the method that it is."""
    return node({"ref": 0}, {"bound": "x", "self": {"ref": 0}})


@attack(BlueprintError)
def members_without_end() -> bytes:
    """A chain of members, to end the stack of whoever follows it."""
    chain = [{"member": "x", "of": {"ref": i + 1}} for i in range(5000)]
    source = "def f():\n    return g\n"
    return node(code(source, globals={"g": {"ref": 0}}), *chain, code("lambda: 1", space=1))


@attack(BlueprintError)
def pickle_that_is_no_bytes() -> bytes:
    """An opaque island whose content is text."""
    return node({**opaque(b""), "opaque": "cos\nsystem\n"})


@attack(BlueprintError)
def level_in_the_file() -> bytes:
    """A blueprint that says what its level is."""
    return node({**opaque(PAYLOAD), "level": "data"})


@attack(BlueprintError)
def method_that_is_no_name() -> bytes:
    """A member by a path."""
    return node({"member": "__init__.__globals__", "of": code("lambda: 1")})


# --------------------------------------------------------------- forms that would not ask for trust


@attack(BlueprintError)
def module_in_a_cell() -> bytes:
    """A closure variable of nothing that holds a module: its import would not be asked for."""
    return node({"cell": [{"module": "antigravity"}]})


@attack(BlueprintError)
def module_in_a_shared_cell() -> bytes:
    """The same, as an element of the shared table, to which a list refers."""
    return node({"list": [{"ref": 0}]}, {"cell": [{"module": "antigravity"}]})


@attack(BlueprintError)
def table_as_the_class_of_an_instance() -> bytes:
    """A type of the table in the place of a class as source: its contents would go unchecked."""
    return node({"instance": {"name": "sklearn.tree.Tree"}, "how": "call", "args": [1, 1, 1]})


@attack(BlueprintError)
def function_as_the_class_of_an_instance() -> bytes:
    """A function of the table, called with what the file says."""
    return node({"instance": {"name": "numpy.log1p"}, "how": "call", "args": [1]})


@attack(BlueprintError)
def object_as_the_class_of_an_instance() -> bytes:
    """An object of the table that can be called, called."""
    partial = {"call": "functools.partial", "args": [{"name": "numpy.log1p"}, {"tuple": [1]}]}
    return node({"instance": {"ref": 0}, "how": "call", "args": []}, partial)


@attack(BlueprintError)
def member_of_a_class_of_the_table() -> bytes:
    """Whatever a class of the table holds, by a name from the file."""
    cls = {"name": "sklearn.linear_model.LogisticRegression"}
    return node({"member": "__setstate__", "of": cls})


@attack(BlueprintError)
def method_of_an_object_of_the_table() -> bytes:
    """A method by a name from the file, to be called by what holds it."""
    frame = {"object": "sklearn.linear_model.LogisticRegression", "state": {}}
    return node({"bound": "set_params", "self": frame})


@attack(BlueprintError)
def builtin_through_a_neighbour() -> bytes:
    """Code that was trusted for what ``len`` is, beside other code that gives ``len`` a meaning."""
    known = code("def f(x):\n    return len(x)\n")
    other = code("def h(x):\n    global len\n    return len\n", globals={"len": {"module": "os"}})
    return node({"list": [known, {**other, "name": "h", "qualname": "h", "scope": "h"}]})


@attack(BlueprintError)
def one_space_two_modules() -> bytes:
    """Functions of one space that say they are of two modules."""
    first, second = code("lambda: 1"), code("lambda: 2", module="other")
    return node({"list": [first, second]})


@attack(BlueprintError)
def main_as_a_module() -> bytes:
    """The program that opens the file, as a module of the code in it."""
    return node(code("def f(x):\n    return y\n", globals={"y": {"module": "__main__"}}))


@attack(BlueprintError)
def state_of_an_instance_with_underscores() -> bytes:
    """An attribute in the place of what Python itself looks up."""
    cls = code("class A:\n    pass\n", kind="class", name="A", qualname="A", scope="A")
    return node({"instance": cls, "how": "object", "state": {"__class__": 1}})


@attack(BlueprintError)
def function_that_is_no_class() -> bytes:
    """An object of a function."""
    return node({"instance": code("lambda: 1"), "how": "object"})


@attack(BlueprintError)
def closure_variable_by_reference() -> bytes:
    """A reference to something else where a closure variable is a cell."""
    return node(code("def f(x):\n    return y\n", cells={"y": {"ref": 0}}), {"list": []})
