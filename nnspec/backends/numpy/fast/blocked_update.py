"""The optimizer's rule on pieces of the flat weights: each stays in cache, threads share them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import cast

from nnspec.backends.contract import Array
from nnspec.backends.numpy.engine import Slots
from nnspec.backends.numpy.fast.plan import Gradients
from nnspec.backends.numpy.fast.threads import Task, TaskChain
from nnspec.backends.numpy.optimizers import clip, descent, prepare_update
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.sgd import SGD

PIECE = 1 << 15  # numbers


class BlockedUpdater:
    """Works as `optimizers.Updater` does: every rule takes number by number."""

    def __init__(self, optimizer: Optimizer, store: ParameterStore, slots: Slots) -> None:
        self.optimizer, self.store, self.slots = optimizer, store, slots
        self.clips = any((optimizer.clipvalue, optimizer.clipnorm, optimizer.global_clipnorm))
        self.descends = type(optimizer) is SGD and not optimizer.weight_decay
        self.rate, self.done = 0.0, 0

    def begin(self) -> None:
        """Fix the learning rate of the update that the pieces' tasks make next."""
        self.done = self.store.step
        self.rate = self.optimizer.rate(self.done)

    def end(self) -> bool:
        """The update is done; whether weights changed once more, after the pieces' tasks."""
        self.store.advance()
        return self.store.rounds

    def clip(self) -> None:
        """Limit all gradients."""
        clip(self.optimizer, self.store.gradients)

    @cached_property
    def chains(self) -> list[TaskChain]:
        """Tasks that update all weights."""
        return [[self._task(piece)] for piece in _pieces(slice(0, len(self.store.trained.flat)))]

    @property
    def factor(self) -> float:
        """What the tasks of `following` want the loss's gradient to be multiplied by.

        A step of descent is lr g, and every gradient is linear in the loss's: it is multiplied
        where it is smallest.
        """
        return self.rate if self.descends else 1.0

    def following(self, gradients: Sequence[Gradients]) -> list[TaskChain]:
        """Each gradient's task, and behind it, still in cache, its weights' update and renewal."""
        updated = [part for each in gradients for part in each.parts]
        behind = [self._lane(each) for each in gradients]
        rest = _gaps(updated, len(self.store.trained.flat))
        return [*behind, *([task] for task in self._behind(rest))]

    def _lane(self, each: Gradients) -> TaskChain:
        renewal = [each.renewal] if each.renewal else []
        if each.descent and self.descends and not self.slots:
            return [each.descent, *renewal]
        return [each.task, *self._behind(each.parts), *renewal]

    def _behind(self, parts: Iterable[slice]) -> list[Task]:
        task = self._descent if self.descends else self._task
        return [task(piece) for part in parts for piece in _pieces(part)]

    def _task(self, piece: slice) -> Task:
        step = prepare_update(self.optimizer, *self._arrays(piece))
        return lambda: step(self.rate, self.done)

    def _descent(self, piece: slice) -> Task:
        return descent(cast("SGD", self.optimizer), *self._arrays(piece))

    def _arrays(self, piece: slice) -> tuple[Array, Array, dict[str, Array]]:
        """Some weights, their gradients and slots."""
        own = {name: values.flat[piece] for name, values in self.slots.items()}
        return self.store.trained.flat[piece], self.store.gradients.flat[piece], own


def _pieces(part: slice) -> list[slice]:
    starts = range(part.start, part.stop, PIECE)
    return [slice(start, min(start + PIECE, part.stop)) for start in starts]


def _gaps(parts: Iterable[slice], end: int) -> list[slice]:
    """What the parts leave of 0 to `end`."""
    gaps, start = [], 0
    for part in [*sorted(parts, key=lambda part: part.start), slice(end, end)]:
        if part.start > start:
            gaps.append(slice(start, part.start))
        start = part.stop
    return gaps
