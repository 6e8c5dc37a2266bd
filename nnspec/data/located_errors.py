"""Locations in the spec for errors that occur when data is read or transformed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.data.invalid_values import InvalidValueError
from nnspec.errors import DataError, Problem, ShapeError, SourceSpan
from nnspec.spec.document import Spec


@contextmanager
def located(place: SourceSpan | None) -> Iterator[None]:
    """Turn errors raised inside into a DataError at `place`; a place that they have is kept."""
    try:
        yield
    except ShapeError as error:
        raise DataError(Problem(error.message, place, error.hint, "shape")) from None
    except InvalidValueError:  # the pipeline knows its place
        raise
    except DataError as error:
        problems = (problem.at(place) for problem in error.problems)
        raise DataError(problems) from None


@contextmanager
def located_in_source(spec: Spec) -> Iterator[None]:
    """Turn errors of reading a spec's source into a DataError at the option that is to blame."""
    with located(spec.locate("data", "source")):
        try:
            yield
        except ShapeError as error:
            place = spec.locate("data", "source", *error.path)
            raise DataError(Problem(error.message, place, error.hint, "shape")) from None
