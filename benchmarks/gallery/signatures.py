"""Layers of Keras' models and of graphs by their signatures: what they read and what reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.options.types import Shape
from nnspec.weight_import.structure import Operation, graph_operations, signatures

__all__ = ["graph_operations", "keras_operations", "parts", "signatures"]


def keras_operations(model: Any) -> Iterator[Operation]:
    """The layers of a functional model of Keras, each of which is used once.

    A sequential model within it counts as its layers.
    """
    last: dict[str, str] = {}  # the last layer within a layer
    for one in _by_depth(model):
        (node,) = one._inbound_nodes[-1:]  # noqa: SLF001
        read = tuple(last[_producer(tensor)] for tensor in node.input_tensors)
        for layer in parts(one):
            kind = "input" if not read else type(layer).__name__.lower()
            shape = _numbers(layer.output.shape[1:])
            yield Operation(layer.name, kind, read, shape, _weights(layer))
            read = (layer.name,)
        last[one.name] = layer.name


def parts(operation: Any) -> list[Any]:
    """The layers of a sequential model; of anything else, itself."""
    return list(operation.layers) if type(operation).__name__ == "Sequential" else [operation]


def _weights(operation: Any) -> tuple[Shape, ...]:
    """The shapes of the weights of a layer; of an operation, none."""
    return tuple(_numbers(weight.shape) for weight in getattr(operation, "weights", ()))


def _numbers(shape: Sequence[int]) -> Shape:
    """A shape of plain numbers."""
    return tuple(map(int, shape))


def _producer(tensor: Any) -> str:
    return str(tensor._keras_history.operation.name)  # noqa: SLF001


def _by_depth(model: Any) -> Iterator[Any]:
    """The operations of a model, each after those that it reads."""
    depths: Mapping[int, list[Any]] = model._nodes_by_depth  # noqa: SLF001
    for depth in sorted(depths, reverse=True):
        yield from (node.operation for node in depths[depth])
