"""Shape and dtype of one row of an array."""

from __future__ import annotations

from typing import Literal, NamedTuple

from nnspec.options.types import Shape

FLOAT = "float32"  # in a graph: the floating type in which a program computes
TEXT, DATE = "text", "date"  # types of a table's columns that no network takes
Kind = Literal["numbers", "text", "dates"]


class TensorSpec(NamedTuple):
    """One row of an array: its shape, and the name of its NumPy type, or `text` or `date`.

    `categories` are the numbers of categories of a table's columns, where a contract lists them.
    """

    shape: Shape
    dtype: str = FLOAT
    categories: tuple[int, ...] | None = None

    @property
    def is_float(self) -> bool:
        """Whether the type is a floating one."""
        return self.dtype.startswith("float")

    @property
    def kind(self) -> Kind:
        """What the array holds."""
        return "text" if self.dtype == TEXT else "dates" if self.dtype == DATE else "numbers"
