"""Groups of a table's columns in the `data` section: which columns, and the steps of each group."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nnspec.components.preprocessing.base import Transform
from nnspec.options.messages import expected
from nnspec.options.model import Model
from nnspec.options.validation import ComponentListField

_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[tuple[_Name, ...], Field(min_length=1)]


def _check_columns(value: Any) -> Any:
    """A name, or a list of different names."""
    if not isinstance(value, str | list | tuple):
        raise expected("the name of a column, or a list of names")
    if not isinstance(value, str) and all(isinstance(name, str) for name in value):
        twice = next((name for name in value if value.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names {twice!r} twice")
    return value


class ColumnGroup(Model):
    """Columns of a table that are prepared alike.

    A row of one column (`columns: age`) is a single value, that of a list of columns
    (`columns: [age, income]`) a vector. `*` in a name stands for any characters: `pixel_*`, or `*`
    for all columns; it matches no column that is named elsewhere in the data section.
    """

    columns: Annotated[
        _Name | _Names, BeforeValidator(_check_columns, json_schema_input_type=_Name | _Names)
    ]
    steps: Annotated[tuple[Transform, ...], ComponentListField("preprocessing")] = ()
