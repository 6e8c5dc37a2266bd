"""Columns of raw inputs: those of a table by name, those of an array by number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnspec.backends.arrays import Array, Values, by_name
from nnspec.components.behaviour.base import Column
from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.graph.behaviour import Locate
from nnspec.options.shapes import format_shape

_NUMBERS, _ORDERED = "iuf", "iufbM"  # kinds of types


class ColumnOf:
    """A column of raw inputs by its name or number; `array` is that of the inputs it stands in."""

    def __init__(self, column: Column, array: str | None = None) -> None:
        self.column, self.array = column, array

    def __str__(self) -> str:
        return str(self.column)

    def name(self, raw: Values) -> str:
        """The name of the array that holds the column; empty for the only one."""
        if isinstance(self.column, str):
            return self.column
        return self.array if self.array in by_name(raw) else next(iter(by_name(raw)))  # type: ignore[return-value]

    def of(self, raw: Values) -> Array:
        """The values of the column (rows)."""
        array = np.asarray(by_name(raw)[self.name(raw)])
        number = self.column if isinstance(self.column, int) else 0
        return array if array.ndim == 1 else array[:, number]

    def put(self, raw: Values, values: Array) -> Values:
        """The inputs with other values of the column."""
        name = self.name(raw)
        array = np.asarray(by_name(raw)[name])
        if array.ndim == 1:
            changed = values
        else:
            changed = array.astype(np.result_type(array.dtype, values.dtype))
            changed[:, int(self.column)] = values
        return {**raw, name: changed} if isinstance(raw, Mapping) else changed

    def check(self, raw: Values, locate: Locate, *path: str | int) -> None:
        """Raise SpecError, at an option, where the inputs have no such column."""
        message, hint = self._problem(raw)
        if message:
            raise SpecError(Problem(message, locate(*path), hint))

    def check_numbers(self, raw: Values, locate: Locate, *path: str | int) -> None:
        """Raise SpecError where there is no such column, or it does not hold numbers."""
        self.check(raw, locate, *path)
        self._check_kind(raw, _NUMBERS, "numbers", locate, *path)

    def check_ordered(self, raw: Values, locate: Locate, *path: str | int) -> None:
        """Raise SpecError where there is no such column, or its values have no order."""
        self.check(raw, locate, *path)
        self._check_kind(raw, _ORDERED, "numbers or dates", locate, *path)

    def _check_kind(
        self, raw: Values, kinds: str, what: str, locate: Locate, *path: str | int
    ) -> None:
        if self.of(raw).dtype.kind not in kinds:
            message = f"the column {quoted(str(self))} does not hold {what}"
            raise SpecError(Problem(message, locate(*path)))

    def _problem(self, raw: Values) -> tuple[str, str]:
        """Why there is no such column, and a hint; empty where there is one."""
        arrays = by_name(raw)
        if isinstance(self.column, str):
            if self.column not in arrays or not isinstance(raw, Mapping):
                names = [name for name in arrays if name]
                hint = did_you_mean(self.column, names) if names else "number it from 0"
                return f"the inputs have no column {quoted(self.column)}", hint
        elif self.array is not None and self.array not in arrays and len(arrays) > 1:
            return f"the inputs have no array {quoted(self.array)}", f"they are {', '.join(arrays)}"
        elif self.array is None and len(arrays) > 1:
            return "there are several inputs; say of which the column is", (
                f"write input: {next(iter(arrays))}, or the name of the column"
            )
        return self._shape_problem(arrays[self.name(raw)].shape[1:])

    def _shape_problem(self, shape: tuple[int, ...]) -> tuple[str, str]:
        """Why a row of such a shape has no such column."""
        if isinstance(self.column, str):
            return (
                ("", "")
                if not shape
                else (
                    f"{quoted(self.column)} has rows of {format_shape(shape)}, which are no column",
                    f"write input: {self.column}, and the number of a column",
                )
            )
        if len(shape) > 1:
            return f"rows of {format_shape(shape)} have no columns", ""
        count = shape[0] if shape else 1
        if self.column >= count:
            return f"a row has {count} columns, the last of them {count - 1}", ""
        return "", ""
