"""Where a model is saved: Python, the machine, and the libraries that it needs with theirs.

Nothing is imported for it but the standard library, and ``packaging`` where that is installed:
frameworks are asked for their devices only if they are loaded and already use them. Rule: it costs
a process once; what cannot be found out is left out, and never stops a save.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from holotype.archive.theta import Environment, Platform, Requirement
from holotype.digest import sha256

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["REQUIREMENTS", "environment_of", "requirements_text", "roots_of"]

REQUIREMENTS = "environment/requirements.txt"
"""The member of an archive that lists what the model needs (SPEC 5.7)."""

_STANDARD = frozenset(sys.stdlib_module_names)
# Modules that are not called as the distribution that brings them, most usual first.
_DISTRIBUTIONS = {
    "sklearn": ("scikit-learn", "scikit-learn-intelex"),
    "imblearn": ("imbalanced-learn",),
    "xgboost": ("xgboost", "xgboost-cpu"),
}
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_MAX_REQUIREMENTS = 1000


def roots_of(keys: Iterable[str]) -> frozenset[str]:
    """The top-level modules that the keys of a blueprint name, and NumPy; none of Python's own."""
    roots = {key.partition(":")[0].partition(".")[0] for key in keys}
    return frozenset(roots - _STANDARD - {"__main__"} | {"numpy"})


def environment_of(roots: frozenset[str], tool: str) -> tuple[Environment, bytes]:
    """This process's environment, with the distributions that the modules ``roots`` come from.

    The second value is the text of ``environment/requirements.txt``; ``tool`` is who writes it.
    """
    return _with_devices(roots, tool, tuple(_devices()))


@lru_cache(maxsize=64)
def _with_devices(
    roots: frozenset[str], tool: str, gpu: tuple[str, ...]
) -> tuple[Environment, bytes]:
    environment = Environment(
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        platform=_platform(),
        cpu=_cpu(),
        gpu=list(gpu),
        requirements=list(_closure(roots)),
    )
    return environment, requirements_text(environment, tool)


def _platform() -> Platform:
    return Platform(
        system=platform.system(),
        machine=platform.machine(),
        release=platform.release() or None,
        libc=" ".join(platform.libc_ver()).strip() or None,
    )


def _cpu() -> list[str]:
    """The features of this processor that NumPy knows: they decide about the last bit of sums."""
    for name in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        features = getattr(sys.modules.get(name), "__cpu_features__", None)
        if isinstance(features, dict):
            return sorted(name for name, there in features.items() if there)
    return []


def _devices() -> Iterator[str]:
    """What torch and jax compute on, if they do so already: asking would start them otherwise."""
    with suppress(Exception):
        cuda = sys.modules["torch"].cuda
        if cuda.is_initialized():
            yield from (f"torch: {cuda.get_device_name(i)}" for i in range(cuda.device_count()))
    with suppress(Exception):
        if sys.modules["jax._src.xla_bridge"].backends_are_initialized():
            for device in sys.modules["jax"].devices():
                if device.platform != "cpu":
                    yield f"jax: {device.device_kind}"


# -------------------------------------------------------------------------------- distributions


class _Installed(NamedTuple):
    """What the metadata of one distribution say."""

    name: str
    version: str
    requires: list[str]
    distribution: Distribution


def _closure(roots: frozenset[str]) -> Iterator[Requirement]:
    """The distributions of these modules and all that they require here, sorted by name."""
    found: dict[str, Requirement] = {}
    waiting = [(each, frozenset[str]()) for root in sorted(roots) for each in _of_module(root)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting and len(found) < _MAX_REQUIREMENTS:
        installed, extras = waiting.pop()
        if (installed.name, extras) in seen:
            continue
        seen.add((installed.name, extras))
        if installed.name not in found:
            files = _files(installed.distribution)
            found[installed.name] = Requirement(
                name=installed.name, version=installed.version, files=files
            )
        for needed, its_extras in _required(installed.requires, extras):
            waiting += [(each, its_extras) for each in _installed(needed)]
    yield from (found[name] for name in sorted(found))


def _of_module(root: str) -> list[_Installed]:
    """The distribution that brings a module: by its name, or else by what all of them list."""
    for name in _DISTRIBUTIONS.get(root, (root,)):
        if found := _installed(name):
            return found
    return [each for name in sorted(_all_modules().get(root, ())) for each in _installed(name)]


def _installed(name: str) -> list[_Installed]:
    from importlib import metadata

    try:
        distribution = metadata.distribution(name)
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except Exception:  # noqa: BLE001 - what other tools left in the environment may be anything
        return []
    # Only the head is read: the rest is the description, and parsing that takes milliseconds.
    head = text.partition("\n\n")[0].splitlines()
    said = [line.partition(": ")[::2] for line in head]
    fields = dict(reversed(said))
    known, version = _canonical(fields.get("Name", "")), fields.get("Version", "").strip()
    if not _NAME.fullmatch(known) or not _VERSION.fullmatch(version):
        return []
    requires = [value for field, value in said if field == "Requires-Dist"]
    return [_Installed(known, version, requires, distribution)]


@lru_cache(maxsize=1)
def _all_modules() -> dict[str, set[str]]:
    from importlib import metadata

    with suppress(Exception):
        return {name: set(found) for name, found in metadata.packages_distributions().items()}
    return {}


def _required(requires: list[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """(name, extras) of what holds in this environment; all but extras without ``packaging``."""
    try:
        from packaging.requirements import Requirement as Parsed
    except ImportError:
        for text in requires:
            name = re.match(r"[A-Za-z0-9._-]+", text)
            if name is not None and not re.search(r";.*\bextra\b", text):
                yield name[0], frozenset()
        return
    for text in requires:
        with suppress(ValueError):  # of which InvalidRequirement is one
            parsed = Parsed(text)
            if parsed.marker is None or any(
                parsed.marker.evaluate({"extra": extra}) for extra in (extras or {""})
            ):
                yield parsed.name, frozenset(parsed.extras)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _files(distribution: Distribution) -> str | None:
    """Digest of what is installed of a distribution, by its RECORD; None where it has none.

    RECORD itself differs between installations (byte code, scripts with a path in their first line,
    who installed it). Its lines of the packages' own files do not: path, SHA-256 and size of each.
    """
    record = None
    with suppress(OSError, UnicodeDecodeError):
        record = distribution.read_text("RECORD")
    lines = sorted(line for line in (record or "").splitlines() if _is_content(line))
    return sha256("".join(f"{line}\n" for line in lines).encode()) if lines else None


def _is_content(line: str) -> bool:
    first = line.partition("/")[0]
    inside = not first.endswith((".dist-info", ".data")) and first not in ("", "..")
    return inside and not line.endswith(",,")


def requirements_text(environment: Environment, tool: str) -> bytes:
    """``environment/requirements.txt``: exact versions for pip, and which Python they were of."""
    system = environment.platform
    lines = [
        f"# What the model needs, as it was installed when {tool} saved it.",
        f"# python {environment.python} ({environment.implementation}), {system.system} "
        f"{system.machine}",
    ]
    for each in environment.requirements:
        lines.append(f"{each.name}=={each.version}")
        if each.files is not None:
            lines.append(f"    # files {each.files}")
    return "".join(f"{_one_line(line)}\n" for line in lines).encode()


def _one_line(text: Any) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
