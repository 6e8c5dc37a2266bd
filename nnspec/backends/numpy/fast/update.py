"""The optimizer's rule on pieces of the flat weights: each stays in cache, threads share them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, partial

from nnspec.backends.numpy.engine import Slots
from nnspec.backends.numpy.fast.crew import Lane, Task
from nnspec.backends.numpy.fast.schedule import Gradients
from nnspec.backends.numpy.optimizers import Step, clip, prepared
from nnspec.backends.numpy.workspace import Memory
from nnspec.optimizers import Optimizer

PIECE = 1 << 15  # numbers


class PieceByPiece:
    """Gives the bits that `optimizers.Updater` gives: every rule works number by number."""

    def __init__(self, optimizer: Optimizer, memory: Memory, slots: Slots) -> None:
        self.optimizer, self.memory, self.slots = optimizer, memory, slots
        self.clips = any((optimizer.clipvalue, optimizer.clipnorm, optimizer.global_clipnorm))
        self.rate, self.done = 0.0, 0

    def begin(self) -> None:
        """Fix the learning rate of the update that the pieces' tasks make next."""
        self.done = self.memory.step
        self.rate = self.optimizer.rate(self.done)

    def clip(self) -> None:
        """Limit all gradients."""
        clip(self.optimizer, self.memory.gradients)

    def pieces(self, part: slice) -> list[Task]:
        """Tasks that update a part of the weights."""
        starts = range(part.start, part.stop, PIECE)
        pieces = [slice(start, min(start + PIECE, part.stop)) for start in starts]
        return [partial(self._update, self._prepared(piece)) for piece in pieces]

    @cached_property
    def lanes(self) -> list[Lane]:
        """Tasks that update all weights."""
        return [[task] for task in self.pieces(slice(0, len(self.memory.trained.flat)))]

    def following(self, gradients: Sequence[Gradients]) -> list[Lane]:
        """Each gradient's task, and right behind it, while it is in cache, its weights' update."""
        updated = [part for each in gradients for part in each.parts]
        behind = [[each.task, *self._all(each.parts)] for each in gradients]
        rest = _gaps(updated, len(self.memory.trained.flat))
        return [*behind, *([task] for task in self._all(rest))]

    def _all(self, parts: Iterable[slice]) -> list[Task]:
        return [task for part in parts for task in self.pieces(part)]

    def _prepared(self, piece: slice) -> Step:
        own = {name: values.flat[piece] for name, values in self.slots.items()}
        weights, gradients = self.memory.trained.flat, self.memory.gradients.flat
        return prepared(self.optimizer, weights[piece], gradients[piece], own)

    def _update(self, step: Step) -> None:
        step(self.rate, self.done)


def _gaps(parts: Iterable[slice], end: int) -> list[slice]:
    """What the parts leave of 0 to `end`."""
    gaps, start = [], 0
    for part in [*sorted(parts, key=lambda part: part.start), slice(end, end)]:
        if part.start > start:
            gaps.append(slice(start, part.start))
        start = part.stop
    return gaps
