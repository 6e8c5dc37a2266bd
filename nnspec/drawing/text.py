"""A network's diagram as lines of text: a lane for each value that is still to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nnspec.drawing.diagram import Box, Diagram
from nnspec.drawing.sizes import second_line

_BOX = "●"


def to_text(diagram: Diagram) -> str:
    """The diagram from the top to the bottom, a line for each box."""
    rows = list(_rows(diagram))
    lanes = max(len(row.lanes) for row in rows)
    titles = max(len(row.box.title) for row in rows if row.box)
    shapes = max(len(row.box.shape) for row in rows if row.box)
    lines = [
        f"{row.lanes:{lanes}}  {row.box.title:{titles}}  {row.box.shape:{shapes}}  "
        f"{second_line(row.box)}"
        if row.box
        else row.lanes
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


class _Row(NamedTuple):
    """The characters of the lanes, and the box of the line if it has one."""

    lanes: str
    box: Box | None = None


def _rows(diagram: Diagram) -> Iterator[_Row]:
    sources = diagram.sources()
    lanes = _Lanes({name: len(readers) for name, readers in diagram.readers().items()})
    for box in diagram.boxes:
        joined = lanes.join(sources[box.name], box.name)
        if joined:
            yield _Row(joined)
        yield _Row(lanes.marked(box.name), box)
        lanes.leave(box.name)


class _Lanes:
    """The values that are still to be read, each in a lane; None where a lane is free."""

    def __init__(self, readers: dict[str, int]) -> None:
        self.left = readers  # how many boxes are still to read each value
        self.values: list[str | None] = []

    def join(self, sources: Sequence[str], box: str) -> str:
        """Give a box a lane; the line that leads the lanes of its sources there, if any."""
        read = sorted(self.values.index(source) for source in sources)
        for source in sources:
            self.left[source] -= 1
        ended = [lane for lane in read if not self.left[self.values[lane] or ""]]
        own = ended[0] if ended else self._free()
        line = "" if set(read) <= {own} else self._line(read, ended, own)
        for lane in ended:
            self.values[lane] = None
        self.values[own] = box
        return line

    def marked(self, box: str) -> str:
        """The lanes beside a box, which is a dot in its own."""
        return " ".join(_BOX if v == box else "│" if v else " " for v in self.values)

    def leave(self, box: str) -> None:
        """Free the lane of a box that nothing reads, and lanes on the right without a value."""
        if not self.left[box]:
            self.values[self.values.index(box)] = None
        while self.values and self.values[-1] is None:
            self.values.pop()

    def _free(self) -> int:
        if None in self.values:
            return self.values.index(None)
        self.values.append(None)
        return len(self.values) - 1

    def _line(self, read: Sequence[int], ended: Sequence[int], own: int) -> str:
        """Horizontal lines between the lanes that are read and the box's own."""
        first, last = min(*read, own), max(*read, own)
        characters = []
        for lane, value in enumerate(self.values):
            down = lane == own or (value is not None and lane not in ended)
            up = value is not None
            if lane in read or lane == own:
                characters.append(_JOINTS[up, down, lane > first, lane < last])
            elif value is not None:
                characters.append("│")
            else:
                characters.append("─" if first < lane < last else " ")
        return "".join(
            f"{character}{'─' if first <= lane < last else ' '}"
            for lane, character in enumerate(characters)
        ).rstrip()


# By whether it leads up, down, to the left and to the right.
_JOINTS = {
    (True, True, False, True): "├",
    (True, True, True, False): "┤",
    (True, True, True, True): "┼",
    (True, False, False, True): "╰",
    (True, False, True, False): "╯",
    (True, False, True, True): "┴",
    (False, True, False, True): "╭",
    (False, True, True, False): "╮",
    (False, True, True, True): "┬",
}
