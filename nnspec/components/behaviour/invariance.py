"""Behaviour under changes that must not matter: invariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from nnspec.components.behaviour.base import Column, OutputBehaviour
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.types import Name, NonNegativeFloat, PositiveInt
from nnspec.options.validation import ComponentListField

if TYPE_CHECKING:
    from nnspec.components.augmentation.base import Augmentation

    AugmentField = tuple[Augmentation, ...]
else:
    AugmentField = Annotated[Any, ComponentListField("augmentation")]

_CHANGES = ("augment", "add", "permute")
_Columns = Annotated[tuple[Column, ...], Field(min_length=1)]


class Addition(Model):
    """A number that is added to a column, in the unit of the source."""

    column: Column
    value: float


class Invariance(OutputBehaviour, kind="invariance"):
    """|p(x') - p(x)| <= within, for each test row x and each number p of the output.

    x' is x changed in one way: by the steps of `augment`, as training rows are, drawn `times` times
    for each row; by `add`, such as {column: age, value: 1}; or by `permute`, which deals the values
    of columns to other test rows, those of a row together: the columns must have no effect. Columns
    are named as in the table, or numbered from 0 in a row of an array; `input` names this array, or
    the input that is augmented, where there are several.
    """

    augment: AugmentField = ()
    add: Addition | None = None
    permute: _Columns | None = None
    within: NonNegativeFloat
    times: PositiveInt = 1
    input: Name | None = None

    example = "{invariance: {augment: [{random_flip: horizontal}], within: 0.02}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        given = [name for name in _CHANGES if getattr(self, name)]
        if len(given) != 1:
            several = " and ".join(given) or "none of them"
            raise ValueError(f"needs one of augment, add and permute, and has {several}")
        if self.add is not None and self.times > 1:
            raise LocatedError("add changes a row in the same way each time", "times")
        return self

    @property
    def subject(self) -> str:
        """The change."""
        if self.add is not None:
            return f"{self.add.column} + {self.add.value:g}"
        if self.permute is not None:
            return f"permuted {', '.join(map(str, self.permute))}"
        return ", ".join(step.kind for step in self.augment)
