"""Data preparation: the steps from stored arrays to the network's inputs and targets.

Here are the fields and what a step does to a signature (shape and type of a row); the arrays
are worked on in `nnspec.data`. A step that learns from data (`scale`, `standardize`) learns
from the training rows alone.
"""

from __future__ import annotations

from math import comb, prod
from typing import Annotated, Literal, NamedTuple

from nnspec.component import Component
from nnspec.errors import ShapeError
from nnspec.fields import MAX_SIZE, NonNegativeInt, Number, PositiveInt, Shape, Truth
from nnspec.layers.geometry import Product, show
from nnspec.layers.reshape import Target, reshaped
from nnspec.record import Is

MAX_DEGREE = 100


class Signature(NamedTuple):
    """One row of an array: its shape, and the name of its NumPy type."""

    shape: Shape
    dtype: str


class Preparation(Component):
    """One step from an array to the next."""

    family = "preparation"

    def apply(self, x: Signature) -> Signature:
        """The signature after the step; raises ShapeError where it cannot be taken."""
        return x


class Reshape(Preparation, kind="reshape", primary="target_shape"):
    """The same elements of each row in another shape; one size may be -1."""

    target_shape: Target

    example = "{reshape: [28, 28, 1]}"

    def apply(self, x: Signature) -> Signature:
        """Another shape."""
        return x._replace(shape=reshaped(x.shape, self.target_shape))


class Flatten(Preparation, kind="flatten"):
    """Each row as a vector."""

    def apply(self, x: Signature) -> Signature:
        """One axis."""
        return x._replace(shape=(Product.of(x.shape),) if len(x.shape) != 1 else x.shape)


class Cast(Preparation, kind="cast", primary="dtype"):
    """The same numbers in another type."""

    dtype: Literal["float32", "float64", "int32", "int64", "uint8"]

    example = "{cast: float32}"

    def apply(self, x: Signature) -> Signature:
        """Another type."""
        return x._replace(dtype=self.dtype)


class Divide(Preparation, kind="divide", primary="divisor"):
    """x / divisor."""

    divisor: Number

    example = "{divide: 255}"

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        if self.divisor == 0:
            raise ValueError("the divisor must not be 0")

    def apply(self, x: Signature) -> Signature:
        """The shape stays; whole numbers become fractions."""
        return x._replace(dtype=_real(x.dtype))


class Scale(Preparation, kind="scale"):
    """Each column moved and stretched to [minimum, maximum], by the training rows' extremes.

    minimum + (x - min) / (max - min) (maximum - minimum); a constant column becomes minimum.
    """

    minimum: Number = 0.0
    maximum: Number = 1.0

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        if self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")

    def apply(self, x: Signature) -> Signature:
        """The shape stays."""
        return x._replace(dtype=_real(x.dtype))


class Standardize(Preparation, kind="standardize"):
    """(x - mean) / standard deviation for each column, by the training rows (標準化).

    The deviation is the population's (divided by n); a constant column becomes 0.
    """

    def apply(self, x: Signature) -> Signature:
        """The shape stays."""
        return x._replace(dtype=_real(x.dtype))


class Polynomial(Preparation, kind="polynomial", primary="degree"):
    """Basis expansion: the products of up to `degree` columns of a row, such as x1, x1^2, x1 x2.

    By degree, within it in the order of the columns: for degree 2 of two columns x1, x2, x1^2,
    x1 x2, x2^2. Without `interactions` the powers of single columns alone: x1, x2, x1^2, x2^2.
    There is no column of 1, since a layer has its bias. From n columns come (n + degree over
    degree) - 1, without interactions n degree. A row of a single number is one column.
    """

    degree: Annotated[PositiveInt, Is(le=MAX_DEGREE)]
    interactions: Truth = True

    example = "{polynomial: 3}"

    def apply(self, x: Signature) -> Signature:
        """One axis, with a place for each product."""
        if len(x.shape) > 1:
            raise ShapeError(f"polynomial gets {show(x.shape)}; flatten it first")
        columns = self._columns(prod(x.shape))
        if not 0 < columns <= MAX_SIZE:
            many = f"more than {MAX_SIZE:,}" if columns else "no"
            raise ShapeError(f"polynomial makes {many} columns of {show(x.shape)}")
        return Signature((columns,), _real(x.dtype))

    def _columns(self, n: int) -> int:
        return comb(n + self.degree, self.degree) - 1 if self.interactions else n * self.degree


class OneHot(Preparation, kind="one_hot", primary="classes"):
    """Class k of n as n columns, with 1 in column k and 0 elsewhere."""

    classes: PositiveInt

    example = "{one_hot: 10}"

    def apply(self, x: Signature) -> Signature:
        """A new last axis; the row must hold a single whole number."""
        if prod(x.shape) != 1:
            raise ShapeError(f"one_hot needs one class index a row and gets {show(x.shape)}")
        return Signature((self.classes,), "float32")


class ShuffleColumns(Preparation, kind="shuffle_columns", primary="seed"):
    """The numbers of each row in another order, drawn from `seed` and the same for all rows.

    Nothing is lost but the columns' places: what a network makes worse of images after it, it had
    from the neighbourhood of pixels.
    """

    seed: NonNegativeInt = 0


def _real(dtype: str) -> str:
    return dtype if dtype.startswith("float") else "float64"
