"""Rules of the table sources: each opens a file as a polars LazyFrame, of which nothing is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.components.sources.tables import Csv, Feather, Ndjson, Parquet
from nnspec.data.registry import TableRule

if TYPE_CHECKING:
    import polars as pl

DataTypes = Mapping[str, Any]  # the polars type of a column, by its name


def _scan_csv(source: Csv, path: Path, types: DataTypes) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_csv(
        path,
        separator=source.separator,
        null_values=[text for text in source.missing if text],
        infer_schema_length=None,
        try_parse_dates=True,
        schema_overrides=dict(types),
    )


def _scan_parquet(_: Parquet, path: Path, __: DataTypes) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(path, glob=False)


def _scan_ndjson(_: Ndjson, path: Path, types: DataTypes) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_ndjson(path, infer_schema_length=None, schema_overrides=dict(types))


def _scan_feather(_: Feather, path: Path, __: DataTypes) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_ipc(path)


csv = TableRule(_scan_csv, first_row=2)
parquet = TableRule(_scan_parquet)
ndjson = TableRule(_scan_ndjson)
feather = TableRule(_scan_feather)
