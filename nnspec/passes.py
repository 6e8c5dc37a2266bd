"""From a spec to a resolved graph: resolve -> expand -> infer, each Graph -> Graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from typing import ParamSpec, TypeVar

from nnspec.component import Component
from nnspec.errors import Problem, ShapeError, SpecError, did_you_mean, shown
from nnspec.fields import Shape
from nnspec.graph import INPUT, Graph, Node
from nnspec.layers.base import Layer
from nnspec.layers.geometry import show
from nnspec.prep import Preparation, Signature
from nnspec.record import values
from nnspec.spec import Spec

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def compile_spec(spec: Spec) -> Graph:
    """The resolved graph of a spec: every shape and weight known, nothing run.

    Raises SpecError, with the place of the layer or step, where something does not fit.
    """
    graph = infer(expand(resolve(spec)), spec)
    _check_starts(spec, graph)
    _check_targets(spec, graph)
    _check_expectations(spec)
    return graph


def resolve(spec: Spec) -> Graph:
    """The written layers, named and wired."""
    layers = spec.network.layers
    names = _names(spec)
    reads = [INPUT, *names]
    nodes = tuple(
        Node(name, layer, (read,), name, ("network", "layers", index))
        for index, (name, layer, read) in enumerate(zip(names, layers, reads, strict=False))
    )
    return Graph(spec.name, _input_shape(spec), nodes)


def expand(graph: Graph) -> Graph:
    """Layers that stand for several become these: a dense with an activation becomes two nodes."""
    nodes: list[Node] = []
    renamed = {INPUT: INPUT}
    for node in graph.nodes:
        inputs = tuple(renamed[name] for name in node.inputs)
        parts = _parts(node, inputs)
        nodes += parts
        renamed[node.name] = parts[-1].name
    return graph._replace(nodes=tuple(nodes))


def infer(graph: Graph, spec: Spec) -> Graph:
    """Every shape, every weight, and every option that depends on them as a number."""
    shapes: dict[str, Shape] = {INPUT: graph.input_shape}
    nodes = []
    for node in graph.nodes:
        inferred = _located(spec, node.path, _inferred, node, shapes)
        shapes[node.name] = inferred.shape
        nodes.append(inferred)
    return graph._replace(nodes=tuple(nodes))


def prepared(spec: Spec) -> tuple[Signature | None, Signature | None]:
    """A row of the prepared inputs and targets, as far as the spec alone can tell."""
    if spec.data is None:
        return None, None
    source = spec.data.source
    inputs, targets = _located(spec, ("data", "source"), lambda: source.signatures(spec.folder))
    return (
        _after(spec, "inputs", inputs, spec.data.inputs),
        _after(spec, "targets", targets, spec.data.targets),
    )


def _after(
    spec: Spec, key: str, signature: Signature | None, steps: Iterable[Preparation]
) -> Signature | None:
    for index, step in enumerate(steps):
        if signature is not None:
            signature = _located(spec, ("data", key, index), step.apply, signature)
    return signature


def _input_shape(spec: Spec) -> Shape:
    """What the data preparation gives, checked against what the network says."""
    given, (inputs, _) = spec.network.input_shape, prepared(spec)
    if inputs is None and given is None:
        where = spec.locate("network")
        hint = "write input_shape: [...] under network"
        raise SpecError(Problem("the network's input_shape is not known", where, hint))
    if inputs is None:
        return given or ()
    if given is not None and given != inputs.shape:
        message = (
            f"the network takes {show(given)} and the data preparation gives {show(inputs.shape)}"
        )
        hint = "leave input_shape out, or change data: inputs"
        raise SpecError(Problem(message, spec.locate("network", "input_shape"), hint))
    return inputs.shape


def _check_starts(spec: Spec, graph: Graph) -> None:
    """Weights that start from written numbers must have as many of them."""
    problems = []
    for node in graph.nodes:
        for name, weight in node.weights.items():
            try:
                weight.initializer.check(f"{node.name}/{name}", weight.shape)
            except ShapeError as error:
                where = spec.locate(*node.path, *_option_with(weight.initializer, node))
                problems.append(Problem(error.message, where, error.hint, "shape"))
    if problems:
        raise SpecError(problems)


def _option_with(value: Component, node: Node) -> tuple[str, ...]:
    """The way from a node's written layer to the option that holds `value`."""
    return next(((node.kind, name) for name, held in values(node.layer) if held is value), ())


def _check_expectations(spec: Spec) -> None:
    """Only figures that a run computes can be expected."""
    known = ["loss", *(metric.kind for metric in spec.metrics)]
    unknown = [
        Problem(
            f"expect: the run has no figure {shown(name)}",
            spec.locate("expect", part, name),
            did_you_mean(name, known),
        )
        for part in ("train", "test")
        for name in getattr(spec.expect, part, ())
        if name not in known
    ]
    if unknown:
        raise SpecError(unknown)


def _check_targets(spec: Spec, graph: Graph) -> None:
    """The loss and the metrics must fit the network's output and the prepared targets."""
    _, targets = prepared(spec)
    if targets is None:
        return
    shapes = graph.output_shape, targets.shape
    if spec.loss:
        _located(spec, ("loss",), spec.loss.check, *shapes)
    for index, metric in enumerate(spec.metrics):
        _located(spec, ("metrics", index), metric.check, *shapes)


def _names(spec: Spec) -> list[str]:
    """Each layer's own name, or its kind, numbered from the second on as in Keras."""
    layers = spec.network.layers
    first: dict[str | None, int] = {}  # where each name is given first
    for index, layer in enumerate(layers):
        first.setdefault(layer.name, index)
    problems = [_name_problem(spec, index, layer, first) for index, layer in enumerate(layers)]
    if any(problems):
        raise SpecError(filter(None, problems))
    seen: Counter[str] = Counter()
    return [layer.name or _automatic(layer.kind, seen, first) for layer in layers]


def _automatic(kind: str, seen: Counter[str], given: Container[str | None]) -> str:
    while True:
        name = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        if name not in given:
            return name


def _name_problem(
    spec: Spec, index: int, layer: Layer, first: Mapping[str | None, int]
) -> Problem | None:
    """What is wrong with the name that a layer is given, if anything is."""
    name = layer.name
    if name is None:
        return None
    where = spec.locate("network", "layers", index, layer.kind, "name")
    if not name.replace("-", "_").isidentifier() or name == INPUT:
        return Problem(f"{shown(name)} is no layer name", where, "use letters, digits, - and _")
    if first[name] != index:
        return Problem(f"{shown(name)} is taken", where, "each name once")
    return None


def _parts(node: Node, inputs: tuple[str, ...]) -> list[Node]:
    """The nodes that a written layer stands for, each reading the one before."""
    first, *rest = _all_parts(node.layer)
    nodes = [node._replace(layer=first, inputs=inputs)]
    for layer in rest:
        name = f"{node.name}.{layer.kind}"
        nodes.append(node._replace(name=name, layer=layer, inputs=(nodes[-1].name,)))
    return nodes


def _all_parts(layer: Layer) -> list[Layer]:
    parts = layer.parts()
    return [layer] if parts[0] is layer else [p for part in parts for p in _all_parts(part)]


def _inferred(node: Node, shapes: dict[str, Shape]) -> Node:
    inputs = tuple(shapes[name] for name in node.inputs)
    shape = node.layer.output_shape(*inputs)
    layer = node.layer.resolved(*inputs)
    return node._replace(
        layer=layer, input_shapes=inputs, shape=shape, weights=layer.weights(*inputs)
    )


def _located(
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
