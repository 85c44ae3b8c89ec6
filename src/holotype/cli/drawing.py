"""How sizes are drawn: bars, and columns that give way on narrow terminals.

Rule: what goes to a pipe has all columns, no bars, and every text whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.text import Text

from holotype.cli.terminal import console

__all__ = ["bar", "draw"]

_EIGHTHS = "▏▎▍▌▋▊▉█"
_GAP = 2


def bar(part: int, whole: int, width: int = 10) -> Text:
    """What is taken, of what full copies would take; something is always seen of something."""
    share = min(1.0, part / whole) if whole else 0.0
    eighths = max(round(share * width * 8), part > 0)
    if console.options.ascii_only:
        full = min(width, -(-eighths // 8))
        return Text("#" * full + "-" * (width - full))
    full, rest = divmod(eighths, 8)
    taken = "█" * full + (_EIGHTHS[rest - 1] if rest else "")
    return Text.assemble((taken, "green"), ("░" * (width - len(taken)), "dim"))


def draw(
    rows: Sequence[Sequence[Text]],
    *,
    bars: Collection[int] = (),
    right: Collection[int] = (),
    spare: Sequence[int] = (),
) -> list[Text]:
    """Rows as lines, with columns below each other.

    Columns of ``bars`` are for terminals, those of ``right`` end together, and those of ``spare``
    are left out, one by one, where there is no room.
    """
    if not rows:
        return []
    widths = [max(row[c].cell_len for row in rows) for c in range(len(rows[0]))]
    kept = {c for c, width in enumerate(widths) if width}
    if not console.is_terminal:
        kept -= set(bars)
    else:
        for column in spare:
            if sum(widths[c] + _GAP for c in kept) - _GAP <= console.width:
                break
            kept.discard(column)
    return [_line(row, widths, sorted(kept), right) for row in rows]


def _line(
    row: Sequence[Text], widths: Sequence[int], kept: Sequence[int], right: Collection[int]
) -> Text:
    cells = []
    for column in kept:
        cell, room = row[column], widths[column] - row[column].cell_len
        left = room if column in right else 0
        cells.append(Text.assemble(" " * left, cell, " " * (room - left)))
    line = Text(" " * _GAP).join(cells)
    line.rstrip()
    return line
