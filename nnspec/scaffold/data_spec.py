"""A spec for the data at a path: a table, arrays, or a folder."""

from __future__ import annotations

from pathlib import Path

from nnspec.errors import DataError, quoted
from nnspec.scaffold.arrays import draft_of_arrays
from nnspec.scaffold.arrays_spec import arrays_spec
from nnspec.scaffold.data_files import ARRAYS_SUFFIX, table_file
from nnspec.scaffold.folders import folder_tables
from nnspec.scaffold.image_spec import image_spec
from nnspec.scaffold.images import (
    draft_of_images,
    holds_images,
    image_notes,
    require_no_images,
)
from nnspec.scaffold.spec_request import SpecDraft, SpecRequest
from nnspec.scaffold.tables import TablePair, draft_of_tables


def draft_spec(path: Path, request: SpecRequest) -> SpecDraft:
    """A spec for the data at a path; a DataError where it cannot be made."""
    if path.name.lower().endswith(ARRAYS_SUFFIX):
        return SpecDraft(arrays_spec(draft_of_arrays(path, request)))
    if not path.is_dir():
        return draft_of_tables(TablePair.of(table_file(path)), request)
    if not holds_images(path):
        require_no_images(path)
        return draft_of_tables(folder_tables(path), request)
    if request.target is not None:
        message = f"{quoted(str(path))} holds images, whose classes are its sub-folders"
        raise DataError(message, "leave --target out")
    draft = draft_of_images(path, request)
    return SpecDraft(image_spec(draft), image_notes(draft))
