"""Tables in files as sources: CSV, Parquet, NDJSON and Arrow's Feather."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from nnspec.components.sources.base import Source
from nnspec.components.sources.files import FileSource
from nnspec.errors import quoted
from nnspec.options.messages import LocatedError

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "?")


class TableSource(Source):
    """A table: named columns of equal length.

    `inputs` and `targets` of the data section say which columns are read. A row that lacks a
    target, or breaks the contract of the columns, is an error; `on_error: skip` leaves such rows
    out, counts them and says so.
    """

    on_error: Literal["error", "skip"] = "error"

    def files(self, folder: Path) -> dict[str, Path]:
        """The file of each part, `training` and `test`; a ShapeError where there is none."""
        raise NotImplementedError


class TableFileSource(TableSource, FileSource):
    """A table in a file, a row a line. Its paths are relative to the spec.

    `test` is a second file with the same columns, of test rows; without it they are split off, or
    there are none. A row that has too few or too many cells breaks the contract too.
    """

    path: Annotated[str, Field(min_length=1)]
    test: Annotated[str, Field(min_length=1)] | None = None

    path_options = ("path", "test")
    has_header = True

    def files(self, folder: Path) -> dict[str, Path]:
        """The file of each part, `training` and `test`; a ShapeError where a path is none."""
        return {_PARTS[option]: self.path_of(folder, option) for (option,), _ in self.paths()}


_PARTS = {"path": "training", "test": "test"}  # that the file of an option holds


def _check_separator(value: Any) -> Any:
    """One character of ASCII that neither ends a row nor is a quote."""
    if isinstance(value, str) and (len(value) != 1 or not value.isascii() or value in '"\r\n\0'):
        raise ValueError("must be one character, such as ';'")
    return value


def _check_encoding(value: Any) -> Any:
    """An encoding of texts that Python knows."""
    if isinstance(value, str):
        try:
            "".encode(value)  # of texts: not `hex` or `rot13`
        except (LookupError, ValueError):
            message = f"there is no encoding {quoted(value)}; try utf-8, latin-1, cp1252 or utf-16"
            raise ValueError(message) from None
    return value


_Character = Annotated[str, Field(min_length=1, max_length=1)]
_Separator = Annotated[str, BeforeValidator(_check_separator, json_schema_input_type=_Character)]
_Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class Csv(TableFileSource, kind="csv", primary="path"):
    """A CSV file, also compressed with gzip, bzip2, xz or zstd, whose first line names the columns.

    A column's type is found by a look at all its cells: whole numbers, numbers, true and false,
    dates as ISO 8601 writes them, else text; numbers that begin with 0, such as postal codes, are
    text. `data: columns` states types instead. Spaces around names and cells do not count, empty
    lines are no rows.

    `missing` lists the texts of cells that hold nothing. `names` are the names of the columns where
    no line names them. `skip_lines` is the number of lines above the names. `decimal: ","` takes
    1,5 for one and a half, `thousands: ","` 1,000 for a thousand. `quote: false` takes quotes for
    characters like others.
    """

    separator: _Separator = ","
    missing: tuple[str, ...] = MISSING
    encoding: Annotated[str, BeforeValidator(_check_encoding)] = "utf-8"
    names: _Names | None = None
    skip_lines: Annotated[int, Field(ge=0)] = 0
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    quote: bool = True

    example = "{csv: houses.csv}"

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = self.names or ()
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise LocatedError(f"names {quoted(twice)} twice", "names")
        if self.thousands == self.decimal:
            raise LocatedError("thousands and decimal are the same character", "thousands")
        return self


class Parquet(TableFileSource, kind="parquet", primary="path"):
    """An Apache Parquet file; only the columns that the spec names are read."""

    example = "{parquet: houses.parquet}"


class Ndjson(TableFileSource, kind="ndjson", primary="path"):
    """A file with a JSON object a line, whose keys are the columns."""

    example = "{ndjson: houses.ndjson}"


class Feather(TableFileSource, kind="feather", primary="path"):
    """An Apache Arrow file (Feather, version 2)."""

    example = "{feather: houses.feather}"
