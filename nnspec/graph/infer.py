"""The `infer` pass: shapes and dtypes, weights, lowering, and options that depend on shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from nnspec.components.layers.base import Weight
from nnspec.components.preprocessing.base import after_step
from nnspec.errors import Problem, ShapeError, SpecError
from nnspec.graph.ir import Graph, Node
from nnspec.graph.lower import lowering
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape
from nnspec.options.unknown_size import has_unknown
from nnspec.spec.data_steps import StepList
from nnspec.spec.document import Spec

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def infer(graph: Graph, spec: Spec) -> Graph:
    """The graph with specs of inputs and outputs, weights and resolved options in every node."""
    specs = dict(graph.inputs)
    nodes: dict[str, Node] = {}
    for node in graph.nodes:
        inferred = with_location(spec, node.path, infer_node, node, specs)
        if inferred.is_shared:
            with_location(spec, node.path, _check_shared_weights, inferred, nodes)
        nodes[node.name] = inferred
        specs.update(zip(inferred.outputs, inferred.output_specs, strict=True))
    return graph.replace(nodes=tuple(nodes.values()))


def infer_node(node: Node, specs: Mapping[str, TensorSpec]) -> Node:
    """A node with its specs, weights and lowering, given the specs of the values it reads."""
    inputs = tuple(specs[value] for value in node.inputs)
    shapes = tuple(x.shape for x in inputs)
    if node.layer.has_lowering():
        return _infer_lowered(node, inputs)
    outputs = node.layer.infer(*inputs)
    is_open = any(map(has_unknown, shapes))
    layer = node.layer if is_open else node.layer.bind(*shapes)
    weights = layer.weights(*shapes)
    if layer.is_frozen:
        weights = {name: weight._replace(trainable=False) for name, weight in weights.items()}
    if is_open:
        _check_known(node, shapes, weights)
    return node._replace(layer=layer, input_specs=inputs, output_specs=outputs, weights=weights)


def _check_known(node: Node, shapes: tuple[Shape, ...], weights: Mapping[str, Weight]) -> None:
    """Raise ShapeError where a size that was left open is that of a weight."""
    if any(has_unknown(weight.shape) for weight in weights.values()):
        read = " and ".join(map(format_shape, shapes))
        message = f"the weights of {node.kind} depend on a size that is open: it gets {read}"
        raise ShapeError(message, "write the size where the shape of the network's input is null")


def _infer_lowered(node: Node, inputs: tuple[TensorSpec, ...]) -> Node:
    """A node whose specs and weights are those of its lowering."""
    node.layer.check_arity(len(inputs))
    body = lowering(node, inputs, infer_node)
    weights = {
        f"{inner.name.removeprefix(node.name)[1:]}/{name}": weight
        for inner in body
        for name, weight in inner.weights.items()
    }
    return node._replace(
        input_specs=inputs, output_specs=body[-1].output_specs, weights=weights, body=body
    )


def _check_shared_weights(node: Node, nodes: Mapping[str, Node]) -> None:
    """Raise ShapeError unless the weights of the owner fit a node that shares them."""
    owner = nodes[node.owner]
    if owner.weight_shapes != node.weight_shapes:
        shapes = [format_shape(each.input_shapes[0]) for each in (owner, node)]
        message = f"{owner.name.replace('/', '.')} was made for {shapes[0]} and gets {shapes[1]}"
        raise ShapeError(message, "shared weights need inputs that they fit")


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
        place = spec.locate(*path, *error.path)
        raise SpecError(Problem(error.message, place, error.hint, "shape")) from None


def row_after_steps(spec: Spec, steps: StepList, row: TensorSpec | None) -> TensorSpec | None:
    """The TensorSpec of a row after preprocessing steps; None where only the data tell it."""
    for path, step in steps.located:
        row = with_location(spec, path, after_step, step, row)
    return row
