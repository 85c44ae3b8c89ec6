"""NumPy's random states, bit generators and seed sequences.

The state that a generator had is in the file in NumPy's own terms; where an older NumPy did not
pickle the seed sequence it is unknown, and stays so.
"""

from __future__ import annotations

from typing import Any

from holotype.graph.specimen import Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.rules.names import entry_for, entry_named
from holotype.legacy.rules.taken import FunctionRule, Odd, Raw, Taken
from holotype.legacy.symbols import Global
from holotype.types import numpy as table

__all__ = ["FUNCTIONS"]

_PREFIX = "numpy.random."
_CHECKSUMMED = 3  # class, checksum, state: the arguments of an unpickling function of Cython


def _bits_entry(kind: Raw) -> Entry:
    """The entry of a bit generator, given by its class or its name."""
    entry = None
    if type(kind) is Global:
        entry = entry_for(kind)
    elif type(kind) is str:
        entry = entry_named(f"numpy.random:{kind}")
    if entry is None or entry.key.removeprefix(_PREFIX) not in table._BITS:
        raise Odd("it names no bit generator of the table")
    return entry


def _flat(name: str, state: Raw) -> dict[str, Any]:
    """NumPy's nested state of a bit generator as the flat one of the blueprint."""
    if type(state) is not dict or state.get("bit_generator") != name:
        raise Odd("it does not have the state of its generator")
    inner = state.get("state")
    if type(inner) is not dict:
        raise Odd("it does not have the state of its generator")
    within, beside = table._BITS[name]
    return {part: inner[part] for part in within} | {part: state[part] for part in beside}


def _bits(kind: Raw, state: Raw) -> Specimen:
    entry = _bits_entry(kind)
    seed = None
    if type(state) is tuple and len(state) == 2:  # since NumPy 1.25
        state, seed = state
    if seed is not None and not _is(seed, "SeedSequence"):
        raise Odd("its seed sequence is of a kind that is not in the table")
    return Specimen(entry, Reduced((seed,), _flat(entry.key.removeprefix(_PREFIX), state)))


def _is(value: Any, name: str) -> bool:
    return type(value) is Specimen and value.entry.key == _PREFIX + name


def _bit_generator(taken: Taken) -> Specimen:
    (kind,) = taken.arguments(1)
    return _bits(kind, taken.state())


def _held(taken: Taken) -> tuple[Raw, Any]:
    """What a generator or random state was made with, and the state of its bits if it has one."""
    first, *_ = taken.arguments(0, 2) or ("MT19937",)
    return first, taken.state()


def _over(first: Raw, state: Any) -> Specimen:
    """A wrapper's bit generator: pickled of its own, or by its name and the wrapper's state."""
    if type(first) is Specimen:
        name = first.entry.key.removeprefix(_PREFIX)
        if name not in table._BITS:
            raise Odd("its bit generator is none of the table")
        if state is not None:
            first.reduced = first.reduced._replace(state=_flat(name, state))
        return first
    return _bits(first, state)


def _generator(taken: Taken) -> Specimen:
    first, state = _held(taken)
    return Specimen(_entry("Generator"), Reduced((_over(first, state),)))


def _random_state(taken: Taken) -> Specimen:
    first, state = _held(taken)
    if type(state) is not dict:
        raise Odd("it has no state that is known")
    return Specimen(
        _entry("RandomState"),
        Reduced((_over(first, state), state["has_gauss"], state["gauss"])),
    )


def _older_random_state(taken: Taken) -> Specimen:
    """As NumPy before 1.17 pickled it: an empty call, and the parts of the state in a tuple."""
    taken.arguments(0)
    state = taken.state()
    if type(state) is not tuple or len(state) != 5 or state[0] != "MT19937":
        raise Odd("it has no state that is known")
    name, key, position, has_gauss, gauss = state
    bits = _bits(name, {"bit_generator": name, "state": {"key": key, "pos": position}})
    return Specimen(_entry("RandomState"), Reduced((bits, has_gauss, gauss)))


def _seed_sequence(taken: Taken) -> Specimen:
    """The unpickling function of Cython: its members in the order of their names."""
    *_, given = taken.arguments(_CHECKSUMMED)
    state = taken.state() if given is None else given
    if type(state) is not tuple or len(state) != 5:
        raise Odd("the state of a seed sequence is not known")
    entropy, spawned, _, pool_size, spawn_key = map(taken.plain, state)
    return Specimen(_entry("SeedSequence"), Reduced((entropy, spawn_key, pool_size, spawned)))


def _entry(name: str) -> Entry:
    entry = entry_named(f"numpy.random:{name}")
    if entry is None:
        raise AssertionError(f"numpy.random.{name} is not in the table")
    return entry


FUNCTIONS: dict[str, FunctionRule] = {
    "numpy.random:__RandomState_ctor": _older_random_state,
    "numpy.random._pickle:__bit_generator_ctor": _bit_generator,
    "numpy.random._pickle:__generator_ctor": _generator,
    "numpy.random._pickle:__randomstate_ctor": _random_state,
    "numpy.random.bit_generator:__pyx_unpickle_SeedSequence": _seed_sequence,
}
