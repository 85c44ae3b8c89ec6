"""The states of optax's optimisers: named tuples of arrays, by name and number of fields.

What makes the updates is a pair of functions, ``optax.GradientTransformation``. Those are closures
of optax that nothing describes, so they are kept as source and ask for that trust (``code``); the
states alone are data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from holotype.graph.shadow import Shadow, is_trusted
from holotype.graph.table import Entry, Reduced

__all__ = ["entries"]

# By the public module that offers them, and where optax defines them; with their fields.
_STATES = {
    ("optax", "_src.base"): "EmptyState:0",
    ("optax", "_src.factorized"): "FactoredState:4",
    ("optax", "_src.linesearch"): (
        "BacktrackingLineSearchState:5 ScaleByBacktrackingLinesearchState:4 "
        "ScaleByZoomLinesearchState:4 ZoomLinesearchState:27"
    ),
    ("optax", "_src.lookahead"): "LookaheadParams:2 LookaheadState:2",
    ("optax", "_src.transform"): (
        "ApplyEvery:2 ScaleByAdaDeltaState:2 ScaleByAdamState:3 ScaleByAdanState:5 "
        "ScaleByAmsgradState:4 ScaleByBeliefState:3 ScaleByDistanceOverGradientsState:3 "
        "ScaleByLBFGSState:6 ScaleByLionState:2 ScaleByNovogradState:3 "
        "ScaleByOptimisticGradientState:2 ScaleByRStdDevState:2 ScaleByRStdDevWithCountState:3 "
        "ScaleByRmsState:1 ScaleByRmsWithCountState:2 ScaleByRpropState:2 ScaleByRssState:1 "
        "ScaleBySM3State:2 ScaleByScheduleState:1"
    ),
    ("optax.contrib", "contrib._ademamix"): (
        "ScaleByAdemamixState:5 ScaleBySimplifiedAdEMAMixState:3"
    ),
    ("optax.contrib", "contrib._cocob"): "COCOBState:5",
    ("optax.contrib", "contrib._complex_valued"): "SplitRealAndImaginaryState:1",
    ("optax.contrib", "contrib._dadapt_adamw"): "DAdaptAdamWState:6",
    ("optax.contrib", "contrib._dog"): "DoGState:4 DoWGState:3",
    ("optax.contrib", "contrib._galore"): "GaLoreState:3",
    ("optax.contrib", "contrib._madgrad"): "MadgradState:4",
    ("optax.contrib", "contrib._mechanic"): "MechanicState:7",
    ("optax.contrib", "contrib._momo"): "MomoAdamState:6 MomoState:5",
    ("optax.contrib", "contrib._muon"): "MuonState:3",
    ("optax.contrib", "contrib._privacy"): "DifferentiallyPrivateAggregateState:1",
    ("optax.contrib", "contrib._prodigy"): "ProdigyState:7",
    ("optax.contrib", "contrib._reduce_on_plateau"): "ReduceLROnPlateauState:6",
    ("optax.contrib", "contrib._sam"): "SAMState:4",
    ("optax.contrib", "contrib._schedule_free"): "ScheduleFreeState:6",
    ("optax.contrib", "contrib._sophia"): "HutchinsonState:1 SophiaState:4",
    ("optax.schedules", "schedules._inject"): (
        "InjectHyperparamsState:3 InjectStatefulHyperparamsState:4 WrappedScheduleState:1"
    ),
    ("optax.transforms", "transforms._accumulation"): "EmaState:2 MultiStepsState:5 TraceState:1",
    ("optax.transforms", "transforms._adding"): "AddNoiseState:2",
    ("optax.transforms", "transforms._combining"): "PartitionState:1",
    ("optax.transforms", "transforms._conditionality"): (
        "ApplyIfFiniteState:4 ConditionallyMaskState:2 ConditionallyTransformState:2"
    ),
    ("optax.transforms", "transforms._constraining"): "ZeroNansState:1",
    ("optax.transforms", "transforms._masking"): "MaskedNode:0 MaskedState:1",
    ("optax.transforms", "transforms._monitoring"): "MonitorState:2 SnapshotState:1",
}


def _check_fields(count: int) -> Callable[[Shadow], None]:
    def check(shadow: Shadow) -> None:
        shadow.args(count)

    return check


def _reduce_state(obj: Any) -> Reduced:
    return Reduced(tuple(obj))


def _check_functions(shadow: Shadow) -> None:
    if not all(map(is_trusted, shadow.args(2))):
        raise shadow.fail("its two functions are not ones that the reader trusts")


def entries() -> Iterable[Entry]:
    """The states, and the pairs of functions that make them."""
    for (public, home), listed in _STATES.items():
        for each in listed.split():
            name, _, count = each.partition(":")
            yield Entry(
                key=f"{public}.{name}",
                where=(f"optax.{home}:{name}", f"{public}:{name}", f"optax:{name}"),
                kind="call",
                reduce=_reduce_state,
                check=_check_fields(int(count)),
                as_key="never",
            )
    for name in ("GradientTransformation", "GradientTransformationExtraArgs"):
        yield Entry(
            key=f"optax.{name}",
            where=(f"optax._src.base:{name}",),
            kind="call",
            reduce=_reduce_state,
            check=_check_functions,
            as_key="never",
        )
