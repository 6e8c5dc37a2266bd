"""Convolutions of random options on the fast engine's kernels, against the reference engine."""

from __future__ import annotations

import random
from typing import Any

import pytest

from nnspec.backends.numpy.fast import dispatch, engine
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.fallback_per_block import fallback_per_block
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.errors import NnspecError
from tests.backends.numpy.fast_engine import SLOPE, assert_engines_agree
from tests.networks import graph_of

SEEDS = range(40)
PADDINGS = "valid", "same", [[0, 2], [3, 1]], 1


def options_of(kind: str, choose: random.Random, channels: int) -> dict[str, Any]:
    """Options of a convolution; windows may overlap, leave gaps and lie in the padding."""
    options: dict[str, Any] = {
        "kernel_size": [choose.randint(1, 3), choose.randint(1, 3)],
        "strides": [choose.randint(1, 3), choose.randint(1, 3)],
        "dilation_rate": [choose.choice([1, 1, 2]), choose.choice([1, 1, 3])],
        "padding": choose.choice(PADDINGS),
        "use_bias": choose.random() < 0.5,
    }
    if kind == "depthwise_conv2d":
        return {**options, "depth_multiplier": choose.choice([1, 1, 2])}
    if kind == "conv2d_transpose":
        return {**options, "filters": choose.choice([1, 2, 8])}
    pointwise = {"kernel_size": 1, "strides": 1, "padding": 0} if choose.random() < 0.3 else {}
    groups = choose.choice([1, channels])
    return {**options, **pointwise, "groups": groups, "filters": 2 * channels}


def prelu_alone(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """The fallback, which no convolution may take."""
    assert context.node.kind == "prelu"
    return fallback_per_block(context, *inputs)


@pytest.mark.parametrize("kind", ["conv2d", "conv2d_transpose", "depthwise_conv2d"])
def test_random_options(kind, monkeypatch):
    monkeypatch.setattr(dispatch, "fallback_per_block", prelu_alone)
    monkeypatch.setattr(engine, "rows_per_block", lambda *_: 3)
    checked = 0
    for seed in SEEDS:
        choose = random.Random(f"{kind} {seed}")  # noqa: S311
        shape = choose.randint(2, 7), choose.randint(2, 7), choose.choice([1, 2, 3, 9])
        try:
            layers = [SLOPE, {kind: options_of(kind, choose, shape[-1])}]
            graph = graph_of(layers, shape)
        except NnspecError:
            continue  # no window fits
        assert_engines_agree(graph, choose.choice([2, 7]))
        checked += 1
    assert checked > len(SEEDS) / 2
