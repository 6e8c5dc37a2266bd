"""Fitted preprocessing of inputs and targets.

It is fitted on the training rows, without those for validation, and applied to all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.backends.arrays import Array, Arrays, Values
from nnspec.data.augmentation.evaluation import evaluated_input
from nnspec.data.invalid_values import InvalidSourceValueError
from nnspec.data.numbers import to_numbers
from nnspec.data.preprocessing.columns import FittedColumns
from nnspec.data.preprocessing.number_types import AS_COMPUTED, FloatTypes, StoredTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.preprocessing.tables import (
    FittedTable,
    fit_table,
    plain_table,
    prepared_table,
    table_from_plain,
    table_pipelines,
)
from nnspec.data.row_origin import GIVEN, RowOrigin, Side
from nnspec.data.rows import Rows
from nnspec.errors import DataError, Problem, did_you_mean, quoted
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import array_steps, has_columns
from nnspec.spec.document import Spec

ArrayPipelines = FittedPipeline | Mapping[str, FittedPipeline]  # of the only array, or by name
Pipelines = ArrayPipelines | FittedTable


if TYPE_CHECKING:
    from typing_extensions import TypeIs


class FittedPreprocessing(NamedTuple):
    """Fitted pipelines of preprocessing steps for the inputs and the targets.

    Rows are prepared as they are evaluated: inputs in the shape after their augmentation.
    """

    inputs: Pipelines
    targets: Pipelines
    spec: Spec | None = None  # whose augmentation changes the shape of inputs

    @classmethod
    def fit(cls, spec: Spec, train: Rows) -> FittedPreprocessing:
        """Fit a pipeline for each array on training rows."""
        inputs, targets = (_fit(spec, side, x, train.origin) for side, x in train.sides.items())
        return cls(inputs, targets, spec)

    @property
    def sides(self) -> dict[Side, Pipelines]:
        """The pipelines of the inputs and those of the targets."""
        return {"inputs": self.inputs, "targets": self.targets}

    @property
    def of_training(self) -> FittedPreprocessing:
        """The same, of training rows before their augmentation."""
        return self._replace(spec=None)

    def apply(self, rows: Rows, floats: FloatTypes = AS_COMPUTED) -> Rows:
        """Preprocess inputs and targets; raise DataError if a result is not finite."""
        inputs = self.prepared("inputs", rows.inputs, floats, rows.origin)
        targets = self.prepared("targets", rows.targets, floats, rows.origin)
        return rows._replace(inputs=inputs, targets=targets)

    def prepared(
        self, side: Side, rows: Values, floats: FloatTypes = AS_COMPUTED, origin: RowOrigin = GIVEN
    ) -> Values:
        """Preprocess only the inputs or the targets; raise DataError if a result is not finite."""
        pipelines = self.sides[side]
        prepared: Values
        if is_table(pipelines):
            prepared = prepared_table(pipelines, side, rows, floats, origin)
        elif isinstance(pipelines, FittedPipeline):
            array = _single(rows, side)
            prepared = _prepared(pipelines, side, array, floats.of(side), origin)
        else:
            prepared = {
                name: _prepared(pipelines[name], name, array, floats.of(side, name), origin)
                for name, array in _by_name(rows, side, pipelines).items()
            }
        return self.evaluated(prepared) if side == "inputs" else prepared

    def evaluated(self, inputs: Values) -> Values:
        """Prepared inputs in the shape after their augmentation."""
        if self.spec is None:
            return inputs
        if not isinstance(inputs, Mapping):
            return evaluated_input(inputs, self.spec, "", only=True)
        only = len(inputs) == 1
        return {n: evaluated_input(x, self.spec, n, only=only) for n, x in inputs.items()}

    def pipelines(self) -> Iterator[tuple[str, FittedPipeline]]:
        """Each pipeline with the name of its array, or those of its columns."""
        for side, found in self.sides.items():
            if is_table(found):
                yield from table_pipelines(found)
            else:
                yield from [(side, found)] if isinstance(found, FittedPipeline) else found.items()

    def plain(self) -> dict[str, Any]:
        """Plain values for `preprocessing.json`."""
        return {side: _plain(pipelines) for side, pipelines in self.sides.items()}

    @classmethod
    def from_plain(cls, values: dict[str, Any], spec: Spec) -> FittedPreprocessing:
        """Parse what `plain` returns; raise ValueError if it was fitted for other steps."""
        return cls(
            _from_plain(values["inputs"], spec, "inputs"),
            _from_plain(values["targets"], spec, "targets"),
            spec,
        )


def located_steps(spec: Spec, side: Side, name: str = "") -> list[LocatedStep]:
    """Preprocessing steps of the inputs or targets, with their places in the spec.

    `name` is that of one of several arrays; an array that has no steps is left as it is.
    """
    one = array_steps(getattr(require_data(spec), side), ("data", side), name)
    return [LocatedStep(step, spec.locate(*path)) for path, step in one.located]


def require_data(spec: Spec) -> Data:
    """Return the data section; raise DataError if the spec has none."""
    if spec.data is None:
        place, hint = spec.place_of_missing(), "add data: {source: ...}"
        raise DataError(Problem("the spec has no data section", place, hint))
    return spec.data


def is_table(pipelines: Pipelines) -> TypeIs[FittedTable]:
    """Whether pipelines are those of a table's columns."""
    first = next(iter(pipelines.values()), None) if isinstance(pipelines, Mapping) else pipelines
    return isinstance(first, FittedColumns)


