"""The base class of preprocessing steps: options, and what a step does to a TensorSpec.

The types of a preparation are decided here. What counts are the numbers of a source, not the type
in which it holds them: whole numbers stay whole up to the first step that computes, and every step
computes in float64. `cast: float32` is the exception that a user writes: from there on each step's
results are rounded to float32. In the end real numbers are stored in the type in which the network
computes, and whole numbers in their own.
"""

from __future__ import annotations

from typing import ClassVar

from nnspec.errors import ShapeError
from nnspec.options.component import Component
from nnspec.options.tensor_spec import FLOAT, Kind, TensorSpec

MADE_NUMBERS = "one_hot, ordinal, hash and tokenize make numbers of text, date_parts of dates"


class Transform(Component):
    """Base class of preprocessing steps, from one array to the next."""

    family = "preprocessing"

    elementwise: ClassVar[bool] = False
    """Whether each number of the result comes from the number in the same place alone."""
    rearranges: ClassVar[bool] = False
    """Whether the result holds the numbers of each row as they are, in other places."""
    makes_indices: ClassVar[bool] = False
    """Whether the result holds whole numbers from 0 on, such as embeddings have vectors for."""

    takes: ClassVar[tuple[Kind, ...]] = ("numbers",)
    """What the arrays hold that it can be applied to."""

    def apply(self, x: TensorSpec) -> TensorSpec | None:
        """The TensorSpec after the step; a ShapeError where it cannot be applied.

        None where only the training rows tell, such as how many categories a column has.
        """
        return x


def after_step(step: Transform, x: TensorSpec | None) -> TensorSpec | None:
    """The TensorSpec after a step; a ShapeError where it cannot be applied to what x holds."""
    if x is None:
        return None
    if x.kind not in step.takes:
        hint = MADE_NUMBERS if "numbers" in step.takes else ""
        raise ShapeError(f"{step.kind} takes {' or '.join(step.takes)}, not {x.kind}", hint)
    found = step.apply(x)
    return found and found._replace(categories=None)  # a step may make other values of them


def unprepared(x: TensorSpec) -> TensorSpec:
    """A row of a source as the first step gets it: real numbers in float64."""
    return x._replace(dtype="float64") if x.is_float else x


def prepared(x: TensorSpec) -> TensorSpec:
    """A row as the network gets it after the last step: real numbers in the network's type."""
    return x._replace(dtype=FLOAT) if x.is_float else x


def floating(dtype: str) -> str:
    """The type of a computed result: float32 where the numbers were cast to it, else float64."""
    return dtype if dtype == "float32" else "float64"
