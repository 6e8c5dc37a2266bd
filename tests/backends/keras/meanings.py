"""Layers against Keras' own layers and functions, and against ONNX's outputs, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from tests.backends.keras.agreement import Case, array_difference, weights_difference
from tests.backends.keras.cases import BACKEND
from tests.backends.onnx_cases import differences
from tests.reference_rule import random_pass

# What nnspec's layer is written as; Keras' function or layer, and its options; a row's shape.
Meaning = tuple[Any, str, Mapping[str, Any], tuple[int, ...]]
SOME_RELU = {"max_value": 1.5, "negative_slope": 0.2, "threshold": 0.7}
SOME_THRESHOLD = {"threshold": 0.3, "default_value": -2.0}
ACTIVATIONS: list[Meaning] = [
    ("gelu", "activations.gelu", {}, (5, 4)),
    ({"gelu": {"approximate": True}}, "activations.gelu", {"approximate": True}, (5, 4)),
    ("silu", "activations.silu", {}, (5, 4)),
    ({"relu": SOME_RELU}, "activations.relu", SOME_RELU, (50,)),
    ({"relu": {"max_value": 6}}, "activations.relu", {"max_value": 6}, (50,)),
    ("relu6", "activations.relu6", {}, (50,)),
    ({"elu": 0.6}, "activations.elu", {"alpha": 0.6}, (5, 4)),
    ("selu", "activations.selu", {}, (5, 4)),
    ({"celu": 0.5}, "activations.celu", {"alpha": 0.5}, (5, 4)),
    ("mish", "activations.mish", {}, (5, 4)),
    ("softplus", "activations.softplus", {}, (5, 4)),
    ("softsign", "activations.softsign", {}, (5, 4)),
    ("exponential", "activations.exponential", {}, (5, 4)),
    ("log_sigmoid", "activations.log_sigmoid", {}, (5, 4)),
    ("tanh_shrink", "activations.tanh_shrink", {}, (5, 4)),
    ("squareplus", "activations.squareplus", {}, (5, 4)),
    ({"squareplus": 1.5}, "activations.squareplus", {"b": 1.5}, (5, 4)),
    ("hard_sigmoid", "activations.hard_sigmoid", {}, (50,)),
    ("hard_silu", "activations.hard_silu", {}, (50,)),
    ("hard_tanh", "activations.hard_tanh", {}, (50,)),
    ("soft_shrink", "activations.soft_shrink", {}, (50,)),
    ({"soft_shrink": 1.2}, "activations.soft_shrink", {"threshold": 1.2}, (50,)),
    ("hard_shrink", "activations.hard_shrink", {}, (50,)),
    ({"threshold": SOME_THRESHOLD}, "activations.threshold", SOME_THRESHOLD, (50,)),
    ("sparse_plus", "activations.sparse_plus", {}, (50,)),
    ("sparse_sigmoid", "activations.sparse_sigmoid", {}, (50,)),
    ("log_softmax", "activations.log_softmax", {}, (5, 4)),
    ({"log_softmax": 1}, "activations.log_softmax", {"axis": 1}, (5, 4)),
    ("glu", "activations.glu", {}, (5, 4)),
    ({"glu": 1}, "activations.glu", {"axis": 1}, (4, 3)),
]
# Keras keeps a mean, a variance and an epsilon in float32: here these are exact.
_TWO_AXES = {"axis": [2, 3], "epsilon": 0.0625}
_ONE = {"mean": 0.25, "variance": 0.5625}
_TABLE = {"mean": [0.25, -1.5], "variance": [0.5625, 4.0]}
NORMALIZATIONS: list[Meaning] = [
    ({"batch_normalization": {"axis": 1}}, "layers.BatchNormalization", {"axis": 1}, (3, 4)),
    ({"batch_normalization": {"axis": -2}}, "layers.BatchNormalization", {"axis": 2}, (2, 3, 4)),
    ("unit_normalization", "layers.UnitNormalization", {}, (5, 4)),
    ({"unit_normalization": [1, 3]}, "layers.UnitNormalization", {"axis": [1, 3]}, (3, 4, 2)),
    ("rms_normalization", "layers.RMSNormalization", {}, (5, 4)),
    ({"rms_normalization": _TWO_AXES}, "layers.RMSNormalization", _TWO_AXES, (3, 4, 2)),
    ({"group_normalization": 2}, "layers.GroupNormalization", {"groups": 2}, (3, 4, 6)),
    ({"group_normalization": -1}, "layers.GroupNormalization", {"groups": -1}, (5, 3)),
    ({"rescaling": {"scale": 0.3, "offset": -0.7}}, "layers.Rescaling",
     {"scale": 0.3, "offset": -0.7}, (5, 3)),
    ({"normalization": _ONE}, "layers.Normalization", _ONE, (5, 3)),
    ({"normalization": {**_TABLE, "axis": 1}}, "layers.Normalization",
     {**_TABLE, "axis": 1}, (2, 3)),
    ({"normalization": {**_TABLE, "invert": True}}, "layers.Normalization",
     {**_TABLE, "invert": True}, (3, 2)),
]  # fmt: skip
POOLINGS: list[Meaning] = [
    ({f"adaptive_{kind}_pooling{rank}d": [3, 2, 2][:rank]}, f"layers.Adaptive{name}Pooling{rank}D",
     {"output_size": [3, 2, 2][:rank]}, (*(7, 5, 4)[:rank], 2))
    for kind, name in (("average", "Average"), ("max", "Max"))
    for rank in (1, 2, 3)
]  # fmt: skip
MEANINGS = [*ACTIVATIONS, *NORMALIZATIONS, *POOLINGS]
TOLERANCES = {"hard_sigmoid": 2e-8}  # else 1e-10; PyTorch computes this one's 1 / 6 in float32


def own_layers() -> Iterator[Case]:
    """Outputs and gradients; on PyTorch, whose gradients need no tape."""
    for written, name, options, shape in MEANINGS if BACKEND == "keras:torch" else ():
        yield str(written), partial(difference, written, name, options, shape)


def onnx() -> Iterator[Case]:
    """The operators of ONNX that differ from their expected outputs."""
    yield "differing", lambda: {n: d for n, d in differences(BACKEND).items() if not d <= 1}


def difference(
    written: Any, name: str, options: Mapping[str, Any], shape: tuple[int, ...]
) -> float:
    import keras
    import torch

    expected = random_pass(written, shape)
    family, _, member = name.partition(".")
    own = getattr(getattr(keras, family), member)
    x = torch.tensor(expected.x, requires_grad=True)
    if family == "activations":
        y, weights = own(x, **options), {}
    else:
        layer = own(dtype="float64", **options)
        layer.build(x.shape)
        weights = {variable.name: variable for variable in layer.weights}
        for weight, variable in weights.items():
            variable.assign(expected.weights[weight])
        y = layer(x, training=True) if layer._call_has_training_arg else layer(x)
    y.backward(torch.tensor(expected.dy))
    gradients = {weight: np.asarray(weights[weight].value.grad) for weight in expected.gradients}
    return max(
        array_difference(expected.y, y.detach().numpy()),
        array_difference(expected.dx, x.grad.numpy()),
        weights_difference(expected.gradients, gradients),
    )
