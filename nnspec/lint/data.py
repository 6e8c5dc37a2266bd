"""Lint rules about the data and its preprocessing."""

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

FAR_APART = 100  # times as large as another column


def unscaled_inputs(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Bytes, or columns of very different size, that reach the network as they are."""
    first = first_node(graph)
    if spec.data is None or (first and first.layer.normalizes):
        return
    if isinstance(spec.optimizer, LeastSquares):
        return  # it has no start
    source = spec.data.source
    if isinstance(source, Mnist) and not _prepares(
        spec, DivideTransform, ScaleTransform, StandardizeTransform
    ):
        yield Finding(("data", "inputs"), "the network gets bytes from 0 to 255")
    if not _prepares(spec, ScaleTransform, StandardizeTransform):
        yield from _columns_far_apart(_reach(source))


def _reach(source: Source) -> Sequence[float]:
    """The largest size of each column of the inputs, where the spec says it."""
    if isinstance(source, Synthetic):
        return source.function.reach
    if not isinstance(source, InlineRows) or len(read_column("inputs", source.inputs).shape) != 1:
        return ()  # not known, single numbers, or images
    return [max(map(abs, numbers)) for numbers in zip(*source.inputs, strict=True)]


def _columns_far_apart(largest: Sequence[float]) -> Iterator[Finding]:
    low, high = min(filter(None, largest), default=0), max(largest, default=0)
    if high > FAR_APART * low:
        message = f"one column of the inputs reaches {high:,}, another {low:,}"
        yield Finding(("data", "source"), message)


def pixel_positions(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Images that are flattened for dense layers, with no convolution before."""
    layers = [node.layer for node in graph.nodes]
    if any(one.local_weights for one in layers) or not any(
        isinstance(one, Dense) for one in layers
    ):
        return
    message = "the network gets images as rows of pixels"
    for index in _flattening_steps(spec):
        yield Finding(("data", "inputs", index), message)
    for node in graph.nodes:
        if node.layer.identity and len(node.input_shapes[0]) > 1 and len(node.shape) == 1:
            yield Finding(node.path, message)


def _flattening_steps(spec: Spec) -> Iterator[int]:
    """The steps of the preparation that make a vector of an image."""
    if spec.data is None:
        return
    x = spec.data.source.data_spec(spec.folder).inputs
    for index, step in enumerate(spec.data.inputs if x else ()):
        before, x = x, x and step.apply(x)
        if before and x and len(before.shape) > 1 and len(x.shape) == 1:
            yield index


def no_shuffle(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Several batches, always the same."""
    if not spec.train.shuffle and is_trained(spec) and not _is_one_batch(spec):
        yield Finding(("train", "shuffle"), "the rows are not shuffled")


def _is_one_batch(spec: Spec) -> bool:
    size, source = spec.train.batch_size, spec.data and spec.data.source
    if isinstance(source, Synthetic):
        return size == "all" or source.rows <= size
    return size == "all" or (isinstance(source, InlineRows) and len(source.inputs) <= size)


def _prepares(spec: Spec, *steps: type[Transform]) -> bool:
    return spec.data is not None and any(isinstance(step, steps) for step in spec.data.inputs)
