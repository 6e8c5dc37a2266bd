"""Checks of inputs of whole numbers, such as the indices for which embeddings have vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.layers.embedding import Embedding
from nnspec.components.preprocessing.encoding import CastTransform
from nnspec.data.invalid_values import first_index
from nnspec.data.preprocessing.pipeline import LocatedStep
from nnspec.data.row_origin import RowOrigin
from nnspec.errors import DataError, Problem, SourceSpan
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.options.tensor_spec import TensorSpec

PlaceOf = Callable[[Sequence[int]], SourceSpan | None]


class PreparedInput(NamedTuple):
    """A prepared input with what messages say of it."""

    array: Array
    origin: RowOrigin
    name: str  # in the data
    steps: tuple[LocatedStep, ...] = ()  # by which it was prepared
    written: PlaceOf = lambda _: None  # where a number stands in the spec, by its index

    def error(self, bad: Array, what: str, place: SourceSpan | None, hint: str) -> DataError:
        """The error of the first number that is marked; a step that made it is to blame."""
        index = first_index(bad)
        found = self.origin.cell(self.name, index)
        number = self.array[bad][0]
        changing = self._changing_step()
        if changing is None:
            return DataError(
                Problem(f"{found}: {number} {what}", self.written(index) or place, hint)
            )
        kind = changing.step.kind
        message = f"{found}, after its steps: {number} {what}"
        if not changing.step.makes_indices:
            hint = f"{kind} makes other numbers of indices; take it out"
        return DataError(Problem(message, changing.place, hint))

    def _changing_step(self) -> LocatedStep | None:
        """The last step that makes other numbers."""
        kept = (located for located in reversed(self.steps) if not located.step.rearranges)
        return next((one for one in kept if not isinstance(one.step, CastTransform)), None)


def check_whole(one: PreparedInput, spec: TensorSpec, place: SourceSpan | None) -> None:
    """Raise DataError where an input of whole numbers holds any other number."""
    array = one.array
    if spec.is_float or not array.size:
        return
    limits = np.iinfo(spec.dtype)
    if array.dtype.kind == "f":  # which may round the largest whole number up
        bad = (array < limits.min) | (array >= float(limits.max) + 1) | (array != np.floor(array))
    else:
        bad = (array < limits.min) | (array > limits.max)
    if bad.any():
        raise one.error(bad, f"is no whole number of type {spec.dtype}", place, "")


def check_embedding_indices(
    one: PreparedInput, graph: Graph, name: str, place: SourceSpan | None
) -> None:
    """Raise DataError where an input holds a number for which an embedding has no vector."""
    for layer, size in _embeddings(graph, name):
        invalid = (one.array < 0) | (one.array >= size)
        if invalid.any():
            what = f"has no vector; {layer} has those of 0 to {size - 1}"
            raise one.error(invalid, what, place, _size_hint(one.array, size))


def _size_hint(array: Array, size: int) -> str:
    """How an embedding takes the indices of an array."""
    if array.min() < 0:
        return "indices are counted from 0"
    return f"write input_dim: {int(array.max()) + 1}" if array.max() >= size else ""


def _embeddings(graph: Graph, name: str) -> Iterator[tuple[str, int]]:
    """The embeddings that read the numbers of an input, each with its number of vectors."""
    values = {name}  # that hold numbers of the input as they are
    for node in lower(graph).nodes:
        if values.isdisjoint(node.inputs):
            continue
        if isinstance(node.layer, Embedding):
            yield node.origin.replace("/", "."), node.layer.input_dim
        elif node.layer.keeps_dtype:
            values.update(node.outputs)
