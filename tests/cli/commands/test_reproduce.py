"""`nnspec reproduce`."""

from pathlib import Path

import pytest

from tests.cli.conftest import written
from tests.small_runs import change_file, rows


@pytest.fixture
def trained(nnspec, tmp_path):
    written(tmp_path, rows(name="x", train={"epochs": 2}))
    assert nnspec("run", "small.yaml").code == 0


def test_the_verdict(nnspec, trained):
    done = nnspec("reproduce", "runs/x")
    assert (done.code, done.out) == (0, "runs/x/1: bit-identical\n")
    assert [path.name for path in Path("runs/x").iterdir()] == ["1"]


def test_json_and_a_folder_for_the_new_run(nnspec, trained):
    done = nnspec("reproduce", "runs/x/1", "--backend", "numpy:reference", "-o", "new", "--json")
    values = done.json
    assert (done.code, values["run"], values["again"]) == (0, "runs/x/1", "new/x/1")
    assert values["verdict"] in ("bit-identical", "within tolerance")
    assert nnspec("verify", "new/x/1").code == 0
    assert nnspec("reproduce", "runs/x/1", "--json").json["again"] is None


def test_what_differs_is_printed(nnspec, trained):
    text = Path("runs/x/1/spec.yaml").read_text().replace("seed: 0", "seed: 1")
    change_file(Path("runs/x/1"), "spec.yaml", text)
    done = nnspec("reproduce", "runs/x")
    assert (done.code, done.out.splitlines()[0]) == (1, "runs/x/1: different")
    assert "  train.seed was 0, and is 1\n" in done.out


def test_a_missing_run(nnspec, trained):
    done = nnspec("reproduce", "runs/y")
    assert (done.code, "runs/y is no run folder" in done.err) == (2, True)
