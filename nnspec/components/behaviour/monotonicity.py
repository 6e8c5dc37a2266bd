"""Behaviour along one column: monotonicity."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nnspec.components.behaviour.base import Column, OutputBehaviour
from nnspec.options.types import Name, NonNegativeFloat, NonNegativeInt


class Monotonicity(OutputBehaviour, kind="monotonicity"):
    """Where a column of a test row grows, all else equal, its prediction never falls, or rises.

    The column takes so many `values`: quantiles of its training values, from the least to the
    greatest. For `increasing` p(a) - p(b) <= tolerance for all of them with a < b, for `decreasing`
    p(b) - p(a) <= tolerance. A column is named as in the table, or numbered from 0 in a row of an
    array (`input`, where there are several). `unit` is the number of the output that is looked at,
    from 0, where it has several, such as that of a class.
    """

    column: Column
    direction: Literal["increasing", "decreasing"]
    unit: NonNegativeInt | None = None
    tolerance: NonNegativeFloat = 0.0
    values: Annotated[int, Field(ge=2, le=1000)] = 11
    input: Name | None = None

    example = "{monotonicity: {column: age, direction: increasing}}"

    @property
    def subject(self) -> str:
        """The column."""
        return str(self.column)
