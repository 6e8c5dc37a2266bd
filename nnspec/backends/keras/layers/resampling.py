"""Enlargement by whole factors on Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.interpolation import linear_interpolation
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.resampling import UpSampling


class Bilinear(keras.layers.UpSampling2D):
    """Keras' bilinear enlargement as a matrix product for each axis.

    Its own computes in float32 on TensorFlow.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, height, width, channels) to the enlarged images."""
        pairs = zip(inputs.shape[1:3], self.size, strict=True)
        matrices = (linear_interpolation(size, factor) for size, factor in pairs)
        down, across = (ops.convert_to_tensor(m.astype(self.compute_dtype)) for m in matrices)
        return ops.einsum("ih,jw,nhwc->nijc", down, across, inputs)


def up_sampling(layer: UpSampling, context: RuleContext) -> KerasLayer:
    """y = x repeated, or interpolated, along each spatial axis."""
    options: dict[str, Any] = dict(context.common)
    if layer.rank == 1:
        return keras.layers.UpSampling1D(layer.size[0], **options)
    options["data_format"] = "channels_last"
    if layer.interpolation == "bilinear":
        return Bilinear(layer.size, interpolation="bilinear", **options)
    kinds = {2: keras.layers.UpSampling2D, 3: keras.layers.UpSampling3D}
    return kinds[layer.rank](layer.size, **options)
