"""Horizontal coordinates: each box as near as possible to those that it reads and that read it.

Least squares with the distances between neighbours of a rank kept, solved by pooling adjacent
violators, in sweeps downwards and upwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf

from nnspec.drawing.geometry import GAP, MARGIN
from nnspec.drawing.ranks import Link, Ranks, Vertex
from nnspec.drawing.sizes import Sizes

_SWEEPS, _ROUNDS = 40, 12
_STRAIGHT = 4  # times the weight of a line through several ranks


def centers(ranks: Ranks, sizes: Sizes) -> dict[Vertex, float]:
    """The middle of each vertex; the first begins at the margin."""
    center: dict[Vertex, float] = {}
    for row in ranks.rows:
        _place(row, dict.fromkeys(row, 0.0), sizes, center)
    near = _neighbours(ranks.links)
    for sweep in range(_SWEEPS):
        for row in ranks.rows if sweep % 2 == 0 else ranks.rows[::-1]:
            wanted = {vertex: _mean(near.get(vertex, ()), center, vertex) for vertex in row}
            _place(row, wanted, sizes, center)
    _straighten(ranks, sizes, center)
    first = min(x - sizes.left(vertex) for vertex, x in center.items())
    return {vertex: round(x - first + MARGIN, 1) for vertex, x in center.items()}


def _straighten(ranks: Ranks, sizes: Sizes, center: dict[Vertex, float]) -> None:
    """Put each chain of vertices, which one line joins, below each other where there is room."""
    near, beside = _neighbours(ranks.links), _Sides(ranks.rows)
    for _ in range(_ROUNDS):
        for chain in _chains(ranks.links):
            ends = [p for vertex in (chain[0], chain[-1]) for p in near[vertex] if p not in chain]
            wanted = sum(center[vertex] for vertex in ends or chain) / len(ends or chain)
            low = max(beside.left_limit(vertex, sizes, center) for vertex in chain)
            high = min(beside.right_limit(vertex, sizes, center) for vertex in chain)
            if low <= high:
                center.update(dict.fromkeys(chain, min(max(wanted, low), high)))


class _Sides:
    """The neighbours of each vertex in its rank."""

    def __init__(self, rows: Sequence[Sequence[Vertex]]) -> None:
        pairs = [pair for row in rows for pair in pairwise(row)]
        self.right = dict(pairs)
        self.left = {right: left for left, right in pairs}

    def left_limit(self, vertex: Vertex, sizes: Sizes, center: Mapping[Vertex, float]) -> float:
        """The smallest middle that leaves room for the vertex on the left."""
        if vertex not in self.left:
            return -inf
        other = self.left[vertex]
        return center[other] + sizes.right(other) + GAP + sizes.left(vertex)

    def right_limit(self, vertex: Vertex, sizes: Sizes, center: Mapping[Vertex, float]) -> float:
        """The largest middle that leaves room for the vertex on the right."""
        if vertex not in self.right:
            return inf
        other = self.right[vertex]
        return center[other] - sizes.left(other) - GAP - sizes.right(vertex)


def _chains(links: Sequence[Sequence[Link]]) -> list[list[Vertex]]:
    """Places one below the other, each linked to the next and to no other there."""
    every = [link for some in links for link in some]
    outgoing, incoming = (Counter(ends) for ends in zip(*every, strict=True)) if every else ({}, {})
    chain_of: dict[Vertex, list[Vertex]] = {}
    for source, target in every:
        chain = chain_of.setdefault(source, [source])
        if outgoing[source] == incoming[target] == 1:
            chain.append(target)
            chain_of[target] = chain
        else:
            chain_of.setdefault(target, [target])
    return list({id(chain): chain for chain in chain_of.values()}.values())


def _place(
    row: Sequence[Vertex], wanted: Mapping[Vertex, float], sizes: Sizes, center: dict[Vertex, float]
) -> None:
    """Put the vertices of a rank as near as possible to where each is wanted."""
    offset, offsets = 0.0, list[float]()
    for index, vertex in enumerate(row):
        if index:
            offset += sizes.right(row[index - 1]) + GAP + sizes.left(vertex)
        offsets.append(offset)
    found = ascending([wanted[p] - o for p, o in zip(row, offsets, strict=True)])
    for vertex, at, own in zip(row, found, offsets, strict=True):
        center[vertex] = at + own


def ascending(wanted: Sequence[float]) -> list[float]:
    """The ascending numbers that are nearest to given ones, by least squares."""
    pools: list[tuple[float, int]] = []  # mean and size
    for number in wanted:
        mean, size = number, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        pools.append((mean, size))
    return [mean for mean, size in pools for _ in range(size)]


def _neighbours(links: Sequence[Sequence[Link]]) -> dict[Vertex, list[Vertex]]:
    near: dict[Vertex, list[Vertex]] = {}
    for source, target in (link for some in links for link in some):
        near.setdefault(source, []).append(target)
        near.setdefault(target, []).append(source)
    return near


def _mean(near: Sequence[Vertex], center: Mapping[Vertex, float], vertex: Vertex) -> float:
    """The mean of the neighbours' middles; lines are kept straight before boxes are."""
    if not near:
        return center[vertex]
    weights = [
        _STRAIGHT if isinstance(one, tuple) == isinstance(vertex, tuple) else 1 for one in near
    ]
    return sum(w * center[p] for w, p in zip(weights, near, strict=True)) / sum(weights)
