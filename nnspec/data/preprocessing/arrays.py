"""Fitted preprocessing of an array of a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

from nnspec.backends.arrays import Array, Arrays
from nnspec.data.invalid_values import InvalidSourceValueError
from nnspec.data.numbers import to_numbers
from nnspec.data.preprocessing.number_types import StoredTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.row_origin import RowOrigin


class FittedArray(NamedTuple):
    """The name of an array, or that of its side where it is the only one, and its pipeline."""

    name: str
    pipeline: FittedPipeline

    @classmethod
    def fit(cls, name: str, steps: Sequence[LocatedStep], rows: Array, origin: RowOrigin) -> Self:
        """Fit the steps to training rows."""
        with _located(origin, name):
            return cls(name, FittedPipeline.fit(steps, rows))

    def apply(self, arrays: Arrays, types: StoredTypes, origin: RowOrigin) -> Array:
        """Preprocess the array of the name."""
        numbers = to_numbers(arrays[self.name], origin.array(self.name))
        with _located(origin, self.name):
            return self.pipeline.apply(numbers, types)

    @property
    def names(self) -> list[str]:
        """The arrays that it needs."""
        return [self.name]

    def pipelines(self) -> Iterator[tuple[str, FittedPipeline]]:
        """The pipeline with the name of the array."""
        yield self.name, self.pipeline

    def plain(self) -> dict[str, Any]:
        """Values for `preprocessing.json`."""
        return self.pipeline.plain()


@contextmanager
def _located(origin: RowOrigin, name: str) -> Iterator[None]:
    """Turn the error of a value inside into one that tells its row."""
    try:
        yield
    except InvalidSourceValueError as error:
        raise error.of(origin, name) from None
