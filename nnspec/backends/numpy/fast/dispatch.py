"""The one place that says which kernel computes a node."""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.backends.numpy.fast.blocks import Space
from nnspec.backends.numpy.fast.fallback_per_block import rowwise
from nnspec.backends.numpy.fast.fallback_whole_batch import together
from nnspec.backends.numpy.fast.kernels.conv_depthwise import depthwise
from nnspec.backends.numpy.fast.kernels.conv_im2col import FEW, columns
from nnspec.backends.numpy.fast.kernels.conv_max_pool import pooled
from nnspec.backends.numpy.fast.kernels.conv_winograd import winograd
from nnspec.backends.numpy.fast.kernels.dense import dense
from nnspec.backends.numpy.fast.kernels.dense_large import WIDE, wide
from nnspec.backends.numpy.fast.kernels.dense_sparse_input import sparse
from nnspec.backends.numpy.fast.kernels.elementwise import elementwise, relu
from nnspec.backends.numpy.fast.kernels.normalization import batch_normalization
from nnspec.backends.numpy.fast.kernels.pooling import average_pooling2d, max_pooling2d
from nnspec.backends.numpy.fast.kernels.regularization import noise
from nnspec.backends.numpy.fast.kernels.reshaping import identity, reshape
from nnspec.backends.numpy.fast.plan import Rule
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import PooledConv2D
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

KERNELS: dict[type[Layer], Rule] = {
    AveragePooling2D: average_pooling2d,
    BatchNormalization: batch_normalization,
    Dropout: noise,
    Flatten: reshape,
    GaussianNoise: noise,
    Heaviside: elementwise,
    LeakyReLU: elementwise,
    Linear: identity,
    MaxPooling2D: max_pooling2d,
    PReLU: rowwise,
    PooledConv2D: pooled,
    ReLU: relu,
    Reshape: reshape,
    Sigmoid: elementwise,
    SpatialDropout2D: noise,
    Tanh: elementwise,
}


def kernel_for(space: Space) -> Rule:
    """A layer's own kernel; where it has none, the reference's rule on the whole batch."""
    layer = space.node.layer
    if isinstance(layer, Conv2D):
        return _convolution(layer, space)
    if isinstance(layer, Dense):
        return _dense(space)
    if isinstance(layer, Softmax):
        return elementwise if layer.axis in (-1, len(space.shape)) else rowwise
    return KERNELS.get(type(layer), together)


def _dense(space: Space) -> Rule:
    if prod(space.node.weights["kernel"].shape) >= WIDE:
        return wide
    return sparse if space.raw else dense


def _convolution(layer: Conv2D, space: Space) -> Rule:
    """Winograd's tiles cost rounding errors, so float64 goes without."""
    channels = space.node.input_shapes[0][2]
    if layer.groups > 1:
        return depthwise if layer.groups == channels == layer.filters else rowwise
    plain = layer.kernel_size == (3, 3) and layer.strides == layer.dilation_rate == (1, 1)
    if plain and space.dtype == np.float32 and channels >= FEW:
        return winograd
    return columns
