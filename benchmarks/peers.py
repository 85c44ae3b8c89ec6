"""The ways to save and load that are compared: one class each.

The rule kept: each peer is used as its documentation says, with the settings that its users have.
A peer opens and closes its own files; nothing is done for one that is not done for all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import cloudpickle
import joblib
import numpy as np

from benchmarks.frameworks import LIBRARIES, is_tensors
from benchmarks.models import Model

Load = Callable[[Path], Model]


class Peer(ABC):
    """One way to keep a model. An instance serves one model, so that it may remember its types."""

    name: ClassVar[str]
    package: ClassVar[str] = ""
    """The module that must be installed, where it is not one that every run has."""

    def accepts(self, model: Model) -> bool:
        """Whether the peer is meant for this kind of model at all."""
        return True

    @abstractmethod
    def save(self, model: Model, path: Path) -> None:
        """Write ``model`` to the new file ``path``."""

    @abstractmethod
    def load(self, path: Path) -> Model:
        """Read back what ``save`` wrote."""

    def loads(self) -> Mapping[str, Load]:
        """Every way to load, by name; ``load`` is the usual one."""
        return {"load": self.load}


class Pickle(Peer):
    name = "pickle"

    def save(self, model: Model, path: Path) -> None:
        with path.open("wb") as file:
            pickle.dump(model, file, protocol=5)

    def load(self, path: Path) -> Model:
        with path.open("rb") as file:
            return pickle.load(file)


class PickleDigest(Peer):
    """Pickle and the SHA-256 of its file: what proving a pickle costs, and so the fair peer."""

    name = "pickle+sha256"

    def save(self, model: Model, path: Path) -> None:
        with path.open("wb") as file:
            pickle.dump(model, file, protocol=5)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path.with_suffix(".sha256").write_text(digest)

    def load(self, path: Path) -> Model:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != path.with_suffix(".sha256").read_text():
                raise ValueError(f"{path} has changed")
            file.seek(0)
            return pickle.load(file)


class Joblib(Peer):
    name = "joblib"

    def save(self, model: Model, path: Path) -> None:
        joblib.dump(model, path)

    def load(self, path: Path) -> Model:
        return joblib.load(path)


class JoblibCompressed(Joblib):
    name = "joblib-z3"

    def save(self, model: Model, path: Path) -> None:
        joblib.dump(model, path, compress=3)


class Cloudpickle(Peer):
    name = "cloudpickle"

    def save(self, model: Model, path: Path) -> None:
        with path.open("wb") as file:
            cloudpickle.dump(model, file, protocol=5)

    def load(self, path: Path) -> Model:
        with path.open("rb") as file:
            return cloudpickle.load(file)


class Skops(Peer):
    """Skops, trusting what the file asks for; the list is made in the warm-up, so never timed."""

    name = "skops"
    package = "skops"
    _trusted: list[str] | None = None

    def save(self, model: Model, path: Path) -> None:
        import skops.io

        skops.io.dump(model, path)

    def load(self, path: Path) -> Model:
        import skops.io

        if self._trusted is None:
            self._trusted = skops.io.get_untrusted_types(file=path)
        return skops.io.load(path, trusted=self._trusted)


class Safetensors(Peer):
    name = "safetensors"
    package = "safetensors"
    _tensors = False

    def accepts(self, model: Model) -> bool:
        self._tensors = is_tensors(model)
        arrays = isinstance(model, dict) and all(isinstance(v, np.ndarray) for v in model.values())
        return self._tensors or arrays

    def save(self, model: Model, path: Path) -> None:
        self._module().save_file(model, path)

    def load(self, path: Path) -> Model:
        return self._module().load_file(path)

    def _module(self) -> Any:
        return importlib.import_module(
            "safetensors.torch" if self._tensors else "safetensors.numpy"
        )


class Native(Peer):
    """The library's own format: ``save_model`` of boosters, ``torch.save`` of tensors."""

    name = "native"
    _library = ""

    def accepts(self, model: Model) -> bool:
        self._library = "torch" if is_tensors(model) else type(model).__module__.partition(".")[0]
        return self._library in LIBRARIES

    def save(self, model: Model, path: Path) -> None:
        if self._library == "torch":
            import torch

            torch.save(model, path)
        else:
            model.save_model(path.with_suffix(".ubj") if self._library == "xgboost" else path)
            if self._library == "xgboost":  # which tells its formats by their suffix
                path.with_suffix(".ubj").rename(path)

    def load(self, path: Path) -> Model:
        if self._library == "torch":
            import torch

            return torch.load(path, weights_only=True)
        library = importlib.import_module(self._library)
        if self._library == "lightgbm":
            return library.Booster(model_file=path)
        booster = library.Booster()
        booster.load_model(bytearray(path.read_bytes()))
        return booster


class Holotype(Peer):
    """Holotype's three ways to load: every byte hashed, mapped and hashed, only mapped."""

    name = "holotype"
    package = "holotype"

    def save(self, model: Model, path: Path) -> None:
        import holotype

        holotype.dump(model, path, probe=None)  # peers predict nothing when they save

    def load(self, path: Path) -> Model:
        import holotype

        return holotype.load(path)  # which compares predictions only where they were kept

    def loads(self) -> Mapping[str, Load]:
        import holotype

        return {
            "load": self.load,
            "mapped, verified": lambda path: holotype.load(path, mmap=True),
            "mapped": lambda path: holotype.load(path, mmap=True, verify=False),
        }


PEERS: dict[str, type[Peer]] = {
    peer.name: peer
    for peer in (
        Holotype,
        Pickle,
        PickleDigest,
        Joblib,
        JoblibCompressed,
        Cloudpickle,
        Skops,
        Safetensors,
        Native,
    )
}


def installed(names: list[str]) -> list[str]:
    """Those of ``names`` whose library can be imported, in the same order."""
    return [
        name
        for name in names
        if not PEERS[name].package or importlib.util.find_spec(PEERS[name].package)
    ]
