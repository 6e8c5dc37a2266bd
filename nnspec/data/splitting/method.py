"""The interface of a way to split rows: which rows a part gets, and which each fold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Indices

Key = tuple[str | int, ...]  # of random numbers


class Fold(NamedTuple):
    """The numbers of the rows that a fold's network learns from, and of those held out."""

    train: Indices
    validation: Indices


class SplitMethod(ABC):
    """Chooses rows of a table by their numbers, which are given in ascending order."""

    @abstractmethod
    def choose(self, rows: Indices, count: int, key: Key) -> Indices:
        """About `count` of some rows, in ascending order: those that a part is made of.

        Raises DataError where these rows cannot be chosen so.
        """

    @abstractmethod
    def folds(self, rows: Indices, folds: int, key: Key) -> list[Fold]:
        """Some rows dealt into folds, each of which is held out once; a DataError if it cannot be.

        All numbers are in ascending order.
        """


def held_out(rows: Indices, folds: Iterable[Indices]) -> list[Fold]:
    """The folds of which each is held out of all rows."""
    return [Fold(without(rows, fold), np.sort(fold)) for fold in folds]


def without(rows: Indices, others: Indices) -> Indices:
    """The rows, in ascending order, that are not among the others."""
    return np.setdiff1d(rows, others, assume_unique=True)
