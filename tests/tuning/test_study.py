"""Studies: what is tried, what is kept, and what goes on after a study was stopped."""

from __future__ import annotations

import os
import warnings
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

optuna = pytest.importorskip("optuna")

from nnspec.errors import DataError, RunError, SpecError  # noqa: E402
from nnspec.spec.document import Spec  # noqa: E402
from nnspec.training.session import ComputeConfig  # noqa: E402
from nnspec.tuning import storage  # noqa: E402
from nnspec.tuning.cross_validation import CrossValidation  # noqa: E402
from nnspec.tuning.results import Results  # noqa: E402
from nnspec.tuning.study import run_study, study_id  # noqa: E402
from tests.small_runs import rows, spec  # noqa: E402

pytestmark = pytest.mark.framework

DATA = {"inputs": [[i % 3, i % 5] for i in range(20)], "targets": [i % 2 for i in range(20)]}
RATES = {"optimizer.sgd.learning_rate": [0.01, 0.5, 1e300]}


def made(**section: Any) -> Spec:
    section = {"parameters": RATES, "folds": 2, **section}
    return spec(rows(DATA, name="tiny", metrics=["accuracy"], train={"epochs": 3}, tune=section))


def states(found: Results) -> list[str]:
    return [row.state for row in found.rows]


@pytest.fixture
def tried(tmp_path):
    """A study in a folder of its own; most need one process only."""
    return partial(run_study, out=tmp_path, jobs=1)


def test_a_grid_is_tried_by_two_processes(tmp_path):
    told: list[int] = []
    found = run_study(made(), out=tmp_path, jobs=2, told=lambda now: told.append(now.folds_done))
    assert [row.parameters for row in found.rows] == [
        {"optimizer.sgd.learning_rate": rate} for rate in (0.01, 0.5, 1e300)
    ]
    assert states(found) == ["done", "done", "diverged"]
    assert "the loss" in found.rows[2].message
    processes = {process for row in found.rows for process in row.processes}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert told[0] == 0
    assert found.complete


def test_each_fold_is_what_it_is_by_itself(tried):
    of = made(parameters={"train.epochs": [2]})
    (row,) = tried(of).rows
    alone = spec({**of.plain(), "train": {"epochs": 2}})
    folds = CrossValidation(of.tune, "accuracy", ComputeConfig())
    assert row.values == tuple(folds.value(alone, fold, lambda: False) for fold in range(2))


def test_random_settings_are_the_same_however_often_a_study_is_stopped(tmp_path):
    section = {
        "sampler": "random", "trials": 3, "seed": 2**40,
        "parameters": {
            "optimizer.sgd.learning_rate": {"low": 0.01, "high": 1, "log": True},
            "train.batch_size": {"low": 4, "high": 8, "step": 2},
            "network.layers.0.dense.use_bias": [True, False],
            "optimizer.sgd.momentum": {"low": 0.0, "high": 0.5, "step": 0.25},
            "train.shuffle": [True],
            "loss": ["binary_crossentropy", {"binary_crossentropy": {"label_smoothing": 0.1}}],
        },
    }  # fmt: skip
    whole = run_study(made(**section), out=tmp_path / "a", jobs=1)
    stopped, stops = a_fold_at_a_time(made(**section), tmp_path / "b")
    assert stops == 6
    plain = [(row.parameters, row.values, row.state) for row in whole.rows]
    assert plain == [(row.parameters, row.values, row.state) for row in stopped.rows]
    assert len({str(row.parameters) for row in whole.rows}) == 3
    assert {row.parameters["train.batch_size"] for row in whole.rows} <= {4, 6, 8}


def a_fold_at_a_time(of: Spec, out: Path) -> tuple[Results, int]:
    """A study that is stopped after each fold until it is complete, and how often it began."""
    for begun in count(1):
        told: list[int] = []
        found = run_study(
            of, out=out, jobs=1, told=lambda now, to=told: to.append(now.folds_done),
            stop=lambda seen=told: len(seen) > 1,
        )  # fmt: skip
        if found.complete:
            return found, begun
    raise AssertionError


def test_tpe(tried):
    section = {
        "parameters": {"optimizer.sgd.learning_rate": {"low": 0.01, "high": 1.0}},
        "sampler": {"tpe": 2}, "trials": 4,
    }  # fmt: skip
    found = tried(made(**section))
    rates = [row.parameters["optimizer.sgd.learning_rate"] for row in found.rows]
    assert states(found) == ["done"] * 4
    assert len(set(rates)) == 4
    more = tried(made(**{**section, "trials": 5}))
    assert more.rows[:4] == found.rows
    assert len({row.parameters["optimizer.sgd.learning_rate"] for row in more.rows}) == 5


@pytest.mark.parametrize(
    "pruner", [{"median": 1}, {"percentile": {"percentile": 50, "startup_trials": 1}}]
)
def test_a_setting_worse_than_those_before_is_given_up(tried, pruner):
    rates = {"optimizer.sgd.learning_rate": [0.5, 1e-9], "train.epochs": [20]}
    found = tried(made(parameters=rates, pruner=pruner, metric="loss", folds=4))
    assert states(found) == ["done", "pruned"]
    assert len(found.rows[1].values) == 1
    assert found.best is found.rows[0]
    assert found.complete


def test_hyperband_gives_up_some(tried):
    rates = {"optimizer.sgd.learning_rate": [0.5, 0.1, 1e-3, 1e-6, 1e-9], "train.epochs": [20]}
    found = tried(made(parameters=rates, pruner={"hyperband": 2}, metric="loss", folds=4))
    assert set(states(found)) == {"done", "pruned"}


