"""The ways to keep many versions that are compared by size.

The rule kept: each is used as its documentation says. DVC and MLflow get the pickle that their
users write; whatever of them lies only in a working directory or a cache is not counted.
"""

from __future__ import annotations

import filecmp
import hashlib
import importlib
import importlib.util
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np
import zstandard

import holotype
from benchmarks.models import Array, Model

CHUNK_BITS = 16
"""Chunks are of 2**16 bytes on average, of a quarter at least and four times at most."""
WINDOW = (1, 2, 4, 8, 16)
"""Doublings by which a rolling sum comes to cover 32 bytes."""


@dataclass(frozen=True)
class Version:
    """One version to keep, as a model and as the files that it would be without a store."""

    number: int
    name: str
    model: Model
    pickle: Path
    archive: Path


class Way(ABC):
    """One way to keep a history, in a folder of its own."""

    name: ClassVar[str]
    package: ClassVar[str] = ""
    """The module that must be installed, where it is not one that every run has."""
    tensors_only: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def keep(self, version: Version) -> None:
        """Keep one version more."""

    def size(self) -> tuple[int, int]:
        """Bytes and number of the files that keep all versions so far."""
        sizes = [path.stat().st_size for path in self.folder.rglob("*") if path.is_file()]
        return sum(sizes), len(sizes)


class Store(Way):
    """Holotype's: archives are pushed, so that what is pulled can be compared with them."""

    name = "store"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._store = holotype.Store(str(folder))
        self._pushed: list[tuple[str, Path]] = []

    def keep(self, version: Version) -> None:
        pushed = self._store.push(version.name, version.archive)
        self._pushed.append((f"{version.name}@{pushed.version}", version.archive))

    def unequal(self) -> int:
        """How many versions do not come back byte for byte, which is to be none."""
        pulled = self.folder.with_suffix(".pulled")
        wrong = 0
        for spec, archive in self._pushed:
            self._store.pull(spec, pulled)
            wrong += not filecmp.cmp(pulled, archive, shallow=False)
            pulled.unlink()
        return wrong


class Counted(Way):
    """A way that would write one file for each version; here its bytes are only counted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._sizes: list[int] = []

    @abstractmethod
    def file(self, version: Version) -> int:
        """Bytes that ``version`` takes."""

    def keep(self, version: Version) -> None:
        self._sizes.append(self.file(version))

    def size(self) -> tuple[int, int]:
        return sum(self._sizes), len(self._sizes)


class Archives(Counted):
    name = ".holo files"

    def file(self, version: Version) -> int:
        return version.archive.stat().st_size


class Zstd(Counted):
    """What ``zstd`` makes of an archive, at the level that it has by itself."""

    name = ".holo, zstd"

    def file(self, version: Version) -> int:
        return len(zstandard.compress(version.archive.read_bytes(), 3))


class Joblib(Counted):
    name = "joblib compress=3"

    def file(self, version: Version) -> int:
        file = io.BytesIO()
        joblib.dump(version.model, file, compress=3)
        return file.tell()


class ZipNN(Counted):
    """ZipNN of the tensors' bytes."""

    name = "zipnn"
    package = "zipnn"
    tensors_only = True

    def file(self, version: Version) -> int:
        zipnn = importlib.import_module("zipnn")
        size = 0
        for tensor in version.model.values():
            kind = str(tensor.dtype).removeprefix("torch.")
            tool = zipnn.ZipNN(input_format="byte", bytearray_dtype=kind)
            size += len(tool.compress(bytearray(raw(tensor))))
        return size


class Chunks(Way):
    """Archives cut where their content says, equal chunks kept once, each packed by zstd."""

    name = "chunks of 64 KiB"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._chunks: dict[bytes, int] = {}

    def keep(self, version: Version) -> None:
        data = np.fromfile(version.archive, np.uint8)
        start = 0
        for end in boundaries(data):
            chunk = data[start:end].tobytes()
            digest = hashlib.sha256(chunk).digest()
            if digest not in self._chunks:
                self._chunks[digest] = len(zstandard.compress(chunk, 3))
            start = end

    def size(self) -> tuple[int, int]:
        return sum(self._chunks.values()), len(self._chunks)


class DVC(Way):
    """``dvc add`` and ``dvc push`` to a local remote, which is what counts."""

    name = "DVC"
    package = "dvc"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "remote")
        os.environ["DVC_NO_ANALYTICS"] = "1"
        repository: Any = importlib.import_module("dvc.repo").Repo
        self._work = folder / "work"
        self._work.mkdir(parents=True)
        with repository.init(str(self._work), no_scm=True).config.edit() as settings:
            settings["remote"] = {"local": {"url": str(self.folder)}}
            settings["core"]["remote"] = "local"
        self._repository = repository(str(self._work))

    def keep(self, version: Version) -> None:
        file = self._work / f"{version.name}.pkl"
        file.write_bytes(version.pickle.read_bytes())
        self._repository.add(str(file))
        self._repository.push()


class MLflow(Way):
    """A run for each version, with the model as its artifact, in a local file store."""

    name = "MLflow"
    package = "mlflow"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        self._mlflow: Any = importlib.import_module("mlflow")
        self._mlflow.set_tracking_uri(folder.as_uri())
        self._mlflow.set_experiment("history")

    def keep(self, version: Version) -> None:
        with self._mlflow.start_run():
            self._mlflow.log_artifact(str(version.pickle))


WAYS: tuple[type[Way], ...] = (Store, Archives, Zstd, Chunks, Joblib, ZipNN, DVC, MLflow)


def installed() -> list[type[Way]]:
    """Those whose library can be imported."""
    return [way for way in WAYS if not way.package or importlib.util.find_spec(way.package)]


def raw(tensor: Any) -> bytes:
    """The bytes of a torch tensor of any dtype."""
    flat = tensor.contiguous().reshape(-1)
    return bytes(flat.view(importlib.import_module("torch").uint8).numpy())


def boundaries(data: Array) -> Iterator[int]:
    """Where chunks of ``data`` end: where a sum over the last 32 bytes begins with zeros.

    Each byte counts as a random number (Gear hashing), one bit less for each byte further back.
    """
    weights = np.random.default_rng(0).integers(0, 1 << 32, 256, np.uint32)
    sums = weights[data]
    for reach in WINDOW:
        sums[reach:] += sums[:-reach] << np.uint32(reach)
    average, start = 1 << CHUNK_BITS, 0
    for end in np.flatnonzero(sums >> np.uint32(32 - CHUNK_BITS) == 0) + 1:
        while end - start > 4 * average:
            start += 4 * average
            yield start
        if end - start >= average // 4:
            start = int(end)
            yield start
    while start < len(data):
        start = min(start + 4 * average, len(data))
        yield start
