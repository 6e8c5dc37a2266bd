"""Initializers of matrices: orthogonal, identity."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.components.initializers.base import MAX_FLOAT32, Initializer
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape

_Gain = Annotated[float, Field(ge=-MAX_FLOAT32, le=MAX_FLOAT32)]


class Orthogonal(Initializer, kind="orthogonal", primary="gain"):
    """gain Q, where the columns of Q are orthogonal and of length 1; its rows, if it has fewer.

    Q is uniformly random: that of the QR decomposition of normal samples, with the signs at which
    R has a positive diagonal (Saxe et al., 2014). A weight of more than two axes (*k, in, out) is
    a matrix of prod(k) in rows. The decomposition is that of the machine's LAPACK, which may
    differ from another's by rounding; all backends are given the same numbers.

    Remark: a product of such matrices neither grows nor vanishes, so that deep and recurrent
    networks start well.
    """

    gain: _Gain = 1.0

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError for a weight of less than two axes."""
        if len(shape) < 2:
            message = f"{weight} has the shape {format_shape(shape)}; orthogonal starts a matrix"
            raise ShapeError(message, "take zeros for a bias")


class Identity(Initializer, kind="identity", primary="gain"):
    """gain on the diagonal of a matrix, 0 elsewhere.

    Remark: a layer that starts by handing on what it reads.
    """

    gain: _Gain = 1.0

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError for a weight that has not two axes."""
        if len(shape) != 2:
            message = f"{weight} has the shape {format_shape(shape)}; identity starts a matrix"
            raise ShapeError(message)
