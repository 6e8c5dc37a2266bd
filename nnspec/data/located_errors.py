"""Saying where in the spec a mistake stands that only the data bring to light."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.errors import DataError, Problem, ShapeError, SourceSpan


@contextmanager
def located(place: SourceSpan | None) -> Iterator[None]:
    """What goes wrong inside is a DataError at `place`, unless it knows a place of its own."""
    try:
        yield
    except ShapeError as error:
        raise DataError(Problem(error.message, place, error.hint, "shape")) from None
    except DataError as error:
        problems = (problem.at(place) for problem in error.problems)
        raise DataError(problems) from None
