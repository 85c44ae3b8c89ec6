"""Old model files that would do something, each by the name of its trick; for ``scan`` to report.

They re-enact what public advisories and the tests of other scanners are about: made here by small
functions, out of the opcodes of the pickle language. None of them is ever loaded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np

__all__ = ["PAYLOADS", "UNREADABLE"]

Maker = Callable[[], bytes]

PAYLOADS: dict[str, Maker] = {}
"""Files of which something is outside the table."""

UNREADABLE: dict[str, Maker] = {}
"""Files that cannot be read in full, whatever is in them."""


def payload(maker: Maker) -> Maker:
    PAYLOADS[maker.__name__] = maker
    return maker


def unreadable(maker: Maker) -> Maker:
    UNREADABLE[maker.__name__] = maker
    return maker


# -- the words of the language ------------------------------------------------------------------


def text(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + _u32(len(raw)) + raw


def _u32(value: int) -> bytes:
    return struct.pack("<I", value)


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def called(module: str, name: str, *args: bytes) -> bytes:
    return named(module, name) + b"(" + b"".join(args) + b"tR"


def program(body: bytes, protocol: int = 4) -> bytes:
    return bytes([0x80, protocol]) + body + b"."


SYSTEM = called("os", "system", text("echo pwned"))
EVIL = program(SYSTEM)
ARRAY = np.arange(8.0)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return stream.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def dumped(value: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream, **options)
    return stream.getvalue()


def saved(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


# -- every way to call ---------------------------------------------------------------------------

for _module, _name in (
    *(("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen")),
    *(
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("builtins", "__import__"),
        ("runpy", "run_path"),
    ),
    *(("builtins", "getattr"), ("builtins", "open"), ("builtins", "compile"), ("pty", "spawn")),
    *(("pickle", "loads"), ("_pickle", "loads"), ("marshal", "loads"), ("dill", "loads")),
    *(("joblib", "load"), ("torch", "load"), ("numpy", "load"), ("pandas", "read_pickle")),
    *(("webbrowser", "open"), ("socket", "create_connection"), ("shutil", "rmtree")),
    *(("importlib", "import_module"), ("pkgutil", "resolve_name"), ("pydoc", "locate")),
    *(("timeit", "timeit"), ("cProfile", "run"), ("pdb", "run"), ("code", "interact")),
    *(("operator", "methodcaller"), ("operator", "attrgetter"), ("types", "CodeType")),
    *(("ctypes", "CDLL"), ("asyncio.unix_events", "_UnixSubprocessTransport._start")),
    *(("numpy.testing._private.utils", "runstring"), ("numpy.f2py.crackfortran", "myeval")),
    *(("torch._inductor.codecache", "compile_file"), ("sklearn.externals.joblib", "load")),
    *(("urllib.request", "urlopen"), ("logging", "FileHandler"), ("_io", "FileIO")),
    *(("uuid", "_get_command_stdout"), ("idlelib.run", "Executive.runcode"), ("this", "s")),
    *(("sklearn.tree._classes", "os.system"), ("numpy", "linalg.os.system")),
    *(("bdb", "Bdb.run"), ("venv", "create"), ("ensurepip", "_run_pip"), ("site", "main")),
):
    PAYLOADS[f"calls {_module}.{_name}"] = lambda module=_module, name=_name: program(
        called(module, name, text("x"))
    )


@payload
def global_of_protocol_0() -> bytes:
    return b"cos\nsystem\n(S'echo pwned'\ntR."


@payload
def inst_of_protocol_0() -> bytes:
    return b"(S'echo pwned'\nios\nsystem\n."


@payload
def obj_of_protocol_1() -> bytes:
    return b"(cos\nsystem\nX\x04\x00\x00\x00echoo."


@payload
def name_of_python_2() -> bytes:
    return b"c__builtin__\neval\n(S'1'\ntR."


@payload
def new_object_with_keywords() -> bytes:
    return program(named("subprocess", "Popen") + b"(" + text("x") + b"t}" + b"\x92")


@payload
def import_without_a_call() -> bytes:
    return program(named("antigravity", "fly"))


@payload
def import_that_is_thrown_away() -> bytes:
    return program(SYSTEM + b"0N")


@payload
def call_below_a_mark_that_is_dropped() -> bytes:
    return program(b"N(" + SYSTEM + b"1")


@payload
def call_hidden_by_the_memo() -> bytes:
    return program(
        text("os") + b"\x940" + text("system") + b"\x940h\x00h\x01\x93(" + text("x") + b"tR"
    )


@payload
def name_put_together_of_duplicates() -> bytes:
    return program(text("timeit") + b"2\x93" + b"(tR")


@payload
def memo_index_that_is_huge() -> bytes:
    return program(text("os") + b"r\xff\xff\xff\xff0j\xff\xff\xff\xff" + text("system") + b"\x93)R")


@payload
def memo_index_in_text() -> bytes:
    return b"cos\nsystem\np99999999999999999\n0g99999999999999999\n(S'x'\ntR."


@payload
def call_of_the_result_of_a_call() -> bytes:
    return program(
        called("functools", "partial", named("builtins", "len")) + b"(" + text("x") + b"tR"
    )


@payload
def getattr_of_a_class_of_the_table() -> bytes:
    return program(called("builtins", "getattr", named("numpy", "ndarray"), text("tofile")))


@payload
def state_set_on_a_class() -> bytes:
    return program(
        named("sklearn.linear_model", "LinearRegression") + b"}" + text("fit") + b"K\x01sb"
    )


@payload
def item_set_on_what_was_imported() -> bytes:
    return program(named("sklearn.linear_model", "Ridge") + text("a") + b"K\x01s")


@payload
def list_of_a_module_appended_to() -> bytes:
    return program(named("sklearn.linear_model", "Ridge") + b"K\x01a")


@payload
def extension_code() -> bytes:
    return program(b"\x82\x01")


@payload
def extension_code_of_four_bytes() -> bytes:
    return program(b"\x84\x01\x00\x00\x7f")


@payload
def persistent_id() -> bytes:
    return b"Pwhatever\n."


@payload
def persistent_id_that_was_computed() -> bytes:
    return program(text("runs") + b"Q")


@payload
def helper_with_another_codec() -> bytes:
    return program(called("_codecs", "encode", text("x"), text("evil")))


@payload
def helper_that_is_kept_for_later() -> bytes:
    return program(called("functools", "partial", named("copyreg", "_reconstructor")))


@payload
def reconstructor_of_a_class_outside() -> bytes:
    return program(
        called("copyreg", "_reconstructor", named("os", "_wrap_close"), named("builtins", "object"))
    )


@payload
def ufunc_by_the_name_of_a_module() -> bytes:
    return program(called("numpy._core", "_ufunc_reconstruct", text("os"), text("system")))


@payload
def function_that_the_table_only_names() -> bytes:
    return program(called("numpy", "full", b"(J\x00\x00\x00\x7ft", b"K\x01"))


@payload
def class_that_is_called_with_arguments() -> bytes:
    return program(called("sklearn.linear_model", "Ridge", b"K\x01"))


@payload
def distribution_with_a_program_in_its_state() -> bytes:
    """Scipy executes ``_parse_arg_template`` of the state when a distribution is unpickled."""
    return program(
        named("scipy.stats._continuous_distns", "norm_gen")
        + b")\x81}"
        + text("_parse_arg_template")
        + text("import os; os.system('echo pwned')")
        + b"sb"
    )


@payload
def distribution_with_a_program_in_pairs() -> bytes:
    return program(
        named("scipy.stats._continuous_distns", "norm_gen")
        + b")\x81]("
        + text("_parse_arg_template")
        + text("import os")
        + b"\x86eb"
    )


@payload
def pickle_inside_a_pickle() -> bytes:
    return program(called("pickle", "loads", b"C" + bytes([len(EVIL)]) + EVIL))


@payload
def object_that_is_a_dict_key() -> bytes:
    return program(b"}" + SYSTEM + b"K\x01s")


@payload
def module_with_a_line_that_steers_terminals() -> bytes:
    return program(called("os\x1b[2J", "system\n"))


@payload
def name_with_half_a_character() -> bytes:
    return program(called("os\ud800", "system"))


# -- broken on purpose, after the call ----------------------------------------------------------


@payload
def broken_after_the_call() -> bytes:
    return program(SYSTEM)[:-1] + b"\xff"


@payload
def cut_after_the_call() -> bytes:
    return program(SYSTEM)[:-1]


@payload
def frame_longer_than_the_file() -> bytes:
    return b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + SYSTEM + b"."


@payload
def stack_that_runs_empty_after_the_call() -> bytes:
    return program(SYSTEM + b"00")


@payload
def second_pickle_in_a_row() -> bytes:
    return pickle.dumps([1, 2]) + EVIL


@payload
def sixth_pickle_in_a_row() -> bytes:
    return pickle.dumps(1) * 5 + EVIL


# -- in other formats ---------------------------------------------------------------------------


@payload
def joblib_file() -> bytes:
    return dumped([ARRAY, _Evil()])


@payload
def joblib_file_compressed() -> bytes:
    return dumped([ARRAY, _Evil()], compress=("gzip", 3))


@payload
def joblib_file_with_objects() -> bytes:
    return dumped(np.array([1, _Evil()], dtype=object))


@payload
def joblib_array_that_pickle_takes_for_opcodes() -> bytes:
    """Numbers for joblib, which skips them; a program for ``pickle.load``, which does not."""
    hidden = b"0" + SYSTEM + b"."
    dtype = called("numpy", "dtype", text("u1"), b"\x89", b"\x88")
    dtype += b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    attributes = {
        "subclass": named("numpy", "ndarray"),
        "shape": b"K" + bytes([len(hidden)]) + b"\x85",
        "order": text("C"),
        "dtype": dtype,
        "allow_mmap": b"\x89",
    }
    state = b"".join(text(name) + value for name, value in attributes.items())
    wrapper = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + state + b"ub"
    return program(wrapper + hidden)


for _name, _pack in {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}.items():
    PAYLOADS[f"pickle in {_name}"] = lambda pack=_pack: pack(EVIL)
    PAYLOADS[f"pickle in {_name}, twice"] = lambda pack=_pack: pack(pack(EVIL))
    PAYLOADS[f"second stream of {_name}"] = lambda pack=_pack: pack(b"\x80\x04") + pack(EVIL[2:])
del PAYLOADS["second stream of lzma"]  # of which readers take one stream only


@payload
def array_of_objects() -> bytes:
    return saved(np.array([_Evil()], dtype=object))


@payload
def npz_with_objects() -> bytes:
    return zipped({"a.npy": saved(ARRAY), "b.npy": saved(np.array([_Evil()], dtype=object))})


@payload
def npz_with_a_pickle_of_another_name() -> bytes:
    return zipped({"a.npy": saved(ARRAY), "b.npy": EVIL})


@payload
def torch_file() -> bytes:
    return zipped({"m/data.pkl": EVIL, "m/version": b"3\n", "m/data/0": bytes(8)})


@payload
def torch_storage_that_is_a_pickle() -> bytes:
    return zipped({"m/data.pkl": pickle.dumps(1), "m/version": b"3\n", "m/data/0": EVIL})


@payload
def torch_file_with_a_second_pickle() -> bytes:
    return zipped({"m/data.pkl": pickle.dumps({}), "m/extra.json": EVIL})


@payload
def torch_stream() -> bytes:
    return (
        pickle.dumps(0x1950A86A20F9469CFC6C, 2)
        + pickle.dumps(1001, 2)
        + pickle.dumps({}, 2)
        + EVIL
        + pickle.dumps([], 2)
    )


@payload
def torch_stream_whose_magic_number_is_computed() -> bytes:
    return program(called("builtins", "eval", text("0x1950a86a20f9469cfc6c"))) + pickle.dumps(1001)


@payload
def torch_tar() -> bytes:
    return tarred({"pickle": EVIL, "storages": pickle.dumps(0), "tensors": pickle.dumps(0)})


@payload
def torch_tar_with_the_call_in_its_storages() -> bytes:
    return tarred(
        {
            "pickle": pickle.dumps(1),
            "storages": program(called("os", "system", text("x")) + b"0K\x00"),
            "tensors": pickle.dumps(0),
        }
    )


@payload
def torchscript_file() -> bytes:
    return zipped({"m/data.pkl": pickle.dumps(1), "m/code/__torch__.py": b"def forward(self): ..."})


@payload
def skops_file_with_an_operator() -> bytes:
    node = (
        b'{"__class__": "methodcaller", "__module__": "operator", "__loader__": "OperatorFuncNode"}'
    )
    return zipped({"schema.json": node})


@payload
def skops_file_with_a_method() -> bytes:
    node = (
        b'{"__class__": "Ridge", "__module__": "sklearn.linear_model", "__loader__": "MethodNode"}'
    )
    return zipped({"schema.json": node})


@payload
def skops_file_with_a_function() -> bytes:
    node = b'{"a": [{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}]}'
    return zipped({"schema.json": node})


@payload
def zip_in_a_tar_in_a_gzip() -> bytes:
    return gzip.compress(tarred({"a.zip": zipped({"deep/m.pkl": EVIL}, zipfile.ZIP_DEFLATED)}))


@payload
def pickle_before_a_zip() -> bytes:
    return EVIL + zipped({"data.txt": b"harmless"})


@payload
def pickle_in_the_name_of_a_tar_member() -> bytes:
    """A header of TAR begins with a name of up to a hundred bytes, which may be a program."""
    body = bytearray(tarred({"x": b"harmless"}))
    name = b"cos\nsystem\n(S'x'\ntR."
    body[: len(name)] = name
    body[148:156] = b" " * 8
    body[148:156] = b"%06o\0 " % sum(body[:512])
    return bytes(body)


@payload
def encrypted_by_its_flag_only() -> bytes:
    data = bytearray(zipped({"m.pkl": EVIL}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@payload
def local_header_of_another_name() -> bytes:
    data = zipped({"m.pkl": EVIL})
    return data.replace(b"m.pkl", b"m.txt", 1)


@payload
def checksum_that_is_wrong() -> bytes:
    data = bytearray(zipped({"m.pkl": EVIL}))
    at = data.index(b"PK\x01\x02")
    data[at + 16] ^= 1
    return bytes(data)


@payload
def two_members_of_one_name() -> bytes:
    data = zipped({"a.pkl": pickle.dumps(1), "b.pkl": EVIL})
    return data.replace(b"b.pkl", b"a.pkl")


# -- not to be read in full ---------------------------------------------------------------------


@unreadable
def cut_pickle() -> bytes:
    return pickle.dumps(list(range(1000)))[:-10]


@unreadable
def bytes_after_a_pickle() -> bytes:
    return pickle.dumps([1]) + b"more"


@unreadable
def cut_joblib() -> bytes:
    return dumped(np.arange(1000.0))[:-100]


@unreadable
def cut_gzip() -> bytes:
    return gzip.compress(pickle.dumps(list(range(10_000))))[:-20]


@unreadable
def bytes_after_gzip() -> bytes:
    return gzip.compress(pickle.dumps(1)) + b"more"


@unreadable
def cut_zip() -> bytes:
    return zipped({"m.pkl": pickle.dumps(1)})[:-10]


@unreadable
def zip_with_bytes_of_nobody() -> bytes:
    data = zipped({"m.pkl": pickle.dumps(1)})
    at = data.index(b"PK\x01\x02")
    moved = bytearray(data[:at] + b"hidden" + data[at:])
    struct.pack_into("<I", moved, len(moved) - 6, at + 6)
    return bytes(moved)


@unreadable
def zip_with_an_unknown_method() -> bytes:
    data = bytearray(zipped({"m.pkl": pickle.dumps(1)}))
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 99
    return bytes(data)


@unreadable
def zip_with_members_that_overlap() -> bytes:
    data = bytearray(zipped({"a.pkl": pickle.dumps(1), "b.pkl": pickle.dumps(2)}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)
    return bytes(data)


@unreadable
def cut_tar() -> bytes:
    return tarred({"m.pkl": pickle.dumps(list(range(1000)))})[:900]


@unreadable
def tar_with_a_link() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        info = tarfile.TarInfo("m.pkl")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    return stream.getvalue()


@unreadable
def cut_array() -> bytes:
    return saved(ARRAY)[:-1]


@unreadable
def bytes_after_an_array() -> bytes:
    return saved(ARRAY) + b"more"


@unreadable
def array_with_a_header_that_computes() -> bytes:
    return saved(ARRAY).replace(b"(8,), }", b"(2*4,)}")


@unreadable
def seven_zip() -> bytes:
    return b"7z\xbc\xaf\x27\x1c" + bytes(100)


@unreadable
def archives_deeper_than_a_reader_follows() -> bytes:
    data = pickle.dumps(1)
    for _ in range(20):
        data = gzip.compress(data)
    return data


@unreadable
def bomb_of_gzip() -> bytes:
    return gzip.compress(gzip.compress(bytes(200 << 20), 9), 9)


@unreadable
def number_of_a_million_digits() -> bytes:
    return b"\x80\x02L" + b"9" * 1_000_000 + b"L\n."


@unreadable
def bytes_that_are_not_there() -> bytes:
    return b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"abc."


@unreadable
def stack_that_runs_empty() -> bytes:
    return b"\x80\x040."


def with_a_side_file(name: str) -> bytes:
    state = b"}(" + text("filename") + text(name) + text("subclass") + named("numpy", "ndarray")
    return program(named("joblib.numpy_pickle_compat", "NDArrayWrapper") + b")\x81" + state + b"ub")


@unreadable
def side_file_that_is_not_there() -> bytes:
    return with_a_side_file("a.npy")


@unreadable
def side_file_out_of_the_folder() -> bytes:
    return with_a_side_file("../../etc/hosts")


@unreadable
def storages_of_torch_that_are_not_there() -> bytes:
    pid = b"(" + text("storage") + named("torch", "FloatStorage") + text("0") + text("cpu")
    return program(pid + b"K\x03tQ")


@unreadable
def buffer_that_was_kept_elsewhere() -> bytes:
    return program(b"\x97", 5)


class _Evil:
    def __reduce__(self) -> Any:
        import os

        return os.system, ("echo pwned",)
