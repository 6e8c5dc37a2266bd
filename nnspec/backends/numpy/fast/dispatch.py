"""Selection of the kernel that computes a node.

The registry maps a layer's kind to its kernel, or to a function here that selects one by shapes
and options. A layer without a kernel is computed by its reference implementation:

- elementwise: on each block as it is stored;
- row-independent: on each block, with its rows first;
- otherwise, or where it draws noise: on the whole batch.
"""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.fallback_per_block import fallback_per_block
from nnspec.backends.numpy.fast.fallback_whole_batch import fallback_whole_batch
from nnspec.backends.numpy.fast.kernels import merging, pooling, sequences
from nnspec.backends.numpy.fast.kernels.activations import leaky_relu as leaky_relu_blocks
from nnspec.backends.numpy.fast.kernels.columns import FEW_CHANNELS
from nnspec.backends.numpy.fast.kernels.conv_depthwise import conv_depthwise
from nnspec.backends.numpy.fast.kernels.conv_grouped import conv_grouped
from nnspec.backends.numpy.fast.kernels.conv_im2col import conv_im2col
from nnspec.backends.numpy.fast.kernels.conv_pointwise import conv_pointwise
from nnspec.backends.numpy.fast.kernels.conv_winograd import conv_winograd
from nnspec.backends.numpy.fast.kernels.dense import dense as dense_blocks
from nnspec.backends.numpy.fast.kernels.dense_large import LARGE_KERNEL, dense_large
from nnspec.backends.numpy.fast.kernels.dense_sparse_input import dense_sparse_input
from nnspec.backends.numpy.fast.kernels.elementwise import elementwise
from nnspec.backends.numpy.fast.kernels.elementwise import relu as relu_blocks
from nnspec.backends.numpy.fast.kernels.group_normalization import normalize_groups
from nnspec.backends.numpy.fast.kernels.layer_normalization import normalize_vectors
from nnspec.backends.numpy.fast.kernels.normalization import (
    batch_normalization as normalize_channels,
)
from nnspec.backends.numpy.fast.kernels.sequences import as_images
from nnspec.backends.numpy.fast.plan import Kernel, KernelRule
from nnspec.backends.numpy.windows import pool_windows
from nnspec.components.layers.activations import LeakyReLU, ReLU, Softmax
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.normalization import BatchNormalization, LayerNormalization


def select_kernel(context: BlockContext) -> KernelRule:
    """The kernel of the node's layer, or a fallback selected by the layer's traits."""
    layer = context.node.layer
    kernel: KernelRule | None = registry.KERNELS.find(layer)
    if kernel is not None:
        return kernel
    draws_noise = layer.noise(*context.node.input_shapes) is not None
    if draws_noise or not layer.row_independent:  # noise is drawn for the whole batch
        return fallback_whole_batch
    alone = layer.elementwise and not context.node.weights and len(context.node.inputs) == 1
    return elementwise if alone else fallback_per_block


def dense(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Dense kernel by shape: for a large W, for sparse network inputs, or the general one."""
    if prod(context.node.weights["kernel"].shape) >= LARGE_KERNEL and not x.is_spatial:
        return dense_large(context, x)
    # The copy of the rows of W that a batch reads is made where the batch before it updates W.
    is_trained = context.node.weights["kernel"].trainable
    sparse = context.source and len(x.shape) == 1 and is_trained
    return (dense_sparse_input if sparse else dense_blocks)(context, x)


def conv2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Kernel by options and channels: depthwise, grouped, pointwise, Winograd or im2col."""
    return _conv_kernel(context)(context, x)


def conv1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Convolution of sequences by the kernel for images whose height is 1."""
    return as_images(conv2d, context, x)


def max_pooling1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Pooling kernel of windows without holes, or the fallback."""
    return _of_windows(sequences.max_pooling1d, context)(context, x)


def max_pooling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Pooling kernel of windows without holes, or the fallback."""
    return _of_windows(pooling.max_pooling2d, context)(context, x)


def average_pooling1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Pooling kernel of windows without holes, or the fallback."""
    return _of_windows(sequences.average_pooling1d, context)(context, x)


def average_pooling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Pooling kernel of windows without holes, or the fallback."""
    return _of_windows(pooling.average_pooling2d, context)(context, x)


def _of_windows(kernel: KernelRule, context: BlockContext) -> KernelRule:
    """The kernel, unless windows have holes."""
    return kernel if set(pool_windows(context.node).dilation) == {1} else fallback_per_block


def relu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """max(x, 0) in place, or a relu of options as any elementwise layer."""
    layer = context.node.layer
    is_plain = isinstance(layer, ReLU) and layer.is_plain
    return (relu_blocks if is_plain else elementwise)(context, x)


def leaky_relu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """max(x, slope x) in place, or a slope above 1 as any elementwise layer."""
    layer = context.node.layer
    assert isinstance(layer, LeakyReLU)  # noqa: S101
    if layer.negative_slope > 1:
        return elementwise(context, x)
    return leaky_relu_blocks(context, x, layer.negative_slope)


def softmax(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Softmax kernel: elementwise storage suits the last axis; other axes need rows first."""
    layer = context.node.layer
    last_axis = isinstance(layer, Softmax) and layer.axis in (-1, len(context.shape))
    return (elementwise if last_axis else fallback_per_block)(context, x)


def add(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """Sum of values of one shape; where an axis is repeated, the fallback."""
    return (merging.add if _equal_shapes(inputs) else fallback_per_block)(context, *inputs)


def multiply(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """Product of two values, one of which has the shape of y; otherwise the fallback."""
    fits = len(inputs) == 2 and context.shape in {x.shape for x in inputs}
    return (merging.multiply if fits else fallback_per_block)(context, *inputs)


def batch_normalization(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Normalization of channels that are the last axis, or the fallback."""
    layer = context.node.layer
    last_axis = isinstance(layer, BatchNormalization) and layer.axis == -1
    return (normalize_channels if last_axis else fallback_whole_batch)(context, x)


def group_normalization(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Normalization of groups where the spatial axes are first, or the fallback."""
    return (normalize_groups if x.is_spatial else fallback_per_block)(context, x)


def layer_normalization(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Normalization over the last axis, or the fallback."""
    layer = context.node.layer
    last_axis = isinstance(layer, LayerNormalization) and layer.axis == (-1,)
    return (normalize_vectors if last_axis else fallback_per_block)(context, x)


def _equal_shapes(inputs: tuple[BlockedTensor, ...]) -> bool:
    return len({x.shape for x in inputs}) == 1


def _conv_kernel(context: BlockContext) -> KernelRule:
    """The kernel of a convolution; Winograd, which costs rounding errors, only in float32."""
    layer, channels = context.node.layer, context.node.input_shapes[0][2]
    assert isinstance(layer, Conv2D)  # noqa: S101
    if layer.groups > 1:
        return conv_depthwise if layer.groups == channels else conv_grouped
    if layer.kernel_size == (1, 1) and context.shape[:2] == context.node.input_shapes[0][:2]:
        return conv_pointwise
    plain = layer.kernel_size == (3, 3) and layer.strides == layer.dilation_rate == (1, 1)
    if plain and context.dtype == np.float32 and channels >= FEW_CHANNELS:
        return conv_winograd
    return conv_im2col
