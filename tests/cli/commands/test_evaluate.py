"""`nnspec evaluate`."""

import pytest

from tests.cli.conftest import written
from tests.small_runs import mnist


@pytest.fixture
def trained(nnspec, small):
    return nnspec("run", small, "--json").json


@pytest.mark.parametrize("folder", ["runs/small", "runs/small/1"])
def test_the_metrics_are_those_of_the_run(nnspec, trained, folder):
    done = nnspec("evaluate", folder, "--json")
    assert (done.code, done.err) == (0, "")
    assert list(done.json) == ["run", "backend", "train", "test", "expectations", "data_changed"]
    assert done.json["train"] == trained["train"]
    assert done.json["test"] == trained["test"]
    assert done.json["run"] == "runs/small/1"


def test_printed_lines(nnspec, trained):
    lines = nnspec("evaluate", "runs/small").out.splitlines()
    assert [line.split()[0] for line in lines] == ["train", "test"]


def test_expectations_decide_the_exit_code(nnspec, tmp_path):
    written(tmp_path, mnist(expect={"parameters": 1, "test": {"loss": 0}, "tolerance": 9}))
    assert nnspec("run", "small.yaml").code == 1
    done = nnspec("evaluate", "runs/small", "--json")
    assert done.code == 1
    assert [one["met"] for one in done.json["expectations"]] == [False, True]


@pytest.mark.parametrize(
    ("folder", "hint"),
    [
        ("missing", "it has no spec.yaml"),
        ("small.yaml", "it has no spec.yaml"),
        ("runs", "it holds runs: runs/small"),
        ("runs/smal", "did you mean runs/small?"),
    ],
)
def test_a_folder_without_a_run(nnspec, trained, folder, hint):
    done = nnspec("evaluate", folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"command line:1:1: error: {folder} is no run folder\n")
    assert hint in done.err
