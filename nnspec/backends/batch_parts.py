"""Consecutive rows of a batch, whose gradients are computed at once."""

from __future__ import annotations

from typing import NamedTuple


class BatchPart(NamedTuple):
    """The rows from `start` to before `stop` of those at hand, of a batch of `batch_rows`.

    With the losses e_i of rows and a penalty p the gradient of the batch's loss is

        d/dw (sum_i e_i / n + p) = sum over parts of share * d/dw (sum_{i in part} e_i / m + p),

    m the rows of the part, n those of the batch, share = m / n: a program computes the gradient of
    a part as that of a batch, and adds it times its share.
    """

    start: int
    stop: int
    batch_rows: int

    @property
    def rows(self) -> slice:
        """The part of an array with the rows of the batch."""
        return slice(self.start, self.stop)

    @property
    def share(self) -> float:
        """The part's rows divided by those of the batch."""
        return (self.stop - self.start) / self.batch_rows

    @property
    def is_whole(self) -> bool:
        """Whether it has all rows of the batch."""
        return self.stop - self.start == self.batch_rows


def whole_batch(rows: int) -> BatchPart:
    """All rows of a batch."""
    return BatchPart(0, rows, rows)


def split_batch(rows: int, size: int | None, batch_rows: int | None = None) -> list[BatchPart]:
    """Parts of `size` rows, the last of which may be smaller; None: one part.

    The rows are those of a batch, or as many consecutive ones of a batch of `batch_rows`.
    """
    size, whole = size or max(rows, 1), rows if batch_rows is None else batch_rows
    starts = range(0, max(rows, 1), size)
    return [BatchPart(start, min(start + size, rows), whole) for start in starts]
