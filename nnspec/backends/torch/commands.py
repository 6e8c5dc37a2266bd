"""Commands of process 0, which all processes execute with programs and rows of their own."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from nnspec.backends.arrays import Array, row_count
from nnspec.backends.contract import TrainingSetup
from nnspec.backends.torch.processes import ProcessGroup
from nnspec.backends.torch.program import TorchProgram
from nnspec.backends.torch.shared_arrays import ArrayFiles, mapped_arrays
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, NnspecError
from nnspec.graph.ir import Graph

ROW_GROUPS = ("inputs", "targets", "weights")
LocalObjects = dict[int, Any]  # the programs and uploaded rows of a process, by number
Result = TypeVar("Result")


class Command(ABC):
    """What all processes execute together."""

    @abstractmethod
    def execute(self, objects: LocalObjects) -> Any:
        """Execute it in this process; the result counts in process 0."""


@dataclass(frozen=True)
class BuildProgram(Command):
    """Build a program, to be known by a number."""

    number: int
    graph: Graph
    setup: TrainingSetup | None
    compute: ComputeConfig

    def execute(self, objects: LocalObjects) -> None:
        """Build it; of several accelerators of a machine each process takes its own."""
        compute = self.compute
        if compute.device == "cuda":
            compute = compute._replace(device=f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        objects[self.number] = _acknowledged(
            lambda: TorchProgram(self.graph, self.setup, compute, ProcessGroup())
        )


@dataclass(frozen=True)
class UploadRows(Command):
    """Upload rows for a program, to be known by a number; their arrays are in files."""

    number: int
    program: int
    files: ArrayFiles  # of `inputs/image`, `targets/kind`, ...

    def execute(self, objects: LocalObjects) -> None:
        """Upload the arrays."""
        objects[self.number] = _acknowledged(lambda: self._upload(objects[self.program]))

    def _upload(self, program: TorchProgram) -> Any:
        groups: dict[str, dict[str, Array]] = {group: {} for group in ROW_GROUPS}
        for path, array in mapped_arrays(self.files).items():
            group, _, name = path.partition("/")
            groups[group][name] = array
        return program.upload_rows(*groups.values())


@dataclass(frozen=True)
class PredictOutputs(Command):
    """Compute the outputs of rows of inputs, which are in files."""

    program: int
    files: ArrayFiles

    def execute(self, objects: LocalObjects) -> list[dict[str, Array]]:
        """Compute those of a share of the rows; those of all shares in process 0."""
        program: TorchProgram = objects[self.program]
        inputs, processes = mapped_arrays(self.files), program.processes
        share = processes.share(row_count(inputs))
        return processes.gather(program.predict_outputs({n: x[share] for n, x in inputs.items()}))


@dataclass(frozen=True)
class CallMethod(Command):
    """Call a method of a program; its first argument may be the number of uploaded rows."""

    program: int
    method: str
    rows: int | None
    arguments: tuple[Any, ...]

    def execute(self, objects: LocalObjects) -> Any:
        """Call it."""
        given = () if self.rows is None else (objects[self.rows],)
        return getattr(objects[self.program], self.method)(*given, *self.arguments)


def _acknowledged(action: Callable[[], Result]) -> Result:
    """What an action gives that all processes take; process 0 raises the error of any of them."""
    result: Any = None
    error = None
    try:
        result = action()
    except NnspecError as raised:
        error = raised
    errors = [each for each in ProcessGroup().gather(error and error.problems) if each]
    if errors:
        raise error or BackendError(errors[0])
    return cast("Result", result)
