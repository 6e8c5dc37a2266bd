"""A network's diagram as SVG, for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from nnspec.drawing.diagram import Box, Diagram
from nnspec.drawing.families import COLORS, family
from nnspec.drawing.geometry import Frame, Label, Layout, Line
from nnspec.drawing.layout import layout_of
from nnspec.drawing.sizes import second_line

_STRIPE = 5  # the width of a box's colour
STYLE = """
  text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #22272e }
  text.small { font-size: 10px; fill: #5c6169 }
  path { fill: none; stroke: #8a9099; stroke-width: 1.2 }
  path.head { fill: #8a9099; stroke: none }
  rect.page { fill: #fbfaf7 }
  rect.box { fill: #ffffff; stroke: #8a9099 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e4df }
    text.small { fill: #b3b7be }
    rect.page { fill: #1b1f24 }
    rect.box { fill: #262c34 }
  }
"""


def to_svg(diagram: Diagram) -> str:
    """The picture as the text of an SVG file; equal diagrams give equal texts."""
    layout = layout_of(diagram)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {_size(layout)} role="img">',
        f"<title>{escape(diagram.name)}, {diagram.parameters:,} parameters</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{_number(layout.width)}" height="{_number(layout.height)}"/>',
        *_elements(diagram, layout, {}),
        "</svg>\n",
    ])  # fmt: skip


def svg_element(diagram: Diagram, links: Mapping[str, str]) -> str:
    """The picture as an element of a page that has STYLE; boxes lead where `links` says."""
    layout = layout_of(diagram)
    return "\n".join([f"<svg {_size(layout)}>", *_elements(diagram, layout, links), "</svg>"])


def _size(layout: Layout) -> str:
    width, height = _number(layout.width), _number(layout.height)
    return f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'


def _elements(diagram: Diagram, layout: Layout, links: Mapping[str, str]) -> Iterator[str]:
    for line in layout.lines:
        yield from _line(line)
    for label in layout.labels:
        yield _label(label)
    for box in diagram.boxes:
        elements = _box(box, layout.frames[box.name])
        link = links.get(box.name)
        yield from elements if link is None else (f'<a href="{link}">', *elements, "</a>")


def _box(box: Box, frame: Frame) -> Iterator[str]:
    second = second_line(box)
    x, middle = _number(frame.center), frame.y + frame.height / 2
    yield f"<g><title>{escape(_hint(box))}</title>"
    yield _rectangle(frame, frame.width, 'class="box" rx="4"')
    yield _rectangle(frame, _STRIPE, f'rx="2" fill="{COLORS[family(box)]}"')
    first = middle + (-2 if second else 4)
    yield f'<text x="{x}" y="{_number(first)}" text-anchor="middle">{escape(box.title)}</text>'
    if second:
        place = f'x="{x}" y="{_number(middle + 13)}"'
        yield f'<text class="small" {place} text-anchor="middle">{escape(second)}</text>'
    yield "</g>"


def _hint(box: Box) -> str:
    """What a pointer on a box shows: the layers of a folded group, or the layer's value."""
    return f"{box.title}: {', '.join(box.layers)}" if box.layers else f"{box.title}: {box.shape}"


def _rectangle(frame: Frame, width: float, style: str) -> str:
    place = f'x="{_number(frame.x)}" y="{_number(frame.y)}"'
    return f'<rect {place} width="{_number(width)}" height="{_number(frame.height)}" {style}/>'


def _label(label: Label) -> str:
    place = f'x="{_number(label.x)}" y="{_number(label.y)}"'
    return f'<text class="small" {place}>{escape(label.text)}</text>'


def _line(line: Line) -> Iterator[str]:
    points = [f"{_number(x)} {_number(y)}" for x, y in line.points]
    yield f'<path d="M{" L".join(points)}"/>'
    if line.is_arrow:
        x, y = line.points[-1]
        left, right, top = _number(x - 3.5), _number(x + 3.5), _number(y - 7)
        yield f'<path class="head" d="M{left} {top} L{right} {top} L{_number(x)} {_number(y)} Z"/>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
