"""Reading of the raw rows of a spec's data, be they arrays or the columns of tables."""

from __future__ import annotations

from nnspec.components.sources.base import Source
from nnspec.components.sources.images import Images
from nnspec.components.sources.tables import TableSource
from nnspec.data.located_errors import located_in_source
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.rows import RawSplits
from nnspec.data.sources import read_source
from nnspec.errors import DataError, Problem
from nnspec.spec.document import Spec


def read_rows(spec: Spec) -> RawSplits:
    """Read the training and test rows; errors are located at the source, or at a column's name."""
    source = require_data(spec).source
    _check_columns(spec, source)
    with located_in_source(spec):
        if isinstance(source, TableSource):
            from nnspec.data.tables.selection import read_tables  # few sources are tables

            return read_tables(spec, source).with_parts()
        if isinstance(source, Images) and require_data(spec).stream:
            from nnspec.data.image_files import read_images
            from nnspec.data.streaming.stored_images import stored_images

            return read_images(source, spec.folder, stored_images).with_parts()
        return read_source(source, spec.folder)


def check_header(spec: Spec) -> None:
    """Raise DataError where the files of a table lack columns that the spec names."""
    source = require_data(spec).source
    if isinstance(source, TableSource):
        from nnspec.data.tables.selection import check_names  # few sources are tables

        with located_in_source(spec):
            check_names(spec, source)


def _check_columns(spec: Spec, source: Source) -> None:
    """Raise DataError where the section speaks of columns, and the source is no table."""
    data = require_data(spec)
    for key in ("drop", "rename", "columns"):
        if getattr(data, key) and not isinstance(source, TableSource):
            message = f"{source.kind} is no table whose columns have names"
            raise DataError(Problem(message, spec.locate_key("data", key), f"take {key} out"))
