"""The contract that a column keeps: types, ranges, categories, missing cells, different values."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import date_text, is_missing
from nnspec.spec.column_contracts import ColumnContract, TypeName

MAX_CATEGORIES = 50  # different texts of a category
_ROWS_OF_EACH = 2  # of each category at least, on average


def contract_of(column: Array) -> ColumnContract:
    """The contract that all cells of a column keep.

    Numbers and dates have their extremes as bounds, and text that repeats its categories; a column
    of different values, such as the numbers of customers, is unique and has no bounds.
    """
    missing = is_missing(column)
    values = column[~missing]
    options: dict[str, Any] = {"missing": bool(missing.any())}
    if len(values):
        options |= _held(values, bool(missing.any()))
    return ColumnContract.model_validate(options)


def plain_contract(contract: ColumnContract) -> dict[str, Any]:
    """The options of a contract as a spec has them, without those at their defaults."""
    fields = type(contract).model_fields
    found = {name: value for name, value in contract.options().items()
             if value != fields[name].default}  # fmt: skip
    return {name: list(one) if isinstance(one, tuple) else one for name, one in found.items()}


def _held(values: Array, has_missing: bool) -> dict[str, Any]:
    """Type, bounds, categories and uniqueness of values, none of which is missing."""
    kind = values.dtype.kind
    different = np.unique(values)
    is_unique = len(different) == len(values) > 1
    if kind == "b":
        return {"type": "boolean"}
    if kind == "T":
        if _are_categories(different, len(values)):
            return {"type": "category", "values": tuple(different.tolist())}
        return {"type": "text", "unique": is_unique}
    if kind == "M":
        return {
            "type": "date",
            "minimum": date_text(different[0]),
            "maximum": date_text(different[-1]),
        }
    if has_missing and np.isin(different, [0.0, 1.0]).all():
        return {"type": "boolean"}  # true and false are read as 1 and 0 where one is missing
    return _numbers(different, is_unique, _number_type(values, has_missing))


def _numbers(different: Array, is_unique: bool, type_: TypeName) -> dict[str, Any]:
    """The contract of numbers: bounds, or that whole ones are unique."""
    if type_ == "integer" and is_unique:
        return {"type": type_, "unique": True}
    if not np.isfinite(different).all():
        return {"type": type_}
    bound = int if type_ == "integer" else float
    return {"type": type_, "minimum": bound(different[0]), "maximum": bound(different[-1])}


def _number_type(values: Array, has_missing: bool) -> TypeName:
    """Whether numbers are whole: those that are missing make whole ones float64."""
    if values.dtype.kind in "iu":
        return "integer"
    whole = has_missing and np.isfinite(values).all() and (values == np.floor(values)).all()
    return "integer" if whole and (abs(values) <= 2.0**53).all() else "number"


def _are_categories(different: Array, rows: int) -> bool:
    """Whether texts are few and repeat."""
    return len(different) <= MAX_CATEGORIES and rows >= _ROWS_OF_EACH * len(different)
