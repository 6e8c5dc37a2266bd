"""The base class of augmentation steps: options, and what a step does to a TensorSpec.

Steps are applied to prepared training rows alone, one after the other, and drawn anew in each
epoch. What is drawn for a row is keyed by the seed, the input, the step, the epoch and the row's
number among the training rows: it depends neither on the batch, the backend or the number of
processes, nor on where a training was interrupted.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from nnspec.errors import ShapeError
from nnspec.options.component import Component
from nnspec.options.messages import ExpectedForm
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape


class Augmentation(Component):
    """Base class of augmentation steps."""

    family = "augmentation"

    mixes_targets: ClassVar[bool] = False
    """Whether the targets of a row are mixed with those of another one."""

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The TensorSpec of a row after the step; a ShapeError where it cannot be applied."""
        return x


def image_size(x: Shape, kind: str) -> tuple[int, int]:
    """The rows and columns of an image; a ShapeError where `x` is none."""
    if len(x) not in (2, 3):
        message = f"{kind} needs images (rows, columns, channels) and gets {format_shape(x)}"
        hint = "a layer flattens them, after the augmentation" if len(x) == 1 else ""
        raise ShapeError(message, hint)
    return x[0], x[1]


def require_real(x: TensorSpec, kind: str) -> None:
    """Raise ShapeError where an input takes whole numbers alone."""
    if not x.is_float:
        raise ShapeError(f"{kind} makes real numbers, and the network takes {x.dtype}")


def _symmetric(value: Any) -> Any:
    """`0.1` means [-0.1, 0.1]."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (-abs(value), abs(value)) if is_number else value


def _in_order(bounds: tuple[float, float]) -> tuple[float, float]:
    """The bounds of a range; a ValueError unless the first is the lower one."""
    if bounds[0] > bounds[1]:
        raise ValueError("the first number of a range is the lower one")
    return bounds


_Share = Annotated[float, Field(ge=-1, le=1)]
_Shares = tuple[_Share, _Share]
ShareRange = Annotated[
    _Shares,
    BeforeValidator(_symmetric, json_schema_input_type=_Share | _Shares),
    ExpectedForm("a number from 0 to 1, or [lowest, highest] from -1 to 1"),
    AfterValidator(_in_order),
]
"""The range from which a share is drawn; a number f means [-f, f]."""
