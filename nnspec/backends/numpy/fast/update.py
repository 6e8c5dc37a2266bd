"""The optimizer's rule on pieces of the flat weights: each stays in cache, threads share them."""

from __future__ import annotations

from functools import partial

from nnspec.backends.numpy.engine import Slots
from nnspec.backends.numpy.fast.crew import Crew
from nnspec.backends.numpy.optimizers import Step, clip, prepared
from nnspec.backends.numpy.workspace import Memory
from nnspec.optimizers import Optimizer

PIECE = 1 << 15  # numbers


class PieceByPiece:
    """Gives the bits that `optimizers.Updater` gives: every rule works number by number."""

    def __init__(self, optimizer: Optimizer, memory: Memory, slots: Slots, crew: Crew) -> None:
        self.optimizer, self.memory, self.crew = optimizer, memory, crew
        size = len(memory.trained.flat)
        self.steps = [
            self._step(slots, slice(start, start + PIECE)) for start in range(0, size, PIECE)
        ]

    def _step(self, slots: Slots, piece: slice) -> Step:
        own = {name: values.flat[piece] for name, values in slots.items()}
        weights, gradients = self.memory.trained.flat, self.memory.gradients.flat
        return prepared(self.optimizer, weights[piece], gradients[piece], own)

    def update(self) -> None:
        """One update."""
        step = self.memory.step
        rate = self.optimizer.rate(step)
        clip(self.optimizer, self.memory.gradients)
        self.crew.run([[partial(run, rate, step)] for run in self.steps])
