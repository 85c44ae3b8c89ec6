"""Tricks with types: what is not in the table, and what the table did not mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import BlueprintError, InvalidStateError, UntrustedError

MODEL = "sklearn.linear_model.LogisticRegression"


def node(root: Any, *shared: Any) -> bytes:
    """An archive of this root and these shared nodes."""
    return reseal(blueprint(root, shared))


def call(key: str, *args: Any, **more: Any) -> dict[str, Any]:
    """The node of a call."""
    return {"call": key, "args": list(args), **more}


# --------------------------------------------------------------------------------- not in the table


@attack(UntrustedError)
def os_system() -> bytes:
    """The classic."""
    return node(call("os.system", "echo owned"))


@attack(UntrustedError)
def posix_system() -> bytes:
    """The same function by the module that defines it."""
    return node(call("posix.system", "echo owned"))


@attack(UntrustedError)
def subprocess_popen() -> bytes:
    """A class whose construction starts a program."""
    return node(call("subprocess.Popen", {"list": ["sh", "-c", "echo owned"]}))


@attack(UntrustedError)
def builtins_eval() -> bytes:
    """Python's own way to run text."""
    return node(call("builtins.eval", "__import__('os').system('echo owned')"))


@attack(UntrustedError)
def builtins_exec_as_a_name() -> bytes:
    """A dangerous function that is only named, for a model that calls it later."""
    state = {"func": {"name": "builtins.exec"}}
    return node({"object": "sklearn.preprocessing.FunctionTransformer", "state": state})


@attack(UntrustedError)
def builtins_getattr() -> bytes:
    """The key to everything else."""
    return node(call("builtins.getattr", {"name": MODEL}, "__init__"))


@attack(UntrustedError)
def operator_attrgetter() -> bytes:
    """The same as an object."""
    return node(call("operator.attrgetter", "__class__.__base__.__subclasses__"))


@attack(UntrustedError)
def operator_methodcaller() -> bytes:
    """Any method, called later."""
    return node(call("operator.methodcaller", "__reduce__"))


@attack(UntrustedError)
def importlib_import_module() -> bytes:
    """An import by name."""
    return node(call("importlib.import_module", "antigravity"))


@attack(UntrustedError)
def numpy_load() -> bytes:
    """A function of a trusted library that loads pickles."""
    return node(call("numpy.load", "evil.npy", None, True))


@attack(UntrustedError)
def numpy_runstring() -> bytes:
    """A way to run text in the depths of a trusted library."""
    return node(call("numpy.testing._private.utils.runstring", "import os", {"dict": []}))


@attack(UntrustedError)
def joblib_load() -> bytes:
    """A library that comes with scikit-learn and loads pickles."""
    return node(call("joblib.load", "evil.joblib"))


@attack(UntrustedError)
def through_a_trusted_module() -> bytes:
    """A module that a trusted module imported."""
    return node({"name": "sklearn.utils.os.system"})


@attack(UntrustedError)
def through_globals() -> bytes:
    """Attribute traversal from a trusted class to the globals of its module."""
    return node({"name": f"{MODEL}.fit.__globals__"})


@attack(UntrustedError)
def through_subclasses() -> bytes:
    """Attribute traversal to every class of the process."""
    return node({"name": "builtins.object.__subclasses__"})


@attack(UntrustedError)
def module_and_colon() -> bytes:
    """The spelling that the table uses inside."""
    return node({"name": "os:system"})


@attack(UntrustedError)
def empty_key() -> bytes:
    """A type without a name."""
    return node({"name": ""})


@attack(UntrustedError)
def key_with_escape_sequences() -> bytes:
    """A type whose name clears the screen, turns text around and reports success."""
    return node({"name": "\x1b[2J\x1b[H\u202eok\r\x07\x9b31m\nverified"})


@attack(UntrustedError)
def many_unknown_keys() -> bytes:
    """Ten thousand types that are not known, for an endless message."""
    return node({"list": [{"name": f"evil.t{i}"} for i in range(10_000)]})


@attack(BlueprintError)
def key_that_is_a_list() -> bytes:
    """A key that is no text."""
    return node({"object": ["os", "system"]})


# ------------------------------------------------------------------------- in the table, but not so


@attack(BlueprintError)
def object_as_a_call() -> bytes:
    """Arguments for a constructor that is not to be called."""
    return node(call(MODEL, "l2"))


