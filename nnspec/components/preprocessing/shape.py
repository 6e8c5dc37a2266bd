"""Preprocessing steps that rearrange each row: reshape, flatten, shuffle_columns."""

from __future__ import annotations

from nnspec.components.layers.reshaping import Target, reshaped_shape
from nnspec.components.preprocessing.base import Transform
from nnspec.options.shapes import Product
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import NonNegativeInt


class ReshapeTransform(Transform, kind="reshape", primary="target_shape"):
    """The same elements of each row in another shape; one size may be -1."""

    rearranges = True
    target_shape: Target

    example = "{reshape: [28, 28, 1]}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Another shape."""
        return x._replace(shape=reshaped_shape(x.shape, self.target_shape))


class FlattenTransform(Transform, kind="flatten"):
    """Each row as a vector."""

    rearranges = True

    def apply(self, x: TensorSpec) -> TensorSpec:
        """One axis."""
        return x._replace(shape=(Product.of(x.shape),) if len(x.shape) != 1 else x.shape)


class ShuffleColumnsTransform(Transform, kind="shuffle_columns", primary="seed"):
    """The numbers of each row in another order, drawn from `seed` and the same for all rows.

    Nothing is lost but the columns' places: what a network makes worse of images after it, it had
    from the neighbourhood of pixels.
    """

    rearranges = True
    seed: NonNegativeInt = 0
