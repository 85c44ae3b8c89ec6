"""A card as one HTML page: no scripts, nothing from elsewhere, readable in light and in dark.

All text goes through ``html.escape``; a policy in the page forbids whatever would slip through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from holotype.capsule.card.document import (
    Block,
    Cell,
    Code,
    Drawing,
    Facts,
    Grid,
    Listing,
    Prose,
    Section,
)
from holotype.capsule.card.text import one_line, paragraphs

__all__ = ["to_html"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --grid: #d1d9e0;
  --page: #ffffff; --wash: #f6f8fa; --mark: #007a5a; --other: #0072b2 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --faint: #9198a1; --grid: #3d444d; --page: #0d1117; --wash: #151b23;
    --mark: #3fb68b; --other: #56b4e9 } }
body { background: var(--page); color: var(--ink); margin: 0 auto; max-width: 60rem;
  padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.7rem; line-height: 1.25 } h2 { font-size: 1.2rem; margin-top: 2.2rem;
  border-bottom: 1px solid var(--grid); padding-bottom: .2rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0;
  border-bottom: 1px solid var(--grid) }
th { color: var(--faint); font-weight: 600 } tbody th { white-space: nowrap }
td { min-width: 3rem } td.drawn { padding-block: 0 }
code, pre { font: .88em/1.45 ui-monospace, monospace }
pre { background: var(--wash); padding: .8rem 1rem; overflow-x: auto; border-radius: 6px }
figure { margin: 1rem 0 } figure svg { max-width: 100%; height: auto; display: block }
figcaption, .more { color: var(--faint); font-size: .85rem }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif } svg .faint { fill: var(--faint) }
svg .mark { fill: var(--mark) } svg .other { fill: var(--other) }
svg .line { stroke: var(--grid); fill: none } svg .box { stroke: var(--grid); fill: var(--wash) }
svg .arrow { stroke: var(--faint); fill: none }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def to_html(title: str, sections: Sequence[Section]) -> str:
    """The whole page."""
    name = escape(one_line(title))
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{name}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{name}</h1>",
    ]
    for section in sections:
        if section.blocks:
            lines.append(f"<h2>{escape(section.title)}</h2>")
            for block in section.blocks:
                lines += _block(block)
    return "\n".join([*lines, "</body>", "</html>"]) + "\n"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Code):
        return f"<code>{escape(one_line(cell.text))}</code>"
    return escape(one_line(cell))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Prose():
            for line in paragraphs(block.text):
                yield f"<p>{escape(line)}</p>"
        case Facts():
            yield '<div class="wide"><table><tbody>'
            for label, cell in block.rows:
                yield f'<tr><th scope="row">{escape(label)}</th><td>{_cell(cell)}</td></tr>'
            yield "</tbody></table></div>"
        case Grid():
            yield from _grid(block)
        case Listing():
            text = "\n".join(one_line(line, 100_000) for line in block.text.splitlines())
            yield f"<pre><code>{escape(text)}</code></pre>"
        case Drawing():
            said = escape(one_line(block.caption, 1000))
            yield f"<figure>{block.svg}<figcaption>{said}</figcaption></figure>"


def _grid(grid: Grid) -> Iterator[str]:
    head = (*grid.head, "") if any(grid.drawings) else grid.head
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    yield f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>'
    for index, row in enumerate(grid.rows):
        cells = "".join(f"<td>{_cell(cell)}</td>" for cell in row)
        if any(grid.drawings):
            cells += f'<td class="drawn">{grid.drawings[index]}</td>'
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table></div>"
    if grid.more:
        yield f'<p class="more">… and {grid.more} more.</p>'
