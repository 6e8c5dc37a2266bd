"""What a kernel gives, and the order in which all kernels' tasks are run.

Tasks of one block follow each other in a lane; lanes are independent. A stage is a set of lanes,
and each stage waits for the one before: where every block must be done before any goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nnspec.backends.contract import Array, Indices
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.threads import Stage, Task


class WholeBatch(NamedTuple):
    """Tasks that need all blocks and that all blocks wait for; independent of each other."""

    tasks: Sequence[Task]


PlanStep = Sequence[Task] | WholeBatch  # a task for each block, or tasks for all


class Gradients(NamedTuple):
    """A task that computes gradients, and the parts of the flat memory that it fills.

    `descent`, where there is one, takes them off the weights instead. `renewal` brings up to date
    what the kernel keeps of these weights.
    """

    task: Task
    parts: Sequence[slice]
    descent: Task | None = None
    renewal: Task | None = None


class Kernel(NamedTuple):
    """A node made ready: where its output is, and everything that there is to do."""

    y: BlockedTensor
    forward: Sequence[PlanStep] = ()
    backward: Sequence[PlanStep] = ()
    before: Sequence[Task] = ()  # when a batch begins
    after: Sequence[Gradients] = ()  # once all blocks have gone backward
    fresh: Sequence[Task] = ()  # when weights have changed; in training, `after` says it
    expect: Callable[[Array, Sequence[Indices]], None] | None = None  # rows of the inputs to come
    begin: Task | None = None  # the next of these batches is at hand

    @property
    def renewals(self) -> list[Task]:
        """What is to be done where it is not known whether the weights have changed."""
        behind = [each.renewal for each in self.after]
        return [*self.fresh, *filter(None, behind)]


def run_in_order(steps: Iterable[Task]) -> Task:
    """Steps prepared once, as one task: between them Python's lock is held for a moment only."""
    prepared = tuple(steps)

    def run() -> None:
        for step in prepared:
            step()

    return run


KernelRule = Callable[[BlockContext, BlockedTensor], Kernel]


class ExecutionPlan:
    """Stages of lanes, made once and run for every batch."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.stages: list[Stage] = []
        self.chains: list[list[Task]] | None = None  # those of the last stage, if blocks share it

    def add(self, parts: Iterable[PlanStep]) -> None:
        """Append parts: block by block as long as possible."""
        for part in parts:
            if isinstance(part, WholeBatch):
                self.together(part.tasks)
            else:
                self._each(part)

    def together(self, tasks: Sequence[Task]) -> None:
        """A stage with a lane for each task; a single one goes on where a single one ended."""
        if len(tasks) == 1 and self.chains is None and self.stages and len(self.stages[-1]) == 1:
            self.stages[-1] = [[*self.stages[-1][0], *tasks]]
        elif tasks:
            self.stages.append([[task] for task in tasks])
            self.chains = None

    def alone(self) -> None:
        """Run all stages in the calling thread."""
        for stage in self.stages:
            for chain in stage:
                for task in chain:
                    task()

    def _each(self, tasks: Sequence[Task]) -> None:
        if self.chains is None:
            self.chains = [[] for _ in range(self.blocks)]
            self.stages.append([*self.chains])
        for chain, task in zip(self.chains, tasks, strict=True):
            chain.append(task)
