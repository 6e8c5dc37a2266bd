"""The cases of the conformance suite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain as chain_iterators
from itertools import product
from typing import Any

from nnspec.backends.conformance.case import Case
from nnspec.backends.conformance.graph_cases import graph_cases
from nnspec.backends.conformance.layer_cases import layer_cases
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import Optimizer
from nnspec.options import registry
from nnspec.options.component import Component, to_plain


def cases() -> list[Case]:
    """A case for each example of a layer, each loss and optimizer, and for the uses of graphs."""
    made = (
        layer_cases(), graph_cases(), _loss_cases(), _weighted_cases(), _metric_cases(),
        _optimizer_cases(),
    )  # fmt: skip
    return list(chain_iterators(*made))


def chain(
    name: str,
    layers: list[Any],
    input_shape: tuple[int, ...],
    loss: Any = "half_squared_error",
    optimizer: Any = "sgd",
) -> Case:
    """A case with layers one after the other."""
    return Case(name, {"input_shape": list(input_shape), "layers": layers}, loss, optimizer)


def _loss_cases() -> Iterator[Case]:
    """The losses of a module after each activation, each at an output of its own."""
    by_module = defaultdict[str, list[type[Component]]](list)
    for cls in registry.classes("loss"):
        by_module[cls.__module__].append(cls)
    for activation, classes in product(("linear", "sigmoid", "softmax"), by_module.values()):
        losses = [
            loss
            for cls in classes
            if issubclass(cls, Loss)
            for options in cls.examples
            if activation in _activations(loss := cls(**options))  # type: ignore[arg-type]
        ]
        if losses:
            yield _losses_case(activation, losses)


def _activations(loss: Loss) -> tuple[str, ...]:
    """What stands before a loss: each activation with which it may be fused, or one that fits."""
    if loss.takes_logits or loss.domain == Loss.domain:
        return ("linear",)
    return ("sigmoid", "softmax") if loss.fuses_with else ("sigmoid",)


def _losses_case(activation: str, losses: list[Loss]) -> Case:
    """Losses at the outputs of layers that end in an activation."""
    outputs = {f"{loss.kind}_{number}": loss for number, loss in enumerate(losses)}
    dense = {"units": 4, "activation": activation, "inputs": "input"}
    layers = [{"dense": {**dense, "name": name}} for name in outputs]
    names = ", ".join(f"loss {kind}" for kind in dict.fromkeys(loss.kind for loss in losses))
    network = {"input_shape": [3], "layers": layers, "outputs": list(outputs)}
    return Case(
        f"{names} after {activation}", network,
        {name: to_plain(loss) for name, loss in outputs.items()}, row_weights=True,
    )  # fmt: skip


def _weighted_cases() -> Iterator[Case]:
    """Losses of rows with weights: of elements, of classes, and fused with an activation."""
    for loss, activation in _WEIGHTED:
        dense = {"units": 4, "activation": activation, "kernel_regularizer": {"l2": 0.01}}
        case = chain(f"row weights {loss} after {activation}", [{"dense": dense}], (3,), loss)
        yield case._replace(row_weights=True, metrics=["mean_squared_error"])


def _metric_cases() -> Iterator[Case]:
    """Each metric that backends compute and that is no loss, of several outputs and of one."""
    for cls in registry.classes("metric"):
        if not issubclass(cls, Metric) or cls.has_state():
            continue
        for units in (4, 1):
            layers = [{"dense": {"units": units, "activation": "sigmoid"}}]
            case = chain(f"metric {cls.kind} of {units}", layers, (3,), "binary_crossentropy")
            yield case._replace(metrics=[{cls.kind: dict(options)} for options in cls.examples])


_WEIGHTED = [
    ("mean_squared_error", "linear"),
    ("binary_crossentropy", "sigmoid"),
    ("binary_crossentropy", "softmax"),
    ("categorical_crossentropy", "softmax"),
    ("categorical_crossentropy", "sigmoid"),
]
_DECAY = {"exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}}


def _optimizer_cases() -> Iterator[Case]:
    shared: tuple[dict[str, Any], ...] = (
        {},
        {"learning_rate": _DECAY},
        {"weight_decay": 0.01},
        {"clipvalue": 0.01},
        {"clipnorm": 0.1},
        {"global_clipnorm": 0.1},
    )
    for options in shared:
        for cls in registry.classes("optimizer"):
            if issubclass(cls, Optimizer):  # a closed form is solved outside backends
                yield _optimizer_case(cls.kind, options)
    for more in ({}, {"nesterov": True}, {"learning_rate": _DECAY}):
        yield _optimizer_case("sgd", {"momentum": 0.9, **more})
    yield _optimizer_case("rmsprop", {"momentum": 0.5, "centered": True})


def _optimizer_case(kind: str, options: Mapping[str, Any]) -> Case:
    name = " ".join(["optimizer", kind, *(key for key in options)])
    regularized = {"units": 3, "activation": "tanh", "kernel_regularizer": {"l2": 0.01}}
    layers = [{"dense": regularized}, {"dense": 2}]
    return chain(name, layers, (4,), optimizer={kind: dict(options)})
