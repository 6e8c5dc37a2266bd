"""`nnspec gradients`."""

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.small_runs import mnist, rows


def test_a_line_for_each_trained_weight(nnspec, small):
    nnspec("run", small)
    head, kernel, bias = nnspec("gradients", "runs/small").out.splitlines()
    assert head.split() == ["gradient", "neurons", "idle"]
    assert [line.split()[0] for line in (kernel, bias)] == ["dense/kernel", "dense/bias"]
    assert [line.split()[2:] for line in (kernel, bias)] == [["10", "0"]] * 2


def test_neurons_without_a_gradient_are_idle(nnspec, tmp_path):
    """A bias of -9 makes two of three ReLUs 0 for every row."""
    start = {"bias_initializer": {"values": [-9, 0, -9]}, "kernel_initializer": "ones"}
    hidden = {"dense": {"units": 3, "activation": "relu", **start}}
    values = rows(network={"layers": [hidden, {"dense": 1}]}, loss="mean_squared_error")
    nnspec("run", written(tmp_path, {**values, "train": {"epochs": 0}}))
    found = nnspec("gradients", "runs/small", "--json").json
    assert {one["weight"]: (one["neurons"], one["idle"]) for one in found["gradients"]} == {
        "dense/kernel": (3, 2), "dense/bias": (3, 2), "dense_1/kernel": (1, 0),
        "dense_1/bias": (1, 0),
    }  # fmt: skip


def test_the_norm_is_that_of_the_mean_over_all_rows(nnspec, tmp_path):
    """y = 0 for x = 1 and 3: the gradient of the mean of 1/2 (w x)^2 is 5 w."""
    dense = {"dense": {"units": 1, "use_bias": False, "kernel_initializer": {"constant": 2}}}
    source = {"inputs": [[1], [3]], "targets": [0, 0]}
    values = rows(source, network={"layers": [dense]}, loss="half_squared_error")
    nnspec("run", written(tmp_path, {**values, "train": {"epochs": 0}}))
    (found,) = nnspec("gradients", "runs/small", "--json").json["gradients"]
    assert (found["weight"], found["norm"]) == ("dense/kernel", 10)


def test_rows_of_several_batches_have_equal_weights(nnspec, tmp_path):
    """The mean of the batches' gradients, weighted by their rows: 300 rows are 256 and 44."""
    nnspec("run", written(tmp_path, mnist(300, train={"epochs": 0, "batch_size": "all"})))
    before = nnspec("gradients", "runs/small", "--json").json["gradients"][0]["norm"]
    one = mnist(300, train={"epochs": 1, "batch_size": "all"}, optimizer={"sgd": 1})
    nnspec("run", written(tmp_path, one))
    start, end = (
        np.array(nnspec("weights", f"runs/small/{n}", "--json").json["weights"]["dense/kernel"])
        for n in (1, 2)
    )
    assert np.linalg.norm(start - end) == pytest.approx(before, rel=1e-5)
