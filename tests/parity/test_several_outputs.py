"""Comparison of backends on a network with several inputs and outputs."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.parity.compare import _Comparer, compare_backends
from nnspec.parity.worker import Probe, ProgramServer
from tests.small_runs import named, spec

METRICS = ["loss", "price_loss", "kind_loss", "price_half_squared_error", "kind_accuracy"]


@pytest.mark.framework
@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
def test_backends_agree_on_every_output(precision):
    pytest.importorskip("torch")
    backends = ["numpy:reference", "torch"]
    found = compare_backends(spec(named()), backends, precision, None, lambda *_: None)
    assert found.agree
    assert found.steps == 6
    one = found.plain()["backends"]["torch"]
    assert list(one["metrics"]) == list(found.figures["torch"]) == METRICS
    assert one["accuracy"] is None
    assert max(one["metrics"].values()) < {"float32": 1e-5}.get(precision, 1e-12)
    assert (one["weights_sha256"] == found.weights_sha256) or precision != "exact"


def test_a_worker_gives_each_output_and_loss():
    compute = ComputeConfig("numpy:reference", "float64")
    server = ProgramServer(spec(named()), compute)
    batch = np.array([3, 1])
    assert {n: a.shape for n, a in server.probe(batch).outputs.items()} == {
        "price": (2, 1), "kind": (2, 3),
    }  # fmt: skip
    losses, weights = server.update(batch)
    assert list(losses) == METRICS[:3]
    assert losses["loss"] == pytest.approx(0.5 * losses["price_loss"] + losses["kind_loss"])
    assert "tokens/embeddings" in weights


def comparer():
    return _Comparer(spec(named()), {"one": None, "other": None}, "float64")


def test_the_output_that_differs_is_named():
    compared = comparer()
    outputs = {"price": np.ones((2, 1)), "kind": np.ones((2, 3))}
    wrong = outputs | {"kind": np.full((2, 3), 1.5)}
    gradients = {"w": np.ones(2)}
    compared.compare_probes(4, {"one": Probe(outputs, gradients), "other": Probe(wrong, gradients)})
    first = compared.comparisons["other"].first_difference
    assert (first.step, first.what, first.name, first.amount) == (4, "forward", "kind", 0.5)


def test_the_loss_that_differs_is_named():
    compared = comparer()
    losses = {"loss": 1.0, "price_loss": 2.0, "kind_loss": 3.0}
    compared.compare_losses(2, {"one": losses, "other": losses | {"kind_loss": 6.0}})
    first = compared.comparisons["other"].first_difference
    assert (first.what, first.name, first.amount) == ("loss", "kind_loss", 1.0)
