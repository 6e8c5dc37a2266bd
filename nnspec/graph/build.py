"""The `build_graph` pass: from a spec's layer list to an unresolved graph."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import Problem, SpecError
from nnspec.graph.infer import with_location
from nnspec.graph.ir import INPUT, Graph, Node
from nnspec.graph.names import layer_names
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape
from nnspec.spec.document import Spec


def build_graph(spec: Spec) -> Graph:
    """A graph with one node per layer of the spec, each reading the one before.

    Shapes and weights are filled in by `infer`; composite layers are expanded by `lower`.
    """
    layers = spec.network.layers
    names = layer_names(spec)
    reads = [INPUT, *names]
    nodes = tuple(
        Node(name, layer, (read,), name, ("network", "layers", index))
        for index, (name, layer, read) in enumerate(zip(names, layers, reads, strict=False))
    )
    return Graph(spec.name, _input_shape(spec), nodes)


def preprocessed_tensor_specs(spec: Spec) -> tuple[TensorSpec | None, TensorSpec | None]:
    """Shape and dtype of a preprocessed row of inputs and targets; None if only the data tell."""
    if spec.data is None:
        return None, None
    source = spec.data.source
    inputs, targets = with_location(spec, ("data", "source"), lambda: source.data_spec(spec.folder))
    return (
        _apply_transforms(spec, "inputs", inputs, spec.data.inputs),
        _apply_transforms(spec, "targets", targets, spec.data.targets),
    )


def _apply_transforms(
    spec: Spec, side: str, row: TensorSpec | None, transforms: Iterable[Transform]
) -> TensorSpec | None:
    """Shape and dtype of a row after the transforms of a side, `inputs` or `targets`."""
    for index, transform in enumerate(transforms):
        if row is not None:
            row = with_location(spec, ("data", side, index), transform.apply, row)
    return row


def _input_shape(spec: Spec) -> Shape:
    """The shape of a preprocessed input row; a SpecError unless `network.input_shape` agrees."""
    declared, (inputs, _) = spec.network.input_shape, preprocessed_tensor_specs(spec)
    if inputs is None and declared is None:
        where = spec.locate("network")
        hint = "write input_shape: [...] under network"
        raise SpecError(Problem("the network's input_shape is not known", where, hint))
    if inputs is None:
        return declared or ()
    if declared is not None and declared != inputs.shape:
        expected, actual = format_shape(declared), format_shape(inputs.shape)
        message = f"the network takes {expected} and the preprocessing gives {actual}"
        hint = "leave input_shape out, or change data: inputs"
        raise SpecError(Problem(message, spec.locate("network", "input_shape"), hint))
    return inputs.shape
