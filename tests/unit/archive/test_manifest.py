"""A manifest has one spelling, exactly its members, and a true table of parts (SPEC section 5)."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holotype.archive.manifest import (
    MAX_NESTING,
    Manifest,
    ModelInfo,
    Part,
    nesting,
    parse_manifest,
)
from holotype.errors import FormatError, LimitError

DIGEST = "sha256:" + hashlib.sha256(b"").hexdigest()


def manifest(**changes: Any) -> Manifest:
    members: dict[str, Any] = {
        "format": 1,
        "fingerprint": DIGEST,
        "model": ModelInfo("sklearn.svm.SVC", "classifier", 2, 30, 240),
        "created": "2026-11-23T07:00:00Z",
        "author": None,
        "tool": "holotype 0",
        "libraries": {"python": "3.11.7", "numpy": "2.4"},
        "metadata": {"b": [1, 2.5, None, True], "a": "ä"},
        "parts": [
            Part("blueprint.json", 12, DIGEST),
            Part("parameters.safetensors", 64, DIGEST, head=64),
        ],
    }
    return Manifest(**{**members, **changes})


def refuse(data: bytes, clause: str, message: str, error: type = FormatError) -> None:
    with pytest.raises(error, match=message) as caught:
        parse_manifest(data)
    assert caught.value.clause == clause  # type: ignore[attr-defined]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=5), st.none() | st.text())
def test_what_is_written_is_read(metadata: dict[str, Any], author: str | None) -> None:
    written = manifest(metadata=metadata, author=author)
    assert parse_manifest(written.to_json()) == written


def test_members_stand_in_the_order_of_the_specification() -> None:
    assert list(msgspec.json.decode(manifest().to_json())) == [
        "format",
        "fingerprint",
        "model",
        "created",
        "author",
        "tool",
        "libraries",
        "metadata",
        "parts",
    ]


def test_a_part_is_found_by_its_name() -> None:
    assert manifest().part("parameters.safetensors").head == 64
    with pytest.raises(FormatError, match=r"lists no card\.md") as caught:
        manifest().part("card.md")
    assert caught.value.clause == "5.3"


@pytest.mark.parametrize("number", [b"0", b"2", b"-1", b"99999999999999"])
def test_another_format_is_refused_before_all_else_and_says_what_to_do(number: bytes) -> None:
    newer = b'{"format":' + number + b',"something":"else"}'
    refuse(newer, "5.1", f"has format {number.decode()}.* a newer version may open it")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"format":true}',
        b'{"format":1.0}',
        b'{"format":"1"}',
        b'{"format":' + b"1" * 5000 + b"}",
        b'{"format":1}}',
        b'{"format":NaN}',
        b'{"format":1,"metadata":{"b":NaN}}',
        b'{"format":1,"metadata":{"b":"\\ud800"}}',
        b'\xef\xbb\xbf{"format":1}',
        b'{"format":1,"x":' + b"[" * 100_000,
    ],
)
def test_what_has_no_format_is_refused(data: bytes) -> None:
    refuse(data, "5.1", "^manifest.json cannot be read")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"author":null,', b""),
        (b'"author":null', b'"author":null,"more":1'),
        (b'"author":null', b'"author":5'),
        (b'"author":null', b'"author":"\xff"'),
        (b'"size":12', b'"size":12.0'),
        (b'"size":12', b'"size":"12"'),
        (b'"size":12', b'"size":true'),
        ('"metadata":{"b":[1,2.5,null,true],"a":"ä"}'.encode(), b'"metadata":[1]'),
        (b'"b":[1,2.5,null,true]', b'"b":1e999'),
        (b'"b":[1,2.5,null,true]', b'"b":' + b"9" * 5000),
        (b'"kind":"classifier"', b'"kind":null'),
        (b'"head":64', b'"tail":64'),
    ],
)
def test_other_members_than_the_specified_are_refused(before: bytes, after: bytes) -> None:
    refuse(manifest().to_json().replace(before, after, 1), "5.2", "^manifest.json cannot be read")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"format":1,', b'"format":1, '),
        (b'{"format"', b' {"format"'),
        (b"2.5", b"2.50"),
        (b"2.5", b"25e-1"),
        (b'"author":null', b'"author":null,"author":null'),
        (b'"a":', b'"a":1,"a":'),
        (b'"size":12', b'"size":012'),
        (b'"size":12', b'"size":-0'),
        (b'"tool":"holotype 0"', b'"tool":"holotype\\u00200"'),
        ("ä".encode(), b"\\u00e4"),
        (b'"head":64', b'"head":64,"head":64'),
        (b'"size":12', b'"size":12,"head":null'),
    ],
)
def test_another_spelling_is_refused(before: bytes, after: bytes) -> None:
    data = manifest().to_json().replace(before, after, 1)
    with pytest.raises(FormatError) as caught:
        parse_manifest(data)
    assert caught.value.clause in ("5.1", "5.2")


def test_members_in_another_order_are_refused() -> None:
    swapped = manifest().to_json().replace(b'"author":null,"tool":"holotype 0"', b"", 1)
    data = swapped.replace(b'Z",,', b'Z","tool":"holotype 0","author":null,', 1)
    refuse(data, "5.1", "not written in its one form")


@pytest.mark.parametrize(
    "created",
    [
        "",
        "2026-11-23",
        "2026-11-23T07:00:00",
        "2026-11-23T07:00:00+00:00",
        "2026-11-23T07:00:00.0Z",
        "2026-11-23 07:00:00Z",
        "2026-11-23T07:00:00Z\n",
        "٢٠٢٦-11-23T07:00:00Z",
    ],
)
def test_a_time_of_another_form_is_refused(created: str) -> None:
    refuse(manifest(created=created).to_json(), "5.2", "the time is not of the form")


def test_a_part_that_is_listed_twice_is_refused() -> None:
    parts = [Part("blueprint.json", 12, DIGEST)] * 2
    refuse(manifest(parts=parts).to_json(), "5.3", "lists a part twice")


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        (-1, DIGEST),
        (1, DIGEST.upper()),
        (1, DIGEST[:-1]),
        (1, DIGEST + "0"),
        (1, DIGEST + "\n"),
        (1, DIGEST.replace("sha256:", "sha256-tree:")),
        (1, DIGEST.replace("sha256:", "md5:")),
        (1, ""),
    ],
)
def test_a_part_with_an_impossible_size_or_digest_is_refused(size: int, digest: str) -> None:
    parts = [Part("blueprint.json", size, digest)]
    refuse(manifest(parts=parts).to_json(), "5.3", r"entry of 'blueprint\.json' is wrong")


def test_a_fingerprint_that_is_no_digest_is_refused() -> None:
    refuse(manifest(fingerprint="sha256:").to_json(), "5.4", "fingerprint is not a digest")


def nested(depth: int) -> dict[str, Any]:
    value: Any = {}
    for level in range(depth - 1):
        value = {"x": value} if level % 2 else [value, 1]
    return value if isinstance(value, dict) else {"x": value}


def test_nesting_counts_objects_and_arrays_inside_each_other() -> None:
    assert nesting(1) == 0
    assert nesting({}) == nesting([1, "a"]) == 1
    assert nesting({"a": [1, {"b": []}], "c": 1}) == 4


def test_metadata_nest_to_a_limit_that_no_interpreter_sets() -> None:
    value = {"x": nested(MAX_NESTING - 1)}
    assert nesting(value) == MAX_NESTING
    assert parse_manifest(manifest(metadata=value).to_json()).metadata == value
    deeper = {"x": value}
    refuse(manifest(metadata=deeper).to_json(), "5.2", "metadata nest deeper", LimitError)
