"""The interface of data that a program is trained on or evaluated with: rows by their numbers."""

from __future__ import annotations

from typing import Protocol

from nnspec.backends.contract import Indices
from nnspec.data.rows import Rows


class Dataset(Protocol):
    """Prepared rows that can be taken by their numbers, in memory or not.

    `Rows` is the dataset whose arrays are in memory; it is uploaded to a program once. Of any
    other one the rows of a few batches are taken and uploaded at a time.
    """

    @property
    def rows(self) -> int:
        """The number of rows."""

    def take(self, indices: Indices, /) -> Rows:
        """The rows of some numbers from 0 on, in that order."""
