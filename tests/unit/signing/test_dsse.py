"""Envelopes: what is signed is as DSSE says, and there is one spelling."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holotype.errors import FormatError
from holotype.signing.dsse import (
    IN_TOTO,
    Envelope,
    Signature,
    base64_bytes,
    pae,
    parse_envelope,
)

BYTES = st.binary(max_size=60)


def envelope(payload: bytes, keyid: str, signature: bytes) -> bytes:
    texts = [base64.b64encode(each).decode() for each in (payload, signature)]
    return Envelope(texts[0], IN_TOTO, [Signature(keyid, texts[1])]).to_json()


def test_the_example_of_the_specification_is_encoded_as_it_says() -> None:
    said = pae("http://example.com/HelloWorld", b"hello world")
    assert said == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@given(st.text(max_size=20), BYTES, st.text(max_size=20), BYTES)
def test_two_payloads_or_types_are_never_signed_as_the_same_bytes(
    kind: str, payload: bytes, other_kind: str, other: bytes
) -> None:
    same = (kind, payload) == (other_kind, other)
    assert (pae(kind, payload) == pae(other_kind, other)) == same


@given(st.text(max_size=20), BYTES)
def test_lengths_are_of_bytes_and_tell_where_each_part_ends(kind: str, payload: bytes) -> None:
    version, size, rest = pae(kind, payload).split(b" ", 2)
    assert version == b"DSSEv1"
    encoded, after = rest[: int(size)], rest[int(size) :]
    assert encoded.decode() == kind
    length, found = after[1:].split(b" ", 1)
    assert (int(length), found) == (len(payload), payload)


@given(BYTES, st.text(max_size=20), BYTES)
def test_an_envelope_comes_back_from_its_one_spelling(
    payload: bytes, keyid: str, signature: bytes
) -> None:
    assert parse_envelope(envelope(payload, keyid, signature), "e") == (payload, keyid, signature)


@given(st.data(), BYTES, BYTES)
def test_no_other_bytes_are_the_same_envelope(
    data: st.DataObject, payload: bytes, signature: bytes
) -> None:
    honest = envelope(payload, "k", signature)
    at = data.draw(st.integers(0, len(honest) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != honest[at]))
    changed = honest[:at] + bytes([byte]) + honest[at + 1 :]
    try:
        parsed = parse_envelope(changed, "e")
    except FormatError:
        return
    assert parsed != (payload, "k", signature)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_refused_with_the_clause(data: bytes) -> None:
    with pytest.raises(FormatError) as refused:
        parse_envelope(data, "e")
    assert refused.value.clause == "9.2"


@given(BYTES)
def test_base64_has_one_text_for_each_bytes(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert base64_bytes(text, "b") == data
    for other in (
        text + "\n",
        text + "=",
        " " + text,
        text[:-1] + "!" if text else "!",
        "é" + text,
    ):
        with pytest.raises(FormatError):
            base64_bytes(other, "b")


@pytest.mark.parametrize("text", ["QR==", "QUJ=", "QQ", "QQ=", "_-8=", "Q Q="])
def test_base64_with_loose_bits_or_of_another_alphabet_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="one form"):
        base64_bytes(text, "b")
