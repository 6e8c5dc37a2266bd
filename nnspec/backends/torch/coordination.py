"""Programs whose calls are made in all processes: process 0 decides, the others are workers.

Process 0 does all that there is of a run but the work on rows. Before each call of a program it
sends the call to the others, which have a program each, and all of them make it together: each
computes its share of the rows, and `torch.distributed` sums what they give. So the training loop,
checkpoints, callbacks and messages need not know of processes.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import distributed as dist

from nnspec.backends.arrays import Array, Arrays, row_count
from nnspec.backends.contract import (
    PREDICTION_ROWS,
    BatchMetrics,
    Indices,
    Program,
    Rates,
    State,
    TrainingSetup,
    Weights,
)
from nnspec.backends.torch.commands import (
    ROW_GROUPS,
    BuildProgram,
    CallMethod,
    Command,
    LocalObjects,
    PredictOutputs,
    UploadRows,
)
from nnspec.backends.torch.shared_arrays import shared_arrays
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph

_DAYS = 365  # that a process waits for process 0, which may read data or write files
_LOST = ("onnection", "Broken pipe", "Read error")  # in messages of a lost connection


class Coordinator:
    """Has all processes do what process 0 says."""

    def __init__(self) -> None:
        self.size, self.objects = dist.get_world_size(), LocalObjects()
        self.numbers, self.released = count(), list[int]()
        self.in_step = True  # false where a command has not been executed to its end

    def run(self, command: Command | None) -> Any:
        """Have a command executed; None: there are no more.

        With it the numbers go of what is needed no more. Raises BackendError where another process
        has ended.
        """
        released, self.released = self.released, []
        self.in_step = False
        with _connected():
            dist.broadcast_object_list([(released, command)])
            result = _execute(released, command, self.objects)
        self.in_step = True
        return result

    def end(self) -> None:
        """Tell the others that there is no more to do, unless they wait for something else."""
        if self.in_step:
            with suppress(BackendError):
                self.run(None)
                dist.destroy_process_group()  # or its threads may abort the process at its end

    def new_number(self, owner: object) -> int:
        """A number, which is needed until its owner is deleted; the next command says so."""
        number = next(self.numbers)
        weakref.finalize(owner, lambda: self.released.append(number))
        return number


def _execute(released: Sequence[int], command: Command | None, objects: LocalObjects) -> Any:
    """Forget what is needed no more, and execute a command."""
    for number in released:
        objects.pop(number, None)
    return None if command is None else command.execute(objects)


@contextmanager
def _connected() -> Iterator[None]:
    """Context that makes a lost connection a BackendError."""
    try:
        yield
    except RuntimeError as error:  # gloo has no class of its own
        if not any(word in str(error) for word in _LOST):
            raise
        message = "another process, which shares the work, has ended"
        raise BackendError(message, "`nnspec resume RUN` goes on") from None


@cache
def coordinator() -> Coordinator:
    """The coordinator of this process, which is process 0."""
    return Coordinator()


class RowsHandle:
    """Rows that have been uploaded in all processes."""

    def __init__(self, coordinator: Coordinator) -> None:
        self.number = coordinator.new_number(self)


class DistributedProgram(Program):
    """The program of process 0, whose calls are made in all processes."""

    def __init__(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> None:
        self.graph, self.setup, self.compute = graph, setup, compute
        self.coordinator = coordinator()
        self.number = self.coordinator.new_number(self)
        self.coordinator.run(BuildProgram(self.number, graph, setup, compute))
        self.own: Program = self.coordinator.objects[self.number]
        self.native = self.own.native

    def weights(self) -> Weights:
        """Copies of all weights, which are the same in all processes."""
        return self.own.weights()

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights in all processes."""
        self._call("set_weights", None, dict(weights))

    def state(self) -> State:
        """A copy of the optimizer's state, which is the same in all processes."""
        return self.own.state()

    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state in all processes."""
        self._call("set_state", None, state)

    def use_average_weights(self) -> None:
        """Overwrite each trained weight by its moving average, in all processes."""
        self._call("use_average_weights", None)

    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> RowsHandle:
        """Copy rows to the devices of all processes."""
        groups = zip(ROW_GROUPS, (inputs, targets, weights), strict=True)
        arrays = {f"{group}/{name}": x for group, named in groups for name, x in named.items()}
        rows = RowsHandle(self.coordinator)
        with shared_arrays(arrays) as files:
            self.coordinator.run(UploadRows(rows.number, self.number, files))
        return rows

    def train(
        self, device_rows: RowsHandle, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Make one update for each batch, of which each process computes a share."""
        metrics: BatchMetrics = self._call("train", device_rows, batches, rates)
        return metrics

    def evaluate(self, device_rows: RowsHandle, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch, of which each process computes a share."""
        metrics: BatchMetrics = self._call("evaluate", device_rows, batches)
        return metrics

    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """Compute each output, of a few rows in this process alone."""
        if row_count(inputs) < PREDICTION_ROWS * self.coordinator.size:
            return self.own.predict_outputs(inputs)
        with shared_arrays(inputs) as files:
            shares = self.coordinator.run(PredictOutputs(self.number, files))
        return {n: np.concatenate([share[n] for share in shares]) for n in self.graph.outputs}

    def gradients(self, device_rows: RowsHandle, batch: Indices) -> Weights:
        """Compute the gradients of a batch, of which each process computes a share."""
        gradients: Weights = self._call("gradients", device_rows, batch)
        return gradients

    def _call(self, method: str, rows: RowsHandle | None, *arguments: Any) -> Any:
        """Call a method in all processes; what it returns in this one."""
        number = None if rows is None else rows.number
        return self.coordinator.run(CallMethod(self.number, method, number, arguments))


@contextmanager
def joined() -> Iterator[int]:
    """Context in which this process is joined with those that torchrun started; its rank.

    At its end process 0 tells the others that there is no more to do.
    """
    devices = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(devices, timeout=timedelta(days=_DAYS))
    rank = dist.get_rank()
    try:
        yield rank
    finally:
        if rank == 0:
            coordinator().end()


def execute_commands() -> None:
    """Do what process 0 says, until there is no more to do.

    Raises BackendError where another process has ended.
    """
    objects, command = LocalObjects(), True
    while command is not None:
        received: list[Any] = [None]
        with _connected():
            dist.broadcast_object_list(received)
            released, command = received[0]
            _execute(released, command, objects)
    dist.destroy_process_group()
