"""Tables in files as sources: CSV, Parquet, NDJSON and Arrow's Feather."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from nnspec.components.sources.base import Source
from nnspec.errors import ShapeError
from nnspec.language.paths import PathError, written_path

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "?")


class TableSource(Source):
    """A table in a file: named columns, a row a line. Its paths are relative to the spec.

    `inputs` and `targets` of the data section say which columns are read. `test` is a second file
    with the same columns, of test rows; without it they are split off, or there are none.
    """

    path: Annotated[str, Field(min_length=1)]
    test: Annotated[str, Field(min_length=1)] | None = None

    def with_absolute_paths(self, folder: Path) -> Self:
        """The absolute paths."""
        return self._with_files({name: str(file) for name, file in self.files(folder).items()})

    def moved(self, before: Path, after: Path) -> Self:
        """The files that lie from `after` as these did from `before`, where these are gone."""
        return self._with_files(
            {name: _moved(file, before, after) for name, file in self.files(Path()).items()}
        )

    def _with_files(self, files: dict[str, str]) -> Self:
        return self.replace(**{_OPTIONS[part]: file for part, file in files.items()})

    def files(self, folder: Path) -> dict[str, Path]:
        """The file of each part, `training` and `test`; a ShapeError where a path is none."""
        written = {part: getattr(self, option) for part, option in _OPTIONS.items()}
        return {part: self._file(folder, part, text) for part, text in written.items() if text}

    def _file(self, folder: Path, part: str, text: str) -> Path:
        try:
            return folder / written_path(text)
        except PathError as error:
            message, hint = error.args
            raise ShapeError(message, hint, (self.kind, _OPTIONS[part])) from None


_OPTIONS = {"training": "path", "test": "test"}  # by the part that a file holds


class Csv(TableSource, kind="csv", primary="path"):
    """A CSV file, also compressed with gzip or zstd, whose first line names the columns.

    A column's type is found by a look at all its cells: whole numbers, numbers, true and false,
    dates, else text. `missing` lists the texts of cells that hold nothing.
    """

    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    missing: tuple[str, ...] = MISSING

    example = "{csv: houses.csv}"


class Parquet(TableSource, kind="parquet", primary="path"):
    """An Apache Parquet file; only the columns that the spec names are read."""

    example = "{parquet: houses.parquet}"


class Ndjson(TableSource, kind="ndjson", primary="path"):
    """A file with a JSON object a line, whose keys are the columns."""

    example = "{ndjson: houses.ndjson}"


class Feather(TableSource, kind="feather", primary="path"):
    """An Apache Arrow file (Feather, version 2)."""

    example = "{feather: houses.feather}"


def _moved(file: Path, before: Path, after: Path) -> str:
    """The file that lies from `after` as one that is gone did from `before`; else that one."""
    try:
        found = (after / os.path.relpath(file, before)).resolve()
    except ValueError:  # on another drive
        return str(file)
    return str(found if not file.exists() and found.is_file() else file)
