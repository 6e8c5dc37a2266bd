"""The search for a network's layer for each layer of a file, of equal weights and in its order.

Several networks can be made of layers of equal weights, and a wrong one would compute nonsense
without an error. So the search goes on after the first assignment that it finds: only one that no
other one fits beside is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

_MAX_STEPS = 200_000  # of the search; each is an attempt to assign a layer

Relation = Callable[[int, int], bool]  # of two layers of the file, by their numbers


class LayerRelations(NamedTuple):
    """What is known of two layers of a file.

    The first `precedes` the second: it does not depend on it. It `feeds` it: the second depends on
    the first. They are `adjacent`: one reads the other, with no layer with weights between them.
    """

    precedes: Relation
    feeds: Relation
    adjacent: Relation


class LayerGraph(NamedTuple):
    """The layers with weights of a network: sets of bits, for each, of other ones."""

    upstream: Sequence[int]
    neighbours: Sequence[int]


class SearchLimitError(Exception):
    """The search has taken too many steps."""


class Search:
    """Assignments of layers of a network to the layers of a file.

    `wanted` and `offered` are the signatures of both. All layers of the file are assigned, each to
    another one of its signature, so that the relations of each two of them hold.
    """

    def __init__(
        self, wanted: Sequence[Hashable], offered: Sequence[Hashable], network: LayerGraph,
        relations: LayerRelations,
    ) -> None:  # fmt: skip
        self.wanted, self.relations = wanted, relations
        self.upstream, self.neighbours = network
        self.masks: dict[Hashable, int] = dict.fromkeys(wanted, 0)
        for number, signature in enumerate(offered):
            if signature in self.masks:
                self.masks[signature] |= 1 << number
        self.steps = 0
        self.may_precede = [self._may_precede(number) for number in range(len(wanted))]

    def _may_precede(self, number: int) -> Counter[Hashable]:
        """How many layers of each signature may still stand before one when its turn comes."""
        later = range(number + 1, len(self.wanted))
        precedes = self.relations.precedes
        return Counter(self.wanted[i] for i in later if not precedes(number, i))

    def assignments(self) -> Iterator[tuple[int, ...]]:
        """All assignments: of each layer of the file, the number of the network's layer."""
        chosen: list[int] = []
        stack = [self._candidates(chosen)]
        while stack:
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
                if chosen:
                    chosen.pop()
                continue
            chosen.append(found)
            if len(chosen) == len(self.wanted):
                yield tuple(chosen)
                chosen.pop()
            else:
                stack.append(self._candidates(chosen))

    def _candidates(self, chosen: Sequence[int]) -> Iterator[int]:
        """The network's layers that fit the next layer of the file."""
        number = len(chosen)
        taken = sum(1 << one for one in chosen)
        for candidate in _bits(self.masks[self.wanted[number]] & ~taken):
            self.steps += 1
            if self.steps > _MAX_STEPS:
                raise SearchLimitError
            if self._has_room(candidate, number, taken) and self._agrees(candidate, chosen):
                yield candidate

    def _has_room(self, candidate: int, number: int, taken: int) -> bool:
        """Whether later layers of the file may be what is upstream of the candidate."""
        missing, room = self.upstream[candidate] & ~taken, self.may_precede[number]
        return all((missing & mask).bit_count() <= room[one] for one, mask in self.masks.items())

    def _agrees(self, candidate: int, chosen: Sequence[int]) -> bool:
        """Whether the relations of the next layer and those before it hold."""
        number = len(chosen)
        return all(
            self._fits(other, layer, number, candidate)
            and self._fits(number, candidate, other, layer)
            for other, layer in enumerate(chosen)
        )

    def _fits(self, i: int, layer: int, j: int, other: int) -> bool:
        """Whether what is known of i and j, layers of the file, holds for two of the network."""
        precedes, feeds, adjacent = self.relations
        if self.upstream[layer] >> other & 1 and precedes(i, j):
            return False
        if not self.upstream[other] >> layer & 1 and feeds(i, j):
            return False
        return bool(self.neighbours[layer] >> other & 1) or not adjacent(i, j)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
