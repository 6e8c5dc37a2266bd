"""Comparisons of a training that diverges, and workers whose comparison has ended."""

import math
import multiprocessing

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.parity.compare import _Comparer
from nnspec.parity.worker import Probe, _serve
from tests.small_runs import rows, spec

NETWORK = {"layers": [{"dense": 1}]}
HUGE = rows(
    {"inputs": [[1e30], [2e30]], "targets": [1, 2]}, network=NETWORK, loss="mean_squared_error"
)
ENDED = {"loss": math.nan}


@pytest.fixture
def comparer():
    return _Comparer(spec(HUGE), {"one": None, "other": None}, "float32")


def test_a_training_that_diverges_on_all_backends_is_told_at_its_rate(comparer):
    comparer.compare_losses(1, {"one": ENDED, "other": ENDED})
    with pytest.raises(SpecError, match="training diverged: the loss is not finite at update 2"):
        comparer.check_divergence({"one": ENDED, "other": ENDED}, "at update 2")


def test_a_backend_that_diverges_alone_differs(comparer):
    losses = {"one": {"loss": 1.0}, "other": ENDED}
    comparer.compare_losses(1, losses)
    comparer.check_divergence(losses, "at update 2")
    assert comparer.comparisons["other"].first_difference.what == "loss"


def test_what_is_not_finite_on_both_sides_is_the_same(comparer):
    weights = {"w": np.array([np.nan, np.inf, -np.inf, 1], np.float32)}
    comparer.compare_weights("weights", 0, {"one": weights, "other": dict(weights)})
    probe = Probe({"y": weights["w"]}, weights)
    comparer.compare_probes(0, {"one": probe, "other": probe})
    assert comparer.comparisons["other"].first_difference is None
    other = {"w": -weights["w"]}
    comparer.compare_weights("weights", 0, {"one": weights, "other": other})
    assert comparer.comparisons["other"].first_difference is not None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("backend", ["numpy", "no-such-backend"])
def test_a_worker_ends_silently_when_its_comparison_has_ended(backend, capfd):
    pipe, other_end = multiprocessing.Pipe()
    pipe.send(("prepare", (spec(HUGE), ComputeConfig(backend))))
    pipe.close()
    _serve(other_end)
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("error")
def test_a_worker_does_not_warn_of_what_overflows():
    pipe, other_end = multiprocessing.Pipe()
    pipe.send(("prepare", (spec(HUGE), ComputeConfig("numpy"))))
    for call in (("update", (np.arange(2),)),) * 3:
        pipe.send(call)
    pipe.send(("no_such_method", ()))
    with pytest.raises(AttributeError):
        _serve(other_end)
    answers = [pipe.recv() for _ in range(4)]
    assert not math.isfinite(answers[-1][0]["loss"])
