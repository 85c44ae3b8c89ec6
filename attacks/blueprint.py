"""Tricks with ``blueprint.json``: other spellings, other forms, references that go wrong."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack, harmless
from holotype.errors import BlueprintError, FormatError, LimitError

ONE = np.arange(40, dtype="|i1")


def text(root: str, shared: str = "") -> bytes:
    """An archive whose blueprint is this text, canonical or not."""
    return reseal(f'{{"format":1,"root":{root},"shared":[{shared}]}}'.encode())


def node(root: Any, *shared: Any) -> bytes:
    """An archive of this root and these shared nodes."""
    return reseal(blueprint(root, shared))


# ----------------------------------------------------------------------------------------- spelling


@attack(FormatError, "1.4")
def white_space() -> bytes:
    """A blank after a colon: another fingerprint for the same model."""
    return text(' "x"')


@attack(FormatError, "1.4")
def members_not_sorted() -> bytes:
    """The members of an object in another order."""
    return reseal(b'{"root":1,"format":1,"shared":[]}')


@attack(FormatError, "1.4")
def duplicate_key() -> bytes:
    """Two states of one object: parsers differ on which one counts."""
    return text('{"list":[1],"list":[2]}')


@attack(FormatError, "1.4")
def escaped_letter() -> bytes:
    """A letter written by its number, to get past a search for it."""
    return text('{"name":"os.syst\\u0065m"}')


@attack(FormatError, "1.4")
def escaped_slash() -> bytes:
    """An escape that JSON permits and the canonical form does not."""
    return text('"a\\/b"')


@attack(FormatError, "1.4")
def float_in_another_spelling() -> bytes:
    """1e0 for 1.0."""
    return text("1e0")


@attack(FormatError, "1.4")
def float_with_more_digits() -> bytes:
    """Digits that are lost when the number is read."""
    return text("0.10000000000000000001")


@attack(FormatError, "1.4")
def negative_zero() -> bytes:
    """An integer with a sign that integers do not have."""
    return text("-0")


@attack(FormatError, "1.4")
def not_a_number() -> bytes:
    """NaN, which is no JSON."""
    return text("NaN")


@attack(FormatError, "1.4")
def number_beyond_doubles() -> bytes:
    """A float that some readers round to infinity."""
    return text("1e999")


@attack(FormatError, "1.4")
def number_of_many_digits() -> bytes:
    """An integer that takes quadratic time to read."""
    return text("9" * 1_000_000)


@attack(FormatError, "1.4")
def trailing_newline() -> bytes:
    """A byte after the blueprint."""
    return reseal(b'{"format":1,"root":1,"shared":[]}\n')


@attack(FormatError, "1.4")
def not_utf8() -> bytes:
    """Bytes that are no text."""
    return reseal(b'{"format":1,"root":"\xff","shared":[]}')


@attack(FormatError, "1.4")
def deep_json() -> bytes:
    """A hundred thousand brackets, to exhaust the parser's stack."""
    return text("[" * 100_000 + "]" * 100_000)


@attack(FormatError, "1.4")
def empty() -> bytes:
    """No blueprint."""
    return reseal(b"")


# --------------------------------------------------------------------------------------------- form


@attack(FormatError, "3.1")
def not_an_object() -> bytes:
    """A list in place of a blueprint."""
    return reseal(b"[]")


@attack(FormatError, "3.1")
def unknown_format() -> bytes:
    """A blueprint of the future in a manifest of today."""
    return reseal({"format": 2, "root": 1, "shared": []})


@attack(FormatError, "3.1")
def format_is_true() -> bytes:
    """What Python takes for 1."""
    return reseal({"format": True, "root": 1, "shared": []})


@attack(FormatError, "3.1")
def member_too_many() -> bytes:
    """A word that no reader knows."""
    return reseal({"format": 1, "root": 1, "shared": [], "trusted": True})


@attack(FormatError, "3.1")
def shared_is_no_list() -> bytes:
    """A shared table with text keys."""
    return reseal({"format": 1, "root": 1, "shared": {"0": 1}})


@attack(BlueprintError)
def node_of_no_known_form() -> bytes:
    """A node that asks for code."""
    return node({"code": "import os", "captured": []})


