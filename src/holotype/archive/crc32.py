"""CRC-32, as ZIP wants it for every member: of bytes, and of the joining of two checked pieces.

The rule: one pass over the data. Chunks that were summed apart, by several threads or before an
earlier chunk was known, are joined by arithmetic on their sums instead of being read again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from mmap import mmap
from typing import Final

__all__ = ["combine", "crc32"]

_Buffer = bytes | bytearray | memoryview | mmap

# x^32 + x^26 + x^23 + … + 1 without its x^32. Bit 31 is the coefficient of x^0, bit 0 that of x^31.
_POLYNOMIAL: Final = 0xEDB8_8320
_ONE: Final = 1 << 31
_X: Final = 1 << 30


def crc32(data: _Buffer, value: int = 0) -> int:
    """CRC-32 of ``data``, continued from ``value``, the CRC-32 of what stands before it.

    By ISA-L where the ``isal`` package is installed (several times faster), else by zlib; both give
    the same number.
    """
    return _engine()(data, value)


def combine(crc1: int, crc2: int, len2: int) -> int:
    """CRC-32 of two joined pieces from the CRC-32 of each; ``len2`` is the second's size in bytes.

    Source: ``crc32_combine`` of zlib since 1.2.12 (crc32.c: ``multmodp``, ``x2nmodp``). Appending n
    bytes multiplies a sum, as a polynomial over GF(2), by x^(8n) modulo the CRC's polynomial. The
    factor is kept for the last lengths used, so joining many chunks of one size costs one
    multiplication each.
    """
    if len2 < 0:
        raise ValueError(f"a length of {len2} bytes")
    return _multiply(_shift(len2), crc1) ^ crc2


@lru_cache(maxsize=1)
def _engine() -> Callable[[_Buffer, int], int]:
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.crc32
    engine: Callable[[_Buffer, int], int] = isal_zlib.crc32
    return engine


def _multiply(a: int, b: int) -> int:
    """a(x) · b(x) modulo the polynomial (zlib: ``multmodp``)."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = a << 1 & 0xFFFF_FFFF
        b = b >> 1 ^ _POLYNOMIAL if b & 1 else b >> 1
    return product


@lru_cache(maxsize=128)
def _shift(length: int) -> int:
    """x^(8 · length) modulo the polynomial, by repeated squaring (zlib: ``x2nmodp``)."""
    power, factor, exponent = _X, _ONE, 8 * length
    while exponent:
        if exponent & 1:
            factor = _multiply(power, factor)
        power = _multiply(power, power)
        exponent >>= 1
    return factor
