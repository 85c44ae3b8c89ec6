"""How a package brings its own part of the table: what ``holotype.types`` offers to its author.

Entries for classes in the manner of scikit-learn are made from names that are written out; they get
the checks that scikit-learn's own estimators get, and those that the author adds. Rule: names are
written down, never collected from what is installed: what a later version adds is not in the table
before someone has looked at it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from holotype.graph.shadow import Named, Shadow, is_trusted
from holotype.graph.table import Entry
from holotype.types.table import key_of, type_table

__all__ = ["Check", "called", "estimators", "functions", "like", "objects", "register", "sizes"]

Check = Callable[[Shadow], None]
_NONE: Mapping[str, Any] = {}


def register(root: str, entries: Iterable[Entry], *, install: str = "") -> None:
    """Add the types of the package that is imported as ``root`` to the table of this process.

    ``install`` is what pip is told where the package is missing, if that is not ``root``.
    Registering the same entries again changes nothing. Raises ValueError, and adds none of them,
    where an entry is not of this package, or its root has been registered otherwise.
    """
    type_table().register(root, entries, install=install)


def estimators(
    names: Mapping[str, str],
    *,
    public: str = "",
    checks: Mapping[str, Check] = _NONE,
    bases: Mapping[str, str] = _NONE,
    drop: Mapping[str, Iterable[str]] = _NONE,
) -> Iterator[Entry]:
    """Entries for scikit-learn's kind of classes: made empty, and given their attributes.

    names   class names, separated by spaces, by the module that defines them
    public  the module that offers them all; else each key is the module's path, cut at its first
            part that begins with an underscore
    checks  by class name: what must hold of the contents besides
    bases   by class name: the key of the class of the table that it extends, whose checks it needs
    drop    by class name: attributes that are no part of the model

    Raises KeyError for a base that is not in the table.
    """
    from holotype.types.sklearn.layouts import reduce_estimator
    from holotype.types.sklearn.leftovers import VERSION

    for name, key, where in _written(names, public):
        base = _base(bases[name]) if name in bases else None
        # A check reads plain arrays, so what is checked is stored without the gaps of its layout.
        reduce = base.reduce if base else None if name in checks else reduce_estimator
        yield Entry(
            key=key,
            where=where,
            kind="object",
            drop=VERSION | (base.drop if base else VERSION) | frozenset(drop.get(name, ())),
            reduce=reduce,
            check=_all_of(like(base.key) if base else _check_estimator, checks.get(name)),
        )


def _check_estimator(shadow: Shadow) -> None:
    from holotype.types.sklearn.checks_functions import check_callables
    from holotype.types.sklearn.shapes import check_shapes

    check_shapes(shadow)
    check_callables(shadow)


def _all_of(first: Check, second: Check | None) -> Check:
    if second is None:
        return first

    def check(shadow: Shadow) -> None:
        first(shadow)
        second(shadow)

    return check


def objects(
    names: Mapping[str, str],
    *,
    public: str = "",
    checks: Mapping[str, Check] = _NONE,
    drop: Mapping[str, Iterable[str]] = _NONE,
) -> Iterator[Entry]:
    """The same for classes that are no estimators: their attributes, and only the given checks."""
    for name, key, where in _written(names, public):
        yield Entry(
            key=key,
            where=where,
            kind="object",
            drop=frozenset(drop.get(name, ())),
            check=checks.get(name),
        )


def functions(names: Mapping[str, str], *, public: str = "") -> Iterator[Entry]:
    """Entries for functions that a model may keep as a parameter, by name.

    Whoever writes one down says that it is safe to call with anything: it computes a value from
    values; it opens, imports, evaluates and runs nothing, and checks what it hands to native code.
    """
    for _, key, where in _written(names, public):
        yield Entry(key=key, where=where, kind="name")


def _written(names: Mapping[str, str], public: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for module, listed in names.items():
        for name in listed.split():
            places = dict.fromkeys((f"{module}:{name}", f"{public or module}:{name}"))
            yield name, f"{public}.{name}" if public else key_of(module, name), tuple(places)


def _base(key: str) -> Entry:
    entry = type_table().entry(key)
    if entry is None or entry.kind != "object":
        raise KeyError(f"{key} is no class of the table that can be extended")
    return entry


def like(key: str) -> Check:
    """The check that objects of a type of the table get, for a type that extends it."""

    def check(shadow: Shadow) -> None:
        entry = _base(key)
        seen = copy.copy(shadow)
        seen.key = key
        if entry.check_all is not None:
            entry.check_all([seen])
        if entry.check is not None:
            entry.check(seen)

    return check


def sizes(facts: str) -> Check:
    """A check that arrays agree in size: ``"mean_: features, coef_: classes features | features"``.

    A word is learnt where it first stands; ``features`` is ``n_features_in_``, ``classes`` the
    length of ``classes_``; ``any`` is any size, and alternatives follow a bar. Attributes that are
    absent, or no arrays, are not looked at.
    """
    from holotype.types.sklearn.shapes import _agrees, shape_of

    wanted = [
        (name.strip(), [tuple(each.split()) for each in said.split("|")])
        for name, _, said in (fact.partition(":") for fact in facts.split(","))
    ]

    def check(shadow: Shadow) -> None:
        known: dict[str, int] = {}
        if shadow.has("n_features_in_"):
            known["features"] = shadow.integer("n_features_in_", 0)
        classes = shape_of(shadow.get("classes_"))
        if classes:
            known["classes"] = classes[0]
        for name, alternatives in wanted:
            shape = shape_of(shadow.get(name))
            if shape is not None and not any(_agrees(shape, each, known) for each in alternatives):
                said = " or ".join(" × ".join(each) for each in alternatives)
                raise shadow.fail(f"{name} has sizes {list(shape)}, not {said}")

    return check


def called(*names: str) -> Check:
    """A check that attributes which are called are functions of the table, or trusted.

    A class of the table would be made from whatever it is called with, and no check would see that.
    Values that are no name, such as text, pass.
    """
    from holotype.types.sklearn.checks_functions import _may_be_called

    def check(shadow: Shadow) -> None:
        for name in names:
            value = shadow.get(name)
            if isinstance(value, Named) and not is_trusted(value) and not _may_be_called(value.key):
                raise shadow.fail(f"{name} is {value.key}, whose contents nobody would check")

    return check
