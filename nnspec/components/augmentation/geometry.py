"""Augmentation steps that move pixels: random_flip, _rotation, _translation, _zoom."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from nnspec.components.augmentation.base import (
    Augmentation,
    ShareRange,
    image_size,
    require_real,
)
from nnspec.options.tensor_spec import TensorSpec


class RandomFlip(Augmentation, kind="random_flip", primary="mode"):
    """Each image mirrored with probability 1/2: x[r, c] becomes x[r, columns - 1 - c].

    `horizontal` exchanges left and right, `vertical` top and bottom: x[rows - 1 - r, c];
    `horizontal_and_vertical` draws both, each by itself.
    """

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"

    example = "{random_flip: horizontal}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same; a ShapeError unless a row is an image."""
        image_size(x.shape, self.kind)
        return x


class Resampling(Augmentation):
    """Base class of steps by which each pixel reads the image elsewhere, between pixels too.

    Beyond the edge the image goes on by `fill_mode`: `reflect` (d c b a | a b c d | d c b a),
    `wrap` (a b c d | a b c d | a b c d), `nearest` (a a a a | a b c d | d d d d) or `constant`,
    where each pixel is `fill_value`. `bilinear` weighs the four pixels around a place (r, c):
    with fractions f of r and g of c, (1 - f) (1 - g) x[r, c] + (1 - f) g x[r, c + 1]
    + f (1 - g) x[r + 1, c] + f g x[r + 1, c + 1]; `nearest` takes the nearest one. Places are
    rounded to 1/65536 of a pixel.
    """

    fill_mode: Literal["reflect", "constant", "wrap", "nearest"] = "reflect"
    interpolation: Literal["bilinear", "nearest"] = "bilinear"
    fill_value: float = 0.0

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same; a ShapeError unless a row is an image of real numbers, or none is weighed."""
        image_size(x.shape, self.kind)
        if self.interpolation == "bilinear":
            require_real(x, self.kind)
        return x


class RandomRotation(Resampling, kind="random_rotation", primary="factor"):
    """Each image turned about its centre by an angle of 2 pi u, u uniform in `factor`.

    A number f means [-f, f], so 0.25 a quarter turn at most; a positive angle turns it
    counterclockwise. With distances y and x from the centre, a pixel reads the place
    (x sin a + y cos a, x cos a - y sin a). `fill_mode` says what is beyond the edge (reflect,
    wrap, nearest or constant: `fill_value`), `interpolation` what is between pixels.
    """

    factor: ShareRange

    example = "{random_rotation: 0.05}"


class RandomTranslation(Resampling, kind="random_translation"):
    """Each image moved down by u rows and right by v columns, as shares of its size.

    u is uniform in `height_factor`, v in `width_factor`; a number f means [-f, f]. A pixel (r, c)
    reads (r - u rows, c - v columns). `fill_mode` says what is beyond the edge (reflect, wrap,
    nearest or constant: `fill_value`), `interpolation` what is between pixels.
    """

    height_factor: ShareRange
    width_factor: ShareRange

    example = "{random_translation: {height_factor: 0.1, width_factor: 0.1}}"


class RandomZoom(Resampling, kind="random_zoom", primary="height_factor"):
    """Each image made smaller by 1 + u in height and 1 + v in width, about its centre.

    u is uniform in `height_factor`, v in `width_factor`, or v = u where that is absent; a number
    f means [-f, f]. Below 0 the image grows. A pixel at a distance y below the centre and x right
    of it reads (y (1 + u), x (1 + v)). `fill_mode` says what is beyond the edge (reflect, wrap,
    nearest or constant: `fill_value`), `interpolation` what is between pixels.
    """

    height_factor: ShareRange
    width_factor: ShareRange | None = None

    example = "{random_zoom: 0.2}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for factor in (self.height_factor, self.width_factor):
            if factor and factor[0] == -1:
                raise ValueError("a zoom of -1 leaves nothing of an image")
        return self
