"""Formulas of each layer for one row: forward, and backward by the chain rule.

`layer_formula` returns the output and a function from dL/d(output) to dL/d(input) and the gradient
of each weight. The formulas are written for clarity, not for speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from nnspec.analysis.backprop.activations import Floats, activation_formula, has_elementwise_formula
from nnspec.components.layers.activations import PReLU, Softmax
from nnspec.components.layers.axis_activations import LogSoftmax
from nnspec.components.layers.base import ActivationLayer, Layer
from nnspec.components.layers.dense import Dense
from nnspec.components.layers.embedding import Embedding
from nnspec.components.layers.normalization import BatchNormalization
from nnspec.components.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from nnspec.components.layers.scaling import (
    MIN_DEVIATION,
    LayerScale,
    Normalization,
    Rescaling,
)

Weights = Mapping[str, Floats]
Backward = Callable[[Floats], tuple[Sequence[Floats], Weights]]
LayerBackward = Callable[[Floats], tuple[Floats, Weights]]
MergeBackward = Callable[[Floats], Sequence[Floats]]


def formula(layer: Layer, inputs: Sequence[Floats], w: Weights) -> tuple[Floats, Backward]:
    """Output of a layer for one row, and the gradients of its inputs and its weights."""
    if _is_registered(merge_formula, layer):
        y, merge_backward = merge_formula(layer, *inputs)
        return y, lambda dy: (merge_backward(dy), {})
    y, backward = layer_formula(layer, inputs[0], w)

    def all_backward(dy: Floats) -> tuple[Sequence[Floats], Weights]:
        dx, gradients = backward(dy)
        return [dx], gradients

    return y, all_backward


@singledispatch
def merge_formula(layer: Layer, *inputs: Floats) -> tuple[Floats, MergeBackward]:
    """Output of a layer of several inputs and no weights, and the gradient of each input."""
    raise TypeError(f"there is no formula for {layer.kind}")


@singledispatch
def layer_formula(layer: Layer, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """Output of a layer for one row `x` and weights `w`, and its backward function."""
    raise TypeError(f"there is no formula for {layer.kind}")


def has_formula(layer: Layer) -> bool:
    """Whether this package has a formula for a layer."""
    if isinstance(layer, ActivationLayer):
        return isinstance(layer, LogSoftmax | Softmax) or has_elementwise_formula(layer)
    return _is_registered(layer_formula, layer) or _is_registered(merge_formula, layer)


def _is_registered(function: Any, layer: Layer) -> bool:
    """Whether a function has a case for the class of a layer."""
    return function.dispatch(type(layer)) is not function.dispatch(object)


@layer_formula.register
def dense(_: Dense, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """z_l = w_l0 + sum_j w_lj x_j; dL/dw_lj = dz_l x_j and dL/dx_j = sum_l w_lj dz_l.

    With more axes this holds at each of their places, and the gradients of the weights are sums.
    """
    z = x @ w["kernel"] + w.get("bias", 0)

    def backward(dz: Floats) -> tuple[Floats, Weights]:
        places = tuple(range(x.ndim - 1))
        kernel = np.tensordot(x, dz, (places, places))
        return dz @ w["kernel"].T, {"kernel": kernel, "bias": dz.sum(axis=places)}

    return z, backward


@layer_formula.register
def activation(layer: ActivationLayer, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """a = f(z); dz = da f'(z)."""
    a, derivative = activation_formula(layer, x, **w)
    return a, lambda da: (da * derivative, {})


