"""`history.csv`: the metrics of each epoch of a run."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.errors import RunError, visible

if TYPE_CHECKING:  # imports NumPy
    from nnspec.training.history import Epoch

History = dict[str, list[float]]  # column -> value per epoch


def history_text(epochs: Sequence[Epoch]) -> str:
    """One row per epoch; of no epochs, the name of the first column alone.

    The cells of its validation are empty in an epoch that was not validated.
    """
    text = io.StringIO()
    rows = [_row(epoch) for epoch in epochs]
    writer = csv.DictWriter(text, _names(rows) or ["epoch"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def history_of(epochs: Sequence[Epoch]) -> History:
    """Each column of epochs by its name, as a file of them would hold it; NaN in empty cells."""
    rows = [_row(epoch) for epoch in epochs]
    return {name: [row.get(name, nan) for row in rows] for name in _names(rows)}


def parse_history(content: bytes, path: Path) -> History:
    """Each column by its name; a RunError, with the file's path, if it is damaged.

    A history without epochs is empty. The cells of an epoch that was not validated are NaN.
    """
    text = _text(content, path)
    try:
        names, *rows = csv.reader(io.StringIO(text), strict=True)
        cells = list(zip(*rows, strict=True))
        columns = [_numbers(*column) for column in zip(names, cells, strict=False)]
    except (ValueError, csv.Error):
        raise _damaged(path, "it is no table of numbers") from None
    if "epoch" not in names:
        raise _damaged(path, "it has no column epoch")
    if not rows and names != ["epoch"]:
        raise _damaged(path, "it ends after its header")
    if rows and (len(names) != len(cells) or len(set(names)) < len(names)):
        raise _damaged(path, "its rows are not those of its header")
    history = dict(zip(names, columns, strict=False))
    if not text.endswith("\n"):
        raise _damaged(path, "it ends within a row")
    if history and history["epoch"] != list(range(1, len(rows) + 1)):
        raise _damaged(path, "its epochs are not 1, 2, 3, ...")
    return history


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _damaged(path, "it is no table of numbers") from None


def _numbers(name: str, cells: Sequence[str]) -> list[float]:
    """The numbers of a column, of which that of a validation may have empty cells."""
    empty = nan if name.startswith("val_") else None
    return [empty if not cell and empty is not None else float(cell) for cell in cells]


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the columns: those of an epoch that was validated, if there is one."""
    return list(max(rows, key=len, default=()))


def _row(epoch: Epoch) -> dict[str, Any]:
    return {"epoch": epoch.epoch, **epoch.measured, "seconds": round(epoch.seconds, 3)}


def _damaged(path: Path, reason: str) -> RunError:
    return RunError(f"{visible(str(path))} is damaged: {reason}")
