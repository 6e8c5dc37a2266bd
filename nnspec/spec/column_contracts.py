"""The contract of a table's columns: what their cells must hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from nnspec.errors import quoted
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.tensor_spec import DATE, TEXT, TensorSpec

TypeName = Literal["number", "integer", "boolean", "text", "date"]
_DTYPES = {"number": "float64", "integer": "int64", "boolean": "bool", "text": TEXT, "date": DATE}
_Bound = int | float | str
_Value = str | int | float


class ColumnType(NamedTuple):
    """What the cells of a column are read as; `format` is how they write a date, and `unit` what
    stands before or behind a number.
    """

    name: TypeName
    format: str | None = None
    unit: str | None = None


class ColumnContract(Model):
    """What the cells of a column must hold, of training rows, test rows and new rows.

    `type` says as what they are read: `number`, `integer`, `boolean`, `category` or `text` (as they
    stand in the file), or `date`, written as `format` says (`%d.%m.%Y`), else as ISO 8601 does.
    `unit` is a text that may stand before or behind a number, and is not read: `unit: "%"` takes
    12% for 12. `minimum` and `maximum` are numbers, or dates in ISO 8601; `values` lists all values
    that there may be: of a category, its categories in the order in which they are numbered. With
    `missing: false` no cell may be empty, with `unique: true` no two cells of a file are equal.
    `age: number` means {type: number}.
    """

    type: Literal["number", "integer", "boolean", "category", "text", "date"] | None = None
    format: str | None = None
    unit: Annotated[str, Field(min_length=1)] | None = None
    minimum: _Bound | None = None
    maximum: _Bound | None = None
    values: Annotated[tuple[_Value, ...], Field(min_length=1)] | None = None
    missing: bool = True
    unique: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read_type(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        kind = self.type or (self.column_type and self.column_type.name)
        if self.format is not None:
            _check_format(self.format, kind)
        if self.unit is not None and kind not in ("number", "integer"):
            raise LocatedError(f"unit is for numbers, and the type is {kind}", "unit")
        for option in ("minimum", "maximum"):
            _check_bound(option, getattr(self, option), kind)
        if self.minimum is not None and self.maximum is not None and not self._is_ordered():
            raise LocatedError(f"maximum is less than minimum, {self.minimum}", "maximum")
        if self.values is not None:
            _check_values(self.values, kind)
        return self

    def _is_ordered(self) -> bool:
        bounds: Any = self.minimum, self.maximum
        lower, upper = map(iso_date, bounds) if isinstance(bounds[0], str) else bounds
        return bool(lower <= upper)

    @property
    def column_type(self) -> ColumnType | None:
        """The type that is stated, or that the other options imply; None where any will do."""
        return ColumnType(name, self.format, self.unit) if (name := self._type_name()) else None

    def _type_name(self) -> TypeName | None:
        if self.type is not None:
            return "text" if self.type == "category" else self.type
        bounds = [one for one in (self.minimum, self.maximum) if one is not None]
        if self.format is not None or any(isinstance(bound, str) for bound in bounds):
            return "date"
        if bounds or self.unit is not None:
            return "number"
        if self.values is None:
            return None
        return "text" if any(isinstance(value, str) for value in self.values) else "number"

    @property
    def categories(self) -> tuple[str, ...] | None:
        """All texts that there may be, where they are stated."""
        found = self.column_type
        if self.values is None or found is None or found.name != "text":
            return None
        return tuple(map(str, self.values))


Contracts = Mapping[str, ColumnContract]  # by column


def tensor_specs(contracts: Contracts) -> dict[str, TensorSpec]:
    """The type of a row of each column of which the contract states it."""
    found = {name: contract.column_type for name, contract in contracts.items()}
    return {
        name: TensorSpec((), _DTYPES[one.name], _counts(contracts[name].categories))
        for name, one in found.items()
        if one
    }


def _counts(categories: tuple[str, ...] | None) -> tuple[int, ...] | None:
    return None if categories is None else (len(categories),)


def iso_date(text: str) -> datetime:
    """The time that ISO 8601 writes, in UTC without a time zone; ValueError where it is none."""
    time = datetime.fromisoformat(text)
    return (time - (time.utcoffset() or time - time)).replace(tzinfo=None)


def _check_format(format_: str, kind: str | None) -> None:
    """Raise LocatedError unless a format tells a day."""
    if kind != "date":
        raise LocatedError(f"format is for dates, and the type is {kind}", "format")
    day = datetime(2001, 12, 31)
    try:
        tells = datetime.strptime(day.strftime(format_), format_) == day
    except (ValueError, OverflowError):
        tells = False
    if not tells:
        message = f"{quoted(format_)} does not write a year, a month and a day; try %d.%m.%Y"
        raise LocatedError(message, "format")


def _check_bound(option: str, bound: _Bound | None, kind: str | None) -> None:
    """Raise LocatedError unless a bound is of the column's type."""
    if bound is None:
        return
    if kind not in ("number", "integer", "date"):
        raise LocatedError(f"{option} is for numbers and dates, and the type is {kind}", option)
    if isinstance(bound, str) != (kind == "date"):
        what = "a date, such as 2020-12-31" if kind == "date" else "a number"
        raise LocatedError(f"{option} must be {what}, not {quoted(bound)}", option)
    if isinstance(bound, str):
        try:
            iso_date(bound)
        except ValueError:
            message = f"{option} must be a date, such as 2020-12-31, not {quoted(bound)}"
            raise LocatedError(message, option) from None


def _check_values(values: tuple[_Value, ...], kind: str | None) -> None:
    """Raise LocatedError unless the values are different and of the column's type."""
    if kind not in ("number", "integer", "category", "text"):
        raise LocatedError(f"values are those of a category, and the type is {kind}", "values")
    is_text = kind in ("category", "text")
    plain = [str(value) for value in values] if is_text else list(values)
    for number, value in enumerate(plain):
        if isinstance(value, str) != is_text:
            raise LocatedError(
                f"values of this type are numbers, not {quoted(value)}", "values", number
            )
        if value in plain[:number]:
            raise LocatedError(f"{quoted(value)} stands there twice", "values", number)
        if value == "":
            raise LocatedError("an empty text is a missing value", "values", number)
