"""The `tune` section: parameters with their candidates, folds, sampler, pruner."""

from __future__ import annotations

from fractions import Fraction as Exact
from math import prod
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from nnspec.components.search.pruners import Pruner
from nnspec.components.search.samplers import DEFAULT_TRIALS, Grid, Sampler
from nnspec.options.messages import ExpectedForm, LocatedError
from nnspec.options.model import Model
from nnspec.options.types import PositiveInt
from nnspec.options.validation import ComponentField

MAX_SETTINGS = 10_000
MAX_STEPS = 10**15  # of a range; the samplers' decimal numbers have not many more digits


_Real = Annotated[int | float, ExpectedForm("a number")]


def _values(value: Any) -> Any:
    """`[1, 2]` means {values: [1, 2]}."""
    return {"values": value} if isinstance(value, list | tuple) else value


class Candidates(Model):
    """What a parameter may be: one of `values`, or a number from `low` to `high`.

    Two whole numbers make a range of whole numbers. `log` spreads the range evenly over its
    orders of magnitude; `step` leaves low, low + step, ... up to high.
    """

    values: Annotated[tuple[Any, ...], Field(min_length=1)] | None = None
    low: _Real | None = None
    high: _Real | None = None
    step: _Real | None = None
    log: bool = False

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        ends = self.low, self.high
        if (self.values is None) == (ends == (None, None)):
            raise ValueError("a parameter needs values, or low and high")
        if self.values is not None:
            self._verify_values(self.values)
        elif self.low is None or self.high is None:
            raise ValueError("a range needs low and high")
        else:
            self._verify_range(self.low, self.high)
        return self

    def _verify_values(self, values: tuple[Any, ...]) -> None:
        if self.step is not None or self.log:
            raise ValueError("step and log belong to a range of low and high")
        for index, value in enumerate(values):
            if any(_same(value, other) for other in values[:index]):
                raise LocatedError(f"the value {value} stands twice", "values", index)

    def _verify_range(self, low: float, high: float) -> None:
        if not low < high:
            raise ValueError("low must be below high")
        if self.log and low <= 0:
            raise ValueError("log needs a low above 0")
        if self.log and self.step is not None:
            raise ValueError("log and step cannot be set together")
        if self.step is not None:
            self._verify_step(self.step)

    def _verify_step(self, step: float) -> None:
        if self.whole and not isinstance(step, int):
            raise ValueError("the step of whole numbers must be a whole number")
        if step <= 0 or self._gaps < 1 or self._gaps.denominator != 1:
            raise ValueError("a whole number of steps must lead from low to high")
        if self._gaps > MAX_STEPS:
            raise ValueError(f"at most {MAX_STEPS:,} steps may lead from low to high")

    @property
    def whole(self) -> bool:
        """Whether the range is of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def bounds(self) -> tuple[Any, Any, Any]:
        """low, high and step, which is 1 for whole numbers and None for others where not given."""
        return self.low, self.high, self.step or (1 if self.whole else None)

    @property
    def count(self) -> int | None:
        """How many candidates there are; None where a range has no end of them."""
        if self.values is not None:
            return len(self.values)
        return int(self._gaps) + 1 if self.whole or self.step is not None else None

    @property
    def _gaps(self) -> Exact:
        """The number of steps from low to high, exact in the decimals as written."""
        low, high, step = (Exact(str(number)) for number in (self.low, self.high, self.step or 1))
        return (high - low) / step

    def listed(self) -> list[Any]:
        """Every candidate of values, or of a range with steps."""
        if self.values is not None:
            return list(self.values)
        low, step = Exact(str(self.low)), Exact(str(self.step or 1))
        kind = int if self.whole else float
        return [kind(low + index * step) for index in range(int(self._gaps) + 1)]

    def ends(self) -> list[Any]:
        """The values, or the ends of the range: enough to check that the parameter can be set."""
        return list(self.values) if self.values is not None else [self.low, self.high]


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


class Tune(Model):
    """Which values are chosen by cross-validation, among which candidates, and how.

    `parameters` maps the path of a value, written as for an override, to its candidates. The
    training rows (or the first `rows`) are dealt into `folds`; each fold in turn is held out, and
    preprocessing and network learn from the others alone. Where `data.split` keeps rows for the
    test, no fold has them, and its `by` says how the others are dealt: at random (also those of
    `column`), in their order, stratified, by groups, or in time, where a fold is held out of what
    is earlier.
    The `metric` (default: the first of the spec, or its loss) is averaged over the folds; a loss is
    best when lowest, any other metric when highest. With `grid` every setting is tried, with other
    samplers `trials` of them (20); there are at most 10,000.
    `storage` is the URL of a database that several machines share; by default it is a file in
    the study's folder.
    `train.validation_split` and `data.split.validation` play no part.
    """

    parameters: dict[
        str,
        Annotated[
            Candidates,
            BeforeValidator(_values, json_schema_input_type=tuple[Any, ...] | Candidates),
        ],
    ]
    folds: Annotated[PositiveInt, Field(ge=2)] = 5
    rows: PositiveInt | None = None
    metric: str | None = None
    sampler: Annotated[Sampler, ComponentField("sampler")] = Grid.model_construct()
    pruner: Annotated[Pruner, ComponentField("pruner")] | None = None
    trials: Annotated[PositiveInt, Field(le=MAX_SETTINGS)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    storage: str | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if not self.parameters:
            raise LocatedError("there is no parameter to choose", "parameters")
        if isinstance(self.sampler, Grid):
            self._verify_grid()
        return self

    def _verify_grid(self) -> None:
        if self.trials is not None:
            raise LocatedError("grid tries every setting; leave trials out", "trials")
        for path, candidates in self.parameters.items():
            if candidates.count is None:
                message = f"grid cannot list the range of {path}; give values or a step"
                raise LocatedError(message, "parameters", path)
        if self.settings > MAX_SETTINGS:
            raise ValueError(f"a grid of {self.settings:,} settings; at most {MAX_SETTINGS:,}")

    @property
    def settings(self) -> int:
        """The number of settings to try."""
        if isinstance(self.sampler, Grid):
            return prod(candidates.count or 0 for candidates in self.parameters.values())
        return DEFAULT_TRIALS if self.trials is None else self.trials
