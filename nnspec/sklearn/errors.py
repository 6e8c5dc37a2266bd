"""Errors as scikit-learn expects them: each is a ValueError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.errors import NnspecError


class EstimatorError(NnspecError, ValueError):
    """What is wrong with an estimator's options or rows, with its place in the spec if it has one.

    `GridSearchCV(error_score=...)` and others catch it as a ValueError.
    """


@contextmanager
def as_value_errors() -> Iterator[None]:
    """Turn NnspecErrors that are raised inside into EstimatorErrors with the same problems."""
    try:
        yield
    except NnspecError as error:
        raise EstimatorError(error.problems) from None
