"""Checks of preprocessed rows against the network, the loss, the metrics and the precision."""

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


def checked_rows(rows: Rows, spec: Spec, graph: Graph, compute: ComputeConfig) -> Rows:
    """Check preprocessed rows; return them with targets in the shape that the loss expects.

    Raises DataError if a shape does not fit, a class index is out of range, or a number is too
    large for the precision.
    """
    inputs, targets = rows
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
            _check_class_indices(targets, graph.output_shape[-1])
    for side, array in (("inputs", inputs), ("targets", targets)):
        with located(spec.locate("data", side)):
            check_magnitude(array, compute)
    return Rows(inputs, _reshape_targets(targets, spec, graph))


def check_shape(inputs: Array, graph: Graph) -> None:
    """Raise DataError unless the shape of a row is the network's input shape."""
    shape = inputs.shape[1:]
    if shape != graph.input_shape:
        actual, expected = format_shape(shape), format_shape(graph.input_shape)
        message = f"a prepared row is {actual} and the network takes {expected}"
        raise DataError(message, "mend data: inputs, or the network's input_shape")


def check_magnitude(array: Array, compute: ComputeConfig) -> None:
    """Raise DataError if a number overflows to infinity in the precision."""
    limit = float(np.finfo(compute.dtype).max)
    if array.dtype.kind == "f" and array.dtype.itemsize > compute.dtype.itemsize and array.size:
        largest = max(float(array.max()), -float(array.min()))
        if largest > limit:
            raise DataError(f"{largest:g} is too large for {compute.dtype}", "scale the data")


def check_expected_splits(spec: Spec, splits: Container[str]) -> None:
    """Raise SpecError if the spec expects metrics of a split that the data lack."""
    problems = [
        Problem(f"expect: the data have no {split} rows", spec.locate("expect", split))
        for split in ("train", "test")
        if getattr(spec.expect, split, {}) and split not in splits
    ]
    if problems:
        raise SpecError(problems)


def _check_class_indices(targets: Array, classes: int) -> None:
    """Raise DataError unless all targets are whole numbers in [0, classes)."""
    invalid = (targets != np.floor(targets)) | (targets < 0) | (targets >= classes)
    if invalid.any():
        row = int(np.argwhere(invalid)[0][0])
        label = f"the target {targets[invalid][0]} of row {row}"
        raise DataError(f"{label} is no whole number from 0 to {classes - 1}")


def _reshape_targets(targets: Array, spec: Spec, graph: Graph) -> Array:
    """Add or drop axes of size 1 to match the predictions' shape (or that of class indices)."""
    sparse = spec.loss is not None and spec.loss.sparse
    shape = (len(targets), *(graph.output_shape[:-1] if sparse else graph.output_shape))
    return targets.reshape(shape) if targets.size == np.prod(shape, dtype=int) else targets
