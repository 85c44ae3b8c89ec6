"""Tricks with the arrays: other bytes, other places, sizes that are not there."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from attacks.forge import array, blueprint, parameters, reseal
from attacks.registry import attack
from holotype.errors import BlueprintError, DigestError, FormatError

SMALL = np.arange(100.0)
LARGE = np.arange(3 << 17).astype("<f8")  # three chunks of one mebibyte
NOTHING = np.zeros(0, "u1")


def headed(change: Any, data: bytes = SMALL.tobytes()) -> bytes:
    """The honest blueprint of SMALL, with a head that ``change`` made of the honest one."""
    head, _ = parameters({"a": SMALL})
    entries = msgspec.json.decode(head[8:])
    change(entries)
    text = msgspec.json.encode(entries, order="sorted")
    text += b" " * (-(len(text) + 8) % 64)
    return reseal(blueprint(array("a", SMALL)), (len(text).to_bytes(8, "little") + text, data))


def changed(values: np.ndarray[Any, Any], at: int) -> bytes:
    """An array of which one bit was changed after its digest was made."""
    head, data = parameters({"a": values})
    flipped = bytearray(data)
    flipped[at] ^= 1
    return reseal(blueprint(array("a", values)), (head, bytes(flipped)))


def declared(**members: Any) -> bytes:
    """An archive without array data that declares this array."""
    node = array("a", NOTHING, **members)
    return reseal(blueprint(node), {"a": NOTHING})


# ------------------------------------------------------------------------------------------ digests


@attack(DigestError, "4.5")
def bit_in_a_small_array() -> bytes:
    """One bit of a small array, with every digest around it made right."""
    return changed(SMALL, 400)


@attack(DigestError, "4.5")
def bit_in_the_middle_of_a_large_array() -> bytes:
    """One bit in the second of three chunks."""
    return changed(LARGE, (1 << 20) + 5)


@attack(DigestError, "4.5")
def chunks_exchanged() -> bytes:
    """Two chunks of a large array in each other's place."""
    head, data = parameters({"a": LARGE})
    mib = 1 << 20
    mixed = data[mib : 2 * mib] + data[:mib] + data[2 * mib :]
    return reseal(blueprint(array("a", LARGE)), (head, mixed))


@attack(BlueprintError)
def plain_digest_of_a_large_array() -> bytes:
    """A digest of the form that only small arrays have: one array, two digests."""
    return reseal(blueprint(array("a", LARGE, digest="sha256:" + "0" * 64)), {"a": LARGE})


@attack(BlueprintError)
def tree_digest_of_a_small_array() -> bytes:
    """The form of digest of large arrays, for a small one."""
    return reseal(blueprint(array("a", SMALL, digest="sha256-tree:" + "0" * 64)), {"a": SMALL})


@attack(BlueprintError)
def digest_of_another_algorithm() -> bytes:
    """An array that chooses a weaker digest."""
    return reseal(blueprint(array("a", SMALL, digest="crc32:00000000")), {"a": SMALL})


@attack(BlueprintError)
def digest_in_capitals() -> bytes:
    """Another spelling of a digest."""
    node = array("a", SMALL)
    node["digest"] = "sha256:" + node["digest"][7:].upper()
    return reseal(blueprint(node), {"a": SMALL})


# ----------------------------------------------------------------------------------------- the head


@attack(DigestError, "4.4")
def overlapping_tensors() -> bytes:
    """Two tensors that share bytes."""
    return headed(lambda head: head.update(b={**head["a"], "data_offsets": [8, 800]}))


@attack(DigestError, "4.4")
def tensor_beyond_the_data() -> bytes:
    """A tensor that ends behind the end of the file."""
    return headed(lambda head: head["a"].update(data_offsets=[0, 1 << 40]))


@attack(DigestError, "4.4")
def tensor_of_another_dtype() -> bytes:
    """The head and the blueprint disagree on what the bytes mean."""
    return headed(lambda head: head["a"].update(dtype="I64"))


@attack(DigestError, "4.4")
def tensor_that_no_array_names() -> bytes:
    """Bytes that the blueprint does not speak of."""
    hidden = {"data_offsets": [800, 808], "dtype": "F64", "shape": [1]}
    return headed(lambda head: head.update(b=hidden), SMALL.tobytes() + bytes(8))


@attack(DigestError, "4.4")
def metadata_in_the_head() -> bytes:
    """What safetensors files may carry, and no digest would cover."""
    return headed(lambda head: head.update(__metadata__={"format": "pt"}))


@attack(FormatError, "4.3")
def array_named_metadata() -> bytes:
    """An array by the name that safetensors readers take for something else."""
    return reseal(blueprint(array("__metadata__", SMALL)), {"a": SMALL})


@attack(FormatError, "4.4")
def bytes_behind_the_tensors() -> bytes:
    """Data that belong to no tensor."""
    head, data = parameters({"a": SMALL})
    return reseal(blueprint(array("a", SMALL)), (head, data + b"hidden.."))


