"""The tables of the gallery: their specs are those of `nnspec init`, and learn what they expect."""

from __future__ import annotations

import pytest

from nnspec.cli.main import run
from tests import paths

FOLDER = paths.SPECS / "data"
TARGETS = {"auto_mpg": ["--target", "mpg"]}
SPECS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_is_what_init_writes(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(FOLDER)
    made = FOLDER.parent / "data" / f"{path.stem}.csv"
    written = tmp_path / "made.yaml"
    arguments = [made.name, "-o", str(written), *TARGETS.get(path.stem, [])]
    assert run(["init", *arguments]) == 0
    found = written.read_text(encoding="utf-8").splitlines()
    kept = path.read_text(encoding="utf-8").splitlines()[: len(found)]
    assert [one for one in found if "source:" not in one] == [
        one for one in kept if "source:" not in one
    ]


def test_the_specs_are_checked_without_complaint(capsys):
    assert len(SPECS) == 4
    assert run(["lint", *map(str, SPECS)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["penguins", "auto_mpg"])
def test_a_spec_learns_what_it_expects(name, tmp_path, capsys):
    assert run(["run", str(FOLDER / f"{name}.yaml"), "-o", str(tmp_path)]) == 0
    assert "expect" in capsys.readouterr().out


@pytest.mark.framework
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_learns_what_it_expects_on_torch(path, tmp_path):
    pytest.importorskip("torch")
    assert run(["run", str(path), "--backend", "torch", "-o", str(tmp_path)]) == 0
