"""What only the data can show: prepared rows that do not fit the network or the loss."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from nnspec.backends.contract import Array
from nnspec.compute import ComputeConfig
from nnspec.data.located_errors import located
from nnspec.data.sources import Rows
from nnspec.errors import DataError, Problem, SpecError
from nnspec.graph.ir import Graph
from nnspec.options.shapes import format_shape
from nnspec.spec.document import Spec


def checked_rows(table: Rows, spec: Spec, graph: Graph, compute: ComputeConfig) -> Rows:
    """The prepared rows, with targets in the shape that the loss compares with predictions.

    Raises DataError where shapes do not fit, a class index has no column, or a number is too
    large for the precision.
    """
    inputs, targets = table
    with located(spec.locate("network", "input_shape")):
        check_shape(inputs, graph)
    shapes = graph.output_shape, targets.shape[1:]
    with located(spec.locate("loss")):
        if spec.loss:
            spec.loss.check(*shapes)
    for index, metric in enumerate(spec.metrics):
        with located(spec.locate("metrics", index)):
            metric.check(*shapes)
    if spec.loss and spec.loss.sparse:
        with located(spec.locate("loss")):
            _check_classes(targets, graph.output_shape[-1])
    for side, array in (("inputs", inputs), ("targets", targets)):
        with located(spec.locate("data", side)):
            check_magnitude(array, compute)
    return Rows(inputs, _shaped(targets, spec, graph))


def check_shape(inputs: Array, graph: Graph) -> None:
    """Raise DataError where the network does not take such rows."""
    shape = inputs.shape[1:]
    if shape != graph.input_shape:
        prepared, taken = format_shape(shape), format_shape(graph.input_shape)
        message = f"a prepared row is {prepared} and the network takes {taken}"
        raise DataError(message, "mend data: inputs, or the network's input_shape")


def check_magnitude(array: Array, compute: ComputeConfig) -> None:
    """Raise DataError where a number is infinite in the precision."""
    limit = float(np.finfo(compute.dtype).max)
    if array.dtype.kind == "f" and array.dtype.itemsize > compute.dtype.itemsize and array.size:
        large = max(float(array.max()), -float(array.min()))
        if large > limit:
            raise DataError(f"{large:g} is too large for {compute.dtype}", "scale the data")


def check_expected_splits(spec: Spec, parts: Container[str]) -> None:
    """Raise SpecError where figures are expected of a part that the data lack."""
    problems = [
        Problem(f"expect: the data have no {part} rows", spec.locate("expect", part))
        for part in ("train", "test")
        if getattr(spec.expect, part, {}) and part not in parts
    ]
    if problems:
        raise SpecError(problems)


def _check_classes(targets: Array, classes: int) -> None:
    bad = (targets != np.floor(targets)) | (targets < 0) | (targets >= classes)
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        label = f"the target {targets[bad][0]} of row {row}"
        raise DataError(f"{label} is no whole number from 0 to {classes - 1}")


def _shaped(targets: Array, spec: Spec, graph: Graph) -> Array:
    """Targets that differ from predictions (from class indices) only by axes of size 1."""
    sparse = spec.loss is not None and spec.loss.sparse
    shape = (len(targets), *(graph.output_shape[:-1] if sparse else graph.output_shape))
    return targets.reshape(shape) if targets.size == np.prod(shape, dtype=int) else targets