def _fit(spec: Spec, side: Side, rows: Values, origin: RowOrigin) -> Pipelines:
    """Fit a pipeline for the only array of a side, or one for each by its name."""
    if has_columns(getattr(require_data(spec), side)):
        return fit_table(spec, side, _as_table(spec, side, rows), origin)
    _check_names(spec, side, rows)
    if not isinstance(rows, Mapping):
        return _fit_array(located_steps(spec, side), side, rows, origin)
    return {
        name: _fit_array(located_steps(spec, side, name), name, array, origin)
        for name, array in rows.items()
    }


def _fit_array(
    steps: Sequence[LocatedStep], name: str, rows: Array, origin: RowOrigin
) -> FittedPipeline:
    """Fit a pipeline on an array; a number that it cannot take is told by its origin."""
    try:
        return FittedPipeline.fit(steps, rows)
    except InvalidSourceValueError as error:
        raise error.of(origin, name) from None


def _check_names(spec: Spec, side: Side, rows: Values) -> None:
    """Raise DataError where the steps are by name and the arrays are not those."""
    steps: Any = getattr(require_data(spec), side)
    known = list(rows) if isinstance(rows, Mapping) else []
    problems = [
        Problem(
            f"the source has no {side} {quoted(name)}",
            spec.locate_key("data", side, name),
            did_you_mean(name, known) if known else "its only array has no name",
        )
        for name in (steps if isinstance(steps, Mapping) else ())
        if name not in known
    ]
    if not isinstance(steps, Mapping) and steps and len(known) > 1:
        message = f"the source has several {side}; say which steps each has"
        hint = f"write {side}: {{{', '.join(f'{name}: [...]' for name in known)}}}"
        problems.append(Problem(message, spec.locate("data", side), hint))
    if problems:
        raise DataError(problems)


def _from_plain(values: Any, spec: Spec, side: Side) -> Pipelines:
    """Parse the pipeline of the only array, or that of each by its name."""
    if has_columns(getattr(require_data(spec), side)):
        return table_from_plain(values, spec, side)
    if isinstance(values.get("rows"), int):
        return FittedPipeline.from_plain(values, located_steps(spec, side))
    return {
        name: FittedPipeline.from_plain(one, located_steps(spec, side, name))
        for name, one in values.items()
    }


def _plain(pipelines: Pipelines) -> Any:
    """The values of the only pipeline, or those of each by its name."""
    if is_table(pipelines):
        return plain_table(pipelines)
    if isinstance(pipelines, FittedPipeline):
        return pipelines.plain()
    return {name: pipeline.plain() for name, pipeline in pipelines.items()}


def _prepared(
    pipeline: FittedPipeline, name: str, rows: Any, types: StoredTypes, origin: RowOrigin
) -> Array:
    """Preprocess an array; a number that cannot be taken is told by its origin."""
    numbers = to_numbers(rows, origin.array(name))
    try:
        return pipeline.apply(numbers, types)
    except InvalidSourceValueError as error:
        raise error.of(origin, name) from None


def _as_table(spec: Spec, side: Side, rows: Values) -> Arrays:
    """The columns of a side; a DataError where the source is no table."""
    if isinstance(rows, Mapping):
        return rows
    message = "the source has arrays, not columns"
    hint = f"write {side}: [...] with the steps of the array"
    raise DataError(Problem(message, spec.locate("data", side), hint))


def _single(rows: Values, side: Side) -> Array:
    if isinstance(rows, Mapping):
        names = ", ".join(rows)
        raise DataError(f"the {side} are {names}; the preprocessing was fitted on one array")
    return rows


def _by_name(rows: Values, side: Side, names: Mapping[str, object]) -> Mapping[str, Array]:
    """The arrays that pipelines were fitted on, in their order."""
    given = rows if isinstance(rows, Mapping) else {}
    if not isinstance(rows, Mapping) and len(names) == 1:
        given = dict.fromkeys(names, rows)
    if given.keys() != names.keys():
        actual = ", ".join(given) or "one array without a name"
        raise DataError(f"the {side} are {actual}; there must be {', '.join(names)}")
    return {name: given[name] for name in names}
