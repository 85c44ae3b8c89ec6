"""Which libraries the table covers, under which import roots, and how each is installed.

Rule: the entries of a library are made when something of one of its roots is first asked for, so
that opening a booster does not cost what the table of another framework costs. A root stands here
because somebody wrote entries for it; nothing is looked up in what is installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import NamedTuple

from holotype.graph.table import Entry

__all__ = ["CORE", "LIBRARIES", "Library", "entries_of", "install_hint", "root_of"]


class Library(NamedTuple):
    """A package of ``holotype.types`` that makes entries.

    ``roots`` are the first parts of the keys and of the modules that its entries say, and what
    compiled modules of the library call themselves where they have lost their package.
    """

    name: str
    roots: tuple[str, ...]


# Always there: what every model may be made of.
CORE = ("builtins", "numpy")

LIBRARIES = (
    Library("scipy", ("scipy",)),
    Library("pandas", ("pandas",)),
    Library("sklearn", ("sklearn", "_loss")),
    Library("xgboost", ("xgboost",)),
    Library("lightgbm", ("lightgbm",)),
    Library("catboost", ("catboost", "_catboost")),
    Library("statsmodels", ("statsmodels", "patsy", "formulaic")),
    Library("torch", ("torch", "torchvision")),
    Library("jax", ("jax", "jaxlib", "flax", "optax", "ml_dtypes")),
    Library("keras", ("keras",)),
    Library("imblearn", ("imblearn",)),
    Library("category_encoders", ("category_encoders",)),
    Library("skrub", ("skrub",)),
)

# What pip is told, by root: an extra of ours where there is one, else the distribution.
_EXTRAS = {
    "catboost": "catboost",
    "flax": "jax",
    "jax": "jax",
    "keras": "keras",
    "lightgbm": "lightgbm",
    "pandas": "pandas",
    "sklearn": "sklearn",
    "statsmodels": "statsmodels",
    "torch": "torch",
    "xgboost": "xgboost",
}
_DISTRIBUTIONS = {"imblearn": "imbalanced-learn", "sklearn": "scikit-learn"}


def root_of(where: str) -> str:
    """The import root of a key, or of a ``module:name``; of our own modules, their library's."""
    parts = where.replace(":", ".").split(".", 3)
    if where.startswith("numpy.ndarray."):  # numpy.ndarray.laid_out: attributes of estimators
        return "sklearn"
    return parts[2] if parts[0] == "holotype" and len(parts) > 2 else parts[0]


def entries_of(name: str) -> Iterable[Entry]:
    """The entries that a package of ``holotype.types`` makes; importing no framework."""
    made: Iterable[Entry] = importlib.import_module(f"holotype.types.{name}").entries()
    return made


def install_hint(root: str) -> tuple[str, str]:
    """What a library is called where it is installed from, and the command that installs it."""
    distribution = _DISTRIBUTIONS.get(root, root)
    extra = _EXTRAS.get(root)
    what = f"'holotype[{extra}]'" if extra else distribution
    return distribution, f"pip install {what}"
