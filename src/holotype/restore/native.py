"""The native rung of the ladder: the model as an object of the libraries that are installed here.

The order is the safety: structure, digests, types, contents, and only then the first import.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

from holotype.archive.loaded import LoadedArrays
from holotype.archive.reader import ArchiveReader
from holotype.capsule.describe import version_change
from holotype.errors import VersionWarning
from holotype.graph.decode import decode
from holotype.graph.nodes import Blueprint
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.restore.golden import agrees
from holotype.trust.policy import Policy
from holotype.types.table import type_table

__all__ = ["Check", "audited_arrays", "checked_blueprint", "restore"]

_NOTHING = Policy()

Check = bool | Literal["auto"]
"""Whether golden predictions are compared; *auto*: unless asking might take very long."""


def checked_blueprint(reader: ArchiveReader) -> Blueprint:
    """The blueprint of an open archive, every form and every type key checked."""
    return parse_blueprint(reader.blueprint, type_table(), stored=reader.size)


def restore(
    reader: ArchiveReader,
    *,
    mmap: bool = False,
    verify: bool = True,
    trust: Policy = _NOTHING,
    policy: Policy | None = None,
    check: Check = "auto",
) -> Any:
    """Build the model of an open archive, as far as ``trust`` and the policy allow.

    1. Parse the blueprint: every form, every type key (nothing is imported). Ask the policy, which
       is the user's configured one if none is given, about what is not data.
    2. Read or map the arrays and hash every byte of them, and of the parts that are no model.
    3. Validate the contents of every object whose library would read them unchecked.
    4. Import what the table says, and build.
    5. Ask the model what it was asked when it was saved, and compare (``golden.py``).

    Warns VersionWarning where nothing could be compared and scikit-learn has another minor version
    than when it was saved, and ProbeWarning where golden predictions are there and not compared.
    """
    blueprint = checked_blueprint(reader)
    if blueprint.trust:
        (trust | (Policy.configured() if policy is None else policy)).require(blueprint.trust)
    arrays = audited_arrays(reader, blueprint, mmap=mmap, verify=verify)
    model = decode(blueprint, type_table(), arrays)
    if check and agrees(model, reader, blueprint, always=check is True):
        return model
    change = version_change(reader.manifest.libraries)
    if change is not None:
        warnings.warn(
            f"the model was saved under scikit-learn {change[0]} and this is {change[1]}: "
            "check its predictions before you rely on them",
            VersionWarning,
            stacklevel=3,
        )
    return model


def audited_arrays(
    reader: ArchiveReader, blueprint: Blueprint, *, mmap: bool, verify: bool
) -> LoadedArrays:
    """The arrays, hashed, and the contents of all objects validated: steps 2 and 3.

    Both go on side by side; an array with the wrong digest is what is reported if both fail.
    """
    if verify:
        reader.check_others()
    load = reader.map_arrays if mmap else reader.load_arrays
    with load(blueprint, verify=verify) as arrays:
        arrays.check_booleans()
        audit(blueprint, arrays)
    return arrays
