"""dump: a live model becomes an archive."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from holotype.api.common import Metrics, Target, collector_paused, saving_of
from holotype.archive.writer import MakeSeals, unsealed, write_archive
from holotype.capsule.gather import Said, gather
from holotype.capsule.probe import Probe
from holotype.graph.encode import encode
from holotype.trust.settings import identifies
from holotype.types.table import type_table

if TYPE_CHECKING:
    from holotype.api.sealing import Key

__all__ = ["Asked", "Receipt", "dump", "dumps"]


class Asked(msgspec.Struct, frozen=True):
    """The golden predictions that were kept.

    ``methods`` were asked, of ``rows`` rows where the inputs have rows, in ``seconds``;
    ``left_out`` says by method why it is not kept; ``synthetic``: the inputs were made up.
    """

    methods: tuple[str, ...]
    rows: int | None
    synthetic: bool
    seconds: float
    left_out: dict[str, str]


class Receipt(msgspec.Struct, frozen=True):
    """What was written: the archive's id, the model's fingerprint, the size in bytes.

    ``level`` is the trust that opening it asks for: data (none), named, code or opaque. ``probe``
    says what was asked of the model for golden predictions, None where nothing was.
    """

    id: str
    fingerprint: str
    size: int
    level: str
    probe: Asked | None = None


def dump(
    model: Any,
    file: Target,
    *,
    metadata: Mapping[str, Any] | None = None,
    created: datetime | None = None,
    author: str | None = None,
    about: Mapping[str, Any] | None = None,
    metrics: Metrics | None = None,
    parents: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    seeds: int | Mapping[str, int] | None = None,
    units: Mapping[str, str] | None = None,
    probe: Any = "auto",
    targets: Any = None,
    portable: bool = False,
    wheels: str | os.PathLike[str] | None = None,
    identify: bool | None = None,
    context: bool = True,
    max_level: str = "code",
    embed: Iterable[str] = (),
    seal: Key | None = None,
    name: str | None = None,
    version: str | None = None,
) -> Receipt:
    """Write ``model`` to ``file``, a path or a binary file object.

    A path is replaced atomically and durably: after a crash it holds the old content or the new.

    Args:
        model: any object made of types of the table: estimators, pipelines, arrays, containers.
        file: where to; ``.holo`` is the usual suffix. Nothing is appended to the name.
        metadata: what you want to keep with the model, as JSON values.
        created: the time to record; now by default, or ``SOURCE_DATE_EPOCH`` where that is set.
            With equal ``created``, equal models give equal bytes.
        author: who made the model; nothing is recorded by default.
        about: what it is and is for: ``description``, ``licence``, ``intended_use``,
            ``limitations`` (texts) and ``contacts`` (a list of texts).
        metrics: ``{"auc": 0.9}``, ``{"test": {"auc": 0.9}}``, ``{"test": {"women": {"auc": 0.9}}}``
            (data set, slice, name), or records with ``name``, ``value``, ``dataset``, ``slice``.
        parents: ``{"fine_tuned_from": …, "retrained_from": …, "converted_from": …}``, each an
            archive (path or bytes), what ``dump`` or ``show`` gave, an id, or a list of these.
        data: ``{"train": (X, y), "test": (X, y)}`` or X alone. A digest and figures of each column
            are recorded, never a row.
        seeds: one number, or several by name; the model's own ``random_state`` is found anyway.
        units: of features by their names, and of what the model predicts: ``{"output": "EUR"}``.
        probe: inputs to ask the model about, whose answers are kept and compared when it is opened.
            At most 256 rows are kept: they can be read by whoever has the file. ``"auto"`` makes
            some up from the input schema where that is possible; ``None`` keeps none.
        targets: what is true of the probe's inputs, one row for each. Kept with the probe, so that
            the model card can show calibration or residuals.
        portable: add an ONNX twin, which other languages run, if one can be made whose answers
            agree with the golden predictions. Needs the extra ``holotype[onnx]``.
        wheels: a folder in which the wheels of the model's environment are kept, downloaded if need
            be, so that it can be rebuilt without an index; see :func:`holotype.wheels`.
        identify: record the names of the user and the host. By default not, unless the user's
            configuration file has ``identify = true`` in section ``[save]``.
        context: record the environment (libraries, platform, processor) and the program (script and
            git commit). ``False`` records neither.
        max_level: how much trust opening it may ask for. ``"data"``: only types of the table.
            ``"named"``: also classes and functions of installed packages, by name. ``"code"``: also
            functions and classes as source, with the values that they captured. ``"opaque"``: also
            pickle bytes of what nothing else can hold, which only this Python version can read.
        embed: packages and modules of your own whose functions and classes go along as source,
            although they could be found by name: those that will not be installed elsewhere.
        seal: a private key to seal the archive with, as for :func:`holotype.seal`; it is written
            with its seal at once.
        name: with ``seal``, by which name you mean the model; it does not enter the id.
        version: with ``seal``, which version of that name.

    Raises:
        UnsupportedError: a part of the model could not be restored exactly; names its path.
        OSError: the file could not be written; it is as it was before.
    """
    seals = _sealer(seal, name, version)
    said = Said.of(
        metadata=metadata,
        created=created,
        author=author,
        about=about,
        metrics=metrics,
        parents=parents,
        data=data,
        seeds=seeds,
        units=units,
    )
    with collector_paused():
        encoded = encode(model, type_table(), saving=saving_of(max_level, embed))
        theta = gather(
            model,
            encoded,
            said,
            identify=identifies() if identify is None else identify,
            context=context,
            probe=probe,
            targets=targets,
        )
        if portable:
            from holotype.deploy.onnx import make_twin

            theta = theta.with_twin(*make_twin(model, theta.probe))
        written = write_archive(file, encoded, theta.manifest, theta.extras, seals)
    if wheels is not None:
        _keep_wheels(file, wheels)
    return Receipt(*written, level=str(encoded.level), probe=_asked(theta.probe))


def _sealer(seal: Key | None, name: str | None, version: str | None) -> MakeSeals:
    if seal is None:
        if name is not None or version is not None:
            raise ValueError("name and version are said by a seal: give a key, seal=…")
        return unsealed
    from holotype.api.sealing import sealer

    return sealer(seal, name, version)


def _asked(probe: Probe | None) -> Asked | None:
    if probe is None:
        return None
    methods = tuple(probe.outputs)
    return Asked(methods, probe.rows, probe.synthetic, probe.seconds, probe.left_out)


def _keep_wheels(file: Target, folder: str | os.PathLike[str]) -> None:
    from holotype.api.opening import wheels

    if not isinstance(file, (str, os.PathLike)):
        raise TypeError("wheels are kept for an archive at a path: see holotype.wheels")
    wheels(os.fspath(file), folder)


def dumps(
    model: Any,
    *,
    metadata: Mapping[str, Any] | None = None,
    created: datetime | None = None,
    author: str | None = None,
    about: Mapping[str, Any] | None = None,
    metrics: Metrics | None = None,
    parents: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    seeds: int | Mapping[str, int] | None = None,
    units: Mapping[str, str] | None = None,
    probe: Any = "auto",
    targets: Any = None,
    portable: bool = False,
    wheels: str | os.PathLike[str] | None = None,
    identify: bool | None = None,
    context: bool = True,
    max_level: str = "code",
    embed: Iterable[str] = (),
    seal: Key | None = None,
    name: str | None = None,
    version: str | None = None,
) -> bytes:
    """The archive of ``model`` as bytes; arguments and errors are those of :func:`dump`."""
    stream = io.BytesIO()
    dump(
        model,
        stream,
        metadata=metadata,
        created=created,
        author=author,
        about=about,
        metrics=metrics,
        parents=parents,
        data=data,
        seeds=seeds,
        units=units,
        probe=probe,
        targets=targets,
        portable=portable,
        identify=identify,
        context=context,
        max_level=max_level,
        embed=embed,
        seal=seal,
        name=name,
        version=version,
    )
    return stream.getvalue()
