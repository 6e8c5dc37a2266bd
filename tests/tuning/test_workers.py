"""Worker processes: results, exceptions, interruption, killed processes, thread counts."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, NnspecError
from nnspec.spec.loader import unresolved
from nnspec.training.loop import DivergenceError, TrainingInterrupt, never_stop
from nnspec.tuning.cross_validation import CrossValidation
from nnspec.tuning.trial_spec import trial_spec
from nnspec.tuning.workers import StudyConfig, WorkerPool, WorkerProcess
from tests.small_runs import ROWS, rows, spec

SPEC = spec(rows({name: 3 * listed for name, listed in ROWS.items()},
                 tune={"parameters": {"train.epochs": [1, 2]}, "folds": 3}))  # fmt: skip
CONFIG = StudyConfig(unresolved(SPEC), SPEC.tune, "loss", ComputeConfig())
LONG = {"train.epochs": 10**9}


@pytest.fixture
def worker():
    process = WorkerProcess(CONFIG, never_stop)
    yield process
    process.close()


def test_a_worker_computes_the_same_as_this_process(worker):
    result = worker.fit({"train.epochs": 2}, 1)
    validation = CrossValidation(SPEC.tune, "loss", ComputeConfig())
    assert result.value == validation.evaluate_fold(
        trial_spec(SPEC, {"train.epochs": 2}), 1, never_stop
    )
    assert result.process == worker.process.pid != os.getpid()


def test_exceptions_of_a_worker_are_raised_here(worker):
    with pytest.raises(NnspecError, match="batch_size"):
        worker.fit({"train.batch_size": 0}, 0)
    with pytest.raises(DivergenceError):
        worker.fit({"optimizer.sgd.learning_rate": 1e300, "train.epochs": 9}, 0)
    assert worker.fit({"train.epochs": 1}, 0).value > 0


def test_a_killed_process_is_restarted(worker):
    first = worker.process.pid
    os.kill(first, signal.SIGKILL)
    assert worker.fit({"train.epochs": 1}, 0).process != first


def test_a_fold_whose_process_is_killed_twice_is_an_error(worker):
    over = Event()

    def kill():
        while not over.wait(0.05):
            if worker.process.is_alive():
                os.kill(worker.process.pid, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    with pytest.raises(BackendError, match="its process was killed twice"):
        worker.fit(LONG, 0)
    over.set()
    killer.join()
    assert worker.fit({"train.epochs": 1}, 0).value > 0


def test_should_stop_interrupts_a_fold():
    answers = iter([False, False, True])
    opened = WorkerPool.open(1, CONFIG, lambda: next(answers))
    with opened as pool, pool.acquire() as worker, pytest.raises(TrainingInterrupt):
        worker.fit(LONG, 0)
    assert not worker.process.is_alive()


def test_processes_share_the_processors(monkeypatch):
    monkeypatch.setenv("NNSPEC_THREADS", "4")
    with WorkerPool.open(2, CONFIG, never_stop):
        assert os.environ["NNSPEC_THREADS"] == os.environ["OMP_NUM_THREADS"] == "2"
    assert os.environ["NNSPEC_THREADS"] == "4"
