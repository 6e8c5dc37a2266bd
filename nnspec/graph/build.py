"""The first pass: named nodes and edges from the written layers, and the input shape."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import Problem, SpecError
from nnspec.graph.infer import located
from nnspec.graph.ir import INPUT, Graph, Node
from nnspec.graph.names import layer_names
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape
from nnspec.spec.document import Spec


def build_graph(spec: Spec) -> Graph:
    """The written layers, named and wired."""
    layers = spec.network.layers
    names = layer_names(spec)
    reads = [INPUT, *names]
    nodes = tuple(
        Node(name, layer, (read,), name, ("network", "layers", index))
        for index, (name, layer, read) in enumerate(zip(names, layers, reads, strict=False))
    )
    return Graph(spec.name, _input_shape(spec), nodes)


def preprocessed_specs(spec: Spec) -> tuple[TensorSpec | None, TensorSpec | None]:
    """A row of the prepared inputs and targets, as far as the spec alone can tell."""
    if spec.data is None:
        return None, None
    source = spec.data.source
    inputs, targets = located(spec, ("data", "source"), lambda: source.data_spec(spec.folder))
    return (
        _after(spec, "inputs", inputs, spec.data.inputs),
        _after(spec, "targets", targets, spec.data.targets),
    )


def _after(
    spec: Spec, key: str, signature: TensorSpec | None, steps: Iterable[Transform]
) -> TensorSpec | None:
    for index, step in enumerate(steps):
        if signature is not None:
            signature = located(spec, ("data", key, index), step.apply, signature)
    return signature


def _input_shape(spec: Spec) -> Shape:
    """What the data preparation gives, checked against what the network says."""
    given, (inputs, _) = spec.network.input_shape, preprocessed_specs(spec)
    if inputs is None and given is None:
        where = spec.locate("network")
        hint = "write input_shape: [...] under network"
        raise SpecError(Problem("the network's input_shape is not known", where, hint))
    if inputs is None:
        return given or ()
    if given is not None and given != inputs.shape:
        taken, prepared = format_shape(given), format_shape(inputs.shape)
        message = f"the network takes {taken} and the data preparation gives {prepared}"
        hint = "leave input_shape out, or change data: inputs"
        raise SpecError(Problem(message, spec.locate("network", "input_shape"), hint))
    return inputs.shape
