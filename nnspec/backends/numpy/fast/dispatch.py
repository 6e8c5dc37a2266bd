"""The one place that says which kernel computes a node."""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.backends.numpy.fast.blocks import BlockContext
from nnspec.backends.numpy.fast.fallback_per_block import fallback_per_block
from nnspec.backends.numpy.fast.fallback_whole_batch import fallback_whole_batch
from nnspec.backends.numpy.fast.kernels.conv_depthwise import conv_depthwise
from nnspec.backends.numpy.fast.kernels.conv_im2col import FEW_CHANNELS, conv_im2col
from nnspec.backends.numpy.fast.kernels.conv_max_pool import conv_max_pool
from nnspec.backends.numpy.fast.kernels.conv_winograd import conv_winograd
from nnspec.backends.numpy.fast.kernels.dense import dense
from nnspec.backends.numpy.fast.kernels.dense_large import LARGE, dense_large
from nnspec.backends.numpy.fast.kernels.dense_sparse_input import dense_sparse_input
from nnspec.backends.numpy.fast.kernels.elementwise import elementwise, relu
from nnspec.backends.numpy.fast.kernels.normalization import batch_normalization
from nnspec.backends.numpy.fast.kernels.pooling import average_pooling2d, max_pooling2d
from nnspec.backends.numpy.fast.kernels.regularization import noise
from nnspec.backends.numpy.fast.kernels.reshaping import identity, reshape
from nnspec.backends.numpy.fast.plan import KernelRule
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import ConvMaxPool2D
from nnspec.components.layers.activations import (
    Heaviside,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from nnspec.components.layers.base import Layer
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.dense import Dense
from nnspec.components.layers.normalization import BatchNormalization
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D
from nnspec.components.layers.regularization import Dropout, GaussianNoise, SpatialDropout2D
from nnspec.components.layers.reshaping import Flatten, Reshape

KERNELS: dict[type[Layer], KernelRule] = {
    AveragePooling2D: average_pooling2d,
    BatchNormalization: batch_normalization,
    Dropout: noise,
    Flatten: reshape,
    GaussianNoise: noise,
    Heaviside: elementwise,
    LeakyReLU: elementwise,
    Linear: identity,
    MaxPooling2D: max_pooling2d,
    PReLU: fallback_per_block,
    ConvMaxPool2D: conv_max_pool,
    ReLU: relu,
    Reshape: reshape,
    Sigmoid: elementwise,
    SpatialDropout2D: noise,
    Tanh: elementwise,
}


def select_kernel(context: BlockContext) -> KernelRule:
    """A layer's own kernel; where it has none, the reference's rule on the whole batch."""
    layer = context.node.layer
    if isinstance(layer, Conv2D):
        return _convolution(layer, context)
    if isinstance(layer, Dense):
        return _dense(context)
    if isinstance(layer, Softmax):
        return elementwise if layer.axis in (-1, len(context.shape)) else fallback_per_block
    return KERNELS.get(type(layer), fallback_whole_batch)


def _dense(context: BlockContext) -> KernelRule:
    if prod(context.node.weights["kernel"].shape) >= LARGE:
        return dense_large
    return dense_sparse_input if context.reads_input else dense


def _convolution(layer: Conv2D, context: BlockContext) -> KernelRule:
    """Winograd's tiles cost rounding errors, so float64 goes without."""
    channels = context.node.input_shapes[0][2]
    if layer.groups > 1:
        return conv_depthwise if layer.groups == channels == layer.filters else fallback_per_block
    plain = layer.kernel_size == (3, 3) and layer.strides == layer.dilation_rate == (1, 1)
    if plain and context.dtype == np.float32 and channels >= FEW_CHANNELS:
        return conv_winograd
    return conv_im2col
