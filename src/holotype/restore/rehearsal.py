"""What loading would say of a model that is about to be written, before anything is written.

An old file is not believed: its contents pass the validators that an archive's contents pass. The
same functions look at the same bytes as they would after reading the archive.
"""

from __future__ import annotations

import numpy as np

from holotype.archive.loaded import LoadedArrays
from holotype.archive.parameters import plan_parameters, stored_tensor
from holotype.graph.arrays import Tensor
from holotype.graph.encode import Encoded
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.types.table import type_table

__all__ = ["rehearse"]


def rehearse(encoded: Encoded) -> None:
    """Check the blueprint and the contents of a model as :func:`holotype.load` would.

    Raises the HolotypeError that loading the archive would raise.
    """
    layout = plan_parameters(map(stored_tensor, encoded.tensors))
    text = encoded.to_json()
    blueprint = parse_blueprint(text, type_table(), stored=len(text) + layout.size)
    by_name = {tensor.name: tensor for tensor in encoded.tensors}
    buffers = [_bytes_of(by_name[stored.name]) for stored in layout.order]
    with LoadedArrays(blueprint, layout, buffers, read=None, verify=False) as arrays:
        arrays.check_booleans()
        audit(blueprint, arrays)


def _bytes_of(tensor: Tensor) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """The bytes of a tensor as they will be written; a view where they are one array."""
    return np.frombuffer(tensor.chunk(0, tensor.size), np.uint8)
