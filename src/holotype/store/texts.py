"""Texts made small: JSON and the like, which say again what the version before them said.

zstd with a window over all of it, and the text of the version before as the beginning of that
window. Rule: what comes back has the size that was asked for, or there is a ValueError.
"""

from __future__ import annotations

from typing import Any

import zstandard

__all__ = ["unzip_text", "zip_text"]

_LEVEL = 12
_MAX_WINDOW = 27  # as a power of two: what every zstd decompresses without being told to


def zip_text(text: Any, base: Any = b"") -> bytes:
    """``text`` as one frame of zstd, for which ``base`` must be there again to read it."""
    data = memoryview(text).cast("B")
    reach = len(data) + len(memoryview(base).cast("B"))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL,
        source_size=max(len(data), 1),
        window_log=min(max(reach.bit_length(), 10), _MAX_WINDOW),
        enable_ldm=reach > 1 << 22,
        write_content_size=True,
    )
    return zstandard.ZstdCompressor(
        compression_params=parameters, dict_data=_dictionary(base)
    ).compress(data)


def unzip_text(data: Any, size: int, base: Any = b"") -> bytes:
    """The ``size`` bytes of a frame; ValueError if it has not just these."""
    view = memoryview(data).cast("B")
    try:
        if zstandard.get_frame_parameters(bytes(view[:32])).content_size != size:
            raise ValueError("a compressed text has another size than it should")
        unzip = zstandard.ZstdDecompressor(
            dict_data=_dictionary(base), max_window_size=1 << _MAX_WINDOW
        )
        content = unzip.decompress(view, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(f"a compressed text does not decompress ({error})") from None
    if len(content) != size:
        raise ValueError("a compressed text has another size than it should")
    return content


def _dictionary(base: Any) -> zstandard.ZstdCompressionDict | None:
    view = memoryview(base).cast("B")
    if len(view) < 8:  # zstd takes less for no dictionary
        return None
    return zstandard.ZstdCompressionDict(bytes(view), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
