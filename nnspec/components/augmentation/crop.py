"""The augmentation step that cuts a part out of each image: random_crop."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nnspec.components.augmentation.base import Augmentation, image_size
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import NonNegativeInt, PositiveInt


class RandomCrop(Augmentation, kind="random_crop"):
    """A part of `height` rows and `width` columns of each image, anywhere in it.

    y[r, c] = x[t + r, l + c], with t and l uniform in 0 to what is left over. `padding` puts so
    many zeros around an image first: 4, of 32 x 32 pixels and a crop of that size, moves it by up
    to 4. Rows that are not trained on are not padded and lose the same at all sides (at the end
    one more of an odd number), so that the network always gets the size of the crop.
    """

    height: PositiveInt
    width: PositiveInt
    padding: NonNegativeInt = 0

    example = "{random_crop: {height: 32, width: 32, padding: 4}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.padding >= min(self.height, self.width):
            raise ValueError("a padding of the crop's size makes crops that hold nothing else")
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (height, width) or (height, width, channels); a ShapeError for smaller images."""
        rows, columns = image_size(x.shape, self.kind)
        if rows < self.height or columns < self.width:
            wanted = format_shape((self.height, self.width))
            raise ShapeError(f"random_crop of {wanted} gets images of {format_shape(x.shape)}")
        return x._replace(shape=(self.height, self.width, *x.shape[2:]))
