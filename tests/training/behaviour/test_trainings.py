"""Trainings of a behaviour: one batch alone, and shuffled targets."""

import math

import numpy as np
import polars as pl
import pytest

from nnspec.errors import NnspecError
from nnspec.runs.listener import RunListener as Listener
from nnspec.runs.trainer import run
from nnspec.spec.loader import build, load
from tests.small_runs import mnist
from tests.training.behaviour.models import linear, outcomes


def test_a_linear_model_overfits_linear_rows(tmp_path):
    # 1 + a + b fits all rows but the last, by 0.1
    rows = {"inputs": [[0, 0], [1, 2], [2, 1], [3, 3]], "targets": [1.0, 4, 4, 7.1]}
    data = {"source": {"rows": rows}}
    small, large = ({"overfits_one_batch": {"updates": 120, "loss_ratio": r}} for r in (0.02, 1e-9))
    good, bad = outcomes(tmp_path, [small, large], linear(0, 0), data=data, optimizer={"sgd": 0.05})
    assert (good.met, bad.met) == (True, False)
    assert good.actual <= 0.02 == good.expected
    assert "loss 20.85," in good.detail  # the mean of the squared targets: the weights are 0


def test_a_network_without_a_weight_of_use_does_not(tmp_path):
    (one,) = outcomes(
        tmp_path, [{"overfits_one_batch": 20}], ["flatten", *linear(0, 0)], optimizer={"sgd": 1e-6}
    )
    assert one.met is False
    assert one.actual == pytest.approx(1, abs=1e-3)


def test_a_training_that_diverges_is_missed_and_says_so(tmp_path):
    (one,) = outcomes(tmp_path, ["overfits_one_batch"], optimizer={"sgd": 1e6})
    assert one.met is False
    assert "not finite" in one.detail


def test_shuffled_targets_get_as_many_updates_as_a_time_budget_left(tmp_path, monkeypatch):
    """Even where the clock stands still: the second training has no budget of its own."""
    told = []
    monkeypatch.setattr(
        Listener, "on_expectation", lambda _, name, done, of: told.append((done, of))
    )
    values = mnist(100, 50, expect={"behaviour": ["shuffled_targets"]})
    values["train"] |= {"epochs": 1000, "time_budget": 1e-9, "batch_size": 10}
    run(build(values), out=tmp_path, listener=Listener())
    assert told[-1] == (1, 1)


def test_a_loss_that_may_be_negative_is_refused(tmp_path):
    with pytest.raises(NnspecError, match="needs a loss from 0 on"):
        outcomes(tmp_path, ["overfits_one_batch"], loss="cosine_similarity")


def table(tmp_path, inputs):
    """A spec over a table whose price follows from the area."""
    draw = np.random.default_rng(3)
    columns = {name: draw.normal(size=120) for name in ("area", "age", "noise")}
    columns["price"] = 2 * columns["area"] + 0.1 * columns["noise"]
    pl.DataFrame(columns).write_csv(tmp_path / "houses.csv")
    (tmp_path / "houses.yaml").write_text(
        f"""
data:
  source: {{csv: houses.csv}}
  split: {{test: 0.5}}
  inputs: {{columns: {inputs}}}
  targets: {{columns: price}}
  leaks: advise
network: {{layers: [{{dense: 1}}]}}
loss: mean_squared_error
optimizer: {{sgd: 0.1}}
train: {{epochs: 20, batch_size: 10}}
expect: {{behaviour: [shuffled_targets]}}
"""
    )
    return load(tmp_path / "houses.yaml")


def test_a_target_among_the_inputs_is_learnt_though_it_is_shuffled(tmp_path):
    leaked = run(table(tmp_path, "[area, price]"), out=tmp_path).expectations[0]
    assert leaked.met is False
    assert leaked.actual < 0.05
    sound = run(table(tmp_path, "[area, age]"), out=tmp_path).expectations[0]
    assert sound.met is True


def test_chance_is_the_logarithm_of_the_classes(tmp_path):
    values = mnist(100, 100, expect={"behaviour": [{"shuffled_targets": 0.2}]})
    values["optimizer"] = {"sgd": {"learning_rate": 1e-6}}  # it stays where it starts
    values["network"]["layers"][0]["dense"]["kernel_initializer"] = "zeros"
    (one,) = run(build(values), out=tmp_path).expectations
    assert one.expected == pytest.approx(0.8 * math.log(10), rel=1e-3)
    assert one.met is True


def test_least_squares_trains_by_no_updates(tmp_path):
    with pytest.raises(NnspecError, match="least_squares solves at once"):
        outcomes(
            tmp_path, ["overfits_one_batch"], linear(0, 0), optimizer="least_squares",
            train={"epochs": 1, "batch_size": "all"},
        )  # fmt: skip
