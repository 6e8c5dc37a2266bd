"""Names of the tables of predictions in a run folder: each file of rows has tables of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

from nnspec.errors import RunError, visible
from nnspec.runs import atomic_files, checked_json

RESERVED = ("test", "train", "row")  # the rows of the run's own data, and a row in words


def file_label(folder: Path, rows: Path, tables: Callable[[str], Iterable[Path]]) -> str:
    """A name for the tables of a file of rows: its own, with a number where another file has it.

    `tables` gives the tables of a name. `predictions.json` in the folder keeps which file each
    name stands for, so that a file's tables are replaced by no other file's.
    """
    record = folder / "predictions.json"
    known, path = _read(record), str(rows.resolve())
    for label in _candidates(rows.stem or rows.resolve().stem or "rows"):
        if label in RESERVED or known.get(label, path) != path:
            continue
        if label in known:
            return label
        if not any(table.exists() for table in tables(label)):
            atomic_files.write_file(record, checked_json.dump({"files": {**known, label: path}}))
            return label
    raise AssertionError("numbers do not end")


def _candidates(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))


def _read(record: Path) -> dict[str, str]:
    """The file that each name stands for."""
    if not record.exists():
        return {}
    try:
        known: dict[str, str] = checked_json.parse(atomic_files.read_file(record))["files"]
    except (ValueError, KeyError):
        message = f"{visible(str(record))} is damaged: it is not as nnspec wrote it"
        raise RunError(message, "remove it, and the tables of predictions beside it") from None
    return known
