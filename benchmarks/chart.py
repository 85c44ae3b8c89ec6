"""The chart of the docs: how long saving and loading take beside the peers, as SVG.

Two panels with one row per model and one dot per peer, on a logarithmic scale, since half and
twice are equally far from equal. Colours are of the palette that the colour-blind can tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.results import Run
from benchmarks.targets import load_ratio, save_ratio

WIDTH = 1000
LABELS = 298
GAP = 44
MARGIN = 28
PANEL = (WIDTH - LABELS - GAP - MARGIN) / 2
TOP = 128
ROW = 40
COLOURS = {
    "pickle": "#9a9a9a",
    "pickle+sha256": "#4d4d4d",
    "joblib": "#56b4e9",
    "joblib-z3": "#0072b2",
    "cloudpickle": "#cc79a7",
    "skops": "#d55e00",
    "safetensors": "#e69f00",
    "holotype": "#007a5a",
}
INK, FAINT, GRID = "#1f2328", "#59636e", "#e4e7eb"


@dataclass(frozen=True)
class Panel:
    """One half of the chart: ``ratio(model, peer)`` against the peer at 1."""

    title: str
    left: float
    ratio: Callable[[str, str], float | None]
    low: int
    high: int

    def x(self, ratio: float) -> float:
        """Where ``ratio`` stands, in pixels; ``low`` and ``high`` are powers of ten."""
        return self.left + PANEL * (math.log10(ratio) - self.low) / (self.high - self.low)


def svg(run: Run) -> str:
    """The chart of ``run``, a whole SVG document."""
    height = TOP + ROW * len(run.models) + 62
    peers = [peer for peer in COLOURS if any(cell.peer == peer for cell in run.cells)]
    panels = [
        _panel(run, peers, "Save ÷ (pickle + SHA-256)", LABELS, save_ratio),
        _panel(
            run, peers, "Load ÷ pickle (Holotype verifies all)", LABELS + PANEL + GAP, load_ratio
        ),
    ]
    about = run.environment
    lines = [
        _opening(height),
        "<title>Holotype beside its peers: time to save and to load</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 34, "Saving and loading a fitted model", 20, INK, weight="bold"),
        _text(
            20,
            56,
            "Median times as multiples of the line’s; left of it is faster. Logarithmic scale.",
            13,
        ),
        *_legend(peers),
    ]
    for panel in panels:
        lines += _frame(panel, len(run.models))
    for index, (key, title) in enumerate(run.models.items()):
        y = TOP + ROW * (index + 0.5)
        lines.append(_text(20, y + 4, f"({key}) {title}", 13, INK))
        for panel in panels:
            lines += _dots(panel, key, peers, y)
    foot = f"{about.date} · {about.cpu}, {about.cores} cores · Python {about.python} · "
    foot += f"scikit-learn {about.libraries['scikit-learn']}"
    lines.append(_text(20, height - 14, foot + (" · quick run" if run.quick else ""), 11))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _opening(height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="Helvetica, Arial, sans-serif">'
    )


def _panel(
    run: Run,
    peers: list[str],
    title: str,
    left: float,
    ratio: Callable[[Run, str, str], float | None],
) -> Panel:
    found = [r for model in run.models for peer in peers if (r := ratio(run, model, peer))]
    low = min(-1, math.floor(math.log10(min(found, default=1))))
    high = max(1, math.ceil(math.log10(max(found, default=1))))
    return Panel(title, left, lambda model, peer: ratio(run, model, peer), low, high)


def _legend(peers: list[str]) -> list[str]:
    lines, x = [], 26.0
    for peer in reversed(peers):
        radius = 7 if peer == "holotype" else 5
        lines.append(f'<circle cx="{x:.0f}" cy="79" r="{radius}" fill="{COLOURS[peer]}"/>')
        lines.append(_text(x + 12, 83, peer, 12, INK))
        x += 38 + 6.6 * len(peer)
    return lines


def _frame(panel: Panel, rows: int) -> list[str]:
    bottom = TOP + ROW * rows
    lines = [_text(panel.left, TOP - 14, panel.title, 13, INK, weight="bold")]
    for index in range(rows):
        y = TOP + ROW * (index + 0.5)
        lines.append(_line(panel.left, y, panel.left + PANEL, y, GRID, 1))
    for power in range(panel.low, panel.high + 1):
        x = panel.x(10.0**power)
        colour, width = (GRID, 1.0) if power else (FAINT, 1.5)
        lines.append(_line(x, TOP, x, bottom, colour, width))
        lines.append(_text(x, bottom + 18, f"{10.0**power:g}×", 12, anchor="middle"))
    return lines


def _dots(panel: Panel, model: str, peers: list[str], y: float) -> list[str]:
    """The peers of one row; Holotype comes last, on top, with its figure."""
    lines = []
    for peer in peers:
        ratio = panel.ratio(model, peer)
        if ratio is None:
            continue
        x, ours = panel.x(ratio), peer == "holotype"
        lines.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if ours else 5}" fill="{COLOURS[peer]}" '
            f'stroke="#ffffff"><title>{escape(peer)}: {ratio:.3g}×</title></circle>'
        )
        if ours:
            lines.append(
                _text(x, y - 10, f"{ratio:.2f}", 11, COLOURS[peer], weight="bold", anchor="middle")
            )
    return lines


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    size: int,
    colour: str = FAINT,
    *,
    weight: str = "normal",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
        f'font-weight="{weight}" text-anchor="{anchor}" paint-order="stroke" stroke="#ffffff" '
        f'stroke-width="3">{escape(text)}</text>'
    )
