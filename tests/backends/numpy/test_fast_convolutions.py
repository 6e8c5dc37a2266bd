"""Windows of random options on the fast engine's kernels, against the reference engine."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest

from nnspec.backends.numpy.fast import dispatch, engine
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.fallback_per_block import fallback_per_block
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.randomness import initial_weights
from tests.backends.numpy.fast_engine import SLOPE, assert_engines_agree
from tests.networks import away_from_kinks, graph_of, setup

SEEDS = range(30)
PADDINGS = {1: ["valid", "same", [3, 1], 1], 2: ["valid", "same", [[0, 2], [3, 1]], 1]}
POOLINGS = "average_pooling", "max_pooling"
KINDS = "conv", "conv_transpose", "depthwise_conv", *POOLINGS


def options_of(kin: str, choose: random.Random, rank: int, channels: int) -> dict[str, Any]:
    """Options of windows, which may overlap, leave gaps and lie in the padding."""
    sizes, strides = ([choose.randint(1, 3) for _ in range(rank)] for _ in range(2))
    padding = choose.choice(PADDINGS[rank])
    if kin in POOLINGS:
        return {"pool_size": sizes, "strides": strides, "padding": padding}
    options: dict[str, Any] = {
        "kernel_size": sizes, "strides": strides, "padding": padding,
        "dilation_rate": [choose.choice([1, 1, 2]) for _ in range(rank)],
        "use_bias": choose.random() < 0.5,
    }  # fmt: skip
    if kin == "depthwise_conv":
        return {**options, "depth_multiplier": choose.choice([1, 1, 2])}
    if kin == "conv_transpose":
        return {**options, "filters": choose.choice([1, 2, 8])}
    pointwise = {"kernel_size": 1, "strides": 1, "padding": 0} if choose.random() < 0.3 else {}
    groups = choose.choice([n for n in range(1, channels + 1) if channels % n == 0])
    return {**options, **pointwise, "groups": groups, "filters": 2 * channels}


def prelu_alone(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """The fallback, which only the layer before the tested one may take."""
    assert context.node.kind == "prelu"
    return fallback_per_block(context, *inputs)


@pytest.mark.parametrize("rank", PADDINGS)
@pytest.mark.parametrize("kin", KINDS)
def test_random_options(kin, rank, monkeypatch):
    monkeypatch.setattr(dispatch, "fallback_per_block", prelu_alone)
    monkeypatch.setattr(engine, "rows_per_block", lambda *_: 3)
    head, _, tail = kin.partition("_transpose")
    kind, checked = f"{head}{rank}d{'_transpose' if _ else ''}{tail}", 0
    for seed in SEEDS:
        choose = random.Random(f"{kind} {seed}")  # noqa: S311
        shape = *(choose.randint(2, 7) for _ in range(rank)), choose.choice([1, 2, 3, 9])
        options = options_of(kin, choose, rank, shape[-1])
        try:
            graph = graph_of([SLOPE, {kind: options}], shape)
        except NnspecError:
            continue  # no window fits
        assert_engines_agree(graph, choose.choice([2, 7]))
        checked += 1
    assert checked > len(SEEDS) / 3


NETWORK = [
    {"conv2d": {"filters": 8, "kernel_size": 3, "padding": "same"}}, "batch_normalization", "relu",
    {"depthwise_conv2d": {"kernel_size": 3, "strides": 2}}, "batch_normalization",
    {"conv2d": {"filters": 8, "kernel_size": [2, 3], "groups": 4}},
    {"conv2d_transpose": {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "relu"}},
    {"conv2d": {"filters": 3, "kernel_size": 1}}, {"reshape": [-1, 3]},
    {"conv1d": {"filters": 4, "kernel_size": 3, "strides": 2}}, "batch_normalization",
    {"max_pooling1d": 2}, {"depthwise_conv1d": 3}, "global_average_pooling1d", {"dense": 2},
]  # fmt: skip


def results(workers: int, precision: Any) -> dict[str, np.ndarray]:
    """Predictions, gradients and trained weights of a network of all kinds."""
    graph, rows = graph_of(NETWORK, (9, 8, 2)), np.arange(11)
    factory = partial(engine.FastEngine, workers=workers)
    program = NumpyProgram(graph, setup(), ComputeConfig(precision=precision), factory)
    program.set_weights(initial_weights.initial_weights(graph, 0))
    x = away_from_kinks((len(rows), 9, 8, 2)).astype(np.float32)
    device_rows = program.upload(x, np.ones((len(rows), 2), np.float32))
    found = {"y": program.predict(x), **program.gradients(device_rows, rows)}
    program.train(device_rows, [rows, rows[::-1]])
    return {**found, **{f"trained {name}": w for name, w in program.weights().items()}}


def test_threads_do_not_change_a_bit_and_precision_only_the_last_ones(monkeypatch):
    monkeypatch.setattr(engine, "rows_per_block", lambda *_: 3)
    alone, several, double = results(1, "float32"), results(3, "float32"), results(1, "float64")
    for name, expected in double.items():
        np.testing.assert_array_equal(several[name], alone[name], err_msg=name)
        scale = max(1e-2, float(np.abs(expected).max()))
        np.testing.assert_allclose(alone[name], expected, rtol=0, atol=1e-4 * scale, err_msg=name)
