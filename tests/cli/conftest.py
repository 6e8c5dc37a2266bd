"""Specs as files, and the command line inside this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nnspec.cli.main import run
from tests.small_runs import mnist


class Done(NamedTuple):
    """What a command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout, which is one JSON value and nothing else."""
        return json.loads(self.out)


@pytest.fixture
def nnspec(capfd, tmp_path, monkeypatch):
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Done:
        capfd.readouterr()
        return Done(run(arguments), *capfd.readouterr())

    return call


@pytest.fixture
def small(tmp_path) -> str:
    """A small spec's file. JSON is YAML too."""
    return written(tmp_path, mnist())


def written(folder: Path, values: dict[str, Any], name: str = "small.yaml") -> str:
    """A spec's file."""
    (folder / name).write_text(json.dumps(values, indent=1), encoding="utf-8")
    return name
