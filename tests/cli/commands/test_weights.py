"""`nnspec weights`."""

import json

import pytest
from safetensors.numpy import load

from tests.cli.conftest import written
from tests.small_runs import mnist, rows


@pytest.fixture
def line(nnspec, tmp_path):
    """A run of three weights and a bias without updates."""
    kernel = {"dense": {"units": 1, "kernel_initializer": {"constant": 0.25}}}
    source = {"inputs": [[0, 1, 2], [3, 4, 6]], "targets": [1, 2]}
    values = rows(source, network={"layers": [kernel]}, loss="mean_squared_error")
    nnspec("run", written(tmp_path, {**values, "train": {"epochs": 0}}))
    return "runs/small"


def test_small_weights_are_shown_in_full(nnspec, line):
    assert nnspec("weights", line).out.split("\n\n") == [
        "epochs 0, updates 0",
        "dense/kernel (3, 1)\n  0.25\n  0.25\n  0.25",
        "dense/bias (1)\n  0\n",
    ]


def test_updates_are_counted(nnspec, small):
    nnspec("run", small)
    assert nnspec("weights", "runs/small").out.startswith("epochs 2, updates 8\n")


def test_large_weights_are_described(nnspec, tmp_path):
    dense = {"dense": {"units": 10, "kernel_initializer": {"constant": 0.5}}}
    softmax = {"activation": "softmax"}
    network = {"layers": [dense, softmax]}
    nnspec("run", written(tmp_path, mnist(network=network, train={"epochs": 0})))
    out = nnspec("weights", "runs/small").out
    assert "dense/kernel (784, 10)\n  least 0.5  mean 0.5  greatest 0.5  norm 44.27189\n" in out


def test_a_weight_may_be_a_single_number(nnspec, tmp_path):
    values = rows(network={"layers": ["normalization", {"dense": 1}, "sigmoid"]})
    nnspec("run", written(tmp_path, {**values, "train": {"epochs": 0}}))
    assert "normalization/count ()\n  0\n" in nnspec("weights", "runs/small").out


def test_json_holds_every_number(nnspec, tmp_path, small):
    nnspec("run", small)
    found = nnspec("weights", "runs/small", "--json").json
    assert (found["run"], found["epochs"], found["updates"]) == ("runs/small/1", 2, 8)
    kept = load((tmp_path / "runs/small/1/weights.safetensors").read_bytes())
    assert json.dumps(found["weights"], sort_keys=True) == json.dumps(
        {name: array.tolist() for name, array in kept.items()}, sort_keys=True
    )


def test_a_folder_without_a_run_is_refused(nnspec):
    done = nnspec("weights", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert "is no run folder" in done.err
