"""The metadata block at the head of a card, as the Hugging Face Hub reads it.

Keys are ours and every value of a file is a quoted scalar in one line, so no value can end the
block or become a key. What the Hub would refuse is not said: a licence that it does not know is
``other`` with its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from holotype.archive.theta import Inputs, Metric
from holotype.capsule.card.subject import Subject

__all__ = ["front_matter", "task_of"]

_MAX_METRICS = 200
_MAX_VALUE = 500
# Licences that the Hub knows by the SPDX identifier, in small letters.
_LICENCES = """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
    bsl-1.0 cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 gfdl gpl gpl-2.0
    gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 osl-3.0
    pddl postgresql unlicense wtfpl zlib
"""
# What SPDX appends where the Hub has the bare name.
_SUFFIX = re.compile(r"-(?:only|or-later)$")
_LIBRARIES = {
    "catboost": "catboost",
    "flax": "flax",
    "jax": "jax",
    "keras": "keras",
    "lightgbm": "lightgbm",
    "sklearn": "sklearn",
    "statsmodels": "statsmodels",
    "torch": "pytorch",
    "xgboost": "xgboost",
}
_TASKS = {
    "classifier": "tabular-classification",
    "regressor": "tabular-regression",
    "forecaster": "time-series-forecasting",
}


def front_matter(subject: Subject) -> str:
    """The block with its fences."""
    return "\n".join(["---", *_lines(subject), "---"]) + "\n"


def task_of(kind: str, inputs: Inputs | None) -> str | None:
    """The Hub's name of what such a model does, where it has one and that is known."""
    form = None if inputs is None else inputs.form
    if form == "text":
        return "text-classification" if kind == "classifier" else None
    if form in (None, "array", "frame", "series", "sparse"):
        return _TASKS.get(kind)
    return None


def _lines(subject: Subject) -> Iterator[str]:
    manifest = subject.manifest
    root = manifest.model.type.partition(".")[0]
    task = task_of(manifest.model.kind, manifest.inputs)
    about = manifest.about
    if about is not None and about.licence:
        yield from _licence(about.licence)
    yield f"library_name: {_LIBRARIES.get(root, 'holotype')}"
    yield "tags:"
    kind = _slug(manifest.model.kind)
    yield from (f"- {_scalar(tag)}" for tag in dict.fromkeys(["holotype", kind, task]) if tag)
    if task is not None:
        yield f"pipeline_tag: {task}"
    metrics = [m for m in manifest.metrics[:_MAX_METRICS] if _is_finite(m.value)]
    if metrics:
        yield "metrics:"
        yield from (f"- {_scalar(name)}" for name in dict.fromkeys(_slug(m.name) for m in metrics))
        yield "model-index:"
        yield f"- name: {_scalar(subject.title)}"
        yield "  results:"
        for metric in metrics:
            yield from _result(metric, task or "other")


def _licence(licence: str) -> Iterator[str]:
    known = licence.strip().lower()
    for name in (known, _SUFFIX.sub("", known)):
        if name in _LICENCES.split():
            yield f"license: {name}"
            return
    yield "license: other"
    yield f"license_name: {_scalar(licence)}"


def _result(metric: Metric, task: str) -> Iterator[str]:
    dataset = metric.dataset or "not stated"
    yield "  - task:"
    yield f"      type: {task}"
    yield "    dataset:"
    yield f"      name: {_scalar(dataset)}"
    yield f"      type: {_scalar(_slug(dataset))}"
    if metric.slice is not None:
        yield f"      config: {_scalar(metric.slice)}"
    yield "    metrics:"
    yield f"    - type: {_scalar(_slug(metric.name))}"
    yield f"      value: {_figure(metric.value)}"
    yield f"      name: {_scalar(metric.name)}"


def _is_finite(value: float) -> bool:
    return value.bit_length() < 1000 if isinstance(value, int) else math.isfinite(value)


def _slug(name: str) -> str:
    """A name as the Hub writes those of metrics and data sets."""
    slug = re.sub(r"[^a-z0-9_]+", "-", name.lower()[:_MAX_VALUE]).strip("-")
    return slug or "unnamed"


def _figure(value: float) -> str:
    """A number that YAML 1.1 takes for one too, which wants a point before an exponent."""
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _scalar(text: str) -> str:
    """A double-quoted scalar in one line."""
    cut = text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
    return f'"{"".join(map(_character, cut))}"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
