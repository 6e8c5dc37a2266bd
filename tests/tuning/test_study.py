"""Studies: samplers, pruners, failures, resumption, storage, and invalid sections."""

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


def tuning_spec(**section: Any) -> Spec:
    section = {"parameters": RATES, "folds": 2, **section}
    return spec(rows(DATA, name="tiny", metrics=["accuracy"], train={"epochs": 3}, tune=section))


def states(found: Results) -> list[str]:
    return [row.state for row in found.rows]


@pytest.fixture
def study_of(tmp_path):
    """`run_study` with one process and a temporary folder."""
    return partial(run_study, out=tmp_path, jobs=1)


def test_a_grid_in_two_processes(tmp_path):
    done: list[int] = []
    found = run_study(
        tuning_spec(),
        out=tmp_path,
        jobs=2,
        on_results=lambda results: done.append(results.folds_done),
    )
    assert [row.parameters for row in found.rows] == [
        {"optimizer.sgd.learning_rate": rate} for rate in (0.01, 0.5, 1e300)
    ]
    assert states(found) == ["done", "done", "diverged"]
    assert "the loss" in found.rows[2].message
    processes = {process for row in found.rows for process in row.processes}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert done[0] == 0
    assert found.complete


def test_each_fold_equals_its_own_cross_validation(study_of):
    of = tuning_spec(parameters={"train.epochs": [2]})
    (row,) = study_of(of).rows
    alone = spec({**of.plain(), "train": {"epochs": 2}})
    validation = CrossValidation(of.tune, "accuracy", ComputeConfig())
    assert row.values == tuple(
        validation.evaluate_fold(alone, fold, lambda: False) for fold in range(2)
    )


def test_random_settings_are_the_same_after_interruptions(tmp_path):
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
    whole = run_study(tuning_spec(**section), out=tmp_path / "a", jobs=1)
    stopped, starts = run_fold_by_fold(tuning_spec(**section), tmp_path / "b")
    assert starts == 6
    plain = [(row.parameters, row.values, row.state) for row in whole.rows]
    assert plain == [(row.parameters, row.values, row.state) for row in stopped.rows]
    assert len({str(row.parameters) for row in whole.rows}) == 3
    assert {row.parameters["train.batch_size"] for row in whole.rows} <= {4, 6, 8}


def run_fold_by_fold(of: Spec, out: Path) -> tuple[Results, int]:
    """Run a study that is stopped after each fold until complete; return the number of starts."""
    for starts in count(1):
        done: list[int] = []
        found = run_study(
            of, out=out, jobs=1, on_results=lambda now, to=done: to.append(now.folds_done),
            should_stop=lambda seen=done: len(seen) > 1,
        )  # fmt: skip
        if found.complete:
            return found, starts
    raise AssertionError


def test_tpe(study_of):
    section = {
        "parameters": {"optimizer.sgd.learning_rate": {"low": 0.01, "high": 1.0}},
        "sampler": {"tpe": 2}, "trials": 4,
    }  # fmt: skip
    found = study_of(tuning_spec(**section))
    rates = [row.parameters["optimizer.sgd.learning_rate"] for row in found.rows]
    assert states(found) == ["done"] * 4
    assert len(set(rates)) == 4
    more = study_of(tuning_spec(**{**section, "trials": 5}))
    assert more.rows[:4] == found.rows
    assert len({row.parameters["optimizer.sgd.learning_rate"] for row in more.rows}) == 5


@pytest.mark.parametrize(
    "pruner", [{"median": 1}, {"percentile": {"percentile": 50, "startup_trials": 1}}]
)
def test_a_setting_worse_than_those_before_is_pruned(study_of, pruner):
    rates = {"optimizer.sgd.learning_rate": [0.5, 1e-9], "train.epochs": [20]}
    found = study_of(tuning_spec(parameters=rates, pruner=pruner, metric="loss", folds=4))
    assert states(found) == ["done", "pruned"]
    assert len(found.rows[1].values) == 1
    assert found.best is found.rows[0]
    assert found.complete


def test_hyperband_prunes_some(study_of):
    """A hash of the study distributes its trials: so many that some are compared in any case."""
    rates = [0.5, 0.1, *(10.0**-n for n in range(3, 11))]
    parameters = {"optimizer.sgd.learning_rate": rates, "train.epochs": [20]}
    options = {"pruner": {"hyperband": 2}, "metric": "loss", "folds": 4}
    found = study_of(tuning_spec(parameters=parameters, **options))
    assert set(states(found)) == {"done", "pruned"}


def test_a_setting_that_cannot_be_trained_fails_alone(study_of):
    units = "network.layers.0.dense.units"
    layers = [{"dense": 2}, {"dense": {"units": 1, "activation": "sigmoid"}}]
    of = spec(
        {
            **tuning_spec(parameters={units: [2, 1_500_000_000]}).plain(),
            "network": {"layers": layers},
        }
    )
    found = study_of(of)
    assert states(found) == ["done", "failed"]
    assert "memory" in found.rows[1].message
    assert study_of(of).rows == found.rows


