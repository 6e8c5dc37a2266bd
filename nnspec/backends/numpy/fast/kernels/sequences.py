"""Kernels of windows over sequences: those of images whose height is 1."""

from __future__ import annotations

from typing import Any

from nnspec.backends.numpy.fast.blocks import BlockedTensor, Layout
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels import pooling
from nnspec.backends.numpy.fast.kernels.conv_depthwise import conv_depthwise
from nnspec.backends.numpy.fast.kernels.conv_transposed import conv_transposed
from nnspec.backends.numpy.fast.kernels.up_sampling import up_sampling2d
from nnspec.backends.numpy.fast.plan import Kernel, KernelRule
from nnspec.components.layers.base import Layer
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.depthwise_convolution import DepthwiseConv2D
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D
from nnspec.components.layers.resampling import UpSampling2D
from nnspec.components.layers.transposed_convolution import Conv2DTranspose

_FIRST_AXIS: dict[str, Any] = {  # what options of windows say of the axis of size 1
    "dilation_rate": 1,
    "kernel_size": 1,
    "output_padding": 0,
    "padding": (0, 0),
    "pool_size": 1,
    "size": 1,
    "strides": 1,
}
_ON_IMAGES: dict[str, type[Layer]] = {
    "average_pooling1d": AveragePooling2D,
    "conv1d": Conv2D,
    "conv1d_transpose": Conv2DTranspose,
    "depthwise_conv1d": DepthwiseConv2D,
    "max_pooling1d": MaxPooling2D,
    "up_sampling1d": UpSampling2D,
}


def average_pooling1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = mean over each window without padding; dx = dy / count at each of its positions."""
    return as_images(pooling.average_pooling2d, context, x)


def conv1d_transpose(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = col2im(x W') + b."""
    return as_images(conv_transposed, context, x)


def depthwise_conv1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = b + sum of x_t W_t over taps t, per channel."""
    return as_images(conv_depthwise, context, x)


def max_pooling1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max over each window; dx = dy at the first position of the maximum, else 0."""
    return as_images(pooling.max_pooling2d, context, x)


def up_sampling1d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x repeated along the steps; dx = the sum of dy over the copies of a value."""
    return as_images(up_sampling2d, context, x)


def as_images(rule: KernelRule, context: BlockContext, x: BlockedTensor) -> Kernel:
    """The kernel of a layer over sequences by a rule for images (1, steps, rows, channels)."""
    node = context.node
    shapes = ((1, *shape) for shape in (*node.input_shapes, node.shape))
    *inputs, output = shapes
    lifted = node._replace(layer=_layer_on_images(node.layer)).with_shapes(tuple(inputs), output)
    kernel = rule(context._replace(node=lifted, layouts=(Layout.IMAGES,)), _as_image(x))
    return kernel._replace(y=_as_sequence(kernel.y))


def _layer_on_images(layer: Layer) -> Layer:
    """The layer with the options of windows for both axes."""
    options = layer.options()
    both = {name: (first, *options[name]) for name, first in _FIRST_AXIS.items() if name in options}
    return _ON_IMAGES[layer.kind].model_construct(**{**options, **both})


def _as_image(x: BlockedTensor) -> BlockedTensor:
    values, gradients = ([block[None] for block in of] for of in (x.values, x.gradients))
    return BlockedTensor((1, *x.shape), Layout.IMAGES, values, gradients, x.overwritable)


def _as_sequence(y: BlockedTensor) -> BlockedTensor:
    values, gradients = ([block[0] for block in of] for of in (y.values, y.gradients))
    return BlockedTensor(y.shape[1:], Layout.SEQUENCES, values, gradients, y.overwritable)
