"""`nnspec verify`: which files of runs have changed, and whether first updates are the same."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import written
from tests.small_runs import change_file, rows


@pytest.fixture
def runs(nnspec, tmp_path):
    written(tmp_path, rows(name="x", train={"epochs": 1}))
    for _ in range(2):
        assert nnspec("run", "small.yaml").code == 0


def test_a_whole_run(nnspec, runs):
    done = nnspec("verify", "runs/x/1")
    assert (done.code, done.err) == (0, "")
    head, *lines = done.out.splitlines()
    assert head == "runs/x/1: whole"
    assert [line.split()[0] for line in lines[:-1]] == [
        "manifest.json", "environment.json", "history.csv", "metrics.json", "preprocessing.json",
        "spec.yaml", "weights.safetensors", "checkpoint/previous.safetensors",
        "checkpoint/state.safetensors",
    ]  # fmt: skip
    size = Path("runs/x/1/spec.yaml").stat().st_size
    assert any(line.split() == ["spec.yaml", str(size), "whole"] for line in lines)
    assert "first update: same weights" in lines


def test_all_runs_of_a_folder(nnspec, runs):
    Path("runs/x/2/spec.yaml").unlink()
    done = nnspec("verify", "runs/x", "--json")
    assert (done.code, done.json["ok"]) == (2, False)
    assert [(one["run"], one["ok"]) for one in done.json["runs"]] == [
        ("runs/x/1", True), ("runs/x/2", False),
    ]  # fmt: skip
    (damaged,) = [one for one in done.json["runs"][1]["files"] if one["damage"]]
    assert damaged == {"name": "spec.yaml", "bytes": None, "damage": "it is missing"}


def test_changed_files(nnspec, runs):
    with open("runs/x/1/history.csv", "a") as file:
        file.write("2,0.5,1.0\n")
    done = nnspec("verify", "runs/x/1")
    assert done.code == 2
    assert done.out.startswith("runs/x/1: 1 of 9 files damaged or changed\n")
    assert "bytes, not" in done.out
    assert "nnspec verify runs/x/1 --accept FILE" in done.out


def test_a_change_is_accepted(nnspec, runs):
    Path("runs/x/1/history.csv").write_text("epoch,loss,seconds\n1,0.25,1.0\n")
    assert nnspec("plot", "runs/x/1").code == 2
    assert nnspec("verify", "runs/x/1", "--accept", "history.csv").code == 0
    assert nnspec("plot", "runs/x/1", "--json").json["runs"]["x"]["loss"] == [0.25]


def test_a_run_without_a_manifest(nnspec, runs):
    Path("runs/x/1/manifest.json").unlink()
    done = nnspec("verify", "runs/x/1")
    assert (done.code, "has no manifest.json" in done.out) == (2, True)
    Path("runs/x/1/environment.json").unlink()
    assert nnspec("verify", "runs/x/1", "--accept", "manifest.json").code == 0
    done = nnspec("evaluate", "runs/x/1")
    assert (done.code, "environment.json is missing" in done.err) == (0, True)


def test_a_run_that_cannot_go_on_is_not_whole(nnspec, runs):
    Path("runs/x/1/checkpoint/state.safetensors").unlink()
    assert nnspec("verify", "runs/x/1").code == 0  # the one before is taken
    Path("runs/x/1/checkpoint/previous.safetensors").unlink()
    done = nnspec("verify", "runs/x/1")
    assert (done.code, "the run cannot go on" in done.out) == (2, True)


def without_record(run):
    """A run as an older version left it."""
    values = json.loads((run / "metrics.json").read_text())
    del values["first_updates"]
    change_file(run, "metrics.json", json.dumps(values))


def with_other_record(run):
    text = (run / "metrics.json").read_text()
    values = json.loads(text)
    sha = values["first_updates"]["weights_sha256"]
    change_file(run, "metrics.json", text.replace(sha, "0" * 64))


def without_environment(run):
    change_file(run, "environment.json", None)


@pytest.mark.parametrize(
    ("change", "comparison", "code", "said"),
    [
        (without_record, "not recorded", 0, "first updates: the run has recorded no weights"),
        (with_other_record, "different", 1, "nothing that is recorded differs"),
        (without_environment, "not replayed", 0, "environment.json is missing or damaged"),
    ],
)
def test_first_updates_that_are_not_the_same(nnspec, runs, change, comparison, code, said):
    change(Path("runs/x/1"))
    done = nnspec("verify", "runs/x")
    assert (done.code, said in done.out) == (code, True)
    assert done.out.count("first update: same weights") == 1  # of the other run
    values = nnspec("verify", "runs/x", "--json").json
    assert (values["ok"], values["runs"][0]["ok"]) == (code == 0, code == 0)
    assert values["runs"][0]["first_updates"]["comparison"] == comparison
    done = nnspec("verify", "runs/x", "--files-only")
    assert (done.code, "first update" in done.out) == (0, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing argument"), (["runs/x/3"], "cannot read runs/x/3"),
        (["runs"], "it holds runs: runs/x"), (["runs/x", "--accept", "spec.yaml"], "name one"),
        (["runs/x/1", "--accept", "spec.yml"], "did you mean 'spec.yaml'"),
        (["runs/x/1", "--accept", "../2/spec.yaml"], "a run has no file '../2/spec.yaml'"),
        (["runs/x/1", "--accept", "checkpoint/state.safetensors"], "has its SHA-256 in itself"),
        (["runs/x/1", "train.epochs=2"], "they cannot be changed"),
        (["runs/x/1", "--updates", "3"], "--updates is for a SPEC"),
        (["runs/x/1", "--backend", "numpy"], "--backend is for a SPEC"),
        (["runs/x", "--device", "cpu"], "--device is for a SPEC"),
        (["small.yaml", "--files-only"], "--files-only is for a RUN"),
    ],
)  # fmt: skip
def test_mistakes_end_with_2_and_a_message(nnspec, runs, words, said):
    done = nnspec("verify", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
