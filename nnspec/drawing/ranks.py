"""Ranks of a graph's boxes, and their order in each: the first two steps of Sugiyama's method.

K. Sugiyama, S. Tagawa, M. Toda, Methods for Visual Understanding of Hierarchical System Structures,
1981. An edge that spans several ranks goes through a point in each of those between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nnspec.drawing.diagram import Diagram

_SWEEPS = 8
Vertex = str | tuple[str, int]  # a box, or the point of a box's value in a rank


class Link(NamedTuple):
    """A part of an edge from a rank to the next."""

    source: Vertex
    target: Vertex


class Ranks(NamedTuple):
    """The vertices of each rank in their order from left to right, and the links between ranks."""

    rows: list[list[Vertex]]
    links: list[list[Link]]  # from each rank to the next


def ranked(diagram: Diagram) -> Ranks:
    """Boxes in ranks, such that every edge leads downwards and few edges cross."""
    rank = _ranks(diagram)
    rows: list[list[Vertex]] = [[] for _ in range(max(rank.values()) + 1)]
    for box in diagram.boxes:
        rows[rank[box.name]].append(box.name)
    links = _links(diagram, rank, rows)
    _sort(rows, links)
    return Ranks(rows, links)


def _ranks(diagram: Diagram) -> dict[str, int]:
    """The length of the longest path to each box; an input stands right above its first reader."""
    sources, readers = diagram.sources(), diagram.readers()
    rank: dict[str, int] = {}
    for box in diagram.boxes:
        rank[box.name] = max((rank[one] + 1 for one in sources[box.name]), default=0)
    for box in diagram.boxes:
        if not sources[box.name] and readers[box.name]:
            rank[box.name] = min(rank[one] for one in readers[box.name]) - 1
    return rank


def _links(diagram: Diagram, rank: Mapping[str, int], rows: list[list[Vertex]]) -> list[list[Link]]:
    """The parts of all edges; all edges of a value share its points."""
    links: list[list[Link]] = [[] for _ in rows]
    for source, readers in diagram.readers().items():
        last = max((rank[reader] for reader in readers), default=0)
        vertex: Vertex = source
        for number in range(rank[source] + 1, last + 1):
            here = [reader for reader in readers if rank[reader] == number]
            links[number - 1] += [Link(vertex, reader) for reader in here]
            if number < last:
                point = (source, number)
                rows[number].append(point)
                links[number - 1].append(Link(vertex, point))
                vertex = point
    return links


def _sort(rows: list[list[Vertex]], links: Sequence[Sequence[Link]]) -> None:
    """Sort each rank by the mean place of the neighbours, downwards and upwards by turns."""
    best, fewest = [list(row) for row in rows], _crossings(rows, links)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        numbers = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for number in numbers:
            _sort_rank(rows, links, number, number - 1 if down else number + 1)
        found = _crossings(rows, links)
        if found < fewest:
            best, fewest = [list(row) for row in rows], found
    rows[:] = best


def _sort_rank(
    rows: list[list[Vertex]], links: Sequence[Sequence[Link]], number: int, by: int
) -> None:
    """Sort a rank by the means of its neighbours' places in another one."""
    vertex = {one: float(index) for index, one in enumerate(rows[by])}
    near: dict[Vertex, list[float]] = {one: [] for one in rows[number]}
    for link in links[min(number, by)]:
        mine, other = (link.target, link.source) if by < number else (link.source, link.target)
        near[mine].append(vertex[other])
    own = {one: float(index) for index, one in enumerate(rows[number])}
    rows[number].sort(key=lambda one: sum(near[one]) / len(near[one]) if near[one] else own[one])


def _crossings(rows: Sequence[Sequence[Vertex]], links: Sequence[Sequence[Link]]) -> int:
    """How many pairs of links cross."""
    total = 0
    for number, row in enumerate(rows[:-1]):
        above = {vertex: index for index, vertex in enumerate(row)}
        below = {vertex: index for index, vertex in enumerate(rows[number + 1])}
        ends = sorted((above[link.source], below[link.target]) for link in links[number])
        total += sum(
            one[0] < other[0] and one[1] > other[1]
            for index, one in enumerate(ends)
            for other in ends[index + 1 :]
        )
    return total
