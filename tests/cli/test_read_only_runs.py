"""A run in a folder that cannot be written: whatever only reads it works."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import written
from tests.small_runs import mnist


@pytest.fixture
def run(nnspec, tmp_path, monkeypatch):
    """A run whose folder the system says is read-only; whatever is written there is an error."""
    assert nnspec("run", written(tmp_path, mnist())).code == 0
    folder = tmp_path / "runs/small/1"
    access, replace, unlocked = os.access, Path.replace, os.open

    def refuse(path):
        if folder in (Path(path).resolve(), *Path(path).resolve().parents):
            raise PermissionError(13, "Permission denied")

    def replaced(self, target):
        refuse(target)
        return replace(self, target)

    def opened(path, flags, *rest, **options):
        if flags & (os.O_WRONLY | os.O_RDWR):
            refuse(path)
        return unlocked(path, flags, *rest, **options)

    def is_allowed(path, mode):
        return not (mode & os.W_OK and Path(path).resolve() == folder) and access(path, mode)

    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "access", is_allowed)
    return "runs/small"


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate",), ("predict", "test", "-o", "table.csv"), ("weights",), ("gradients",),
        ("apply",), ("backprop",), ("draw",), ("plot",), ("verify",), ("diff", "runs/small"),
    ],
)  # fmt: skip
def test_readers_work(nnspec, run, command):
    done = nnspec(command[0], run, *command[1:])
    assert (done.code, done.err) == (0, "")


def test_predictions_are_printed_without_a_table(nnspec, run):
    done = nnspec("predict", run, "test")
    assert done.code == 0
    assert "runs/small/1 cannot be written: name a table with -o" in done.err
    assert "\n50 rows\n" in done.out
    assert nnspec("predict", run, "test", "--json").json["table"] is None
    assert not list(Path(run).rglob("*predictions*"))


def test_writers_are_refused(nnspec, run):
    done = nnspec("verify", run, "--accept", "spec.yaml")
    assert (done.code, done.err) == (
        2, "error: cannot write runs/small/1/.lock: Permission denied\n",
    )  # fmt: skip
