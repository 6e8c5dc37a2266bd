"""Detection of linear models y = x W + b; checks that `least_squares` has a closed form."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.components.layers.dense import Dense
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph, Node
from nnspec.graph.objectives import only_loss
from nnspec.options.shapes import format_shape
from nnspec.spec.document import Spec


def linear_layer(graph: Graph) -> Node | None:
    """The dense layer of a linear model; None for any other network."""
    layers = [node for node in graph.nodes if isinstance(node.layer, Dense)]
    is_linear = graph.is_single and len(layers) == 1 and not any(_nonlinear_nodes(graph))
    return layers[0] if is_linear and len(layers[0].input_shapes[0]) == 1 else None


def check_closed_form(spec: Spec, graph: Graph) -> None:
    """Raise SpecError, listing every reason, if `least_squares` has no closed form for a spec."""
    if isinstance(spec.optimizer, LeastSquares):
        problems = [
            *_network_problems(spec, graph),
            *_loss_problems(spec),
            *_weight_problems(spec, graph),
            *_training_problems(spec),
        ]
        if problems:
            raise SpecError(problems)


def _nonlinear_nodes(graph: Graph) -> Iterator[Node]:
    """The nodes that must not be in a linear model: all but identities and the first dense."""
    first = next((node.name for node in graph.nodes if isinstance(node.layer, Dense)), "")
    return (node for node in graph.nodes if node.name != first and not node.layer.identity)


def _network_problems(spec: Spec, graph: Graph) -> Iterator[Problem]:
    """Problems of a network that is not a linear model."""
    requirement = "least_squares fits one dense layer without activation"
    for side in ("inputs", "outputs"):
        if len(getattr(graph, side)) > 1:
            where = spec.locate("network", side)
            message = f"least_squares fits a network with one of the {side}; this one has several"
            yield Problem(message, where, "take sgd")
    for node in _nonlinear_nodes(graph):
        where = spec.locate(*node.path)
        yield Problem(f"{requirement}; this network has {node.name} too", where, "take sgd")
    dense = next((node for node in graph.nodes if isinstance(node.layer, Dense)), None)
    if dense is None:
        yield Problem(f"{requirement}; the network has none", spec.locate("optimizer"))
    elif len(dense.input_shapes[0]) > 1:
        message = f"least_squares takes rows of one axis, not {format_shape(dense.input_shapes[0])}"
        yield Problem(message, spec.locate(*dense.path), "flatten them first")


def _loss_problems(spec: Spec) -> Iterator[Problem]:
    """Problems of a loss that is not quadratic."""
    loss = only_loss(spec)
    if loss and loss.squared_error is None:
        message = f"least_squares makes a squared loss small, not {loss.kind}"
        yield Problem(message, spec.locate("loss"), "take half_squared_error or mean_squared_error")


def _weight_problems(spec: Spec, graph: Graph) -> Iterator[Problem]:
    """Problems of weights whose penalty is not quadratic, or that may not have every value."""
    for node in graph.nodes:
        for name, weight in node.weights.items():
            regularizer = weight.regularizer
            if regularizer and (regularizer.strengths[0] or regularizer.orthogonality):
                penalty = "an orthogonal" if regularizer.orthogonality else "an l1"
                message = f"least_squares has no closed form with {penalty} penalty"
                where = spec.locate(*node.path, node.kind, f"{name}_regularizer")
                yield Problem(message, where, "take l2, or sgd")
            if weight.constraint:
                message = "least_squares has no closed form with a constraint"
                where = spec.locate(*node.path, node.kind, f"{name}_constraint")
                yield Problem(message, where, "take sgd")
        if node.layer.is_frozen:
            of_layer = (*node.path, node.kind, "trainable")
            where = spec.locate(*(("train", "freeze") if spec.train.freeze else of_layer))
            yield Problem(
                "least_squares solves for all weights, frozen ones too", where, "take sgd"
            )


def _training_problems(spec: Spec) -> Iterator[Problem]:
    """Problems of training options that a single solution over all rows ignores."""
    yield from _length_problems(spec)
    for index, callback in enumerate(spec.train.callbacks or ()):
        if callback.uses_learning_rate:
            where = spec.locate("train", "callbacks", index, callback.kind)
            yield Problem("least_squares has no learning rate", where, "leave it out")
    if spec.train.micro_batch:
        message = "least_squares solves for all rows at once"
        yield Problem(message, spec.locate("train", "micro_batch"), "leave it out")
    if spec.train.batch_size != "all":
        message = f"least_squares takes all rows at once, not {spec.train.batch_size}"
        hint = "write train: {batch_size: all}"
        yield Problem(message, spec.locate("optimizer"), hint)


def _length_problems(spec: Spec) -> Iterator[Problem]:
    """Problems of options that say how long a training is."""
    for name in ("epochs", "steps", "steps_per_epoch"):
        count = getattr(spec.train, name)
        if count not in (1, None):
            message = f"least_squares solves once; {count} {name.replace('_', ' ')} say nothing"
            hint = f"write {name}: 1, or leave it out"
            yield Problem(message, spec.locate("train", name), hint)
    for name in ("early_stopping", "time_budget"):
        if getattr(spec.train, name):
            message = "least_squares solves once; there is nothing to stop early"
            yield Problem(message, spec.locate("train", name), "leave it out")
