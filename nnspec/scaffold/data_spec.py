"""A spec for the data at a path: a table, a folder, or arrays."""

from __future__ import annotations

from pathlib import Path

from nnspec.scaffold.data_files import table_file
from nnspec.scaffold.folders import folder_tables
from nnspec.scaffold.spec_request import SpecDraft, SpecRequest
from nnspec.scaffold.tables import TablePair, draft_of_tables


def draft_spec(path: Path, request: SpecRequest) -> SpecDraft:
    """A spec for the data at a path; a DataError where it cannot be made."""
    if path.is_dir():
        return draft_of_tables(folder_tables(path), request)
    return draft_of_tables(TablePair.of(table_file(path)), request)