@attack(BlueprintError)
def node_of_pickle() -> bytes:
    """A node that holds a pickle."""
    return node({"opaque": base64.b64encode(b"cos\nsystem\n(S'x'\ntR.").decode()})


@attack(BlueprintError)
def node_of_two_forms() -> bytes:
    """A list for one reader, a reference for the other."""
    return node({"list": [], "ref": 0}, 1)


@attack(BlueprintError)
def bare_list() -> bytes:
    """A JSON array where a node must stand."""
    return node([1, 2])


@attack(BlueprintError)
def integer_as_text_without_need() -> bytes:
    """A small integer in the form of large ones."""
    return node({"int": "0x1"})


@attack(BlueprintError)
def integer_in_decimal() -> bytes:
    """Digits that take quadratic time to read."""
    return node({"int": "9" * 100_000})


@attack(BlueprintError)
def integer_beyond_doubles() -> bytes:
    """A number that JSON readers of other languages round."""
    return text(str(2**53))


@attack(BlueprintError)
def base64_in_another_spelling() -> bytes:
    """Bits behind the end of base64."""
    return node({"bytes": "AB=="})


@attack(BlueprintError)
def base64_with_line_breaks() -> bytes:
    """Letters that lenient decoders skip."""
    return node({"bytes": "QU\nFB"})


@attack(BlueprintError)
def scalar_that_is_no_letter() -> bytes:
    """A character beyond Unicode in a NumPy scalar."""
    return node({"scalar": "<U1", "value": base64.b64encode(b"\xff" * 4).decode()})


@attack(BlueprintError)
def scalar_that_overflows() -> bytes:
    """A number that its dtype cannot hold."""
    return node({"scalar": "|u1", "value": 256})


@attack(BlueprintError)
def scalar_of_another_size() -> bytes:
    """Too few bytes for a scalar."""
    return node({"scalar": "<c16", "value": "AAAA"})


# --------------------------------------------------------------------------------------- references


@attack(BlueprintError)
def reference_to_itself() -> bytes:
    """A reference that refers to itself."""
    return node({"ref": 0}, {"ref": 0})


@attack(BlueprintError)
def references_in_a_circle() -> bytes:
    """Two references that refer to each other."""
    return node({"ref": 0}, {"ref": 1}, {"ref": 0})


@attack(BlueprintError)
def tuple_that_contains_itself() -> bytes:
    """A value that cannot be changed, and must be there before it is made."""
    return node({"ref": 0}, {"tuple": [{"ref": 0}]})


@attack(BlueprintError)
def key_that_contains_its_dict() -> bytes:
    """A dict that must be complete before it can be begun."""
    return node({"ref": 0}, {"dict": [[{"tuple": [{"ref": 0}]}, 1]]})


@attack(BlueprintError)
def reference_outside() -> bytes:
    """An index behind the end of the table."""
    return node({"ref": 1}, 1)


@attack(BlueprintError)
def reference_from_the_end() -> bytes:
    """An index that Python counts from the end."""
    return node({"ref": -1}, 1)


@attack(BlueprintError)
def reference_by_a_boolean() -> bytes:
    """What Python takes for 0."""
    return node({"ref": False}, 1)


@harmless
def references_nested_forwards() -> bytes:
    """A chain of tuples in an order by which a careless builder follows it by recursion."""
    return node({"ref": 20_000}, 1, *({"tuple": [{"ref": i}]} for i in range(20_000)))


# --------------------------------------------------------------------------------------- containers


@attack(BlueprintError)
def same_key_twice() -> bytes:
    """A dict with one key twice: the later value hides the first."""
    return node({"dict": [["a", 1], ["a", 2]]})


@attack(BlueprintError)
def equal_keys_of_other_types() -> bytes:
    """1 and True are one key."""
    return node({"dict": [[1, 1], [True, 2]]})


@attack(BlueprintError)
def key_that_cannot_be_hashed() -> bytes:
    """A list as a key."""
    return node({"dict": [[{"list": []}, 1]]})


@attack(BlueprintError)
def element_twice() -> bytes:
    """A set with one element twice."""
    return node({"set": [1, 1]})


@attack(BlueprintError)
def pair_of_three() -> bytes:
    """A dict whose items are no pairs."""
    return node({"dict": [[1, 2, 3]]})