def test_a_setting_that_cannot_be_trained_fails_alone(tried):
    units = "network.layers.0.dense.units"
    layers = [{"dense": 2}, {"dense": {"units": 1, "activation": "sigmoid"}}]
    of = spec(
        {**made(parameters={units: [2, 1_500_000_000]}).plain(), "network": {"layers": layers}}
    )
    found = tried(of)
    assert states(found) == ["done", "failed"]
    assert "memory" in found.rows[1].message
    assert tried(of).rows == found.rows


def test_what_was_running_when_all_was_killed_is_tried_again(tried):
    of = made()
    kept = optuna.storages.JournalStorage
    found = tried(of)
    name = study_id(of, of.tune, ComputeConfig())
    journal = found.folder / "study.journal"
    # As after kill -9: the last lines were never written.
    lines = journal.read_text().splitlines(keepends=True)
    begun = [number for number, line in enumerate(lines) if '"op_code":4' in line]
    journal.write_text("".join(lines[: begun[1] + 3]) + lines[begun[1] + 3][:20])
    (found.folder / "study.journal.lock").touch()
    again = tried(of)
    assert [row[:3] for row in again.rows] == [row[:3] for row in found.rows]
    assert [row.values for row in again.rows] == [row.values for row in found.rows]
    with warnings.catch_warnings(action="ignore"):
        backend = optuna.storages.journal.JournalFileBackend(str(journal))
        record = optuna.load_study(study_name=f"tiny-{name}", storage=kept(backend))
    assert [trial.state.name for trial in record.trials] == [
        "COMPLETE",
        "FAIL",
        "COMPLETE",
        "COMPLETE",
    ]


def test_another_spec_is_another_study(tmp_path):
    base = made()
    others = [
        made(folds=3), made(seed=1), made(metric="loss"), made(rows=19), made(pruner="median"),
        made(parameters={"optimizer.sgd.learning_rate": [0.01, 0.5]}),
        spec({**base.plain(), "train": {"epochs": 4}}),
        spec({**base.plain(), "data": {"source": {"rows": {**DATA, "targets": [0, 1, 1, 1] * 5}}}}),
    ]  # fmt: skip
    names = {study_id(one, one.tune, ComputeConfig()) for one in (base, *others)}
    assert len(names) == len(others) + 1
    assert study_id(base, base.tune, ComputeConfig("torch")) in names
    assert study_id(base, base.tune, ComputeConfig(precision="float64")) not in names
    url, more = made(storage="sqlite:///x.db"), made(sampler="random", trials=7)
    assert study_id(url, url.tune, ComputeConfig()) in names
    fewer = made(sampler="random", trials=6)
    assert study_id(fewer, fewer.tune, ComputeConfig()) == study_id(
        more, more.tune, ComputeConfig()
    )


# ---------------------------------------------------------------- storage


def test_a_database(tmp_path):
    of = made(storage=f"sqlite:///{tmp_path / 'study.db'}")
    first = run_study(of, out=tmp_path / "a", jobs=2)
    assert states(first) == ["done", "done", "diverged"]
    assert not (first.folder / "study.journal").exists()
    elsewhere = run_study(of, out=tmp_path / "b", jobs=2)
    assert elsewhere.rows == first.rows


def test_what_a_killed_process_held_in_a_database_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(storage, "GRACE_SECONDS", 2)
    of = made(storage=f"sqlite:///{tmp_path / 'study.db'}", parameters={"train.epochs": [2, 3]})
    name = f"tiny-{study_id(of, of.tune, ComputeConfig())}"
    with warnings.catch_warnings(action="ignore"):
        dead = optuna.create_study(
            study_name=name, direction="maximize",
            storage=optuna.storages.RDBStorage(of.tune.storage, heartbeat_interval=1),
        )  # fmt: skip
        trial = dead.ask()
        trial.storage.record_heartbeat(trial._trial_id)
    found = run_study(of, out=tmp_path, jobs=1)
    assert states(found) == ["done", "done"]
    assert [row.parameters["train.epochs"] for row in found.rows] == [2, 3]


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite:////nowhere/at/all.db", "nodriver://host/db", "sqlite://x/y", ""]
)
def test_a_database_that_cannot_be_opened(tried, url):
    with pytest.raises(SpecError, match="tune: storage cannot be opened"):
        tried(made(storage=url))


def test_a_password_is_not_shown(tried):
    with pytest.raises(SpecError) as caught:
        tried(made(storage="nodriver://me:secret@host/db"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", ["nonsense\n", '{"op_code": 4}\n', "[1]\n", "{}\n"])
def test_a_damaged_journal(tried, content):
    found = tried(made(parameters={"train.epochs": [1]}))
    (found.folder / "study.journal").write_text(content)
    with pytest.raises(RunError, match=r"study\.journal is damaged"):
        tried(made(parameters={"train.epochs": [1]}))


def test_one_command_at_a_time_works_on_a_journal(tried, tmp_path):
    of = made(parameters={"train.epochs": [1]})
    folder, busy = tried(of).folder, pytest.raises(RunError, match="another command works on")
    with storage.open_storage(of, of.tune, folder), busy:
        tried(of)
    assert tried(of).complete


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot make the folder"):
        run_study(made(), out=tmp_path / "file")


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("section", "error", "said"),
    [
        ({"parameters": {"train.epoch": [1]}}, SpecError, "did you mean 'epochs'"),
        ({"metric": "acuracy"}, SpecError, "did you mean 'accuracy'"),
        ({"folds": 21}, DataError, "21 folds of 20 rows"),
        ({"rows": 21}, DataError, "there are 20 rows"),
    ],
)
def test_mistakes_are_met_before_any_process(tried, tmp_path, section, error, said):
    with pytest.raises(error, match=said):
        tried(made(**section))
    assert not list(tmp_path.iterdir())
