"""Rows that callers give in memory, in the place of a spec's source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.api.table_data import joined_columns, target_names, with_frame
from nnspec.backends.arrays import Array
from nnspec.components.sources.given import Arrays
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.sources import check_part_shapes, check_rows
from nnspec.data.splits import Splits, split_source
from nnspec.data.tables.given_columns import is_frame
from nnspec.errors import DataError, NnspecError, Problem, argument_place, quoted, typed
from nnspec.runs.raw_rows import to_values
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import has_columns
from nnspec.spec.document import Spec
from nnspec.training.prepared_data import LoadSplits

SAMPLE_WEIGHT = "sample_weight"  # the name of weights where the spec names none
_ARRAY_NAMES = {"inputs": "x", "targets": "y"}
_PYTHON = "Python"  # what messages call the place of an argument
_TABLES = "give a data frame, or a map of columns"
_FORMS = "give (x, y), or a data frame or a map of columns with the targets"


class GivenParts(NamedTuple):
    """Training rows, and rows for validation and for the test, in any form that is taken.

    A part is (x, y), or a table that has the columns of inputs and targets.
    """

    training: Any
    validation: Any = None
    test: Any = None

    def items(self) -> dict[str, Any]:
        """The parts that there are, training rows first."""
        return {name: part for name, part in self._asdict().items() if part is not None}


def with_data(
    spec: Spec, parts: GivenParts, targets: str | Sequence[str] | None, sample_weight: Any = None
) -> tuple[Spec, LoadSplits]:
    """The spec with given rows in the place of its source, and the function that loads them."""
    if sample_weight is not None and spec.train.sample_weight is None:
        spec = spec.replace(train=spec.train.replace(sample_weight=SAMPLE_WEIGHT))
    weights = {} if sample_weight is None else {str(spec.train.sample_weight): sample_weight}
    named = _names(targets)
    if is_columnar(spec, parts.training):
        spec = spec.with_section_at("data", argument_place("data=table", _PYTHON))
        return _with_tables(spec, parts, named, weights)
    if named is not None:
        raise DataError("targets names columns, and the data are arrays", "give (x, y)")
    spec = spec.with_section_at("data", argument_place("data=(x, y)", _PYTHON))
    return _with_arrays(spec, parts, weights)


def _names(targets: Any) -> Sequence[str] | None:
    """The names of the columns of the targets; None where none are given."""
    names = [targets] if isinstance(targets, str) else targets
    is_list = isinstance(names, list | tuple) and len(names) > 0
    if names is not None and not (is_list and all(isinstance(name, str) for name in names)):
        raise NnspecError(f"targets are names of columns, not {typed(targets)}")
    return names


def is_columnar(spec: Spec, part: Any) -> bool:
    """Whether a part is a table: a frame, or columns because it has no targets beside it."""
    x, y = both_sides(part)
    columns = spec.data is not None and has_columns(spec.data.inputs)
    return y is None or is_frame(x) or (columns and isinstance(x, Mapping))


def both_sides(part: Any) -> tuple[Any, Any]:
    """Inputs and targets; no targets beside a table that has them."""
    if isinstance(part, tuple) and len(part) == 2 and part[1] is not None:
        return part
    if isinstance(part, Mapping) or is_frame(part):
        return part, None
    raise NnspecError(f"data are {_described(part)}", _FORMS)


def _described(part: Any) -> str:
    if isinstance(part, tuple) and len(part) == 2:
        return "(x, None), without targets"
    return f"a tuple of {len(part)}" if isinstance(part, tuple) else typed(part)


# ---------------------------------------------------------------- tables


def _with_tables(
    spec: Spec, parts: GivenParts, targets: Sequence[str] | None, weights: Mapping[str, Any]
) -> tuple[Spec, LoadSplits]:
    tables = {name: table_columns(spec, part, targets) for name, part in parts.items().items()}
    twice = next((name for name in weights if name in tables["training"]), None)
    if twice is not None:
        raise DataError(f"the data have a column {twice!r}, and sample_weight gives others")
    y = both_sides(parts.training)[1]
    if y is not None and not target_names(spec):
        x = set(map(str, table_columns(spec, (parts.training[0], {}), None)))
        targets = [name for name in tables["training"] if name not in x]
    spec = with_frame(spec, list(tables["training"]), targets)
    tables["training"].update(weights)
    return spec, lambda spec: _read_tables(spec, tables)


def table_columns(spec: Spec, part: Any, targets: Sequence[str] | None) -> dict[str, Any]:
    """The columns of a part, those of its targets beside it included."""
    x, y = both_sides(part)
    return joined_columns(x, {} if y is None else y, targets or target_names(spec))


def _read_tables(spec: Spec, tables: Mapping[str, Mapping[str, Any]]) -> Splits:
    from nnspec.data.tables.given_frame import NAME, GivenFrame
    from nnspec.data.tables.selection import read_parts, require_columns, table_reader

    source: Any = spec.data.source if spec.data else None
    data, frames = require_columns(spec, source), {n: GivenFrame(one) for n, one in tables.items()}

    def opened(part: str, types: Mapping[str, str]) -> Any:
        return table_reader(spec, data, source, Path(NAME), types, frames[part])

    rows, refused = read_parts(spec, data, list(tables), opened)
    return _split(spec, dict(zip(tables, rows, strict=True)), refused)


# ---------------------------------------------------------------- arrays


def _with_arrays(
    spec: Spec, parts: GivenParts, weights: Mapping[str, Any]
) -> tuple[Spec, LoadSplits]:
    data = spec.data or Data(source=Arrays())
    if has_columns(data.inputs) or has_columns(data.targets):
        place = spec.locate_key("data", "inputs")
        raise DataError(Problem("the spec names columns, and the data are arrays", place, _TABLES))
    metadata = {name: _weights(one) for name, one in weights.items()}
    rows = {name: array_rows(part, name) for name, part in parts.items().items()}
    rows["training"] = rows["training"]._replace(metadata=metadata)
    for name in rows:
        _check_names(rows["training"], rows[name])
        check_part_shapes(rows["training"], rows[name])
    spec = spec.replace(data=data.replace(source=Arrays()))
    return spec.with_data_spec(rows["training"].data_spec()), partial(_split, rows=rows)


def _check_names(train: Rows, part: Rows) -> None:
    """Raise DataError where the arrays of a part are not those of the training rows."""
    wanted, found = (", ".join(quoted(name) for name, _ in one.arrays()) for one in (train, part))
    if wanted != found:
        message = f"the {part.origin.part} rows have the arrays {found}"
        raise DataError(message, f"the training rows have {wanted}")


def array_rows(part: Any, name: str = "") -> Rows:
    """The rows of (x, y), which must be equally many."""
    x, y = both_sides(part)
    rows = Rows(to_values(x, "x"), to_values(y, "y"), RowOrigin(name, arrays=_ARRAY_NAMES))
    return check_rows(rows, "data", [_ARRAY_NAMES.get(one, one) for one, _ in rows.arrays()])


def _weights(weights: Any) -> Array:
    values = to_values(weights, SAMPLE_WEIGHT)
    if isinstance(values, Mapping):
        raise DataError(f"{SAMPLE_WEIGHT} is a map", "give a number for each row")
    return values


def _split(spec: Spec, rows: Mapping[str, Rows], refused: tuple[Any, ...] = ()) -> Splits:
    """The parts, with rows that the spec splits off the training rows."""
    train, weights = rows["training"], rows["training"].metadata
    for name, array in weights.items():
        if len(array) != train.rows:
            raise DataError(f"{name} has {len(array):,} rows and the data have {train.rows:,}")
    splits = split_source(spec, RawSplits(train, rows.get("test"), refused).with_parts())
    validation = rows.get("validation")
    if validation is None:
        return splits
    if splits.validation is not None:
        key = ("data", "split") if spec.data and spec.data.split else ("train", "validation_split")
        message = "validation rows are given, and the spec splits others off"
        raise DataError(Problem(message, spec.locate_key(*key), "leave out one of the two"))
    return splits._replace(validation=validation.of("validation"))