@attack(BlueprintError)
def more_keys_than_values() -> bytes:
    """Columns of different lengths."""
    keys = {"column": "int", "data": array("a", ONE)}
    values = {"column": "repeat", "count": 41, "value": None}
    return reseal(blueprint({"dict": {"keys": keys, "values": values}}), {"a": ONE})


@attack(BlueprintError)
def lengths_that_do_not_add_up() -> bytes:
    """Lists that end behind the end of their elements."""
    items = {"column": "repeat", "count": 3, "value": 1}
    column = {"column": "list", "items": items, "lengths": array("a", ONE)}
    return reseal(blueprint({"list": column}), {"a": ONE})


@attack(BlueprintError)
def lengths_below_zero() -> bytes:
    """Lengths that add up because one is negative."""
    lengths = np.array([5, -2], "|i1")
    items = {"column": "repeat", "count": 3, "value": 1}
    column = {"column": "list", "items": items, "lengths": array("a", lengths)}
    return reseal(blueprint({"list": column}), {"a": lengths})


@attack(BlueprintError)
def lengths_that_overflow() -> bytes:
    """Lengths whose sum wraps around to the right one."""
    lengths = np.array([2**62, 2**62, 2**62, 2**62 - 1, 4], "<i8")
    items = {"column": "repeat", "count": 3, "value": 1}
    column = {"column": "list", "items": items, "lengths": array("a", lengths)}
    return reseal(blueprint({"list": column}), {"a": lengths})


@attack(BlueprintError)
def shapes_that_overflow() -> bytes:
    """A column with an array of no elements and two sizes of 2**62."""
    shapes = np.array([[0, 2**62, 2**62]])
    column = {"column": "array", "data": array("d", np.zeros(0)), "shapes": array("s", shapes)}
    return reseal(blueprint({"list": column}), {"d": np.zeros(0), "s": shapes})


@attack(BlueprintError)
def text_column_that_is_no_text() -> bytes:
    """Bytes that are no UTF-8, as text."""
    data = np.full(50, 255, "u1")
    column = {"column": "str", "data": array("a", data), "separator": "\n"}
    return reseal(blueprint({"list": column}), {"a": data})


@attack(BlueprintError)
def text_column_with_another_separator() -> bytes:
    """An empty separator, by which text cannot be divided."""
    data = np.full(50, 97, "u1")
    column = {"column": "str", "data": array("a", data), "separator": ""}
    return reseal(blueprint({"list": column}), {"a": data})


@attack(BlueprintError)
def column_of_an_unknown_kind() -> bytes:
    """A column of pickles."""
    return node({"list": {"column": "pickle", "data": "gASVAAAA"}})


# ------------------------------------------------------------------------------------------- limits


@attack(LimitError, "3.2")
def deep_nodes() -> bytes:
    """One level more than nodes may nest."""
    value: Any = 1
    for _ in range(101):
        value = {"list": [value]}
    return node(value)


@attack(LimitError, "3.2")
def deep_columns() -> bytes:
    """Columns inside columns."""
    value: Any = {"column": "repeat", "count": 0, "value": 1}
    for _ in range(101):
        value = {"column": "list", "items": value, "lengths": array("a", ONE)}
    return reseal(blueprint({"list": value}), {"a": ONE})


@attack(LimitError, "3.2")
def repeat_without_end() -> bytes:
    """A column of 10**15 times the same value."""
    return node({"list": {"column": "repeat", "count": 10**15, "value": None}})


@attack(LimitError, "3.2")
def repeat_many_times_a_little() -> bytes:
    """Ten thousand columns of ten thousand values each, all in a small file."""
    column = {"column": "repeat", "count": 10_000, "value": None}
    return node({"list": [{"list": column}] * 10_000})


@attack(LimitError, "3.2")
def records_without_end() -> bytes:
    """10**15 objects without attributes."""
    key = "sklearn.linear_model.LogisticRegression"
    return node({"list": {"column": "records", "count": 10**15, "object": key, "state": {}}})


@attack(BlueprintError)
def repeat_a_negative_number_of_times() -> bytes:
    """A count below zero."""
    return node({"list": {"column": "repeat", "count": -1, "value": None}})


@attack(BlueprintError)
def repeat_a_list() -> bytes:
    """One list a thousand times: all would be the same object."""
    return node({"list": {"column": "repeat", "count": 1000, "value": {"list": []}}})
