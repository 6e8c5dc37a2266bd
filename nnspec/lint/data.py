"""Lint rules about data, preprocessing and shuffling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nnspec.components.layers.dense import Dense
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.preprocessing.base import Transform, after_step
from nnspec.components.preprocessing.categories import OneHotTransform
from nnspec.components.preprocessing.scaling import (
    DivideTransform,
    ScaleTransform,
    StandardizeTransform,
)
from nnspec.components.sources.base import Source
from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.mnist import Mnist
from nnspec.components.sources.synthetic import Synthetic
from nnspec.graph.ir import Graph, Node, Path
from nnspec.lint.findings import Finding, has_kernel, is_trained
from nnspec.options.nested_numbers import read_column
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.data_steps import StepList, step_lists
from nnspec.spec.document import Spec

INCOMPLETE_TEST = "incomplete-test"
MAX_RATIO = 100  # of the largest absolute values of two columns


def unscaled_inputs(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Byte images, or columns of very different magnitude, without scaling."""
    if spec.data is None or isinstance(spec.optimizer, LeastSquares):
        return  # the closed form does not depend on scaling
    source = spec.data.source
    for one in data_inputs(spec, graph):
        if one.is_scaled:
            continue
        if isinstance(source, Mnist) and not one.has(DivideTransform):
            yield Finding(one.path, f"{one.subject} gets bytes from 0 to 255")
        yield from columns_of_different_scale(_column_magnitudes(source, one.name))


class DataInput(NamedTuple):
    """An input of floats: its name in the data, its steps, and whether it is scaled."""

    name: str  # "" where the data do not name it
    path: Path
    lists: tuple[StepList, ...]  # one, or one for each group of columns
    normalized: bool  # by the layers that read it

    @property
    def is_scaled(self) -> bool:
        """Whether a step or the first layer gives the columns one scale."""
        scales = ScaleTransform, StandardizeTransform, OneHotTransform
        return self.normalized or all(_has(one.steps, *scales) for one in self.lists)

    @property
    def subject(self) -> str:
        """What messages call what reads it."""
        return f"the input {self.name}" if self.name else "the network"

    def has(self, *steps: type[Transform]) -> bool:
        """Whether it has a preprocessing step of one of the classes."""
        return any(_has(one.steps, *steps) for one in self.lists)

    @property
    def has_steps(self) -> bool:
        """Whether it has any step."""
        return any(one.steps for one in self.lists)


def _has(steps: Sequence[Transform], *classes: type[Transform]) -> bool:
    return any(isinstance(step, classes) for step in steps)


def data_inputs(spec: Spec, graph: Graph) -> Iterator[DataInput]:
    """The inputs of floats that the data section prepares."""
    lists = step_lists(spec.data.inputs if spec.data else (), ("data", "inputs"))
    for name, tensor in graph.inputs.items():
        if not tensor.is_float:
            continue
        readers = list(_first_nodes(graph, name))
        normalized = bool(readers) and all(node.layer.normalizes for node in readers)
        if "" not in lists:
            path = ("data", "inputs", name)
            yield DataInput(name, path, lists.get(name, (StepList(path, ()),)), normalized)
        else:
            only = "" if len(graph.inputs) == 1 else name
            yield DataInput(only, ("data", "inputs"), lists[""], normalized)


def _first_nodes(graph: Graph, value: str) -> Iterator[Node]:
    """The nodes that read a value, through reshaping and the like, and change it."""
    for node in graph.uses(value):
        if node.layer.identity:
            yield from _first_nodes(graph, node.name)
        else:
            yield node


def _column_magnitudes(source: Source, name: str) -> Sequence[float]:
    """The largest absolute value of each column of an input; empty if the spec does not tell."""
    if isinstance(source, Synthetic):
        return source.function.magnitudes
    if not isinstance(source, InlineRows):
        return ()
    column = source.inputs.get(name, ()) if isinstance(source.inputs, Mapping) else source.inputs
    if not column or len(read_column("inputs", column).shape) != 1:
        return ()  # unknown, single numbers, or images
    return [max(map(abs, numbers)) for numbers in zip(*column, strict=True)]


def columns_of_different_scale(magnitudes: Sequence[float]) -> Iterator[Finding]:
    """A finding if the ratio of two columns' magnitudes exceeds MAX_RATIO; zeros are ignored."""
    low, high = min(filter(None, magnitudes), default=0), max(magnitudes, default=0)
    if high > MAX_RATIO * low:
        message = f"one column of the inputs reaches {high:,}, another {low:,}"
        yield Finding(("data", "source"), message)


def pixel_positions(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Images that are flattened for dense layers without a convolution before."""
    layers = [node.layer for node in graph.nodes]
    if any(layer.local_weights for layer in layers) or not any(
        isinstance(layer, Dense) for layer in layers
    ):
        return
    message = "the network gets images as rows of pixels"
    for path in _flattening_steps(spec):
        yield Finding(path, message)
    for node in _without_weights_before(graph):
        if node.layer.identity and len(node.input_shapes[0]) > 1 and len(node.shape) == 1:
            yield Finding(node.path, message)


def _without_weights_before(graph: Graph) -> Iterator[Node]:
    """The nodes that read inputs of floats with nothing between that mixes their numbers."""
    raw = {name for name, tensor in graph.inputs.items() if tensor.is_float}
    for node in graph.nodes:
        if raw.issuperset(node.inputs) and not has_kernel(node):
            raw.update(node.outputs)
            yield node


def _flattening_steps(spec: Spec) -> Iterator[Path]:
    """The paths of preprocessing steps that turn an image into a vector."""
    if spec.data is None:
        return
    rows = spec.data.source.data_spec(spec.folder).inputs
    for name, lists in step_lists(spec.data.inputs, ("data", "inputs")).items():
        row = rows.get(name) if name and isinstance(rows, Mapping) else rows
        for own in lists:
            yield from _flattening(own.path, row, own.steps)


def _flattening(
    path: Path, row: TensorSpec | Mapping[str, TensorSpec | None] | None,
    steps: Sequence[Transform],
) -> Iterator[Path]:  # fmt: skip
    for index, step in enumerate(steps):
        if row is None or isinstance(row, Mapping):
            return
        before, row = row, after_step(step, row)
        if row and len(before.shape) > 1 and len(row.shape) == 1:
            yield (*path, index)


def no_shuffle(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Several batches per epoch without shuffling."""
    if not spec.train.shuffle and is_trained(spec) and not _is_one_batch(spec):
        yield Finding(("train", "shuffle"), "the rows are not shuffled")


def incomplete_test(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Test inputs without targets, or targets without inputs."""
    lacking = spec.data.source.lacks_test(spec.folder) if spec.data else ""
    if lacking:
        yield Finding(("data", "source"), f"the source lacks {lacking}: there are no test rows")


def _is_one_batch(spec: Spec) -> bool:
    """Whether an epoch is known to be one batch."""
    size, source = spec.train.batch_size, spec.data and spec.data.source
    if isinstance(source, Synthetic):
        return size == "all" or source.rows <= size
    return size == "all" or (isinstance(source, InlineRows) and _rows(source) <= size)


def _rows(source: InlineRows) -> int:
    inputs = source.inputs
    return len(next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs)
