"""Dense layers on the fast engine: sparse inputs, large weights."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends import conformance
from nnspec.backends.numpy.fast import dispatch
from nnspec.backends.numpy.fast.kernels.dense_large import dense_large
from tests.backends.numpy.fast_engine import (
    ENGINES,
    MOMENTUM,
    SLOPE,
    assert_close,
    assert_engines_agree,
    split_small_kernels,
)
from tests.networks import away_from_kinks, graph_of, program_of, setup


@pytest.mark.parametrize("zero_inputs", [(), (3,), (0, 1, 5, 7, 8), range(12)])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM], ids=["sgd", "momentum"])
def test_inputs_that_are_zero_in_every_row(zero_inputs, use_bias, optimizer, monkeypatch):
    split_small_kernels(monkeypatch)
    first = {"dense": {"units": 4, "use_bias": use_bias, "activation": "tanh"}}
    for rows in (1, 70, 150):
        assert_engines_agree(
            graph_of([first, {"dense": 3}], (12,)),
            rows,
            zero_inputs=zero_inputs,
            optimizer=optimizer,
        )


@pytest.mark.parametrize("zero_inputs", [(), (3,)])
def test_a_frozen_layer_that_reads_the_inputs(zero_inputs):
    first = {"dense": {"units": 4, "activation": "tanh", "trainable": False}}
    assert_engines_agree(graph_of([first, {"dense": 3}], (12,)), 40, zero_inputs=zero_inputs)


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM, "adam"], ids=["sgd", "momentum", "adam"])
@pytest.mark.parametrize("shape", [(12,), (2, 3, 2)])
def test_inputs_that_are_zero_in_some_batches_only(optimizer, shape, frozen, monkeypatch):
    split_small_kernels(monkeypatch)
    first = {"units": 4, "activation": "tanh", "trainable": not frozen}
    graph = graph_of(["flatten", {"dense": first}, {"dense": 3}], shape)
    x = away_from_kinks((90, 12))
    x[:30, :6] = x[30:60, 4:] = 0
    y = np.random.default_rng(0).normal(size=(90, 3))
    batches = [np.arange(start, start + 30) for start in (0, 30, 60, 0)]
    actual = []
    for engine in ENGINES:
        program = program_of(graph, setup(optimizer=optimizer), engine)
        device_rows = [program.upload(rows.reshape(90, *shape), y) for rows in (x, x[::-1])]
        for _ in range(2):
            for rows in device_rows:
                program.train(rows, batches)
        actual.append(program.weights())
    for name, expected in actual[1].items():
        assert_close(actual[0][name], expected, name)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM], ids=["sgd", "momentum"])
def test_weights_larger_than_the_cache(optimizer, use_bias, monkeypatch):
    monkeypatch.setattr(dispatch, "LARGE_KERNEL", 1)
    split_small_kernels(monkeypatch)
    options = {"units": 7, "use_bias": use_bias}
    layers = [{"dense": {**options, "activation": "relu"}}, {"dense": options}, {"dense": 3}]
    graph = graph_of(layers, (5,))
    calls = []
    monkeypatch.setattr(
        dispatch,
        "dense_large",
        lambda *arguments: calls.append(arguments) or dense_large(*arguments),
    )
    for rows in (1, 70, 150):
        assert_engines_agree(graph, rows, optimizer=optimizer)
    assert calls


def test_shapes_of_any_rank_fold_into_rows():
    for shape in ((5,), (3, 5), (2, 3, 5), (2, 2, 3, 5)):
        for rows in (1, 70):
            assert_engines_agree(graph_of([SLOPE, {"dense": 4}, "tanh", {"dense": 3}], shape), rows)


@pytest.mark.parametrize("large", [1, 1 << 20], ids=["large", "small"])
@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM, "adam"], ids=["sgd", "momentum", "adam"])
def test_weights_that_several_layers_share(optimizer, large, monkeypatch):
    """Sparse inputs, and weights in several tasks that are updated once, by the sum."""
    monkeypatch.setattr(dispatch, "LARGE_KERNEL", large)
    split_small_kernels(monkeypatch)
    layers = [
        {"dense": {"name": "a", "inputs": "x", "units": 9, "activation": "tanh"}},
        {"shared": {"name": "b", "layer": "a", "inputs": "y"}},
        {"dense": {"name": "c", "inputs": "b", "units": 9}},
        {"shared": {"name": "d", "layer": "c", "inputs": "c"}},
        {"add": {"inputs": ["a", "c", "d"]}},
        {"dense": 3},
    ]
    inputs = {name: {"shape": [12]} for name in "xy"}
    case = conformance.Case("shared", {"inputs": inputs, "layers": layers}, optimizer=optimizer)
    conformance.check(case, "numpy:fast")
