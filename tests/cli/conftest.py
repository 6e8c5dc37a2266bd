"""Fixtures that write specs to files and run command lines in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nnspec.cli.main import run
from tests.small_runs import mnist


class CommandResult(NamedTuple):
    """Exit code and output of a command line."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout parsed as one JSON value."""
        return json.loads(self.out)


@pytest.fixture
def nnspec(capfd, tmp_path, monkeypatch):
    """A function that runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> CommandResult:
        capfd.readouterr()
        return CommandResult(run(arguments), *capfd.readouterr())

    return call


@pytest.fixture
def small(tmp_path) -> str:
    """The file of a small spec; JSON is YAML too."""
    return written(tmp_path, mnist())


def written(folder: Path, values: dict[str, Any], name: str = "small.yaml") -> str:
    """Write a spec to a file; the file's name."""
    (folder / name).write_text(json.dumps(values, indent=1), encoding="utf-8")
    return name
