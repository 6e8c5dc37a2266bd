"""Frozen layers and groups: what updates, penalties, optimizers and summaries leave out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.errors import SpecError
from nnspec.graph.summary import summarise
from tests.networks import graph_of, program_of, setup

FROZEN = {"trainable": False}
DECAYED = {"adam": {"learning_rate": 0.1, "weight_decay": 0.5}}


def names(layers: list[Any], trainable: bool) -> list[str]:
    """The names of the weights that are trained, or of those that are not."""
    graph = graph_of(layers, (3,))
    return [name for name, weight in graph.weights() if weight.trainable is trainable]


@pytest.mark.parametrize("backend", ["numpy", "numpy:reference"])
def test_an_update_changes_no_frozen_weight_and_keeps_no_slots_for_it(backend: str) -> None:
    options = {"units": 3, "kernel_regularizer": "l2", "bias_constraint": "unit_norm", **FROZEN}
    layers = [{"dense": 3}, {"batch_normalization": FROZEN}, {"dense": options}, {"dense": 2}]
    program = program_of(graph_of(layers, (3,)), setup(optimizer=DECAYED), backend)
    before = program.weights()
    rows = program.upload(np.eye(3), np.ones((3, 2)))
    assert list(program.gradients(rows, np.arange(3))) == names(layers, trainable=True)
    program.train(rows, [np.arange(3)] * 3)
    changed = [name for name, w in program.weights().items() if (w != before[name]).any()]
    assert changed == names(layers, trainable=True)
    assert changed == ["dense/kernel", "dense/bias", "dense_2/kernel", "dense_2/bias"]
    assert list(program.state().slots["momentum"]) == changed


@pytest.mark.parametrize("backend", ["numpy", "numpy:reference"])
def test_a_network_without_trained_weights_stays_as_it_is(backend: str) -> None:
    layers = [{"dense": {"units": 2, **FROZEN}}, "tanh", {"dense": {"units": 2, **FROZEN}}]
    program = program_of(graph_of(layers, (3,)), setup(optimizer=DECAYED), backend)
    before, rows = program.weights(), program.upload(np.eye(3), np.ones((3, 2)))
    losses = program.train(rows, [np.arange(3)] * 2).sums["loss"]
    assert losses[0] == losses[1] > 0
    np.testing.assert_equal(program.weights(), before)


def test_a_layers_activation_is_frozen_with_it() -> None:
    layers = [{"dense": {"units": 2, "activation": "prelu", **FROZEN}}, "prelu"]
    assert names(layers, trainable=False) == ["dense/kernel", "dense/bias", "dense.prelu/alpha"]
    assert names(layers, trainable=True) == ["prelu/alpha"]


def test_a_group_freezes_what_is_in_it_at_any_depth_and_what_shares_it() -> None:
    inner = {"residual": {"layers": [{"dense": 3}], "shortcut": [{"dense": 3}], "name": "inner"}}
    paths = {"paths": [[{"dense": 3}], []], "merge": "add", "name": "paths", **FROZEN}
    layers = [
        {"sequential": {"name": "base", "layers": [inner, "prelu"], **FROZEN}},
        {"branches": paths},
        {"shared": {"name": "again", "layer": "base"}},
        {"shared": {"name": "part", "layer": "base.inner.dense"}},
        {"dense": {"name": "head", "units": 2}},
    ]
    assert names(layers, trainable=True) == ["head/kernel", "head/bias"]
    assert len(names(layers, trainable=False)) == 7


def test_a_summary_counts_frozen_weights_apart() -> None:
    layers = [{"dense": {"units": 4, **FROZEN}}, "batch_normalization", {"dense": 2}]
    summary = summarise(graph_of(layers, (3,)))
    assert summary.counts() == {"total": 42, "trainable": 18, "non_trainable": 24}
    assert [row["trainable"] for row in summary.plain()["layers"]] == [False, False, True]


@pytest.mark.parametrize("layer", ["relu", "flatten", "dropout"])
def test_a_layer_without_weights_is_not_frozen(layer: str) -> None:
    options = {"rate": 0.5} if layer == "dropout" else {}
    with pytest.raises(SpecError, match=f"{layer} has no option 'trainable'"):
        graph_of([{layer: {**options, **FROZEN}}], (3,))
