"""What process 0 has all processes do: each does it with the programs and rows of its own."""

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
Things = dict[int, Any]  # programs and uploaded rows of a process, by the numbers they are known by
Result = TypeVar("Result")


class Command(ABC):
    """Something that all processes do together."""

    @abstractmethod
    def obey(self, things: Things) -> Any:
        """Do it in this process; what it gives in process 0."""


@dataclass(frozen=True)
class Build(Command):
    """Build a program, to be known by a number."""

    number: int
    graph: Graph
    setup: TrainingSetup | None
    compute: ComputeConfig

    def obey(self, things: Things) -> None:
        """Build it; of several accelerators of a machine each process takes its own."""
        compute = self.compute
        if compute.device == "cuda":
            compute = compute._replace(device=f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        things[self.number] = _acknowledged(
            lambda: TorchProgram(self.graph, self.setup, compute, ProcessGroup())
        )


@dataclass(frozen=True)
class Upload(Command):
    """Upload rows for a program, to be known by a number; their arrays are in files."""

    number: int
    program: int
    files: ArrayFiles  # of `inputs/image`, `targets/kind`, ...

    def obey(self, things: Things) -> None:
        """Upload the arrays."""
        things[self.number] = _acknowledged(lambda: self._upload(things[self.program]))

    def _upload(self, program: TorchProgram) -> Any:
        groups: dict[str, dict[str, Array]] = {group: {} for group in ROW_GROUPS}
        for path, array in mapped_arrays(self.files).items():
            group, _, name = path.partition("/")
            groups[group][name] = array
        return program.upload_rows(*groups.values())


@dataclass(frozen=True)
class Predict(Command):
    """Compute the outputs of rows of inputs, which are in files."""

    program: int
    files: ArrayFiles

    def obey(self, things: Things) -> list[dict[str, Array]]:
        """Compute those of a share of the rows; those of all shares in process 0."""
        program: TorchProgram = things[self.program]
        inputs, processes = mapped_arrays(self.files), program.processes
        share = processes.share(row_count(inputs))
        return processes.gather(program.predict_outputs({n: x[share] for n, x in inputs.items()}))


@dataclass(frozen=True)
class Call(Command):
    """Call a method of a program; its first argument may be the number of uploaded rows."""

    program: int
    method: str
    rows: int | None
    arguments: tuple[Any, ...]

    def obey(self, things: Things) -> Any:
        """Call it."""
        given = () if self.rows is None else (things[self.rows],)
        return getattr(things[self.program], self.method)(*given, *self.arguments)


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
