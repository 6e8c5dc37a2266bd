"""Horizontal places: each box as near as possible to those that it reads and that read it.

Least squares with the distances between neighbours of a rank kept, solved by pooling adjacent
violators, in sweeps downwards and upwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf

from nnspec.drawing.geometry import GAP, MARGIN
from nnspec.drawing.ranks import Link, Place, Ranks
from nnspec.drawing.sizes import Sizes

_SWEEPS, _ROUNDS = 40, 12
_STRAIGHT = 4  # times the weight of a line through several ranks


def centers(ranks: Ranks, sizes: Sizes) -> dict[Place, float]:
    """The middle of each place; the first begins at the margin."""
    center: dict[Place, float] = {}
    for row in ranks.rows:
        _place(row, dict.fromkeys(row, 0.0), sizes, center)
    near = _neighbours(ranks.links)
    for sweep in range(_SWEEPS):
        for row in ranks.rows if sweep % 2 == 0 else ranks.rows[::-1]:
            wanted = {place: _mean(near.get(place, ()), center, place) for place in row}
            _place(row, wanted, sizes, center)
    _straighten(ranks, sizes, center)
    first = min(x - sizes.left(place) for place, x in center.items())
    return {place: round(x - first + MARGIN, 1) for place, x in center.items()}


def _straighten(ranks: Ranks, sizes: Sizes, center: dict[Place, float]) -> None:
    """Put each chain of places, which one line joins, below each other where there is room."""
    near, beside = _neighbours(ranks.links), _Sides(ranks.rows)
    for _ in range(_ROUNDS):
        for chain in _chains(ranks.links):
            ends = [p for place in (chain[0], chain[-1]) for p in near[place] if p not in chain]
            wanted = sum(center[place] for place in ends or chain) / len(ends or chain)
            low = max(beside.left_limit(place, sizes, center) for place in chain)
            high = min(beside.right_limit(place, sizes, center) for place in chain)
            if low <= high:
                center.update(dict.fromkeys(chain, min(max(wanted, low), high)))


class _Sides:
    """The neighbours of each place in its rank."""

    def __init__(self, rows: Sequence[Sequence[Place]]) -> None:
        pairs = [pair for row in rows for pair in pairwise(row)]
        self.right = dict(pairs)
        self.left = {right: left for left, right in pairs}

    def left_limit(self, place: Place, sizes: Sizes, center: Mapping[Place, float]) -> float:
        """The smallest middle that leaves room for the place on the left."""
        if place not in self.left:
            return -inf
        other = self.left[place]
        return center[other] + sizes.right(other) + GAP + sizes.left(place)

    def right_limit(self, place: Place, sizes: Sizes, center: Mapping[Place, float]) -> float:
        """The largest middle that leaves room for the place on the right."""
        if place not in self.right:
            return inf
        other = self.right[place]
        return center[other] - sizes.left(other) - GAP - sizes.right(place)


def _chains(links: Sequence[Sequence[Link]]) -> list[list[Place]]:
    """Places one below the other, each linked to the next and to no other there."""
    every = [link for some in links for link in some]
    outgoing, incoming = (Counter(ends) for ends in zip(*every, strict=True)) if every else ({}, {})
    chain_of: dict[Place, list[Place]] = {}
    for source, target in every:
        chain = chain_of.setdefault(source, [source])
        if outgoing[source] == incoming[target] == 1:
            chain.append(target)
            chain_of[target] = chain
        else:
            chain_of.setdefault(target, [target])
    return list({id(chain): chain for chain in chain_of.values()}.values())


def _place(
    row: Sequence[Place], wanted: Mapping[Place, float], sizes: Sizes, center: dict[Place, float]
) -> None:
    """Put the places of a rank as near as possible to where each is wanted."""
    offset, offsets = 0.0, list[float]()
    for index, place in enumerate(row):
        if index:
            offset += sizes.right(row[index - 1]) + GAP + sizes.left(place)
        offsets.append(offset)
    found = ascending([wanted[p] - o for p, o in zip(row, offsets, strict=True)])
    for place, at, own in zip(row, found, offsets, strict=True):
        center[place] = at + own


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


def _neighbours(links: Sequence[Sequence[Link]]) -> dict[Place, list[Place]]:
    near: dict[Place, list[Place]] = {}
    for source, target in (link for some in links for link in some):
        near.setdefault(source, []).append(target)
        near.setdefault(target, []).append(source)
    return near


def _mean(near: Sequence[Place], center: Mapping[Place, float], place: Place) -> float:
    """The mean of the neighbours' middles; lines are kept straight before boxes are."""
    if not near:
        return center[place]
    weights = [
        _STRAIGHT if isinstance(one, tuple) == isinstance(place, tuple) else 1 for one in near
    ]
    return sum(w * center[p] for w, p in zip(weights, near, strict=True)) / sum(weights)
