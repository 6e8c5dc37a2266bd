"""The pass that infers shapes and weights, and resolves options that depend on shapes."""

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
    """Every shape, every weight, and every option that depends on them as a number."""
    shapes: dict[str, Shape] = {INPUT: graph.input_shape}
    nodes = []
    for node in graph.nodes:
        inferred = located(spec, node.path, _inferred, node, shapes)
        shapes[node.name] = inferred.shape
        nodes.append(inferred)
    return graph._replace(nodes=tuple(nodes))


def _inferred(node: Node, shapes: dict[str, Shape]) -> Node:
    inputs = tuple(shapes[name] for name in node.inputs)
    shape = node.layer.output_shape(*inputs)
    layer = node.layer.bind(*inputs)
    return node._replace(
        layer=layer, input_shapes=inputs, shape=shape, weights=layer.weights(*inputs)
    )


def located(
    spec: Spec,
    path: tuple[str | int, ...],
    rule: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """What a shape rule gives; its ShapeError becomes a problem at `path`."""
    try:
        return rule(*args, **kwargs)
    except ShapeError as error:
        raise SpecError(Problem(error.message, spec.locate(*path), error.hint, "shape")) from None
