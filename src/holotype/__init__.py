"""Holotype preserves machine-learning models: as data, with proof of what they are.

    import holotype

    holotype.dump(model, "model.holo")
    model = holotype.load("model.holo")  # runs no code from the file

See :mod:`holotype.errors` for what can go wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from holotype.version import __version__

if TYPE_CHECKING:
    from holotype.api.checking import Report, doctor, verify
    from holotype.api.comparing import diff
    from holotype.api.compressing import compress, decompress
    from holotype.api.looking import Archive, bom, card, fingerprint, show
    from holotype.api.old import convert, scan
    from holotype.api.opening import load, loads, wheels
    from holotype.api.saving import Receipt, dump, dumps
    from holotype.api.sealing import keygen, seal
    from holotype.api.store import Store
    from holotype.api.tracking import autolog, track
    from holotype.errors import HolotypeError
    from holotype.trust.policy import Policy

__all__ = [
    "Archive",
    "HolotypeError",
    "Policy",
    "Receipt",
    "Report",
    "Store",
    "__version__",
    "autolog",
    "bom",
    "card",
    "compress",
    "convert",
    "decompress",
    "diff",
    "doctor",
    "dump",
    "dumps",
    "fingerprint",
    "keygen",
    "load",
    "loads",
    "scan",
    "seal",
    "show",
    "track",
    "verify",
    "wheels",
]

# Imported when they are first asked for: loading a model needs nothing of what saves one.
_HOMES = {
    "api.checking": ("Report", "doctor", "verify"),
    "api.comparing": ("diff",),
    "api.compressing": ("compress", "decompress"),
    "api.looking": ("Archive", "bom", "card", "fingerprint", "show"),
    "api.old": ("convert", "scan"),
    "api.opening": ("load", "loads", "wheels"),
    "api.saving": ("Receipt", "dump", "dumps"),
    "api.sealing": ("keygen", "seal"),
    "api.store": ("Store",),
    "api.tracking": ("autolog", "track"),
    "errors": ("HolotypeError",),
    "trust.policy": ("Policy",),
}
_HOME = {name: f"holotype.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'holotype' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
