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
        _optimizer_cases(), _regularizer_cases(), _constraint_cases(), _frozen_cases(),
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
_TO_0 = {"cosine_decay": {"initial_learning_rate": 0.1, "decay_steps": 3}}
_FOR_ALL = {"learning_rate": _DECAY, "weight_decay": 0.1, "clipnorm": 0.1}
_OPTIMIZER_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("sgd", {"momentum": 0.9, "learning_rate": _DECAY}),
    ("rmsprop", {"momentum": 0.5, "centered": True}),
    ("sgd", {"clipvalue": 0.01}),
    ("adam", {"global_clipnorm": 0.1, "learning_rate": _TO_0}),
    ("adam", {"amsgrad": True, "beta_2": 0.3}),
    ("adamw", {"amsgrad": True, "beta_2": 0.3}),
    ("adagrad", {"initial_accumulator_value": 0.0, "epsilon": 0.1}),
    ("adadelta", {"rho": 0.5, "epsilon": 0.01}),
    ("ftrl", {"learning_rate": _TO_0, "beta": 0.3, "learning_rate_power": -0.2}),
    ("sgd", {"use_ema": True, "ema_momentum": 0.7}),
    ("adam", {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2, "clipnorm": 0.1}),
    ("sgd", {"gradient_accumulation_steps": 2, "learning_rate": _DECAY, "momentum": 0.5}),
    (
        "adam",
        {
            "gradient_accumulation_steps": 2,
            "use_ema": True,
            "ema_overwrite_frequency": 2,
            "clipvalue": 0.01,
            "weight_decay": 0.1,
        },
    ),
    (
        "ftrl",
        {
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.15,
            "l2_shrinkage_regularization_strength": 0.01,
        },
    ),
)


def _optimizer_cases() -> Iterator[Case]:
    for cls in registry.classes("optimizer"):
        if issubclass(cls, Optimizer):  # a closed form is solved outside backends
            yield _optimizer_case(cls.kind, {})
            yield _optimizer_case(cls.kind, _FOR_ALL)
    for kind, options in _OPTIMIZER_OPTIONS:
        yield _optimizer_case(kind, options)


def _regularizer_cases() -> Iterator[Case]:
    """Penalties on the rows and on the columns of a kernel, of which one is 0."""
    for mode in ("rows", "columns"):
        penalty = {"orthogonal": {"factor": 0.5, "mode": mode}}
        start = {"values": [[0.5, -0.25, 0.0], [1.0, 0.75, 0.0], [0.0, 0.0, 0.0]]}
        dense = {"units": 3, "kernel_regularizer": penalty, "kernel_initializer": start}
        yield chain(f"regularizer orthogonal {mode}", [{"dense": dense}], (3,))


def _constraint_cases() -> Iterator[Case]:
    """Each constraint, on kernels of several layouts, on a bias and on a scale."""
    scale = {"min_max_norm": {"min_value": 0.7, "max_value": 0.9, "rate": 0.5}}
    filters = {"filters": 2, "kernel_size": 2, "kernel_constraint": {"unit_norm": [0, 1, 2]}}
    layers = [
        {"conv2d": {**filters, "bias_constraint": "non_neg"}},
        {"batch_normalization": {"gamma_constraint": scale, "beta_constraint": "unit_norm"}},
        {"depthwise_conv2d": {"kernel_size": 2, "depthwise_constraint": {"max_norm": 0.1}}},
        {"prelu": {"alpha_constraint": {"max_norm": {"max_value": 0.1, "axis": -1}}}},
        "flatten",
        {"dense": {"units": 3, "kernel_constraint": "non_neg", "activation": "tanh"}},
    ]
    yield chain("constraints", layers, (4, 4, 2), optimizer={"sgd": {"momentum": 0.9}})


def _frozen_cases() -> Iterator[Case]:
    """Frozen layers before all that are trained, between them and after them."""
    layers: list[Any] = [
        {"conv2d": {"filters": 2, "kernel_size": 1, "activation": "prelu", "trainable": False}},
        {"batch_normalization": {"trainable": False, "moving_mean_initializer": "ones"}},
        {"conv2d": {"filters": 3, "kernel_size": 2}},
        {"batch_normalization": {"trainable": False, "moving_variance_initializer": _VARIANCE}},
        {"conv2d": {"filters": 3, "kernel_size": 2, "trainable": False, **_PENALTIES}},
        {"depthwise_conv2d": {"kernel_size": 2, "trainable": False}},
        {"prelu": {"trainable": False, "alpha_initializer": {"constant": 0.3}}},
        {"separable_conv2d": {"filters": 2, "kernel_size": 1, "trainable": False}},
        {"batch_normalization": {"axis": 1, "trainable": False, "gamma_initializer": _VARIANCE}},
        {"layer_normalization": {"trainable": False}},
        "flatten",
        {"rms_normalization": {"trainable": False}},
        {"dense": {"units": 4, "trainable": False, "kernel_constraint": "non_neg"}},
        {"layer_scale": {"init_values": 0.5, "trainable": False}},
        {"dense": 3},
        {"dense": {"units": 2, "trainable": False}},
    ]
    optimizer = {"adam": {"learning_rate": 0.05, "weight_decay": 0.1}}
    yield chain("frozen layers", layers, (5, 5, 2), optimizer=optimizer)


_VARIANCE = {"random_uniform": {"minval": 0.5, "maxval": 1.5}}
_PENALTIES = {"kernel_regularizer": {"l2": 0.1}, "bias_regularizer": "l1"}


def _optimizer_case(kind: str, options: Mapping[str, Any]) -> Case:
    name = " ".join(["optimizer", kind, *(key for key in options)])
    regularized = {"units": 3, "activation": "tanh", "kernel_regularizer": {"l2": 0.01}}
    layers = [{"dense": regularized}, {"dense": 2}]
    return chain(name, layers, (4,), optimizer={kind: dict(options)})
