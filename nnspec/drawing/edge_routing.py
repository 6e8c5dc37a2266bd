"""The lines between two ranks of a picture, and the shapes of the values beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nnspec.drawing.centers import ascending
from nnspec.drawing.geometry import ARROW, LABEL, PADDING, POINT, PORT_GAP, TRACK, Label, Line
from nnspec.drawing.ranks import Link, Vertex
from nnspec.drawing.sizes import Sizes


class EdgeRouting:
    """The lines between a rank and the next: down, along a track where needed, and down."""

    def __init__(
        self, sizes: Sizes, center: Mapping[Vertex, float], links: Sequence[Link], top: float
    ) -> None:
        self.sizes, self.center, self.top = sizes, center, top
        self.targets: dict[Vertex, list[Vertex]] = {}
        for link in links:
            self.targets.setdefault(link.source, []).append(link.target)
        self.ends = self._ports(links)
        self.tracks = self._tracks()

    @property
    def height(self) -> float:
        """Room for shapes, tracks and the heads of arrows."""
        return LABEL + TRACK * (max(self.tracks.values(), default=-1) + 1) + ARROW

    def labels(self) -> Iterator[Label]:
        """The shape of each box's value."""
        for source in self.targets:
            if isinstance(source, str):
                box, x = self.sizes.boxes[source], self.center[source]
                yield Label(box.shape, x + PADDING / 2, self.top + LABEL - 5)

    def lines(self, inset: Mapping[Vertex, float]) -> Iterator[Line]:
        """The line to each target; `inset` is by how much boxes are lower than their rank."""
        for source, targets in self.targets.items():
            start = self.center[source], self.top - inset[source]
            for target in targets:
                end = self.ends[source, target], self.top + self.height + inset[target]
                yield Line(self._points(source, start, end), is_arrow=isinstance(target, str))

    def _points(
        self, source: Vertex, start: tuple[float, float], end: tuple[float, float]
    ) -> tuple[tuple[float, float], ...]:
        """Straight down, or aside along the track of a value."""
        if start[0] == end[0]:
            return start, end
        y = self.top + LABEL + TRACK * self.tracks[source]
        return start, (start[0], y), (end[0], y), end

    def _ports(self, links: Sequence[Link]) -> dict[tuple[Vertex, Vertex], float]:
        """Where each link meets its target: below its source where that is above the box."""
        into: dict[Vertex, list[Vertex]] = {}
        for link in links:
            into.setdefault(link.target, []).append(link.source)
        ends: dict[tuple[Vertex, Vertex], float] = {}
        for target, sources in into.items():
            sources.sort(key=lambda vertex: self.center[vertex])
            for source, x in zip(sources, self._spread(target, sources), strict=True):
                ends[source, target] = x
        return ends

    def _spread(self, target: Vertex, sources: Sequence[Vertex]) -> list[float]:
        """Ascending ports with distances between them, within the box."""
        middle = self.center[target]
        if isinstance(target, tuple):
            return [middle] * len(sources)
        reach = self.sizes.left(target) - PADDING
        wanted = [min(max(self.center[s], middle - reach), middle + reach) for s in sources]
        if len(sources) == 1:
            return wanted if wanted == [self.center[sources[0]]] else [middle]
        found = ascending([x - number * PORT_GAP for number, x in enumerate(wanted)])
        return [round(x + number * PORT_GAP, 1) for number, x in enumerate(found)]

    def _tracks(self) -> dict[Vertex, int]:
        """A track for each value that moves aside: the first that is free along its way."""
        spans = {}
        for source, targets in self.targets.items():
            xs = [self.center[source], *(self.ends[source, target] for target in targets)]
            if len(set(xs)) > 1:
                spans[source] = (min(xs) - POINT / 2, max(xs) + POINT / 2)
        tracks: dict[Vertex, int] = {}
        taken: list[list[tuple[float, float]]] = []
        for source, span in sorted(spans.items(), key=lambda item: item[1]):
            number = next(
                (n for n, used in enumerate(taken) if not any(_overlap(span, u) for u in used)),
                len(taken),
            )
            taken += [[]] * (number == len(taken))
            taken[number] = [*taken[number], span]
            tracks[source] = number
        return tracks


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
