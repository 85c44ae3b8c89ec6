"""Small files that would take much memory, time or stack.

Some of them are sound, and must load within the limits; the others must be refused before anything
grows.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack, harmless
from holotype.errors import BlueprintError, FormatError, InvalidStateError, LimitError

ZEROS = np.zeros(1 << 16, "|i1")
LAUGHS = [*({"tuple": [{"ref": i + 1}] * 10} for i in range(60)), "ha"]
DEEP = 20_000
CHAIN = [*({"tuple": [{"ref": i + 1}]} for i in range(DEEP)), 1]
MERSENNE = (1 << 61) - 1  # the modulus of Python's hashes of numbers


def node(root: Any, *shared: Any) -> bytes:
    """An archive of this root and these shared nodes."""
    return reseal(blueprint(root, shared))


# ------------------------------------------------------------------------------------------- memory


@harmless
def billion_laughs() -> bytes:
    """Sixty levels of ten references each: 10**60 leaves, if they were written out."""
    return node({"ref": 0}, *LAUGHS)


@harmless
def billion_laughs_in_lists() -> bytes:
    """The same in lists, which can be changed."""
    return node({"ref": 0}, *({"list": [{"ref": i + 1}] * 10} for i in range(60)), "ha")


@attack(InvalidStateError)
def billion_laughs_before_a_validator() -> bytes:
    """The same where the contents of a type are looked at before it is built."""
    partial = {
        "call": "functools.partial",
        "args": [{"name": "numpy.log1p"}, {"ref": 0}, {"ref": 0}],
    }
    return node(partial, *LAUGHS)


@attack(BlueprintError)
def billion_laughs_as_a_key() -> bytes:
    """The same as a key of a dict: to hash it is to visit every leaf."""
    return node({"dict": [[{"ref": 0}, 1]]}, *LAUGHS)


@attack(BlueprintError)
def billion_laughs_in_a_set() -> bytes:
    """The same as an element of a set."""
    return node({"set": [{"ref": 0}]}, *LAUGHS)


@attack(LimitError, "3.5")
def array_used_without_end() -> bytes:
    """One array of 64 KiB, twenty thousand times: 1.3 GB from 3 MB."""
    one = array("a", ZEROS)
    return reseal(blueprint({"list": [one] * 20_000}), {"a": ZEROS})


@attack(LimitError, "3.5")
def empty_lists_without_end() -> bytes:
    """One array of 65,536 lengths of 0, thousands of times: each makes as many empty lists."""
    items = {"column": "repeat", "count": 0, "value": 1}
    column = {"column": "list", "items": items, "lengths": array("a", ZEROS)}
    return reseal(blueprint({"list": [{"list": column}] * 5000}), {"a": ZEROS})


@attack(BlueprintError)
def object_array_of_a_petabyte() -> bytes:
    """An object array whose elements are a column of text, so that their number is not stated."""
    data = np.frombuffer(b"a\nb", "u1")
    column = {"column": "str", "data": array("a", data), "separator": "\n"}
    described = {"objects": column, "order": "C", "shape": [1 << 47]}
    return reseal(blueprint(described), {"a": data})


@attack(BlueprintError)
def object_array_of_gigabytes() -> bytes:
    """The same of a size that could be had."""
    data = np.frombuffer(b"a\nb", "u1")
    column = {"column": "str", "data": array("a", data), "separator": "\n"}
    return reseal(blueprint({"objects": column, "order": "C", "shape": [1 << 29]}), {"a": data})


@harmless
def long_path() -> bytes:
    """A key of a million letters above ten thousand nodes, each of which knows its path."""
    lists: list[dict[str, Any]] = [{"list": []}] * 10_000
    return node({"dict": [["a" * 1_000_000, {"list": lists}]]})


@attack(FormatError, "4.4")
def exabytes_in_many_arrays() -> bytes:
    """A hundred arrays of 2**62 bytes each: their sum is beyond 64 bits."""
    nothing = np.zeros(0, "u1")
    digest = "sha256-tree:" + "0" * 64
    arrays = [array(f"a{i}", nothing, shape=[1 << 62], digest=digest) for i in range(100)]
    text = described(arrays)
    return reseal(blueprint({"list": arrays}), (text, b""))


def described(nodes: list[dict[str, Any]]) -> bytes:
    """The head that says of these arrays of bytes what their nodes say."""
    from holotype.archive.parameters import Stored, plan_parameters

    return plan_parameters(
        Stored(each["array"], "U8", tuple(each["shape"]), each["shape"][0], 1, "") for each in nodes
    ).head


# --------------------------------------------------------------------------------------------- time


@attack(BlueprintError)
def integers_of_one_hash() -> bytes:
    """Ten thousand keys with the same hash: a dict of them takes quadratic time."""
    return node({"dict": [[{"int": hex(MERSENNE * i)}, 0] for i in range(1, 10_001)]})


@attack(BlueprintError)
def tuples_of_one_hash() -> bytes:
    """-1 and -2 have one hash, so 2**13 tuples of them have one, too."""
    tuples = itertools.product((-1, -2), repeat=13)
    return node({"set": [{"tuple": list(each)} for each in tuples]})


@attack(BlueprintError)
def floats_of_one_hash() -> bytes:
    """Powers of two that repeat every 61 exponents, as floats, in tuples."""
    floats = [2.0 ** (61 * i) for i in range(-10, 10)]
    tuples = itertools.product(floats, repeat=3)
    return node({"dict": [[{"tuple": list(each)}, 0] for each in tuples]})


@harmless
def large_integer() -> bytes:
    """An integer of four million bits, in hexadecimal: linear to read."""
    return node({"int": "0x" + "f" * 1_000_000})


# -------------------------------------------------------------------------------------------- stack


@harmless
def chain_of_tuples() -> bytes:
    """Twenty thousand tuples inside each other."""
    return node({"ref": 0}, *CHAIN)


@attack(BlueprintError)
def chain_of_tuples_as_a_key() -> bytes:
    """The same as a key: its hash goes down to the innermost, on the stack of C."""
    return node({"dict": [[{"ref": 0}, 1]]}, *CHAIN)


@harmless
def chain_of_lists() -> bytes:
    """Twenty thousand lists inside each other."""
    return node({"ref": 0}, *({"list": [{"ref": i + 1}]} for i in range(DEEP)), 1)


@attack(InvalidStateError)
def chain_before_a_validator() -> bytes:
    """Twenty thousand tuples where the contents of a type are looked at."""
    args = [{"name": "numpy.log1p"}, {"ref": 0}, {"ref": 0}]
    return node({"call": "functools.partial", "args": args}, *CHAIN)
