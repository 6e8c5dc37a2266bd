"""The cases of the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain as chain_iterators
from typing import Any

from nnspec.backends.conformance.case import Case
from nnspec.backends.conformance.graph_cases import graph_cases
from nnspec.backends.conformance.layer_cases import layer_cases
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import Optimizer
from nnspec.options import registry


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
    smoothed = [{kind: {"label_smoothing": 0.1}} for kind in _SMOOTHED]
    for loss in [*registry.kinds("loss"), *smoothed]:
        kind = loss if isinstance(loss, str) else next(iter(loss))
        for activation in ("linear", "sigmoid", "softmax"):
            if activation != "linear" or "squared" in kind:
                name = f"loss {kind}{'' if loss == kind else ' smoothed'} after {activation}"
                yield chain(name, [{"dense": {"units": 4, "activation": activation}}], (3,), loss)


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
            yield case._replace(metrics=[cls.kind])


_WEIGHTED = [
    ("mean_squared_error", "linear"),
    ("binary_crossentropy", "sigmoid"),
    ("binary_crossentropy", "softmax"),
    ("categorical_crossentropy", "softmax"),
    ("categorical_crossentropy", "sigmoid"),
]
_SMOOTHED = ("binary_crossentropy", "categorical_crossentropy")
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
