"""The command line as a process: help, streams, encodings and signals."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import written
from tests.paths import ROOT
from tests.small_runs import mnist

COMMANDS = ["init", "run", "summary", "check", "lint", "evaluate", "predict", "explain", "schema"]
COMMANDS += ["loss-surface", "features", "plot-function", "plot", "data", "fmt", "diff"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


def environment(**changes):
    return {**os.environ, "PYTHONPATH": str(ROOT), **changes}


def shell(command, folder, **changes):
    """Run a shell command in which `nnspec` is this package."""
    line = f'nnspec() {{ "{sys.executable}" -m nnspec "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", line], cwd=folder, env=environment(**changes),
                          capture_output=True, text=True, timeout=60, encoding="utf-8")  # fmt: skip


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(nnspec, command):
    done = nnspec(*command.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: nnspec {command}".rstrip())


def test_version(nnspec):
    import nnspec as package

    assert package.__version__ in nnspec("--version").out


def test_an_unknown_command_is_guessed(nnspec):
    done = nnspec("rum")
    assert done.code == 2
    assert "did you mean 'run'?" in done.err


@posix
@pytest.mark.parametrize(
    ("number", "as_json"),
    [(signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGHUP, False)],
)
def test_an_interrupted_training_is_kept(tmp_path, nnspec, number, as_json):
    written(tmp_path, mnist(train={"epochs": 10**6}))
    process = started_training(tmp_path, *(["--json"] if as_json else []))
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (128 + number, "")
    if as_json:
        assert json.loads(out)["interrupted"] is True
    else:
        assert "interrupted; the weights so far are in runs/small/1" in out
    assert nnspec("evaluate", "runs/small").code == 0
    assert nnspec("predict", "runs/small", "test").code == 0


def started_training(folder, *options):
    """A process of `nnspec run` that has written its history."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nnspec", "run", "small.yaml", *options], cwd=folder,
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    history = folder / "runs" / "small" / "1" / "history.csv"
    until = time.monotonic() + 30
    while not history.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    return process


@posix
def test_kill_leaves_every_file_whole(tmp_path, nnspec, monkeypatch):
    written(tmp_path, mnist(train={"epochs": 10**6}))
    for number in range(1, 4):
        process = started_training(tmp_path)
        time.sleep(0.4 * number)
        process.kill()
        process.communicate()
        done = nnspec("evaluate", "runs/small", "--json")
        assert done.code == 0
        assert done.err.startswith("note: runs/small/")
        assert " has not ended: it was stopped " in done.err


@posix
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("nnspec summary small.yaml | head -1", 0),
        ("nnspec run small.yaml | head -1; exit ${PIPESTATUS[0]}", 0),
        ("nnspec summary small.yaml >&-", 0),
        ("nnspec run small.yaml 2>&-", 0),
        ("nnspec summary small.yaml >/dev/full", 2),
        ("nnspec run missing.yaml 2>&-", 2),
    ],
)
def test_streams_that_are_closed_or_full(tmp_path, small, command, code):
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    done = shell(command, tmp_path)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@posix
def test_an_encoding_without_the_characters(tmp_path):
    written(tmp_path, mnist(name="標準"))
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    for command in ("summary small.yaml", "run small.yaml", "predict runs/標準 test"):
        done = shell(f"nnspec {command}", tmp_path, **poor)
        assert (done.returncode, done.stderr) == (0, "")
    done = shell("nnspec run small.yaml --json", tmp_path, **poor)
    assert json.loads(done.stdout)["run"] == "runs/標準/2"


@posix
def test_a_folder_whose_name_is_no_unicode(tmp_path, small):
    done = shell(
        r"nnspec run small.yaml -o $'caf\xe9' && nnspec evaluate $'caf\xe9'/small", tmp_path
    )
    if "Illegal byte sequence" in done.stderr:
        pytest.skip("the file system takes Unicode only")
    assert (done.returncode, done.stderr) == (0, "")


@posix
def test_two_runs_at_once_get_folders_of_their_own(tmp_path, small):
    done = shell("nnspec run small.yaml >a & nnspec run small.yaml >b; wait", tmp_path)
    assert done.stderr == ""
    assert sorted(path.name for path in (tmp_path / "runs" / "small").iterdir()) == ["1", "2"]


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written(tmp_path, small):
    (tmp_path / "locked").mkdir(mode=0o500)
    done = shell("nnspec run small.yaml -o locked", tmp_path)
    assert done.returncode == 2
    assert "Permission denied" in done.stderr


@pytest.mark.framework
def test_the_lecture_s_network_learns_in_one_epoch(nnspec):
    spec = str(ROOT / "specs" / "mlp.yaml")
    done = nnspec("run", spec, "train.epochs=1", "expect={parameters: 407050}", "--json")
    assert done.code == 0
    assert done.json["test"]["accuracy"] > 0.8