@attack(FormatError, "4.4")
def bytes_missing() -> bytes:
    """Fewer data than the head says."""
    head, data = parameters({"a": SMALL})
    return reseal(blueprint(array("a", SMALL)), (head, data[:-8]))


@attack(DigestError, "4.4")
def array_that_is_not_stored() -> bytes:
    """A blueprint that names a tensor the file does not hold."""
    return reseal(blueprint({"list": [array("a", SMALL), array("b", SMALL)]}), {"a": SMALL})


@attack(FormatError, "3.5")
def one_tensor_in_two_ways() -> bytes:
    """One tensor as floats here and as integers there."""
    nodes = [array("a", SMALL), array("a", SMALL, dtype="<i8")]
    return reseal(blueprint({"list": nodes}), {"a": SMALL})


# --------------------------------------------------------------------------------- sizes and dtypes


@attack(DigestError, "4.4")
def shape_of_an_exabyte() -> bytes:
    """An array of 2**60 bytes in a file of one kilobyte."""
    return declared(shape=[1 << 60], digest="sha256-tree:" + "0" * 64)


@attack(FormatError, "4.4")
def shape_of_an_exabyte_in_the_head_too() -> bytes:
    """The same, with a head that says so."""
    node = array("a", NOTHING, shape=[1 << 60], digest="sha256-tree:" + "0" * 64)
    entry = {"data_offsets": [0, 1 << 60], "dtype": "U8", "shape": [1 << 60]}
    text = msgspec.json.encode({"a": entry}, order="sorted")
    text += b" " * (-(len(text) + 8) % 64)
    return reseal(blueprint(node), (len(text).to_bytes(8, "little") + text, b""))


@attack(BlueprintError)
def shape_that_overflows() -> bytes:
    """Sizes whose product is 2**64, which is 0 for a careless multiplication."""
    return declared(shape=[1 << 32, 1 << 32])


@attack(BlueprintError)
def shape_with_a_negative_size() -> bytes:
    """Two negative sizes make a positive product."""
    return declared(shape=[-4, -4])


@attack(BlueprintError)
def shape_with_too_many_dimensions() -> bytes:
    """Sixty-five dimensions."""
    return declared(shape=[1] * 65)


@attack(BlueprintError)
def shape_of_text() -> bytes:
    """A size that is no integer."""
    return declared(shape=["4"])


@attack(BlueprintError)
def shape_of_a_boolean() -> bytes:
    """A size that Python takes for an integer."""
    return declared(shape=[True])


@attack(BlueprintError)
def dtype_of_objects() -> bytes:
    """Bytes that are to be taken for pointers."""
    return declared(dtype="|O")


@attack(BlueprintError)
def dtype_by_a_python_expression() -> bytes:
    """A text that NumPy's parser of dtypes would read as fields."""
    return declared(dtype="f8,O,(1000,1000,1000)f8")


@attack(BlueprintError)
def dtype_of_a_class() -> bytes:
    """The name of a class in place of a dtype."""
    return declared(dtype="numpy.dtype")


@attack(BlueprintError)
def dtype_item_of_a_gigabyte() -> bytes:
    """One item of nearly a billion characters."""
    return declared(dtype="<U999999999")


@attack(BlueprintError)
def dtype_fields_overlap() -> bytes:
    """Two fields at one place."""
    fields = [["a", "<f8", 0], ["b", "<i8", 4]]
    return declared(dtype={"aligned": False, "fields": fields, "itemsize": 16})


@attack(BlueprintError)
def dtype_field_outside() -> bytes:
    """A field behind the end of its item."""
    return declared(dtype={"aligned": False, "fields": [["a", "<f8", 8]], "itemsize": 8})


@attack(BlueprintError)
def dtype_with_objects_inside() -> bytes:
    """A field of pointers."""
    return declared(dtype={"aligned": False, "fields": [["a", "|O", 0]], "itemsize": 8})


@attack(BlueprintError)
def dtype_sub_array_bomb() -> bytes:
    """A field that is an array of 2**93 items."""
    field = ["a", "|u1", 0, [1 << 31, 1 << 31, 1 << 31]]
    return declared(dtype={"aligned": False, "fields": [field], "itemsize": 8})


@attack(BlueprintError)
def dtype_sub_array_of_nothing() -> bytes:
    """A field that is an array of 2**62 items without bytes."""
    field = ["a", "|V0", 0, [1 << 31, 1 << 31]]
    return declared(dtype={"aligned": False, "fields": [field], "itemsize": 8})


@attack(BlueprintError)
def dtype_deep() -> bytes:
    """Three hundred dtypes inside each other."""
    dtype: Any = "|u1"
    for _ in range(300):
        dtype = {"aligned": False, "fields": [["a", dtype, 0]], "itemsize": 1}
    return declared(dtype=dtype)


@attack(FormatError, "4.2")
def booleans_that_are_neither() -> bytes:
    """Bytes 2 and 255 as booleans: NumPy counts and selects by them wrongly."""
    values = np.array([0, 1, 2, 255], "u1").view(bool)
    return reseal(blueprint(array("a", values)), {"a": values})
