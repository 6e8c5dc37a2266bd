"""Processes that train folds, each asked by one thread of this process at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import current_thread, main_thread
from typing import Any, NamedTuple

from nnspec.backends.numpy.fast.blas import processors
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, NnspecError
from nnspec.parity.worker import without_spans
from nnspec.spec.loader import UnresolvedSpec
from nnspec.spec.tune import Tune
from nnspec.training.loop import Diverged, Interrupted, ShouldStop
from nnspec.tuning.cross_validation import CrossValidation
from nnspec.tuning.trial_spec import trial_spec

_GLANCE_SECONDS = 0.2  # between two looks at whether to stop
_THREADS = (  # what NumPy's backend and the frameworks take for the number of their threads
    "NNSPEC_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


class StudyConfig(NamedTuple):
    """What every process of a study knows."""

    draft: UnresolvedSpec
    tune: Tune
    metric: str
    compute: ComputeConfig


class FoldResult(NamedTuple):
    """What a process says of a fold."""

    value: float
    process: int


class WorkerProcess:
    """A process; whatever stops it, or this one, stops it alone."""

    def __init__(self, study: StudyConfig, stop: ShouldStop) -> None:
        self.study, self.stop = study, stop
        self._start()

    def fit(self, values: Mapping[str, Any], fold: int) -> FoldResult:
        """The metric of a setting over a fold.

        Raises what the training raised: Diverged or an NnspecError; Interrupted where `stop`
        says so. A process that is killed is replaced, and the fold trained again; where that is
        killed too, as when there is too little memory, BackendError says so.
        """
        for _ in range(2):
            if self.stop():
                raise Interrupted
            try:
                return self._asked(values, fold)
            except (EOFError, OSError):
                self.close()
                self._start()
        raise BackendError("its process was killed twice; perhaps it needs too much memory")

    def _asked(self, values: Mapping[str, Any], fold: int) -> FoldResult:
        self.here.send((dict(values), fold))
        while not self.here.poll(_GLANCE_SECONDS):
            if self.stop():
                raise Interrupted
        answer = self.here.recv()
        if isinstance(answer, Exception):
            raise answer
        return FoldResult(answer, self.process.pid or 0)

    def close(self) -> None:
        """End the process; it stops after the updates at hand."""
        self.here.close()
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.here, there = context.Pipe()
        self.process = context.Process(target=_work, args=(there, *self.study), daemon=True)
        with _ignoring_interrupts():
            self.process.start()
        there.close()


class WorkerPool:
    """Several processes that share the machine's processors."""

    def __init__(self, count: int, study: StudyConfig, stop: ShouldStop) -> None:
        self.idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        self.all = [WorkerProcess(study, stop) for _ in range(count)]
        for desk in self.all:
            self.idle.put(desk)

    @classmethod
    @contextmanager
    def open(cls, count: int, study: StudyConfig, stop: ShouldStop) -> Iterator[WorkerPool]:
        """The processes, which end with the context."""
        with _threads(max(1, processors() // count)):
            desks = cls(count, study, stop)
            try:
                yield desks
            finally:
                for desk in desks.all:
                    desk.close()

    @contextmanager
    def one(self) -> Iterator[WorkerProcess]:
        """A process that nobody else asks meanwhile."""
        desk = self.idle.get()
        try:
            yield desk
        finally:
            self.idle.put(desk)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Processes that start inside compute with so many threads."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Processes that start inside leave Ctrl-C to this one, from their first moment on."""
    if current_thread() is not main_thread():  # which alone may change what a signal does
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(
    pipe: Connection, draft: UnresolvedSpec, tune: Tune, metric: str, compute: ComputeConfig
) -> None:
    """Train what is asked for until the other side hangs up, even in the midst of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        spec, folds = draft.spec(), CrossValidation(tune, metric, compute)
        while True:
            values, number = pipe.recv()
            pipe.send(_answer(folds, spec, values, number, pipe.poll))
    except (EOFError, OSError, Interrupted):
        pass


def _answer(
    folds: CrossValidation, spec: Any, values: Mapping[str, Any], number: int, stop: ShouldStop
) -> Any:
    try:
        return folds.value(trial_spec(spec, values), number, stop)
    except Diverged as error:
        return error
    except NnspecError as error:
        return without_spans(error)
    except MemoryError:
        return BackendError("out of memory; a smaller batch_size, network or input needs less")
