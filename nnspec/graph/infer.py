"""The `infer` pass: shape inference, weights, and options that depend on shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from nnspec.errors import Problem, ShapeError, SpecError
from nnspec.graph.ir import INPUT, Graph, Node
from nnspec.options.types import Shape
from nnspec.spec.document import Spec

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def infer(graph: Graph, spec: Spec) -> Graph:
    """The graph with input and output shapes, weights and resolved options in every node."""
    shapes: dict[str, Shape] = {INPUT: graph.input_shape}
    nodes = []
    for node in graph.nodes:
        inferred = with_location(spec, node.path, _infer_node, node, shapes)
        shapes[node.name] = inferred.shape
        nodes.append(inferred)
    return graph._replace(nodes=tuple(nodes))


def _infer_node(node: Node, shapes: dict[str, Shape]) -> Node:
    """A node with its shapes and weights, given the output shapes of the nodes before it."""
    inputs = tuple(shapes[name] for name in node.inputs)
    shape = node.layer.output_shape(*inputs)
    layer = node.layer.bind(*inputs)
    return node._replace(
        layer=layer, input_shapes=inputs, shape=shape, weights=layer.weights(*inputs)
    )


def with_location(
    spec: Spec,
    path: tuple[str | int, ...],
    rule: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Call a shape rule; turn its ShapeError into a SpecError at `path` in the spec."""
    try:
        return rule(*args, **kwargs)
    except ShapeError as error:
        raise SpecError(Problem(error.message, spec.locate(*path), error.hint, "shape")) from None
