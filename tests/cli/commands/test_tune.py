"""`nnspec tune`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnspec.errors import NnspecError
from nnspec.plotting import style
from nnspec.spec.loader import load
from tests.cli.conftest import written
from tests.paths import ROOT
from tests.small_runs import rows

pytestmark = pytest.mark.framework

pytest.importorskip("optuna")

DATA = {"inputs": [[i % 3, i % 5] for i in range(24)], "targets": [i % 2 for i in range(24)]}
KEYS = [
    "folder", "metric", "direction", "folds", "settings", "trials", "best", "spec", "plot",
    "interrupted",
]  # fmt: skip
TRIAL = [
    "number", "parameters", "state", "values", "processes", "message", "mean", "std",
]  # fmt: skip


def tune_spec(**changes):
    """A spec with a small tuning section and inline data."""
    section = {"parameters": {"optimizer.sgd.learning_rate": [0.01, 0.5, 1e300]}, "folds": 2}
    section |= changes.pop("tune", {})
    return rows(DATA, **{"name": "tiny", "metrics": ["accuracy"], "tune": section, **changes})


def test_output_and_files(nnspec, tmp_path):
    written(tmp_path, tune_spec())
    done = nnspec("tune", "small.yaml", "--jobs", "1")
    assert (done.code, done.err) == (0, "")
    head, *lines = done.out.splitlines()
    assert head.split() == ["optimizer.sgd.learning_rate", "accuracy", "folds", "state"]
    assert [line.split()[-1] for line in lines[:3]] == ["done", "done", "diverged"]
    assert lines[3].startswith("setting 3: the loss")
    assert [" * " in line for line in lines[:3]].count(True) == 1
    folder = tmp_path / lines[-1].removeprefix("kept in ")
    assert folder.parent == tmp_path / "runs" / "tiny" / "tune"
    kept = {path.name for path in folder.iterdir()}
    assert {"best.yaml", "trials.csv", "tune.json", "study.journal"} <= kept


def test_the_same_command_resumes(nnspec, tmp_path):
    written(tmp_path, tune_spec())
    first = nnspec("tune", "small.yaml", "--jobs", "1")
    again = nnspec("tune", "small.yaml", "--jobs", "1")
    assert again.out == first.out
    assert again.err.endswith(": 6 of 6 folds are done\n")


def test_json_is_one_object(nnspec, tmp_path):
    written(tmp_path, tune_spec())
    done = nnspec("tune", "small.yaml", "--jobs", "1", "--json", "-o", "elsewhere")
    values = done.json
    assert list(values) == KEYS
    assert [list(trial) for trial in values["trials"]] == [TRIAL] * 3
    assert values["best"] in values["trials"]
    assert values["folder"].startswith("elsewhere/tiny/tune/")
    assert values == json.loads((tmp_path / values["folder"] / "tune.json").read_text())


def test_the_winning_spec_runs_wherever_it_lies(nnspec, tmp_path):
    import numpy as np

    (tmp_path / "deep").mkdir()
    np.savez(tmp_path / "deep" / "d.npz", x_train=DATA["inputs"], y_train=DATA["targets"])
    section = {"parameters": {"vars.rate": [0.25], "train.epochs": [2]}}
    values = tune_spec(tune=section, vars={"rate": 9}, optimizer={"sgd": "${rate}"})
    written(tmp_path / "deep", values | {"data": {"source": {"npz": "d.npz"}}})
    best = nnspec("tune", "deep/small.yaml", "--jobs", "1", "--json").json["spec"]
    found = load(tmp_path / best)
    assert (found.optimizer.learning_rate, found.train.epochs) == (0.25, 2)
    assert (found.name, found.tune) == ("tiny", None)
    assert nnspec("run", best).code == 0


def test_where_every_setting_diverges_there_is_no_best(nnspec, tmp_path):
    section = {"parameters": {"optimizer.sgd.learning_rate": [1e300, 1e301]}}
    written(tmp_path, tune_spec(tune=section))
    done = nnspec("tune", "small.yaml", "--jobs", "1")
    assert done.code == 2
    assert "no setting was trained to its end" in done.out
    assert "error: tune: every setting diverged: the loss" in done.err
    found = nnspec("tune", "small.yaml", "--jobs", "1", "--json").json
    assert (found["ok"], len(found["problems"]), len(found["trials"])) == (False, 1, 2)
    assert not list(tmp_path.rglob("best.yaml"))


def test_without_matplotlib_the_plot_is_missing_and_nothing_else(nnspec, tmp_path, monkeypatch):
    def missing():
        raise NnspecError("pictures need Matplotlib, which is not installed", "pip install it")

    monkeypatch.setattr(style, "matplotlib", missing)
    written(tmp_path, tune_spec())
    done = nnspec("tune", "small.yaml", "--jobs", "1")
    assert (done.code, done.err) == (0, "")
    line = done.out.splitlines()[-1]
    assert line.endswith(
        "without a plot: pictures need Matplotlib, which is not installed (pip install it)"
    )
    assert not list(tmp_path.rglob("trials.png"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.yaml",), "cannot read"),
        (("small.yaml", "--jobs", "0"), "--jobs"),
        (("small.yaml", "--backend", "nonsense"), "there is no backend"),
        (("small.yaml", "tune.folds=1"), "at least 2"),
        (("small.yaml", "tune.parameters={train.epoch: [1]}"), "did you mean 'epochs'"),
        (("small.yaml", "tune.storage=nonsense"), "cannot be opened"),
        (("small.yaml", "loss="), "expected a loss"),
        (("small.yaml", "-o", "small.yaml"), "cannot make the folder"),
        (("bare.yaml",), "no tune section"),
        (("small.yaml", "tune.sampler=random", "tune.trials=0"), "above 0"),
        (("small.yaml", "data.source.rows.targets.7=2"), "training row 7 of targets is 2"),
    ],
)
def test_mistakes_end_with_2_and_a_message(nnspec, tmp_path, arguments, message):
    written(tmp_path, tune_spec())
    written(tmp_path, rows(), "bare.yaml")
    done = nnspec("tune", *arguments)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_check_looks_at_the_section(nnspec, tmp_path):
    written(tmp_path, tune_spec(tune={"parameters": {"train.epoch": [1]}}))
    done = nnspec("check", "small.yaml")
    assert done.code == 2
    assert "with train.epoch = 1: train has no option 'epoch'" in done.err


def test_a_run_takes_the_spec_as_it_is(nnspec, tmp_path):
    written(tmp_path, tune_spec())
    kept = tmp_path / nnspec("run", "small.yaml", "--json").json["run"] / "spec.yaml"
    assert load(kept).tune is None


# ---------------------------------------------------------------- killed and interrupted studies


@pytest.fixture
def start_study(tmp_path):
    """A function that starts a study of a few seconds in its own process group."""
    section = {"parameters": {"optimizer.sgd.learning_rate": [0.1, 0.5, 1]}, "folds": 3}
    written(tmp_path, tune_spec(train={"epochs": 700}, tune=section))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def start(*more):
        return subprocess.Popen(
            [sys.executable, "-m", "nnspec", "tune", "small.yaml", "--jobs", "2", *more],
            cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip

    return start


def wait_for_fold(folder):
    """Wait until the first fold is done."""
    until = time.monotonic() + 60
    while not any('"folds":[' in path.read_text() for path in folder.rglob("study.journal")):
        assert time.monotonic() < until
        time.sleep(0.01)


def wait_for(process):
    """Exit code, stdout and stderr of a process, when it has ended."""
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def processes_of(group):
    """Ids of the running processes of a process group."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(group) and fields[0] != "Z":
            found.append(status.parent.name)
    return found


