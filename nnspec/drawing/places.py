"""Places of the boxes of a graph in ranks, and the lines of its edges.

Between two ranks there is room for the shapes of the values, then a horizontal track for each value
that has to move aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nnspec.drawing.centers import centers
from nnspec.drawing.channels import Channel
from nnspec.drawing.diagram import Diagram
from nnspec.drawing.geometry import ARROW, LABEL, MARGIN, Frame, Label, Layout, Line
from nnspec.drawing.ranks import Place, ranked
from nnspec.drawing.sizes import Sizes


def placed(diagram: Diagram) -> Layout:
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
        channel = Channel(sizes, center, links, y)
        labels += channel.labels()
        lines += channel.lines(inset)
        y += channel.height
    width = max(x + sizes.right(place) for place, x in center.items()) + MARGIN
    return Layout(width, y - LABEL - ARROW + MARGIN, frames, labels, lines)


def _insets(rows: Sequence[Sequence[Place]], sizes: Sizes) -> dict[Place, float]:
    """By how much each box is lower than its rank, in which it is centered; points are as high."""
    found: dict[Place, float] = {}
    for row in rows:
        height = max(map(sizes.height, row))
        for place in row:
            own = sizes.height(place) if isinstance(place, str) else height
            found[place] = (height - own) / 2
    return found


def _frames(
    row: Sequence[Place], sizes: Sizes, center: Mapping[Place, float],
    inset: Mapping[Place, float], y: float,
) -> Iterator[tuple[str, Frame]]:  # fmt: skip
    """The frames of a rank's boxes."""
    for place in row:
        if isinstance(place, str):
            width = sizes.width(place)
            left, top = center[place] - width / 2, y + inset[place]
            yield place, Frame(left, top, width, sizes.height(place))


def _passing(
    row: Sequence[Place], center: Mapping[Place, float], top: float, bottom: float
) -> Iterator[Line]:
    """The parts of lines that pass a rank."""
    for place in row:
        if isinstance(place, tuple):
            yield Line(((center[place], top), (center[place], bottom)), is_arrow=False)
