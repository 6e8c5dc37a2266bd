"""The optimizer's update in cache-sized pieces of the flat weights, shared among threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import cast

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.engine_base import OptimizerSlots
from nnspec.backends.numpy.fast.plan import GradientTask
from nnspec.backends.numpy.fast.threads import Task, TaskChain
from nnspec.backends.numpy.optimizers.accumulation import GradientAccumulator
from nnspec.backends.numpy.optimizers.averaging import WeightAverage
from nnspec.backends.numpy.optimizers.sgd import scaled_sgd
from nnspec.backends.numpy.optimizers.update import clip, prepare_update, spans_to_update
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.sgd import SGD

TASK_SIZE = 1 << 15  # weights per task


class BlockedUpdater:
    """Same updates as `Updater`, in independent tasks: pieces of weights, or whole weights."""

    def __init__(self, optimizer: Optimizer, store: ParameterStore, slots: OptimizerSlots) -> None:
        self.optimizer, self.store, self.slots = optimizer, store, slots
        self.needs_all_gradients = not optimizer.elementwise or any(
            (
                optimizer.clipvalue,
                optimizer.clipnorm,
                optimizer.global_clipnorm,
                optimizer.gradient_accumulation_steps,
            )
        )
        self.is_sgd = type(optimizer) is SGD and not optimizer.weight_decay
        self.learning_rate, self.step = 0.0, 0
        flat_slots = {name: values.flat for name, values in slots.items()}
        self.accumulator = GradientAccumulator(optimizer, store.gradients.flat, flat_slots)
        self.average = WeightAverage(optimizer, store.parameters.flat, flat_slots)

    def begin_update(self, rate: float) -> None:
        """Set step and learning rate for the update tasks that run next."""
        self.step, self.learning_rate = self.optimizer.updates(self.store.step), rate

    def end_update(self) -> bool:
        """Average the weights and count the update; return whether that may have changed them."""
        self.average.update(self.step)
        self.store.advance()
        return self.store.changes_updated_weights or self.average.changes_weights

    def accumulate(self) -> bool:
        """Add the gradients to those of earlier batches; return whether an update is due."""
        return self.accumulator.add(self.store.step)

    def clip_gradients(self) -> None:
        """Clip all gradients."""
        clip(self.optimizer, self.store.gradients)

    @cached_property
    def update_chains(self) -> list[TaskChain]:
        """One chain per piece; together they update all weights."""
        spans = spans_to_update(self.optimizer, self.store.parameters)
        pieces = map(_split, spans) if self.optimizer.elementwise else [spans]
        return [[self._update_task(piece)] for some in pieces for piece in some]

    @property
    def gradient_scale(self) -> float:
        """Factor of the loss gradient that `gradient_and_update_chains` expects.

        SGD subtracts lr g, and g is linear in the loss gradient: lr is applied there, on the
        smallest array.
        """
        return self.learning_rate if self.is_sgd else 1.0

    def gradient_and_update_chains(self, gradient_tasks: Sequence[GradientTask]) -> list[TaskChain]:
        """Chains that compute each gradient and, while it is in cache, update its weights."""
        updated = [span for gradient_task in gradient_tasks for span in gradient_task.spans]
        chains = [self._chain(gradient_task) for gradient_task in gradient_tasks]
        rest = _gaps(updated, len(self.store.parameters.flat))
        return [*chains, *([task] for task in self._update_tasks(rest))]

    def _chain(self, gradient_task: GradientTask) -> TaskChain:
        refresh = [gradient_task.refresh] if gradient_task.refresh else []
        if gradient_task.sgd_task and self.is_sgd and not self.slots:
            return [gradient_task.sgd_task, *refresh]
        return [gradient_task.task, *self._update_tasks(gradient_task.spans), *refresh]

    def _update_tasks(self, spans: Iterable[slice]) -> list[Task]:
        make_task = self._scaled_sgd_task if self.is_sgd else self._update_task
        return [make_task(piece) for span in spans for piece in _split(span)]

    def _update_task(self, span: slice) -> Task:
        update = prepare_update(self.optimizer, *self._slices(span))
        return lambda: update(self.learning_rate, self.step)

    def _scaled_sgd_task(self, span: slice) -> Task:
        return scaled_sgd(cast("SGD", self.optimizer), *self._slices(span))

    def _slices(self, span: slice) -> tuple[Array, Array, dict[str, Array]]:
        """A span of the flat weights, gradients and slots."""
        slots = {name: values.flat[span] for name, values in self.slots.items()}
        return self.store.parameters.flat[span], self.store.gradients.flat[span], slots


def _split(span: slice) -> list[slice]:
    starts = range(span.start, span.stop, TASK_SIZE)
    return [slice(start, min(start + TASK_SIZE, span.stop)) for start in starts]


def _gaps(spans: Iterable[slice], end: int) -> list[slice]:
    """The slices of range(end) that `spans` do not cover."""
    gaps, start = [], 0
    for span in [*sorted(spans, key=lambda span: span.start), slice(end, end)]:
        if span.start > start:
            gaps.append(slice(start, span.start))
        start = span.stop
    return gaps
