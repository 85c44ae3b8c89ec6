"""Texts: they come back, they share with the one before, and nothing else comes back."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np
import pytest
import zstandard

from holotype.store.texts import unzip_text, zip_text

NEW = json.dumps([{"name": f"array{i}", "shape": [i, i * 7]} for i in range(5_000)]).encode()
OLD = NEW.replace(b'"array77"', b'"renamed"')


@pytest.mark.parametrize("text", [b"", b"x", b"{}", NEW])
@pytest.mark.parametrize("base", [b"", b"short", OLD])
def test_a_text_comes_back(text: bytes, base: bytes) -> None:
    assert unzip_text(zip_text(text, base), len(text), base) == text


def test_what_was_said_before_costs_next_to_nothing() -> None:
    assert len(zip_text(NEW, OLD)) < 150 < len(zip_text(NEW)) / 50


def test_it_reaches_back_over_all_of_a_large_text() -> None:
    random = np.random.default_rng(0).bytes(6 << 20)  # what only the base can make small
    assert len(zip_text(random + b"!", random)) < 2_000


def test_a_text_is_a_frame_that_any_zstd_reads() -> None:
    assert zstandard.ZstdDecompressor().decompress(zip_text(NEW)) == NEW
    base = zstandard.ZstdCompressionDict(OLD, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    assert zstandard.ZstdDecompressor(dict_data=base).decompress(zip_text(NEW, OLD)) == NEW


def test_a_frame_of_another_size_is_refused_before_it_is_read() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    with pytest.raises(ValueError, match="another size"):
        unzip_text(bomb, 100)
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(b"hello")
    with pytest.raises(ValueError, match="another size"):
        unzip_text(unsized, 5)


@pytest.mark.parametrize("start", [0, 5, 40, 400])
def test_damage_gives_no_more_than_other_bytes_of_that_size(start: int) -> None:
    body = zip_text(NEW)
    for place in range(start, start + 30):
        damaged = bytearray(body)
        damaged[place] ^= 0x55
        with suppress(ValueError):
            assert len(unzip_text(damaged, len(NEW))) == len(NEW)


@pytest.mark.parametrize("body", [b"", b"\0" * 9, zip_text(NEW)[:-1], zip_text(NEW) + b"\0"])
def test_what_is_no_frame_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="compressed text"):
        unzip_text(body, len(NEW))
