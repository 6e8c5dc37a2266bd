"""Advice on a valid spec: what the language allows and the theory of networks warns of.

A rule finds places; `nnspec.advice` knows the reason, and the spec's `silence` the rules to skip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nnspec.advice import REASONS
from nnspec.errors import Problem, in_order
from nnspec.graph import Graph, Node
from nnspec.initializers import Constant, Initializer, Listed
from nnspec.linear import SQUARED
from nnspec.optimizers import LeastSquares, Optimizer
from nnspec.prep import Divide, Preparation, Scale, Standardize
from nnspec.rows import column
from nnspec.sources import Mnist, Rows, Source, Synthetic
from nnspec.spec import Spec

ADVICE = "advice"  # the severity of its problems
DEEP = 4  # hidden layers
FAR_APART = 100  # times as large as another column

# A sum of sums is a sum, also through these; dropout and noise do not bend it either.
_LINEAR = {
    "average_pooling2d", "batch_normalization", "dropout", "flatten", "gaussian_noise", "linear",
    "reshape", "spatial_dropout2d",
}  # fmt: skip
_SHAPES = {"flatten", "reshape"}
_SATURATING = {"sigmoid", "tanh"}


class Finding(NamedTuple):
    """A place in the spec, and what a rule found there."""

    path: tuple[str | int, ...]
    message: str


Rule = Callable[[Spec, Graph], Iterator[Finding]]


def advise(spec: Spec, graph: Graph) -> list[Problem]:
    """The advice on a spec and its resolved graph, in the file's order."""
    return in_order(
        Problem(message, spec.locate(*path), REASONS[code], code, ADVICE)
        for code, rule in RULES.items()
        if code not in spec.silence
        for path, message in rule(spec, graph)
    )


# ---------------------------------------------------------------- the start


