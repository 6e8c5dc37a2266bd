"""The matrix of linear interpolation along an axis, which every backend multiplies by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def linear_interpolation(size: int, factor: int) -> NDArray[np.float64]:
    """The matrix (size factor, size) that enlarges an axis by linear interpolation.

    Row i holds 1 - t and t in the columns k and k + 1, k + t = (i + 1/2) / factor - 1/2, cut to
    the axis: the centres of pixels, as in Keras and in torch with align_corners=False.
    """
    places = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    before = np.floor(places).astype(int)
    after, rows = np.minimum(before + 1, size - 1), np.arange(size * factor)
    matrix = np.zeros((size * factor, size))
    np.add.at(matrix, (rows, before), 1 - (places - before))
    np.add.at(matrix, (rows, after), places - before)
    return matrix
