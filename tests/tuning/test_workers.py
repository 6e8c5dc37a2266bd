"""Processes that train folds: asked, stopped, killed."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, NnspecError
from nnspec.spec.loader import unresolved
from nnspec.training.loop import Diverged, Interrupted, never
from nnspec.tuning.cross_validation import CrossValidation
from nnspec.tuning.trial_spec import trial_spec
from nnspec.tuning.workers import StudyConfig, WorkerPool, WorkerProcess
from tests.small_runs import ROWS, rows, spec

SPEC = spec(rows({name: 3 * listed for name, listed in ROWS.items()},
                 tune={"parameters": {"train.epochs": [1, 2]}, "folds": 3}))  # fmt: skip
STUDY = StudyConfig(unresolved(SPEC), SPEC.tune, "loss", ComputeConfig())
LONG = {"train.epochs": 10**9}


@pytest.fixture
def desk():
    made = WorkerProcess(STUDY, never)
    yield made
    made.close()


def test_a_process_gives_what_this_one_would(desk):
    fit = desk.fit({"train.epochs": 2}, 1)
    here = CrossValidation(SPEC.tune, "loss", ComputeConfig())
    assert fit.value == here.value(trial_spec(SPEC, {"train.epochs": 2}), 1, never)
    assert fit.process == desk.process.pid != os.getpid()


def test_what_is_raised_there_is_raised_here(desk):
    with pytest.raises(NnspecError, match="batch_size"):
        desk.fit({"train.batch_size": 0}, 0)
    with pytest.raises(Diverged):
        desk.fit({"optimizer.sgd.learning_rate": 1e300, "train.epochs": 9}, 0)
    assert desk.fit({"train.epochs": 1}, 0).value > 0


def test_a_process_that_is_killed_is_replaced(desk):
    first = desk.process.pid
    os.kill(first, signal.SIGKILL)
    assert desk.fit({"train.epochs": 1}, 0).process != first


def test_a_fold_that_kills_every_process_is_given_up(desk):
    over = Event()

    def kill():
        while not over.wait(0.05):
            if desk.process.is_alive():
                os.kill(desk.process.pid, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    with pytest.raises(BackendError, match="its process was killed twice"):
        desk.fit(LONG, 0)
    over.set()
    killer.join()
    assert desk.fit({"train.epochs": 1}, 0).value > 0


def test_a_wish_to_stop_ends_a_fold_in_its_midst():
    asked = iter([False, False, True])
    opened = WorkerPool.open(1, STUDY, lambda: next(asked))
    with opened as desks, desks.one() as desk, pytest.raises(Interrupted):
        desk.fit(LONG, 0)
    assert not desk.process.is_alive()


def test_processes_share_the_processors(monkeypatch):
    monkeypatch.setenv("NNSPEC_THREADS", "4")
    with WorkerPool.open(2, STUDY, never):
        assert os.environ["NNSPEC_THREADS"] == os.environ["OMP_NUM_THREADS"] == "2"
    assert os.environ["NNSPEC_THREADS"] == "4"