def zero_start(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Hidden layers whose kernel starts at 0."""
    for node in _hidden_kernels(spec, graph):
        if _only_value(node.weights["kernel"].initializer) == 0:
            yield Finding(_option(spec, node, "kernel_initializer"), _starts(node, "at 0"))


def equal_start(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Hidden layers of several neurons that all start alike, though not at 0."""
    for node in _hidden_kernels(spec, graph):
        weight = node.weights["kernel"]
        value, where = _only_value(weight.initializer), _option(spec, node, "kernel_initializer")
        if weight.shape[-1] == 1 or value == 0:
            continue
        if value is not None:
            yield Finding(where, _starts(node, f"at {value:g} everywhere"))
        elif isinstance(weight.initializer, Listed) and weight.initializer.alike:
            yield Finding(where, _starts(node, "with equal neurons"))


def _hidden_kernels(spec: Spec, graph: Graph) -> Sequence[Node]:
    """All but the last, which may start equal: its neurons differ in targets.

    So may linear and logistic regression, whose loss is convex.
    """
    return _kernels(graph)[:-1] if _is_trained(spec) else ()


def _only_value(start: Initializer) -> float | None:
    if isinstance(start, Constant):
        return start.value
    if isinstance(start, Listed):
        numbers = set(start.numbers())
        return numbers.pop() if len(numbers) == 1 else None
    return {"zeros": 0.0, "ones": 1.0}.get(start.kind)


def _starts(node: Node, where: str) -> str:
    return f"the kernel of {node.origin} starts {where}"


# ---------------------------------------------------------------- the data


def unscaled_inputs(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Bytes, or columns of very different size, that reach the network as they are."""
    if spec.data is None or _first_kind(graph) == "batch_normalization":
        return
    if isinstance(spec.optimizer, LeastSquares):
        return  # it has no start
    source = spec.data.source
    if isinstance(source, Mnist) and not _prepares(spec, Divide, Scale, Standardize):
        yield Finding(("data", "inputs"), "the network gets bytes from 0 to 255")
    if not _prepares(spec, Scale, Standardize):
        yield from _columns_far_apart(_reach(source))


def _reach(source: Source) -> Sequence[float]:
    """The largest size of each column of the inputs, where the spec says it."""
    if isinstance(source, Synthetic):
        return source.function.reach
    if not isinstance(source, Rows) or len(column("inputs", source.inputs).shape) != 1:
        return ()  # not known, single numbers, or images
    return [max(map(abs, numbers)) for numbers in zip(*source.inputs, strict=True)]


def _columns_far_apart(largest: Sequence[float]) -> Iterator[Finding]:
    low, high = min(filter(None, largest), default=0), max(largest, default=0)
    if high > FAR_APART * low:
        message = f"one column of the inputs reaches {high:,}, another {low:,}"
        yield Finding(("data", "source"), message)


def pixel_positions(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Images that are flattened for dense layers, with no convolution before."""
    kinds = {node.kind for node in graph.nodes}
    if "dense" not in kinds or any("conv" in kind for kind in kinds):
        return
    message = "the network gets images as rows of pixels"
    for index in _flattening_steps(spec):
        yield Finding(("data", "inputs", index), message)
    for node in graph.nodes:
        if node.kind in _SHAPES and len(node.input_shapes[0]) > 1 and len(node.shape) == 1:
            yield Finding(node.path, message)


def _flattening_steps(spec: Spec) -> Iterator[int]:
    """The steps of the preparation that make a vector of an image."""
    if spec.data is None:
        return
    x = spec.data.source.signatures(spec.folder).inputs
    for index, step in enumerate(spec.data.inputs if x else ()):
        before, x = x, x and step.apply(x)
        if before and x and len(before.shape) > 1 and len(x.shape) == 1:
            yield index


def no_shuffle(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Several batches, always the same."""
    if not spec.train.shuffle and _is_trained(spec) and not _is_one_batch(spec):
        yield Finding(("train", "shuffle"), "the rows are not shuffled")


def _is_one_batch(spec: Spec) -> bool:
    size, source = spec.train.batch_size, spec.data and spec.data.source
    if isinstance(source, Synthetic):
        return size == "all" or source.rows <= size
    return size == "all" or (isinstance(source, Rows) and len(source.inputs) <= size)


# ---------------------------------------------------------------- the layers


def linear_hidden(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Layers whose sums go into the sums of another layer, with nothing between that bends them."""
    nodes = {node.name: node for node in graph.nodes}
    found = (name for node in _kernels(graph) for name in _summands(node, nodes))
    for node in map(nodes.__getitem__, dict.fromkeys(found)):
        yield Finding(node.path, f"{node.origin} is a hidden layer with a linear activation")


def _summands(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    """The names of the nodes with a kernel that `node` reads through linear ones."""
    todo = list(node.inputs)
    while todo:
        source = nodes.get(todo.pop())
        if source and "kernel" in source.weights:
            yield source.name
        elif source and source.kind in _LINEAR:
            todo += source.inputs


def heaviside(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Steps after weights that are to be trained."""
    learning = False
    for node in graph.nodes if _is_trained(spec) else ():
        if node.kind == "heaviside" and learning:
            yield Finding(_option(spec, node, "activation"), _step(node))
        learning = learning or any(weight.trainable for weight in node.weights.values())


def _step(node: Node) -> str:
    return f"{node.origin}: a step function in a network that is to be trained"


def vanishing_gradient(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Many hidden layers with a saturating activation."""
    found = [n for n in graph.nodes if n.kind in _SATURATING and n.name != graph.output]
    if len(found) >= DEEP:
        kinds = " or ".join(sorted({node.kind for node in found}))
        message = f"{len(found)} activations before the last are {kinds}"
        yield Finding(_option(spec, found[0], "activation"), message)


# ---------------------------------------------------------------- the loss and the rate


def squared_loss(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A squared error of probabilities."""
    last = _last_kind(graph)
    if spec.loss and spec.loss.kind in SQUARED and last in ("sigmoid", "softmax"):
        yield Finding(("loss",), f"the network ends in {last}, and the loss is a squared error")


def output_activation(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A cross-entropy of what is no probability, or of the other kind."""
    wanted, last = spec.loss and spec.loss.absorbs, _last_kind(graph)
    if spec.loss and wanted and last != wanted:
        message = f"the network ends in {last}, and {spec.loss.kind} goes with {wanted}"
        yield Finding(("loss",), message)


def single_softmax(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A softmax over one number."""
    for node in graph.nodes:
        if node.kind == "softmax" and _softmax_size(node) == 1:
            yield Finding(
                _option(spec, node, "activation"), f"{node.origin}: softmax of one output"
            )


def _softmax_size(node: Node) -> int:
    axis: int = getattr(node.layer, "axis", -1)
    return node.shape[axis if axis < 0 else axis - 1]


def learning_rate(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A first rate of 1 or more."""
    if isinstance(spec.optimizer, Optimizer) and spec.optimizer.rate(0) >= 1:
        where = ("optimizer", spec.optimizer.kind, "learning_rate")
        yield Finding(where, f"the learning rate starts at {spec.optimizer.rate(0):g}")


RULES: dict[str, Rule] = {
    "zero-start": zero_start,
    "equal-start": equal_start,
    "unscaled-inputs": unscaled_inputs,
    "linear-hidden": linear_hidden,
    "heaviside": heaviside,
    "squared-loss": squared_loss,
    "learning-rate": learning_rate,
    "vanishing-gradient": vanishing_gradient,
    "output-activation": output_activation,
    "single-softmax": single_softmax,
    "pixel-positions": pixel_positions,
    "no-shuffle": no_shuffle,
}


# ---------------------------------------------------------------- what rules ask


def _is_trained(spec: Spec) -> bool:
    return spec.loss is not None or spec.optimizer is not None


def _prepares(spec: Spec, *steps: type[Preparation]) -> bool:
    return spec.data is not None and any(isinstance(step, steps) for step in spec.data.inputs)


def _kernels(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if "kernel" in node.weights]


def _first_kind(graph: Graph) -> str:
    return next((node.kind for node in graph.nodes if node.kind not in _SHAPES), "")


def _last_kind(graph: Graph) -> str:
    """The kind of what the network ends in, whatever its shape; a bare layer's is linear."""
    last = next((node for node in reversed(graph.nodes) if node.kind not in _SHAPES), None)
    return "linear" if last is None or "kernel" in last.weights else last.kind


def _option(spec: Spec, node: Node, name: str) -> tuple[str | int, ...]:
    """The path to a written layer's option; to the layer where it does not have it."""
    *_, index = node.path
    layer = spec.network.layers[int(index)]
    return (*node.path, layer.kind, name) if hasattr(layer, name) else node.path
