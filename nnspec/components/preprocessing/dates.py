"""The preprocessing step that makes numbers of dates: date_parts."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nnspec.components.preprocessing.base import Transform
from nnspec.options.messages import LocatedError
from nnspec.options.tensor_spec import TensorSpec

Part = Literal["year", "month", "day", "weekday", "day_of_year", "hour", "minute", "second"]
_Parts = Annotated[tuple[Part, ...], Field(min_length=1)]
PERIODS: dict[str, tuple[int, int]] = {  # the first number of a part, and how many there are
    "month": (1, 12), "day": (1, 31), "weekday": (0, 7), "day_of_year": (1, 366), "hour": (0, 24),
    "minute": (0, 60), "second": (0, 60),
}  # fmt: skip


class DatePartsTransform(Transform, kind="date_parts", primary="parts"):
    """Parts of dates as whole numbers: each date as a column for each part, in their order.

    `month` is 1 to 12, `day` 1 to 31, `weekday` 0 (Monday) to 6, `day_of_year` 1 to 366, `hour` 0
    to 23, `minute` and `second` 0 to 59.

    With `cyclic` a part k of n that begin with f becomes two columns, sin(2 pi (k - f) / n) and
    cos(2 pi (k - f) / n), so that December lies beside January; n is 31 for `day`, 366 for
    `day_of_year`. `year` has no period and stays a number.
    """

    takes = ("dates",)
    parts: _Parts = ("year", "month", "day")
    cyclic: bool = False

    example = "{date_parts: [month, weekday]}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for number, part in enumerate(self.parts):
            if part in self.parts[:number]:
                raise LocatedError(f"{part} stands there twice", "parts", number)
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """(n columns) -> (n parts) in whole numbers; with `cyclic` real ones, 2 a part but year."""
        cyclic = len(set(self.parts) - {"year"}) if self.cyclic else 0
        dtype = "float64" if self.cyclic else "int64"
        return TensorSpec((prod(x.shape) * (len(self.parts) + cyclic),), dtype)
