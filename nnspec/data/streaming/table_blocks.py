"""Blocks of a table's rows as polars DataFrames, of which one at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.components.sources.tables import Csv, TableSource
from nnspec.data.registry import TABLES
from nnspec.data.streaming.csv_blocks import csv_blocks
from nnspec.data.tables.dates import with_dates

if TYPE_CHECKING:
    import polars as pl

_ROWS = 1 << 16  # in a block of a file of columns
_SEEN = 10_000  # rows by which the types of a block of CSV are found


class TableBlocks:
    """The blocks of a file of a table, read with the types of columns that are known.

    `types` maps names to polars types; a column of another type in a block makes polars raise.
    """

    def __init__(self, source: TableSource, path: Path) -> None:
        self.source, self.path = source, path

    def __call__(self, names: Sequence[str], types: Mapping[str, Any]) -> Iterator[pl.DataFrame]:
        """Iterate over the blocks of some columns."""
        if isinstance(self.source, Csv):
            return self._csv(self.source, names, types)
        return self._scanned(names, types)

    def _scanned(self, names: Sequence[str], types: Mapping[str, Any]) -> Iterator[pl.DataFrame]:
        frame = TABLES[self.source].scan(self.source, self.path, types).select(names)
        yield from frame.collect_batches(chunk_size=_ROWS, maintain_order=True, engine="streaming")

    def _csv(
        self, source: Csv, names: Sequence[str], types: Mapping[str, Any]
    ) -> Iterator[pl.DataFrame]:
        blocks = csv_blocks(self.path)
        first = next(blocks, b"")
        header = first[: first.find(b"\n") + 1]
        for block in chain([first], (header + block for block in blocks)):
            yield _read_csv(source, block, names, types)


def _read_csv(
    source: Csv, block: bytes, names: Sequence[str], types: Mapping[str, Any]
) -> pl.DataFrame:
    """Read some columns of a block; types are found by its first rows, or by all if need be."""
    import polars as pl

    options: dict[str, Any] = {
        "separator": source.separator,
        "null_values": [text for text in source.missing if text],
        "columns": list(names),
        "schema_overrides": dict(types),
    }
    try:
        frame = pl.read_csv(block, infer_schema_length=_SEEN, **options)
    except pl.exceptions.ComputeError:
        frame = pl.read_csv(block, infer_schema_length=None, **options)
    found = [with_dates(frame[n]) if n not in types else frame[n] for n in names]
    return pl.DataFrame(found)