@layer_formula.register
def prelu(layer: PReLU, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """a = alpha z for z <= 0; dL/dalpha = sum of da min(z, 0) over the shared axes."""
    a, derivative = activation_formula(layer, x, **w)
    shared = tuple(axis - 1 for axis in layer.shared_axes)

    def backward(da: Floats) -> tuple[Floats, Weights]:
        return da * derivative, {"alpha": (da * np.minimum(x, 0)).sum(axis=shared, keepdims=True)}

    return a, backward


@layer_formula.register
def softmax(layer: Softmax, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """a_m = e^z_m / sum_l e^z_l; da_m/dz_l = a_m (1 if m = l else 0) - a_m a_l."""
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    a = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return a, lambda da: (a * (da - (da * a).sum(axis=axis, keepdims=True)), {})


@layer_formula.register
def log_softmax(layer: LogSoftmax, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """a_m = z_m - ln(sum_l e^z_l); da_m/dz_l = (1 if m = l else 0) - e^a_l."""
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis
    shifted = x - x.max(axis=axis, keepdims=True)
    a = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return a, lambda da: (da - np.exp(a) * da.sum(axis=axis, keepdims=True), {})


@layer_formula.register
def normalization(layer: Normalization, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = (x - mean) / sigma and dL/dx = dL/dy / sigma; or y = sigma x + mean."""
    shape, given = layer.broadcast_shape(x.shape), layer.mean is not None
    numbers = (layer.mean, layer.variance) if given else (w["mean"], w["variance"])
    mean, variance = (np.asarray(n).reshape(shape) for n in numbers)
    factor = np.maximum(np.sqrt(variance), MIN_DEVIATION) ** (1 if layer.invert else -1)
    y = x * factor + mean if layer.invert else (x - mean) * factor
    return y, lambda dy: (dy * factor, {})


@layer_formula.register
def repeat_vector(layer: RepeatVector, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y_i = x for i < n; dL/dx = sum_i dL/dy_i."""
    return np.tile(x, (layer.n, 1)), lambda dy: (dy.sum(axis=0), {})


@layer_formula.register(Flatten)
@layer_formula.register(Reshape)
def reshaped(layer: Flatten | Reshape, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = x in another shape."""
    return x.reshape(layer.output_shape(x.shape)), lambda dy: (dy.reshape(x.shape), {})


@layer_formula.register
def permute(layer: Permute, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = x with its axes in another order."""
    order = [axis - 1 for axis in layer.dims]
    return x.transpose(order), lambda dy: (dy.transpose(np.argsort(order)), {})


@layer_formula.register
def rescaling(layer: Rescaling, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = scale x + offset; dL/dx = scale dL/dy."""
    scale, offset = np.array(layer.scale), np.array(layer.offset)
    return scale * x + offset, lambda dy: (scale * dy, {})


@layer_formula.register
def layer_scale(_: LayerScale, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = gamma x; dL/dx = gamma dL/dy, and dL/dgamma is the sum of dL/dy x over the places."""
    gamma, places = w["gamma"], tuple(range(x.ndim - 1))
    return gamma * x, lambda dy: (gamma * dy, {"gamma": (dy * x).sum(axis=places)})


@layer_formula.register
def embedding(_: Embedding, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y_i = E[x_i]; dL/dE[m] = the sum of dL/dy_i where x_i = m. The numbers x have no gradient."""
    indices, table = x.astype(np.int64), w["embeddings"]

    def backward(dy: Floats) -> tuple[Floats, Weights]:
        gradient = np.zeros_like(table)
        np.add.at(gradient, indices, dy)
        return np.zeros_like(x), {"embeddings": gradient}

    return table[indices], backward


@layer_formula.register
def batch_normalization(
    layer: BatchNormalization, x: Floats, w: Weights
) -> tuple[Floats, LayerBackward]:
    """y = gamma n + beta, n = (x - mean) / s, with mean and deviation over the row's positions.

    This is training mode with a batch of one row: dx = gamma / s (dy - mean dy - n mean(n dy)). Of
    a frozen layer they are the running ones, and dx = gamma / s dy.
    """
    axes = tuple(i for i in range(x.ndim) if i != x.ndim + layer.axis)
    shape = (-1, *(1,) * (-layer.axis - 1))  # of a number for each channel
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    if layer.is_frozen:
        mean, variance = (w[f"moving_{of}"].reshape(shape) for of in ("mean", "variance"))
    deviation = np.sqrt(variance + layer.epsilon)
    normal = (x - mean) / deviation
    gamma = w["gamma"].reshape(shape) if layer.scale else 1
    beta = w["beta"].reshape(shape) if layer.center else 0

    def backward(dy: Floats) -> tuple[Floats, Weights]:
        means = (g.mean(axis=axes, keepdims=True) for g in (dy, normal * dy))
        centred = dy if layer.is_frozen else dy - next(means) - normal * next(means)
        gradients = {"gamma": (dy * normal).sum(axis=axes), "beta": dy.sum(axis=axes)}
        return gamma / deviation * centred, gradients

    return gamma * normal + beta, backward
