"""Training programs of a backend in a process of their own; some backends cannot share one."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, named
from nnspec.backends.contract import BatchMetrics, Indices, Weights, require_setup
from nnspec.components.schedules.base import EpochMetrics
from nnspec.compute import ComputeConfig, Precision
from nnspec.errors import BackendError, NnspecError, Problem
from nnspec.graph.objectives import loss_names
from nnspec.parity.process_start import start_process
from nnspec.spec.document import Spec
from nnspec.system_errors import system_message
from nnspec.training.history import Epoch
from nnspec.training.loop import EpochUpdates, evaluate
from nnspec.training.row_upload import row_upload
from nnspec.training.session import TrainingSession

_PREPARE = "prepare"  # what is called to replace the server, no method of it


class Probe(NamedTuple):
    """Outputs and gradients of a batch, computed without an update."""

    outputs: dict[str, Array]
    gradients: Weights


class ProgramServer:
    """Methods of a training session that a comparison calls, in the worker process."""

    def __init__(self, spec: Spec, compute: ComputeConfig) -> None:
        self.session = TrainingSession.prepare(spec, compute)
        weights = self.session.balance.weights
        self.upload = row_upload(self.session.program, self.session.training, weights)
        self.plan = self.session.batch_plan
        self.step = 0
        self.measured: list[EpochMetrics] = []
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Take the learning rates of the epoch after those that were measured."""
        self.updates = EpochUpdates(self.session.program, self.measured)
        self.done: list[BatchMetrics] = []  # of the epoch's updates so far

    def batches(self, steps: int | None) -> list[Indices]:
        """The row numbers of each of the first batches of the training, or of all."""
        made = self.plan.steps if steps is None else min(steps, self.plan.steps)
        return [batch for part in self.plan.batches(range(made)) for batch in part.batches]

    @property
    def pass_number(self) -> int:
        """The number of the pass over the rows that the next batch belongs to."""
        return self.step // self.plan.steps_per_pass + 1

    def weights(self) -> Weights:
        """All weights."""
        return self.session.program.weights()

    def probe(self, batch: Indices) -> Probe:
        """Outputs and gradients of a batch of training rows."""
        program = self.session.program
        rows = self.session.training.take(batch, self.pass_number)
        outputs = program.predict_outputs(named(rows.inputs, self.session.graph.inputs))
        device_rows, (numbers,) = self.upload.upload([batch], self.pass_number)
        return Probe(outputs, program.gradients(device_rows, numbers))

    def update(self, batch: Indices) -> tuple[dict[str, float], Weights]:
        """Make an update; the losses before, and all weights after it."""
        metrics = self.updates(*self.upload.upload([batch], self.pass_number))
        self.done.append(metrics)
        self.step += 1
        if len(self.done) == self.plan.steps_per_epoch:
            self.end_epoch()
        losses = loss_names(require_setup(self.session.program.setup).objectives)
        results = metrics.results
        return {name: results[name] for name in losses}, self.session.program.weights()

    def end_epoch(self) -> None:
        """Measure the epoch if learning rates depend on it, and begin the next one."""
        if self.updates.rate is not None:
            validated = self.validated(len(self.measured) + 1)
            results = BatchMetrics.join(self.done).results
            epoch = Epoch(len(self.measured) + 1, results, 0.0, validated)
            self.measured.append(epoch.measured)
        self.begin_epoch()

    def validated(self, epoch: int) -> dict[str, float] | None:
        """The metrics of the validation rows, where an epoch that others follow is validated."""
        validation = self.session.splits.validation
        if validation is None or epoch % self.session.options.validation_freq:
            return None
        return evaluate(self.session.program, validation)

    def metrics(self) -> dict[str, float]:
        """Loss and metrics over the test rows, or the training rows if there are no test rows."""
        return evaluate(self.session.program, self.session.splits.test or self.session.splits.train)


class ProgramProcess:
    """A `ProgramServer` in another process; separate `ask` and `answer` allow concurrency.

    A server is for one training; `prepare` replaces it by that for another.
    """

    def __init__(self, backend: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.backend = backend
        self.pipe, other_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(other_end,), daemon=True)
        start_process(self.process)
        other_end.close()

    def prepare(self, spec: Spec, precision: Precision) -> None:
        """Ask for a server for a spec; it is ready with the answer."""
        self.ask(_PREPARE, spec, ComputeConfig(self.backend, precision))

    def ask(self, method: str, *arguments: Any) -> None:
        """Send a call of one of the server's methods."""
        try:
            self.pipe.send((method, arguments))
        except OSError:
            raise self._ended() from None

    def answer(self) -> Any:
        """Wait for the result of the oldest pending call; an error raised there is raised here."""
        try:
            answer = self.pipe.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        if isinstance(answer, NnspecError):
            raise answer
        return answer

    def _ended(self) -> BackendError:
        message = f"the process of {self.backend} has ended"
        return BackendError(message, "perhaps it needs too much memory")

    def close(self) -> None:
        """End the process."""
        self.pipe.close()
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.terminate()


def _serve(pipe: Connection) -> None:
    """Serve calls until the other end closes the pipe."""
    with suppress(EOFError, ConnectionError, KeyboardInterrupt):
        try:
            _answer_calls(pipe)
        except (EOFError, ConnectionError):
            raise
        except Exception as error:  # the other end may be closed: another process failed first
            pipe.send(sendable(error))


def _answer_calls(pipe: Connection) -> None:
    """Answer calls; non-finite values show up in what is compared."""
    server: Any = None
    with np.errstate(all="ignore"):
        while True:
            method, arguments = pipe.recv()
            if method == _PREPARE:
                server = ProgramServer(*arguments)
                pipe.send(None)
            else:
                pipe.send(getattr(server, method)(*arguments))


def sendable(error: Exception) -> NnspecError:
    """An error as it is sent to the parent process; a bug is raised here.

    Each hint is a text, since functions are not sent between processes.
    """
    if isinstance(error, NnspecError):
        return type(error)([Problem(p.message, p.where, p.hint, p.code) for p in error.problems])
    message = system_message(error)
    if message is None:
        raise error
    return BackendError(message)