@attack(BlueprintError)
def function_as_an_object() -> bytes:
    """State for a function."""
    return node({"object": "numpy.log1p", "state": {"a": 1}})


@attack(BlueprintError)
def function_that_is_called() -> bytes:
    """A function of the table, called by the file."""
    return node(call("numpy.log1p", 1.0))


@attack(BlueprintError)
def attribute_class() -> bytes:
    """An attribute that would change the object's type."""
    return node({"object": MODEL, "state": {"__class__": {"name": "builtins.dict"}}})


@attack(BlueprintError)
def attribute_dict() -> bytes:
    """An attribute that would replace all others."""
    return node({"object": MODEL, "state": {"__dict__": {"dict": []}}})


@attack(BlueprintError)
def attribute_reduce() -> bytes:
    """An attribute that would speak when the model is pickled."""
    return node({"object": MODEL, "state": {"__reduce_ex__": {"name": "numpy.log1p"}}})


@attack(BlueprintError)
def attribute_in_records() -> bytes:
    """The same in a column."""
    column = {"column": "repeat", "count": 2, "value": None}
    records = {"column": "records", "count": 2, "object": MODEL, "state": {"__class__": column}}
    return node({"list": records})


@attack(BlueprintError)
def attributes_by_position() -> bytes:
    """A state that is no object of names."""
    return node({"object": MODEL, "state": [["coef_", 1]]})


@attack(InvalidStateError)
def items_for_what_is_no_list() -> bytes:
    """Elements for an object that cannot be extended."""
    return node({"object": MODEL, "state": {}, "items": [1, 2]})


@attack(InvalidStateError)
def pairs_for_what_is_no_dict() -> bytes:
    """Items that would be set on a sparse matrix after its arrays were checked."""
    arrays = {
        "data": np.ones(1),
        "indices": np.zeros(1, "<i4"),
        "indptr": np.array([0, 1], "<i4"),
    }
    state = {"dict": [[name, array(name, values)] for name, values in arrays.items()]}
    pairs = [[{"tuple": [0, 0]}, 5.0]]
    shape = {"tuple": [1, 1]}
    sparse = call("scipy.sparse.csr_matrix", shape, state=state, pairs=pairs)
    return reseal(blueprint(sparse), arrays)


@attack(InvalidStateError)
def state_for_what_takes_none() -> bytes:
    """A random generator in order, and a state with a position behind the end of its buffer."""
    words = np.zeros(624, "<u4")
    sound = {"dict": [["key", array("key", words)], ["pos", 0]]}
    inner = {"dict": [["key", {"list": [0] * 624}], ["pos", 1 << 20]]}
    state = {"dict": [["bit_generator", "MT19937"], ["state", inner]]}
    bits = call("numpy.random.MT19937", None, state=sound)
    return reseal(blueprint(call("numpy.random.Generator", bits, state=state)), {"key": words})


@attack(InvalidStateError)
def partial_of_a_class_with_contents() -> bytes:
    """A constructor with arguments bound, which no validator would see."""
    partial = call("functools.partial", {"name": MODEL}, {"tuple": []}, {"dict": []})
    return node(partial)


@attack(InvalidStateError)
def path_of_no_text() -> bytes:
    """A path made of an object."""
    return node(call("pathlib.PurePosixPath", {"list": []}))


@attack(InvalidStateError)
def range_without_steps() -> bytes:
    """A range that never ends."""
    return node(call("builtins.range", 0, 10, 0))


@attack(InvalidStateError)
def decimal_of_other_text() -> bytes:
    """Digits of another script, and blanks."""
    return node(call("decimal.Decimal", " \u0661"))


@attack(InvalidStateError)
def time_zone_by_a_path() -> bytes:
    """A time zone that is to be read from another folder."""
    return node(call("zoneinfo.ZoneInfo", "../../etc/passwd", False))


@attack(InvalidStateError)
def pattern_that_is_too_deep() -> bytes:
    """A regular expression that exhausts its compiler."""
    return node(call("re.Pattern", "(" * 5000 + ")" * 5000, 32))


@attack(InvalidStateError)
def pattern_that_is_too_long() -> bytes:
    """A set of a million letters in either case, which takes minutes to compile."""
    letters = "".join(map(chr, range(0x100, 0x2000))) * 131
    return node(call("re.Pattern", f"[{letters}]", 34))
