"""JAX: an array pickles as NumPy's array of its values, and whether its type is weak.

Frozen dicts of Flax and the named tuples of optax are their arguments, which needs no rule. Arrays
of bfloat16 and other narrow types name a dtype of ``ml_dtypes`` and are refused as NumPy's are;
so are random keys, whose pickle holds the functions of their generator.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.names import entry_named
from holotype.legacy.rules.numpy import FUNCTIONS as OF_NUMPY
from holotype.legacy.rules.taken import FunctionRule, Odd, Taken, TypeRule

__all__ = ["FUNCTIONS", "TYPES"]

_WEAK = ("weak_type",)


def _array(taken: Taken) -> Specimen:
    _, _, state, more = taken.arguments(4)
    taken.no_state()
    facts = taken.plain(more)
    if type(facts) is not dict or tuple(facts) != _WEAK or type(facts["weak_type"]) is not bool:
        raise Odd("what it says beside its values is not known")
    if type(state) is not tuple:
        raise Odd("its values are not the state of an array of NumPy")
    made = Taken(taken.name, (None, (0,), b"b"), plain=taken.plain, states=(state,))
    values = OF_NUMPY["numpy._core.multiarray:_reconstruct"](made)
    entry = entry_named("jax._src.array:ArrayImpl")
    if not isinstance(values, np.ndarray) or entry is None:
        raise Odd("its values are not an array of NumPy")
    return Specimen(entry, Reduced((values, None, facts["weak_type"], False)))


def _keys(taken: Taken) -> NoReturn:
    raise Odd("random keys hold functions; keep jax.random.key_data(keys) instead")


FUNCTIONS: dict[str, FunctionRule] = {"jax._src.array:_reconstruct_array": _array}

TYPES: dict[str, TypeRule] = {"jax.random.KeyArray": _keys}