def test_a_trial_of_a_killed_process_is_retried(study_of):
    of = tuning_spec()
    found = study_of(of)
    name = study_id(of, of.tune, ComputeConfig())
    journal = found.folder / "study.journal"
    # As after kill -9: the last lines were never written.
    lines = journal.read_text().splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if '"op_code":4' in line]
    journal.write_text("".join(lines[: starts[1] + 3]) + lines[starts[1] + 3][:20])
    (found.folder / "study.journal.lock").touch()
    again = study_of(of)
    assert [row[:3] for row in again.rows] == [row[:3] for row in found.rows]
    assert [row.values for row in again.rows] == [row.values for row in found.rows]
    with warnings.catch_warnings(action="ignore"):
        backend = optuna.storages.journal.JournalFileBackend(str(journal))
        record = optuna.load_study(
            study_name=f"tiny-{name}", storage=optuna.storages.JournalStorage(backend)
        )
    assert [trial.state.name for trial in record.trials] == [
        "COMPLETE",
        "FAIL",
        "COMPLETE",
        "COMPLETE",
    ]


def test_another_spec_is_another_study(tmp_path):
    base = tuning_spec()
    others = [
        tuning_spec(folds=3), tuning_spec(seed=1), tuning_spec(metric="loss"),
        tuning_spec(rows=19), tuning_spec(pruner="median"),
        tuning_spec(parameters={"optimizer.sgd.learning_rate": [0.01, 0.5]}),
        spec({**base.plain(), "train": {"epochs": 4}}),
        spec({**base.plain(), "data": {"source": {"rows": {**DATA, "targets": [0, 1, 1, 1] * 5}}}}),
    ]  # fmt: skip
    names = {study_id(one, one.tune, ComputeConfig()) for one in (base, *others)}
    assert len(names) == len(others) + 1
    assert study_id(base, base.tune, ComputeConfig("torch")) in names
    assert study_id(base, base.tune, ComputeConfig(precision="float64")) not in names
    url, more = tuning_spec(storage="sqlite:///x.db"), tuning_spec(sampler="random", trials=7)
    assert study_id(url, url.tune, ComputeConfig()) in names
    fewer = tuning_spec(sampler="random", trials=6)
    assert study_id(fewer, fewer.tune, ComputeConfig()) == study_id(
        more, more.tune, ComputeConfig()
    )


# ---------------------------------------------------------------- storage


def test_a_database(tmp_path):
    of = tuning_spec(storage=f"sqlite:///{tmp_path / 'study.db'}")
    first = run_study(of, out=tmp_path / "a", jobs=2)
    assert states(first) == ["done", "done", "diverged"]
    assert not (first.folder / "study.journal").exists()
    elsewhere = run_study(of, out=tmp_path / "b", jobs=2)
    assert elsewhere.rows == first.rows


def test_a_trial_of_a_killed_process_in_a_database_is_retried(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(storage, "GRACE_SECONDS", 2)
    of = tuning_spec(
        storage=f"sqlite:///{tmp_path / 'study.db'}", parameters={"train.epochs": [2, 3]}
    )
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
def test_a_database_that_cannot_be_opened(study_of, url):
    with pytest.raises(SpecError, match="tune: storage cannot be opened"):
        study_of(tuning_spec(storage=url))


def test_a_password_is_not_shown(study_of):
    with pytest.raises(SpecError) as caught:
        study_of(tuning_spec(storage="nodriver://me:secret@host/db"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", ["nonsense\n", '{"op_code": 4}\n', "[1]\n", "{}\n"])
def test_a_damaged_journal(study_of, content):
    found = study_of(tuning_spec(parameters={"train.epochs": [1]}))
    (found.folder / "study.journal").write_text(content)
    with pytest.raises(RunError, match=r"study\.journal is damaged"):
        study_of(tuning_spec(parameters={"train.epochs": [1]}))


def test_a_journal_is_locked(study_of, tmp_path):
    of = tuning_spec(parameters={"train.epochs": [1]})
    folder, busy = study_of(of).folder, pytest.raises(RunError, match="another command works on")
    with storage.open_storage(of, of.tune, folder), busy:
        study_of(of)
    assert study_of(of).complete


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot make the folder"):
        run_study(tuning_spec(), out=tmp_path / "file")


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("section", "error", "message"),
    [
        ({"parameters": {"train.epoch": [1]}}, SpecError, "did you mean 'epochs'"),
        ({"metric": "acuracy"}, SpecError, "did you mean 'accuracy'"),
        ({"folds": 21}, DataError, "21 folds of 20 rows"),
        ({"rows": 21}, DataError, "there are 20 rows"),
    ],
)
def test_mistakes_are_reported_before_a_process_starts(study_of, tmp_path, section, error, message):
    with pytest.raises(error, match=message):
        study_of(tuning_spec(**section))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lines", [4, 6, 8])
def test_a_journal_that_cannot_be_written_ends_the_study(tmp_path, monkeypatch, lines):
    """Also where Optuna's threads lose the error, which would wait for their trials for ever."""
    journal = storage.JournalFileBackend
    write, written = journal.append_logs, count()

    def full(backend: Any, logs: Any) -> None:
        if next(written) >= lines:
            raise OSError(28, "No space left on device")
        write(backend, logs)

    monkeypatch.setattr(journal, "append_logs", full)
    with pytest.raises(RunError, match="cannot be written"):
        run_study(tuning_spec(), out=tmp_path, jobs=2)
