"""The weights of training rows that the data hold, by `sample_weight`."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.sources.inline import InlineRows
from nnspec.data.column_types import row_spec
from nnspec.data.dataset import PreparedRows
from nnspec.data.invalid_values import first_index, shown
from nnspec.data.located_errors import located
from nnspec.data.metadata import metadata_array
from nnspec.data.numbers import check_numbers
from nnspec.errors import DataError, Problem, SourceSpan, quoted
from nnspec.options.shapes import format_shape
from nnspec.spec.document import Spec

SAMPLE_WEIGHT = ("train", "sample_weight")


def sample_weights(spec: Spec, train: PreparedRows) -> Array | None:
    """The weight of each training row in float64, (rows); None where the spec names no array.

    Raises DataError where there is no such array, or one of its numbers is no weight.
    """
    name = spec.train.sample_weight
    if name is None:
        return None
    with located(spec.locate(*SAMPLE_WEIGHT)):
        weights = _array(spec, train, name)
        wrong = ~(np.isfinite(weights) & (weights >= 0))
        if wrong.any():
            raise _wrong_weight(spec, train, name, weights, first_index(wrong)[0])
    return weights


def _array(spec: Spec, train: PreparedRows, name: str) -> Array:
    kind = row_spec(metadata_array(spec, train, name)).kind
    if kind != "numbers":
        raise DataError(f"{quoted(name)} holds {kind}", "the weight of a row is a number")
    array = check_numbers(train.metadata[name], name).astype(np.float64)
    if array.size != len(array):
        shape = format_shape(array.shape[1:])
        raise DataError(f"a row has one weight, and one of {quoted(name)} is {shape}")
    return array.reshape(-1)


def _wrong_weight(
    spec: Spec, train: PreparedRows, name: str, weights: Array, row: int
) -> DataError:
    message = f"{train.origin.row(name, row)} is {shown(weights[row])}"
    place = _written_place(spec, train, name, row)
    return DataError(Problem(message, place, "a weight is a finite number of 0 or more"))


def _written_place(spec: Spec, train: PreparedRows, name: str, row: int) -> SourceSpan | None:
    """Where a weight is written; None unless the spec holds the rows."""
    if spec.data is None or not isinstance(spec.data.source, InlineRows):
        return None
    number = train.origin.number(row)
    return spec.locate("data", "source", "rows", "metadata", name, number)
