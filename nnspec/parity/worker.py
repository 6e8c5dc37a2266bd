"""A program in a process of its own: backends that cannot share one are compared side by side."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.backends.contract import Array, Indices, Weights
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, NnspecError, Problem
from nnspec.spec.loader import build
from nnspec.training.loop import evaluate
from nnspec.training.session import TrainingSession


class Probe(NamedTuple):
    """What a program makes of a batch without changing: the outputs, and every gradient."""

    outputs: Array
    gradients: Weights


class ProgramServer:
    """A job's program, with the questions that a comparison asks."""

    def __init__(self, values: Mapping[str, Any], folder: Path, compute: ComputeConfig) -> None:
        self.job = TrainingSession.prepare(build(dict(values), folder), compute)
        train = self.job.splits.train
        self.device_rows = self.job.program.upload(train.inputs, train.targets)

    def rows(self) -> int:
        """How many training rows there are."""
        return self.job.splits.train.rows

    def weights(self) -> Weights:
        """All weights."""
        return self.job.program.weights()

    def probe(self, batch: Indices) -> Probe:
        """Outputs and gradients for a batch of the training rows."""
        program = self.job.program
        inputs = self.job.splits.train.inputs[batch]
        return Probe(program.predict(inputs), program.gradients(self.device_rows, batch))

    def update(self, batch: Indices) -> tuple[float, Weights]:
        """The loss before an update, and all weights after it."""
        loss = self.job.program.train(self.device_rows, [batch]).means["loss"]
        return loss, self.job.program.weights()

    def figures(self) -> dict[str, float]:
        """The loss and the metrics over the test rows, or the training rows without any."""
        return evaluate(self.job.program, self.job.splits.test or self.job.splits.train)


class ProgramProcess:
    """A desk in another process; `ask` and `answer` let several work at the same time."""

    def __init__(self, values: Mapping[str, Any], folder: Path, compute: ComputeConfig) -> None:
        context = multiprocessing.get_context("spawn")
        self.compute = compute
        self.here, there = context.Pipe()
        self.process = context.Process(
            target=_work, args=(there, values, folder, compute), daemon=True
        )
        self.process.start()
        there.close()

    def ask(self, question: str, *arguments: Any) -> None:
        """Send a question: the name of a desk's method."""
        self.here.send((question, arguments))

    def answer(self) -> Any:
        """The answer to the oldest open question; what it raised there is raised here."""
        try:
            answer = self.here.recv()
        except EOFError:
            raise BackendError(f"the process of {self.compute.backend} has ended") from None
        if isinstance(answer, NnspecError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        self.here.close()
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.terminate()


def without_spans(error: NnspecError) -> NnspecError:
    """The error with its places in words: documents stay in their process."""
    return type(error)([Problem(p.message, hint=p.hint, code=p.code) for p in error.problems])


def _work(
    pipe: Connection, values: Mapping[str, Any], folder: Path, compute: ComputeConfig
) -> None:
    """Answer questions until the other side hangs up."""
    try:
        desk = ProgramServer(values, folder, compute)
        pipe.send(None)
        while True:
            question, arguments = pipe.recv()
            pipe.send(getattr(desk, question)(*arguments))
    except NnspecError as error:
        pipe.send(without_spans(error))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
