"""The opcodes of pickle protocols 0 to 5, as PEP 3154, PEP 574 and ``pickletools`` define them."""

from __future__ import annotations

__all__ = ["HIGHEST_PROTOCOL", "NAMES", "OPCODES", "name_of"]

HIGHEST_PROTOCOL = 5

OPCODES = {
    # Protocol 0: lines of text.
    "MARK": 0x28,
    "STOP": 0x2E,
    "POP": 0x30,
    "DUP": 0x32,
    "FLOAT": 0x46,
    "INT": 0x49,
    "LONG": 0x4C,
    "NONE": 0x4E,
    "PERSID": 0x50,
    "REDUCE": 0x52,
    "STRING": 0x53,
    "UNICODE": 0x56,
    "APPEND": 0x61,
    "BUILD": 0x62,
    "GLOBAL": 0x63,
    "DICT": 0x64,
    "GET": 0x67,
    "INST": 0x69,
    "LIST": 0x6C,
    "PUT": 0x70,
    "SETITEM": 0x73,
    "TUPLE": 0x74,
    # Protocol 1: binary operands.
    "EMPTY_TUPLE": 0x29,
    "POP_MARK": 0x31,
    "BINFLOAT": 0x47,
    "BININT": 0x4A,
    "BININT1": 0x4B,
    "BININT2": 0x4D,
    "BINPERSID": 0x51,
    "BINSTRING": 0x54,
    "SHORT_BINSTRING": 0x55,
    "BINUNICODE": 0x58,
    "EMPTY_LIST": 0x5D,
    "APPENDS": 0x65,
    "BINGET": 0x68,
    "LONG_BINGET": 0x6A,
    "OBJ": 0x6F,
    "BINPUT": 0x71,
    "LONG_BINPUT": 0x72,
    "SETITEMS": 0x75,
    "EMPTY_DICT": 0x7D,
    # Protocol 2.
    "PROTO": 0x80,
    "NEWOBJ": 0x81,
    "EXT1": 0x82,
    "EXT2": 0x83,
    "EXT4": 0x84,
    "TUPLE1": 0x85,
    "TUPLE2": 0x86,
    "TUPLE3": 0x87,
    "NEWTRUE": 0x88,
    "NEWFALSE": 0x89,
    "LONG1": 0x8A,
    "LONG4": 0x8B,
    # Protocol 3.
    "BINBYTES": 0x42,
    "SHORT_BINBYTES": 0x43,
    # Protocol 4.
    "SHORT_BINUNICODE": 0x8C,
    "BINUNICODE8": 0x8D,
    "BINBYTES8": 0x8E,
    "EMPTY_SET": 0x8F,
    "ADDITEMS": 0x90,
    "FROZENSET": 0x91,
    "NEWOBJ_EX": 0x92,
    "STACK_GLOBAL": 0x93,
    "MEMOIZE": 0x94,
    "FRAME": 0x95,
    # Protocol 5.
    "BYTEARRAY8": 0x96,
    "NEXT_BUFFER": 0x97,
    "READONLY_BUFFER": 0x98,
}

NAMES = {code: name for name, code in OPCODES.items()}


def name_of(code: int) -> str:
    """The opcode's name, or its number where there is none."""
    return NAMES.get(code, f"0x{code:02x}")
