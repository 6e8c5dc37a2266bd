"""A spec for the arrays of a NumPy `.npz` archive: which are inputs, which targets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.sources.npz_header import held_names, read_headers
from nnspec.data.formats.numpy_files import open_archive
from nnspec.errors import DataError, Problem, ShapeError, argument_place, did_you_mean, quoted
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape
from nnspec.scaffold.column_summary import MAX_LISTED, ColumnSummary
from nnspec.scaffold.data_files import stem_of
from nnspec.scaffold.spec_request import SpecRequest
from nnspec.scaffold.task import Task

_OPTIONS = ("inputs", "targets", "test_inputs", "test_targets")
_DEFAULTS = ("x_train", "y_train", "x_test", "y_test")
_PAIRS = (
    _DEFAULTS,
    ("X_train", "y_train", "X_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("x", "y"), ("X", "y"), ("inputs", "targets"), ("data", "target"), ("images", "labels"),
)  # fmt: skip


class ArraysDraft(NamedTuple):
    """What a spec for arrays says."""

    file: str
    name: str
    source: dict[str, Any]  # as the spec has it
    has_test: bool
    shape: Shape  # of a row of inputs
    are_bytes: bool
    task: Task


def draft_of_arrays(path: Path, request: SpecRequest) -> ArraysDraft:
    """The draft for an archive; a DataError where its arrays are no inputs and targets."""
    try:
        headers = read_headers(path, held_names(path))
    except ShapeError as error:
        raise DataError(error.message, error.hint) from None
    names = _names(path.name, headers, request.target)
    inputs, targets = headers[names[0]], headers[names[1]]
    if inputs[0][0] != targets[0][0] or len(targets[0]) > 2 or targets[0][1:] not in ((), (1,)):
        shapes = " and ".join(f"{name} {format_shape(headers[name][0])}" for name in names[:2])
        raise DataError(f"{quoted(path.name)} has {shapes}: a target is one number a row")
    options = dict(zip(_OPTIONS, names, strict=False))
    changed = {key: options[key] for key, name in zip(_OPTIONS, _DEFAULTS, strict=True)
               if options.get(key, name) != name}  # fmt: skip
    written = request.written(path)
    source = {"npz": {"path": written, **changed} if changed else written}
    with open_archive(path) as archive:
        task = Task.of(_summary(names[1], archive[names[1]]))
    shape, dtype = inputs[0][1:], inputs[1]
    return ArraysDraft(
        path.name, stem_of(path), source, len(names) > 2, shape, dtype == "uint8", task
    )


def _names(
    file: str, headers: Mapping[str, tuple[Shape, str]], target: str | None
) -> tuple[str, ...]:
    """The arrays of inputs and targets, and those of the test where they are there."""
    if target is not None and target not in headers:
        message = f"{quoted(file)} has no array {quoted(target)}"
        place = argument_place(target, "--target")
        raise DataError(Problem(message, place, did_you_mean(target, list(headers))))
    for names in _PAIRS:
        if target in (None, names[1]) and all(name in headers for name in names[:2]):
            return names if all(name in headers for name in names) else names[:2]
    others = [name for name in headers if name != target]
    if target is not None and others:
        return max(others, key=lambda name: np.prod(headers[name][0])), target
    hint = "name the array of targets with --target, as in --target y"
    raise DataError(f"{quoted(file)} has no arrays x_train and y_train", hint)


def _summary(name: str, values: Array) -> ColumnSummary:
    """A summary of targets, as of a column."""
    column = values.reshape(-1)
    missing = int(np.isnan(column).sum()) if column.dtype.kind == "f" else 0
    if missing:
        raise DataError(f"{missing:,} numbers of {quoted(name)} are missing")
    found, counts = np.unique(column, return_counts=True)
    whole = bool((found == np.floor(found)).all())
    listed = dict(zip(found.tolist(), counts.tolist(), strict=True)) if whole else {}
    return ColumnSummary(
        name, "numbers", str(column.dtype), len(column), 0, len(found),
        found[0].item() if len(found) else None, found[-1].item() if len(found) else None,
        is_whole=whole, counts=listed if len(found) <= MAX_LISTED else {},
    )  # fmt: skip
