"""Augmentation steps that change pixels where they are: random_contrast, cutout."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nnspec.components.augmentation.base import Augmentation, image_size, require_real
from nnspec.options.messages import ExpectedForm
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import PositiveInt


def _same_twice(value: Any) -> Any:
    """`0.2` means [0.2, 0.2]."""
    return (value, value) if isinstance(value, int | float) else value


_Share = Annotated[float, Field(ge=0, le=1)]
_Shares = tuple[_Share, _Share]


class RandomContrast(Augmentation, kind="random_contrast", primary="factor"):
    """m + (x - m) f for each image, with the mean m of its channel and f in [1 - a, 1 + b].

    f is uniform, the same for all channels; `factor` is [a, b], or a number for both. The result
    is not clipped: prepared numbers have no fixed range.
    """

    factor: Annotated[
        _Shares,
        BeforeValidator(_same_twice, json_schema_input_type=_Share | _Shares),
        ExpectedForm("a number from 0 to 1, or a list of two"),
    ]

    example = "{random_contrast: 0.2}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same; a ShapeError unless a row is an image of real numbers."""
        image_size(x.shape, self.kind)
        require_real(x, self.kind)
        return x


class Cutout(Augmentation, kind="cutout", primary="size"):
    """A square of `size` pixels of each image filled with `fill_value` (DeVries, Taylor 2017).

    Its middle (r, c) is any pixel of the image, so a part of it may be outside: the rows
    r - size // 2 to r - size // 2 + size - 1, and such columns.
    """

    size: PositiveInt
    fill_value: float = 0.0

    example = "{cutout: 8}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same; a ShapeError unless a row is an image."""
        image_size(x.shape, self.kind)
        if self.fill_value != int(self.fill_value):
            require_real(x, self.kind)
        return x
