"""The choice of the kernel that computes a node.

A kind has a kernel in the registry, or one of the functions here that choose by shapes and
options. A layer without one is computed by its reference rule: elementwise on blocks as they lie,
on blocks of rows where rows are independent, else on the whole batch.
"""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.fallback_per_block import fallback_per_block
from nnspec.backends.numpy.fast.fallback_whole_batch import fallback_whole_batch
from nnspec.backends.numpy.fast.kernels.conv_depthwise import conv_depthwise
from nnspec.backends.numpy.fast.kernels.conv_im2col import FEW_CHANNELS, conv_im2col
from nnspec.backends.numpy.fast.kernels.conv_winograd import conv_winograd
from nnspec.backends.numpy.fast.kernels.dense import dense as dense_blocks
from nnspec.backends.numpy.fast.kernels.dense_large import LARGE, dense_large
from nnspec.backends.numpy.fast.kernels.dense_sparse_input import dense_sparse_input
from nnspec.backends.numpy.fast.kernels.elementwise import elementwise
from nnspec.backends.numpy.fast.plan import Kernel, KernelRule
from nnspec.components.layers.activations import Softmax
from nnspec.components.layers.convolution import Conv2D


def select_kernel(context: BlockContext) -> KernelRule:
    """The kernel of the node's layer; where it has none, a fallback by the layer's traits."""
    layer = context.node.layer
    kernel: KernelRule | None = registry.KERNELS.find(layer)
    if kernel is not None:
        return kernel
    draws = layer.noise(context.node.input_shapes[0]) is not None
    if draws or not layer.row_independent:  # noise is drawn for the whole batch
        return fallback_whole_batch
    return elementwise if layer.elementwise and not context.node.weights else fallback_per_block


def dense(context: BlockContext, x: BlockedTensor) -> Kernel:
    """x W + b: by pieces of a large W, without inputs that are 0 in every row, or by blocks."""
    if prod(context.node.weights["kernel"].shape) >= LARGE:
        return dense_large(context, x)
    return (dense_sparse_input if context.reads_input else dense_blocks)(context, x)


def conv2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """A convolution by the kernel that suits its options and channels."""
    return _convolution(context)(context, x)


def softmax(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Along the last axis blocks may lie in any way; along another one rows come first."""
    layer = context.node.layer
    last = isinstance(layer, Softmax) and layer.axis in (-1, len(context.shape))
    return (elementwise if last else fallback_per_block)(context, x)


def _convolution(context: BlockContext) -> KernelRule:
    """Winograd's tiles cost rounding errors, so float64 goes without."""
    layer, channels = context.node.layer, context.node.input_shapes[0][2]
    assert isinstance(layer, Conv2D)  # noqa: S101
    if layer.groups > 1:
        return conv_depthwise if layer.groups == channels == layer.filters else fallback_per_block
    plain = layer.kernel_size == (3, 3) and layer.strides == layer.dilation_rate == (1, 1)
    if plain and context.dtype == np.float32 and channels >= FEW_CHANNELS:
        return conv_winograd
    return conv_im2col
