"""Worker processes that train and evaluate folds, and the pool that shares the processors."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NamedTuple

from nnspec.backends.numpy.fast.cpu_threads import processors
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.parity.process_start import start_process
from nnspec.parity.worker import sendable
from nnspec.spec.loader import UnresolvedSpec
from nnspec.spec.tune import Tune
from nnspec.training.loop import DivergenceError, ShouldStop, TrainingInterrupt
from nnspec.tuning.cross_validation import CrossValidation
from nnspec.tuning.trial_spec import trial_spec

_POLL_SECONDS = 0.2  # between two calls of `should_stop`
_THREAD_VARIABLES = (  # thread counts of the NumPy backend and the frameworks
    "NNSPEC_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


class StudyConfig(NamedTuple):
    """The configuration of a study, sent to every worker process."""

    draft: UnresolvedSpec
    tune: Tune
    metric: str
    compute: ComputeConfig


class FoldResult(NamedTuple):
    """The metric of a fold, and the id of the process that computed it."""

    value: float
    process: int


class WorkerProcess:
    """A worker process; it is restarted if it is killed, and ends with this process."""

    def __init__(self, config: StudyConfig, should_stop: ShouldStop) -> None:
        self.config, self.should_stop = config, should_stop
        self._start()

    def fit(self, values: Mapping[str, Any], fold: int) -> FoldResult:
        """Train a setting on the other folds; return the metric over the fold.

        Raises what training raised, a DivergenceError or an NnspecError; TrainingInterrupt if
        `should_stop` returns True; BackendError if the process was killed twice, which happens
        when memory runs out.
        """
        for _ in range(2):
            if self.should_stop():
                raise TrainingInterrupt
            try:
                return self._request(values, fold)
            except (EOFError, OSError):
                self.close()
                self._start()
        raise BackendError("its process was killed twice; perhaps it needs too much memory")

    def _request(self, values: Mapping[str, Any], fold: int) -> FoldResult:
        """Send a request to the process and wait for its answer."""
        self.pipe.send((dict(values), fold))
        while not self.pipe.poll(_POLL_SECONDS):
            if self.should_stop():
                raise TrainingInterrupt
        answer = self.pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return FoldResult(answer, self.process.pid or 0)

    def close(self) -> None:
        """End the process; training stops after the current chunk of updates."""
        self.pipe.close()
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _start(self) -> None:
        """Start the process, with a pipe to it."""
        context = multiprocessing.get_context("spawn")
        self.pipe, worker_pipe = context.Pipe()
        self.process = context.Process(target=_serve, args=(worker_pipe, *self.config), daemon=True)
        start_process(self.process)
        worker_pipe.close()


class WorkerPool:
    """Worker processes that share the machine's processors."""

    def __init__(self, count: int, config: StudyConfig, should_stop: ShouldStop) -> None:
        self.idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        self.workers = _start_workers(count, config, should_stop)
        for worker in self.workers:
            self.idle.put(worker)

    @classmethod
    @contextmanager
    def open(cls, count: int, config: StudyConfig, should_stop: ShouldStop) -> Iterator[WorkerPool]:
        """Start `count` processes; they end with the context."""
        with _thread_limit(max(1, processors() // count)):
            pool = cls(count, config, should_stop)
            try:
                yield pool
            finally:
                for worker in pool.workers:
                    worker.close()

    @contextmanager
    def acquire(self) -> Iterator[WorkerProcess]:
        """Wait for an idle worker, and reserve it within the context."""
        worker = self.idle.get()
        try:
            yield worker
        finally:
            self.idle.put(worker)


def _start_workers(count: int, config: StudyConfig, should_stop: ShouldStop) -> list[WorkerProcess]:
    """Start `count` processes, or as many as the system lets start."""
    workers: list[WorkerProcess] = []
    for _ in range(count):
        try:
            workers.append(WorkerProcess(config, should_stop))
        except OSError as error:
            if not workers:
                raise
            message = "%d of %d processes are started: %s"
            logging.getLogger("nnspec").warning(message, len(workers), count, error.strerror)
            break
    return workers


@contextmanager
def _thread_limit(count: int) -> Iterator[None]:
    """Set the thread count of processes that are started within the context."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})


def _serve(
    pipe: Connection, draft: UnresolvedSpec, tune: Tune, metric: str, compute: ComputeConfig
) -> None:
    """Serve requests (values, fold) until the pipe is closed, also in the middle of training."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        spec, validation = draft.spec(), CrossValidation(tune, metric, compute)
        while True:
            values, fold = pipe.recv()
            # `poll` as should_stop: before the answer, the pipe is readable only when closed
            pipe.send(_evaluate_fold(validation, spec, values, fold, pipe.poll))
    except (EOFError, OSError, TrainingInterrupt):
        pass


def _evaluate_fold(
    validation: CrossValidation,
    spec: Any,
    values: Mapping[str, Any],
    fold: int,
    should_stop: ShouldStop,
) -> Any:
    """The metric over a fold, or the exception to raise in the parent process."""
    try:
        return validation.evaluate_fold(trial_spec(spec, values), fold, should_stop)
    except DivergenceError as error:
        return error
    except Exception as error:
        return sendable(error)
