"""`Kernel`, the tasks that compute one node, and `ExecutionPlan`, the schedule of all tasks.

The tasks of one block form a chain; chains are independent of each other. A stage is a set of
chains. Stages run one after the other: there is a barrier where a step needs all blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.threads import Stage, Task


class BatchStep(NamedTuple):
    """Independent tasks on the whole batch, with a barrier before and after them."""

    tasks: Sequence[Task]


# (the network input that the kernel reads, row numbers per batch)
QueueBatches = Callable[[Array, Sequence[Indices]], None]
PlanStep = Sequence[Task] | BatchStep  # one task per block, or tasks on the whole batch


class GradientTask(NamedTuple):
    """A task that writes weight gradients to `spans` of the flat gradient array.

    `sgd_task`, if any, subtracts the gradient from the weights instead (the loss gradient is scaled
    by the learning rate). `refresh` recomputes what the kernel caches of the updated weights.
    """

    task: Task
    spans: Sequence[slice]
    sgd_task: Task | None = None
    refresh: Task | None = None


class Kernel(NamedTuple):
    """The computation of a node: its output and the tasks of the passes, built once."""

    y: BlockedTensor
    forward: Sequence[PlanStep] = ()
    backward: Sequence[PlanStep] = ()
    batch_start: Sequence[Task] = ()  # run before the forward pass of a batch
    weight_gradients: Sequence[GradientTask] = ()  # run after the backward pass of all blocks
    refresh: Sequence[Task] = ()  # recompute caches of the weights
    queue_batches: QueueBatches | None = None
    next_batch: Task | None = None  # advance to the next queued batch
    further_outputs: Sequence[BlockedTensor] = ()

    @property
    def outputs(self) -> tuple[BlockedTensor, ...]:
        """The tensors of all outputs."""
        return (self.y, *self.further_outputs)

    @property
    def refresh_tasks(self) -> list[Task]:
        """Tasks that recompute all caches of weights, for when the weights may have changed."""
        after_updates = [task.refresh for task in self.weight_gradients]
        return [*self.refresh, *filter(None, after_updates)]


KernelRule = Callable[..., Kernel]  # (context, *inputs)


def combine_tasks(tasks: Iterable[Task]) -> Task:
    """Combine tasks into one that runs them in order, with little time under the GIL between."""
    fixed_tasks = tuple(tasks)

    def run() -> None:
        for task in fixed_tasks:
            task()

    return run


class ExecutionPlan:
    """Stages of task chains, built once and run for every batch."""

    def __init__(self, block_count: int) -> None:
        self.block_count = block_count
        self.stages: list[Stage] = []
        self.block_chains: list[list[Task]] | None = None  # of a last stage with one per block

    def add(self, steps: Iterable[PlanStep]) -> None:
        """Append steps; consecutive per-block steps share a stage."""
        for step in steps:
            if isinstance(step, BatchStep):
                self.add_stage(step.tasks)
            else:
                self._append_per_block(step)

    def add_stage(self, tasks: Sequence[Task]) -> None:
        """Append a stage with one chain per task; single tasks in a row form one chain."""
        if (
            len(tasks) == 1
            and self.block_chains is None
            and self.stages
            and len(self.stages[-1]) == 1
        ):
            self.stages[-1] = [[*self.stages[-1][0], *tasks]]
        elif tasks:
            self.stages.append([[task] for task in tasks])
            self.block_chains = None

    def run_serially(self) -> None:
        """Run all stages in the calling thread."""
        for stage in self.stages:
            for chain in stage:
                for task in chain:
                    task()

    def _append_per_block(self, tasks: Sequence[Task]) -> None:
        if self.block_chains is None:
            self.block_chains = [[] for _ in range(self.block_count)]
            self.stages.append([*self.block_chains])
        for chain, task in zip(self.block_chains, tasks, strict=True):
            chain.append(task)