def test_a_study_resumes_after_kill_9(start_study, tmp_path):
    for by_group in (True, False):
        process = start_study()
        wait_for_fold(tmp_path)
        (os.killpg if by_group else os.kill)(process.pid, signal.SIGKILL)
        process.communicate()
        until = time.monotonic() + 10
        while processes_of(process.pid):  # the workers end when their parent is gone
            assert time.monotonic() < until
            time.sleep(0.05)
    code, out, err = wait_for(start_study())
    assert code == 0
    assert " of 9 folds are done" in err
    code, whole, _ = wait_for(start_study("-o", "uninterrupted"))
    assert code == 0
    assert out.splitlines()[:4] == whole.splitlines()[:4]
    tables = [path.read_text() for path in tmp_path.rglob("trials.csv")]
    assert len(tables) == 2
    assert tables[0] == tables[1]
    found = json.loads(next((tmp_path / "uninterrupted").rglob("tune.json")).read_text())
    assert len({process for trial in found["trials"] for process in trial["processes"]}) == 2


def test_a_study_resumes_after_ctrl_c(start_study, tmp_path):
    process = start_study()
    wait_for_fold(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    code, out, err = wait_for(process)
    assert (code, err) == (130, "")
    assert "of 9 folds are done, the same command goes on" in out
    code, out, err = wait_for(start_study())
    assert code == 0
    assert "going on in " in err
    assert out.count(" done\n") == 3
