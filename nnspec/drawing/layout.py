"""Places of the boxes of a graph in ranks, and the lines of its edges.

Between two ranks there is room for the shapes of the values, then a horizontal track for each value
that has to move aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nnspec.drawing.centers import centers
from nnspec.drawing.diagram import Diagram
from nnspec.drawing.edge_routing import EdgeRouting
from nnspec.drawing.geometry import ARROW, LABEL, MARGIN, Frame, Label, Layout, Line
from nnspec.drawing.ranks import Vertex, ranked
from nnspec.drawing.sizes import Sizes


def layout_of(diagram: Diagram) -> Layout:
    """The places of all boxes, labels and lines."""
    ranks, sizes = ranked(diagram), Sizes(diagram)
    center, inset = centers(ranks, sizes), _insets(ranks.rows, sizes)
    frames: dict[str, Frame] = {}
    labels: list[Label] = []
    lines: list[Line] = []
    y = MARGIN
    for row, links in zip(ranks.rows, ranks.links, strict=True):
        frames.update(_frames(row, sizes, center, inset, y))
        height = max(map(sizes.height, row))
        lines += _passing(row, center, y, y + height)
        y += height
        routing = EdgeRouting(sizes, center, links, y)
        labels += routing.labels()
        lines += routing.lines(inset)
        y += routing.height
    width = max(x + sizes.right(vertex) for vertex, x in center.items()) + MARGIN
    return Layout(width, y - LABEL - ARROW + MARGIN, frames, labels, lines)


def _insets(rows: Sequence[Sequence[Vertex]], sizes: Sizes) -> dict[Vertex, float]:
    """By how much each box is lower than its rank, in which it is centered; points are as high."""
    found: dict[Vertex, float] = {}
    for row in rows:
        height = max(map(sizes.height, row))
        for vertex in row:
            own = sizes.height(vertex) if isinstance(vertex, str) else height
            found[vertex] = (height - own) / 2
    return found


def _frames(
    row: Sequence[Vertex], sizes: Sizes, center: Mapping[Vertex, float],
    inset: Mapping[Vertex, float], y: float,
) -> Iterator[tuple[str, Frame]]:  # fmt: skip
    """The frames of a rank's boxes."""
    for vertex in row:
        if isinstance(vertex, str):
            width = sizes.width(vertex)
            left, top = center[vertex] - width / 2, y + inset[vertex]
            yield vertex, Frame(left, top, width, sizes.height(vertex))


def _passing(
    row: Sequence[Vertex], center: Mapping[Vertex, float], top: float, bottom: float
) -> Iterator[Line]:
    """The parts of lines that pass a rank."""
    for vertex in row:
        if isinstance(vertex, tuple):
            yield Line(((center[vertex], top), (center[vertex], bottom)), is_arrow=False)
