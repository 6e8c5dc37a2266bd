"""Shape and dtype of one row of an array."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.options.types import Shape

FLOAT = "float32"  # in a graph: the floating type in which a program computes


class TensorSpec(NamedTuple):
    """One row of an array: its shape, and the name of its NumPy type."""

    shape: Shape
    dtype: str = FLOAT

    @property
    def is_float(self) -> bool:
        """Whether the type is a floating one."""
        return self.dtype.startswith("float")
