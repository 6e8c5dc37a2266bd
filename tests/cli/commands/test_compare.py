"""`nnspec compare`: figures and specs of several runs side by side."""

import json
import shutil
from pathlib import Path

import pytest

from tests.small_runs import mnist, trained


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs that differ in a value, and one with another network."""
    out = tmp_path_factory.mktemp("made") / "runs"
    other = {"layers": [{"dense": 5}, "relu", {"dense": {"units": 10, "activation": "softmax"}}]}
    for rate in (0.1, 0.5):
        trained(mnist(optimizer={"sgd": rate}), out)
    trained(mnist(name="deep", network=other, optimizer={"adam": 0.01}), out)
    return out


@pytest.fixture
def runs(made, tmp_path):
    shutil.copytree(made, tmp_path / "runs")


def test_figures_and_values(nnspec, runs):
    done = nnspec("compare", "runs/small/1", "runs/small/2", "runs/deep")
    assert (done.code, done.err) == (0, "")
    table, layers = done.out.split("\n\n")
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines()[1:]}
    assert table.splitlines()[0].split() == ["small", "1", "small", "2", "deep"]
    losses = [
        json.loads(Path(f"runs/{run}/metrics.json").read_text())["test"]["loss"]
        for run in ("small/1", "small/2", "deep/1")
    ]
    assert rows["test.loss"] == [f"{loss:.4f}" for loss in losses]
    assert rows["parameters"] == ["7,850", "7,850", "3,985"]
    assert table.splitlines()[-1].split("  ")[-2:] == ["{sgd: 0.5}", "{adam: 0.01}"]
    assert "train.batch_size" not in rows
    assert layers.splitlines()[0] == "layers of deep, compared with small 1"
    assert "added relu" in layers


def test_values_that_differ_between_two(nnspec, runs):
    lines = nnspec("compare", "runs/small/1", "runs/small/2").out.splitlines()
    assert lines[-1].split() == ["optimizer.learning_rate", "0.1", "0.5"]


def test_json(nnspec, runs):
    found = nnspec("compare", "runs/small/1", "runs/small/2", "runs/deep", "--json").json
    assert list(found["runs"]) == ["small 1", "small 2", "deep"]
    assert found["runs"]["deep"]["test"]["accuracy"] >= 0
    assert list(found["differences"]) == ["small 2", "deep"]
    assert found["differences"]["small 2"] == {
        "layers": [],
        "values": [{"path": ["optimizer", "learning_rate"], "a": "0.1", "b": "0.5"}],
    }
    added = found["differences"]["deep"]["layers"]
    assert {"change": "added", "name": "relu", "kind": "relu"} in added


def test_equal_specs(nnspec, runs):
    shutil.copytree("runs/small/1", "runs/small/3")
    done = nnspec("compare", "runs/small/1", "runs/small/3")
    assert done.out.endswith("\n\nthe specs do not differ\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs/small"], "name two runs or more"),
        (["runs/small", "runs/small/2"], "runs/small/2 is all that is named"),
        (["runs/small", "nowhere"], "nowhere is no run folder"),
        (["runs/small", "runs/deep", "train.epochs=1"], "they cannot be changed"),
    ],
)
def test_mistakes_end_with_2_and_a_message(nnspec, runs, words, said):
    done = nnspec("compare", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
