"""Checks of prepared rows against the network, the losses, the metrics and the precision."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array, Arrays, Values, named
from nnspec.backends.contract import TrainingSetup, shape_targets
from nnspec.components.optimizers.sgd import SGD
from nnspec.compute import ComputeConfig
from nnspec.data.invalid_values import first_index
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.pipeline import LocatedStep, located_steps
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.data.rows import Rows
from nnspec.errors import DataError, Problem, SourceSpan, SpecError
from nnspec.graph.ir import Graph
from nnspec.graph.network_inputs import data_place
from nnspec.graph.objectives import objectives
from nnspec.options.shapes import format_shape, shape_hint
from nnspec.spec.data_steps import StepList, step_lists
from nnspec.spec.document import Spec
from nnspec.spec.expect import PARTS
from nnspec.training.index_checks import (
    PlaceOf,
    PreparedInput,
    check_embedding_indices,
    check_whole,
)
from nnspec.training.row_places import number_place
from nnspec.training.target_checks import check_target


def checked_rows(rows: Rows, spec: Spec, graph: Graph, compute: ComputeConfig) -> Rows:
    """Check prepared rows; return them with targets in the shapes that the losses expect.

    Inputs are an array where the network has one input, else a map in the order of its inputs;
    likewise the targets of the outputs with a loss. Raises DataError if a shape does not fit, an
    index is out of range, or a number is too large for the precision.
    """
    inputs = checked_inputs(
        rows.inputs, graph, compute, spec if rows.origin.part else None, rows.origin
    )
    return rows._replace(inputs=inputs, targets=checked_targets(rows, spec, graph, compute))


def checked_targets(rows: Rows, spec: Spec, graph: Graph, compute: ComputeConfig) -> Values:
    """Check prepared targets; return them in the shapes that the losses expect.

    Raises DataError where they do not fit, or a number is too large for the precision.
    """
    targets = objectives(spec, graph)
    if not targets:
        return rows.targets
    by_name = _named(rows.targets, [objective.output for objective in targets])
    for objective in targets:
        check_target(by_name[objective.output], rows.origin, spec, graph, objective)
        with located(_data_place(spec, "targets", objective.output) if rows.origin.part else None):
            _check_magnitude(
                by_name[objective.output], compute,
                partial(number_place, spec, rows.origin, "targets", objective.output),
            )  # fmt: skip
    return _only_or_all(shape_targets(by_name, graph, TrainingSetup(targets, SGD())))


def checked_inputs(
    inputs: Values,
    graph: Graph,
    compute: ComputeConfig,
    spec: Spec | None = None,
    origin: RowOrigin = GIVEN,
) -> Values:
    """Check prepared inputs; an array where the network has one, else a map in its order.

    An error is located where `spec` says what the input is; without it the rows are not those of
    the spec's data.
    """
    by_name = _named(inputs, list(graph.inputs))
    for name, array in by_name.items():
        known = name if isinstance(inputs, Mapping) else "inputs"
        place = partial(number_place, spec, origin, "inputs", name)
        one = PreparedInput(array, origin, known, _steps(spec, known), place)
        declared = _input_place(spec, name) if spec else None
        given = _data_place(spec, "inputs", name) if spec else None
        with located(declared):
            check_shape(array, graph, name)
        check_whole(one, graph.inputs[name], declared)
        with located(given):
            _check_magnitude(array, compute, place)
        check_embedding_indices(one, graph, name, given)
    return _only_or_all(by_name)


def network_inputs(inputs: Values, graph: Graph) -> Values:
    """Prepared inputs as the network gets them: an array where it has one, else a map in order."""
    return _only_or_all(_named(inputs, list(graph.inputs)))


def check_shape(array: Array, graph: Graph, name: str) -> None:
    """Raise DataError unless the shape of a row is that of an input of the network."""
    shape, expected = array.shape[1:], graph.inputs[name].shape
    if shape == expected:
        return
    row, wanted = format_shape(shape), format_shape(expected)
    hint = shape_hint(shape, expected)
    if len(graph.inputs) == 1:
        message = f"a prepared row is {row} and the network takes {wanted}"
        raise DataError(message, hint or "mend data: inputs, or the network's input_shape")
    message = f"a prepared row of {name} is {row} and the network takes {wanted}"
    raise DataError(message, hint or f"mend data: inputs, or the shape of {name}")


def check_magnitude(array: Array, compute: ComputeConfig) -> None:
    """Raise DataError if a number overflows to infinity in the precision."""
    _check_magnitude(array, compute, lambda _: None)


def _check_magnitude(array: Array, compute: ComputeConfig, place: PlaceOf) -> None:
    limit = float(np.finfo(compute.dtype).max)
    if array.dtype.kind == "f" and array.dtype.itemsize > compute.dtype.itemsize and array.size:
        largest = max(float(array.max()), -float(array.min()))
        if largest > limit:
            index = first_index(np.abs(array) == largest)
            message = f"{largest:g} is too large for {compute.dtype}"
            raise DataError(Problem(message, place(index), "scale the data"))


def check_expected_splits(spec: Spec, splits: Container[str]) -> None:
    """Raise SpecError if the spec expects metrics of a split that the data lack."""
    problems = [
        Problem(
            f"expect: the data have no {split} rows",
            spec.locate_key("expect", split),
            partial(_lacking_part, spec, split),
        )
        for split in PARTS
        if getattr(spec.expect, split, {}) and split not in splits
    ]
    if problems:
        raise SpecError(problems)


def _lacking_part(spec: Spec, split: str) -> str:
    if split == "validation":
        return "write data: {split: {validation: 0.1}}"
    lacking = spec.data.source.lacks_test(spec.folder) if spec.data else ""
    return f"the source lacks {lacking}" if lacking else ""


def _named(values: Values, names: list[str]) -> dict[str, Array]:
    """The arrays by the network's names; the only one of the network may have another name."""
    if isinstance(values, Mapping) and len(values) == len(names) == 1:
        values = next(iter(values.values()))
    return named(values, names)


def _only_or_all(arrays: Arrays) -> Values:
    """The only array, or the map."""
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _steps(spec: Spec | None, name: str) -> tuple[LocatedStep, ...]:
    """The steps that prepared an input of the spec's data; none of several groups of columns."""
    if spec is None or spec.data is None:
        return ()
    lists = step_lists(spec.data.inputs, ("data", "inputs"))
    groups = lists.get(name, lists.get("", ()))
    one = groups[0] if len(groups) == 1 else StepList((), ())
    return located_steps(spec, one)


def _input_place(spec: Spec, name: str) -> SourceSpan | None:
    """Where the spec says the shape of an input."""
    if spec.network.inputs is None:
        return spec.locate("network", "input_shape")
    return spec.locate("network", "inputs", name)


def _data_place(spec: Spec, side: str, name: str) -> SourceSpan | None:
    """Where the data name an array, or say what is done to the only one."""
    if spec.data is None or not isinstance(getattr(spec.data, side), Mapping):
        written = spec.data is not None and getattr(spec.data, side)
        return spec.locate("data", side if written else "source")
    return data_place(spec, side, name)
