"""Lint rules about data, preprocessing and shuffling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.components.layers.dense import Dense
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.preprocessing.base import Transform
from nnspec.components.preprocessing.scaling import (
    DivideTransform,
    ScaleTransform,
    StandardizeTransform,
)
from nnspec.components.sources.base import Source
from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.mnist import Mnist
from nnspec.components.sources.synthetic import Synthetic
from nnspec.graph.ir import Graph
from nnspec.lint.findings import Finding, first_node, is_trained
from nnspec.options.nested_numbers import read_column
from nnspec.spec.document import Spec

MAX_RATIO = 100  # of the largest absolute values of two columns


def unscaled_inputs(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Byte images, or columns of very different magnitude, without scaling."""
    first = first_node(graph)
    if spec.data is None or (first and first.layer.normalizes):
        return
    if isinstance(spec.optimizer, LeastSquares):
        return  # the closed form does not depend on scaling
    source = spec.data.source
    if isinstance(source, Mnist) and not _has_step(
        spec, DivideTransform, ScaleTransform, StandardizeTransform
    ):
        yield Finding(("data", "inputs"), "the network gets bytes from 0 to 255")
    if not _has_step(spec, ScaleTransform, StandardizeTransform):
        yield from _columns_of_different_scale(_column_magnitudes(source))


def _column_magnitudes(source: Source) -> Sequence[float]:
    """The largest absolute value of each input column; empty if the spec does not tell."""
    if isinstance(source, Synthetic):
        return source.function.magnitudes
    if not isinstance(source, InlineRows) or len(read_column("inputs", source.inputs).shape) != 1:
        return ()  # unknown, single numbers, or images
    return [max(map(abs, numbers)) for numbers in zip(*source.inputs, strict=True)]


def _columns_of_different_scale(magnitudes: Sequence[float]) -> Iterator[Finding]:
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
    for index in _flattening_steps(spec):
        yield Finding(("data", "inputs", index), message)
    for node in graph.nodes:
        if node.layer.identity and len(node.input_shapes[0]) > 1 and len(node.shape) == 1:
            yield Finding(node.path, message)


def _flattening_steps(spec: Spec) -> Iterator[int]:
    """The indices of preprocessing steps that turn an image into a vector."""
    if spec.data is None:
        return
    row = spec.data.source.data_spec(spec.folder).inputs
    for index, step in enumerate(spec.data.inputs if row else ()):
        before, row = row, row and step.apply(row)
        if before and row and len(before.shape) > 1 and len(row.shape) == 1:
            yield index


def no_shuffle(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Several batches per epoch without shuffling."""
    if not spec.train.shuffle and is_trained(spec) and not _is_one_batch(spec):
        yield Finding(("train", "shuffle"), "the rows are not shuffled")


def _is_one_batch(spec: Spec) -> bool:
    """Whether an epoch is known to be one batch."""
    size, source = spec.train.batch_size, spec.data and spec.data.source
    if isinstance(source, Synthetic):
        return size == "all" or source.rows <= size
    return size == "all" or (isinstance(source, InlineRows) and len(source.inputs) <= size)


def _has_step(spec: Spec, *steps: type[Transform]) -> bool:
    """Whether the inputs have a preprocessing step of one of the classes."""
    return spec.data is not None and any(isinstance(step, steps) for step in spec.data.inputs)
