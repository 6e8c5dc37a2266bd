"""Fitted preprocessing of inputs and targets.

It is fitted on the training rows, without those for validation, and applied to all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.backends.arrays import Arrays, Values, by_name
from nnspec.data.augmentation.evaluation import evaluated_inputs
from nnspec.data.preprocessing.arrays import FittedArray
from nnspec.data.preprocessing.column_groups import FittedColumns
from nnspec.data.preprocessing.number_types import AS_COMPUTED, PreparedTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep, located_steps
from nnspec.data.preprocessing.tables import fit_table, table_from_plain
from nnspec.data.row_origin import GIVEN, RowOrigin, Side
from nnspec.data.rows import Rows
from nnspec.errors import DataError, Problem, visible
from nnspec.graph.network_inputs import step_problems
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import array_steps, has_columns
from nnspec.spec.document import Spec

Fitted = FittedArray | FittedColumns  # of an input or a target
FittedSide = Mapping[str, Fitted]  # by name; the only one of a side has the name ""


class FittedPreprocessing(NamedTuple):
    """The fitted preprocessing steps of each input and each target.

    Rows are prepared as they are evaluated: inputs in the shape after their augmentation.
    """

    inputs: FittedSide
    targets: FittedSide
    spec: Spec | None = None  # whose augmentation changes the shape of inputs

    @classmethod
    def fit(cls, spec: Spec, train: Rows) -> FittedPreprocessing:
        """Fit a pipeline for each array on training rows."""
        inputs, targets = (_fit(spec, side, x, train.origin) for side, x in train.sides.items())
        return cls(inputs, targets, spec)

    @property
    def sides(self) -> dict[Side, FittedSide]:
        """The steps of the inputs and those of the targets."""
        return {"inputs": self.inputs, "targets": self.targets}

    def of(self, side: Side, name: str) -> Fitted | None:
        """The steps of an input or a target of the network; the only ones may have another name."""
        found = self.sides[side]
        return next(iter(found.values())) if len(found) == 1 else found.get(name)

    def is_table(self, side: Side) -> bool:
        """Whether the inputs or the targets are columns of a table."""
        return any(isinstance(one, FittedColumns) for one in self.sides[side].values())

    @property
    def before_augmentation(self) -> FittedPreprocessing:
        """The same, of training rows before their augmentation."""
        return self._replace(spec=None)

    def apply(self, rows: Rows, types: PreparedTypes = AS_COMPUTED) -> Rows:
        """Preprocess inputs and targets; raise DataError if a result is not finite."""
        inputs = self.prepared("inputs", rows.inputs, types, rows.origin)
        targets = self.prepared("targets", rows.targets, types, rows.origin)
        return rows._replace(inputs=inputs, targets=targets)

    def prepared(
        self,
        side: Side,
        rows: Values,
        types: PreparedTypes = AS_COMPUTED,
        origin: RowOrigin = GIVEN,
    ) -> Values:
        """Preprocess only the inputs or the targets; raise DataError if a result is not finite."""
        fitted = self.sides[side]
        if not fitted:
            return rows  # of a spec without data
        given = _columns if self.is_table(side) else _arrays
        arrays = given(fitted, side, rows)
        made = {n: one.apply(arrays, types.of(side, n), origin) for n, one in fitted.items()}
        prepared: Values = made.get("", made)
        return self.evaluated(prepared) if side == "inputs" else prepared

    def evaluated(self, inputs: Values) -> Values:
        """Prepared inputs in the shape after their augmentation."""
        return inputs if self.spec is None else evaluated_inputs(inputs, self.spec)

    def pipelines(self) -> Iterator[tuple[str, FittedPipeline]]:
        """Each pipeline with the name of its array, or those of its columns."""
        for fitted in self.sides.values():
            for one in fitted.values():
                yield from one.pipelines()

    def plain(self) -> dict[str, Any]:
        """Plain values for `preprocessing.json`: those of the only array of a side, or by name."""
        plain = {
            side: {name: one.plain() for name, one in fitted.items()}
            for side, fitted in self.sides.items()
        }
        return {side: named.get("", named) for side, named in plain.items()}

    @classmethod
    def from_plain(cls, values: dict[str, Any], spec: Spec) -> FittedPreprocessing:
        """Parse what `plain` returns; raise ValueError if it was fitted for other steps.

        Without a data section there are no steps.
        """
        if spec.data is None:
            return cls({}, {})
        return cls(
            _from_plain(values["inputs"], spec, "inputs"),
            _from_plain(values["targets"], spec, "targets"),
            spec,
        )


def _steps(spec: Spec, side: Side, name: str) -> tuple[LocatedStep, ...]:
    """The steps of an array of a source, by its name or "" for the only one of its side."""
    written = getattr(require_data(spec), side)
    return located_steps(spec, array_steps(written, ("data", side), name))


def require_data(spec: Spec) -> Data:
    """Return the data section; raise DataError if the spec has none."""
    if spec.data is None:
        place, hint = spec.place_of_missing(), "add data: {source: ...}"
        raise DataError(Problem("the spec has no data section", place, hint))
    return spec.data


def _fit(spec: Spec, side: Side, rows: Values, origin: RowOrigin) -> FittedSide:
    """Fit the steps of each input or target."""
    if has_columns(getattr(require_data(spec), side)):
        return fit_table(spec, side, _as_table(spec, side, rows), origin)
    arrays = by_name(rows)
    problems = list(step_problems(spec, side, [name for name in arrays if name]))
    if problems:
        raise DataError(problems)
    return {
        name: FittedArray.fit(name or side, _steps(spec, side, name), array, origin)
        for name, array in arrays.items()
    }


def _from_plain(values: Any, spec: Spec, side: Side) -> FittedSide:
    """Parse the plain values of a side."""
    is_only = isinstance(values, list) or isinstance(values.get("rows"), int)
    named = {"": values} if is_only else values
    if has_columns(getattr(require_data(spec), side)):
        return table_from_plain(named, spec, side)
    return {
        name: FittedArray(name or side, FittedPipeline.from_plain(one, _steps(spec, side, name)))
        for name, one in named.items()
    }


def _as_table(spec: Spec, side: Side, rows: Values) -> Arrays:
    """The columns of a side; a DataError where the source is no table."""
    if isinstance(rows, Mapping):
        return rows
    message = "the source has arrays, not columns"
    hint = f"write {side}: [...] with the steps of the array"
    raise DataError(Problem(message, spec.locate("data", side), hint))


def _columns(fitted: FittedSide, side: Side, rows: Values) -> Arrays:
    """The columns of a table; a DataError where one lacks."""
    needed = _names(fitted)
    given = rows if isinstance(rows, Mapping) else {}
    lacking = [name for name in needed if name not in given]
    if lacking:
        message = f"the {side} have no column {visible(lacking[0])}"
        raise DataError(message, f"they are columns of a table: {visible(', '.join(needed))}")
    return given


def _arrays(fitted: FittedSide, side: Side, rows: Values) -> Arrays:
    """The arrays that steps were fitted on; a DataError where some lack, or there are others."""
    names = _names(fitted)
    if not isinstance(rows, Mapping) and len(names) == 1:
        return {names[0]: rows}
    given = rows if isinstance(rows, Mapping) else {}
    if "" in fitted or given.keys() != set(names):
        actual = ", ".join(given) or "one array without a name"
        needed = "one array without a name" if "" in fitted else ", ".join(names)
        raise DataError(f"the {side} are {actual}; there must be {needed}")
    return given


def _names(fitted: FittedSide) -> list[str]:
    """The arrays or columns that steps were fitted on, each once."""
    return list(dict.fromkeys(name for one in fitted.values() for name in one.names))
