"""Shape and dtype of one row of an array."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.options.types import Shape


class TensorSpec(NamedTuple):
    """One row of an array: its shape, and the name of its NumPy type."""

    shape: Shape
    dtype: str
