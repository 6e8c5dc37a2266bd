"""The room that boxes and points of lines need in a picture."""

from __future__ import annotations

from collections import Counter

from nnspec.drawing.diagram import Box, Diagram
from nnspec.drawing.geometry import (
    CHARACTER,
    ONE_LINE,
    PADDING,
    POINT,
    PORT_GAP,
    SMALL_CHARACTER,
    TWO_LINES,
)
from nnspec.drawing.ranks import Vertex


def second_line(box: Box) -> str:
    """The parameters of a box, and the outputs that it gives."""
    parts = [f"{box.parameters:,}"] if box.parameters else []
    if box.outputs:
        parts.append(f"output {', '.join(box.outputs)}")
    return "  ".join(parts)


class Sizes:
    """Widths and heights of the boxes of a diagram, and of the points of its lines."""

    def __init__(self, diagram: Diagram) -> None:
        self.boxes = {box.name: box for box in diagram.boxes}
        self.read = {edge.source for edge in diagram.edges}
        self.ports = Counter(edge.target for edge in diagram.edges)

    def width(self, name: str) -> float:
        """The width of a box: of its longer line, or of the lines that enter it."""
        box = self.boxes[name]
        texts = len(box.title) * CHARACTER, len(second_line(box)) * SMALL_CHARACTER
        return max(*texts, self.ports[name] * PORT_GAP) + 2 * PADDING

    def height(self, vertex: Vertex) -> float:
        """The height of a box with one line or two."""
        if isinstance(vertex, tuple):
            return ONE_LINE
        return TWO_LINES if second_line(self.boxes[vertex]) else ONE_LINE

    def left(self, vertex: Vertex) -> float:
        """The room that a vertex needs on the left of its middle."""
        return POINT / 2 if isinstance(vertex, tuple) else self.width(vertex) / 2

    def right(self, vertex: Vertex) -> float:
        """The room that it needs on the right, also for the shape of its value."""
        if isinstance(vertex, tuple):
            return POINT / 2
        label = PADDING + len(self.boxes[vertex].shape) * SMALL_CHARACTER
        return max(self.left(vertex), label if vertex in self.read else 0)
