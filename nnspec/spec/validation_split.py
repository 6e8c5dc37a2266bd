"""The option `train.validation_split`: rows taken from the training rows for validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from nnspec.options.messages import expected
from nnspec.options.model import Model

if TYPE_CHECKING:
    from nnspec.spec.document import Spec


def _split(value: Any) -> Any:
    """`0.1` means the last tenth."""
    if isinstance(value, str | list | tuple):
        raise expected("a number between 0 and 1, or a map")
    return {"fraction": value} if isinstance(value, int | float) else value


_Fraction = Annotated[float, Field(gt=0, lt=1)]


class ValidationSplit(Model):
    """Rows taken from the training rows for validation."""

    fraction: _Fraction
    select: Literal["last", "random"] = "last"


ValidationSplitField = Annotated[
    ValidationSplit, BeforeValidator(_split, json_schema_input_type=_Fraction | ValidationSplit)
]


def has_validation(spec: Spec) -> bool:
    """Whether rows are kept for validation.

    Of parts that a column names, and of rows that Python code gives, the data tell.
    """
    if spec.train.validation_split is not None:
        return True
    if spec.data is None:
        return False
    split, source = spec.data.split, spec.data.source
    return source.gives_validation or (split is not None and split.validates)
