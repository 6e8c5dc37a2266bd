"""Specs of estimators: the user's own with some values changed, or one of a few options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, NamedTuple

from sklearn.utils import check_random_state

from nnspec.api.specs import load
from nnspec.errors import NnspecError, typed
from nnspec.spec.document import Spec

SECTIONS = (*Spec.model_fields, "vars", "blocks")  # where a path in a spec begins
PATHS = {  # where the value of an option stands in a spec
    "optimizer": "optimizer",
    "learning_rate": "optimizer.learning_rate",
    "epochs": "train.epochs",
    "batch_size": "train.batch_size",
}
_OF_NETWORKS = ("layers", "activation", "standardize")  # options that a spec leaves no place for


class Head(NamedTuple):
    """The last layer, the loss and the metric of a network of options, and its targets' steps.

    Without steps of their own, targets get those of the inputs.
    """

    units: int
    activation: str
    loss: str
    metric: str
    steps: tuple[Any, ...] | None = None


def is_path(name: str) -> bool:
    """Whether a parameter, such as `loss` or `optimizer__learning_rate`, names a place in the spec.

    `optimizer` alone is an option of the estimator.
    """
    return name != "optimizer" and name.partition("__")[0] in SECTIONS


def to_path(name: str) -> str:
    """`train__shuffle` as `train.shuffle`."""
    return name.replace("__", ".")


def option_of(path: str) -> str | None:
    """The option whose value stands at a path of the spec: that of `train.epochs` is `epochs`."""
    return next((option for option, place in PATHS.items() if place == path), None)


def to_name(path: str) -> str:
    """`train.shuffle` as `train__shuffle`."""
    return path.replace(".", "__")


def own_spec(options: Mapping[str, Any]) -> Spec:
    """The spec that a user gives an estimator, with the values of its other options."""
    given = [name for name in _OF_NETWORKS if options[name] is not None]
    if given:
        hint = f"leave {given[0]} out, or change the spec"
        raise NnspecError(f"the spec has its own network, and {given[0]} is given too", hint)
    return load(options["spec"], _changes(options))


def network_spec(options: Mapping[str, Any], head: Head) -> Spec:
    """The spec of a network of dense layers, which an estimator without a spec trains."""
    activation = _or(options["activation"], "relu")
    layers = [_dense(units, activation) for units in _sizes(_or(options["layers"], (64, 64)))]
    scale = ["standardize"] if _or(options["standardize"], default=True) else []
    values = {
        "data": {"source": "arrays", "inputs": scale, "targets": list(_or(head.steps, scale))},
        "network": {"layers": [*layers, _dense(head.units, head.activation)]},
        "loss": head.loss,
        "metrics": [head.metric],
        "optimizer": "adam",
        "train": {"epochs": 100},
    }
    return load(values, _changes(options))


def _dense(units: Any, activation: Any) -> dict[str, Any]:
    return {"dense": {"units": units, "activation": activation}}


def _sizes(layers: Any) -> list[Any]:
    """The units of each hidden layer; a number is that of the only one."""
    if isinstance(layers, Integral):
        return [int(layers)]
    if isinstance(layers, str) or not isinstance(layers, Iterable):
        raise NnspecError(f"layers are {typed(layers)}", "write the units of each: layers=[64, 64]")
    return list(layers)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _changes(options: Mapping[str, Any]) -> dict[str, Any]:
    """The values of options that are set, by their paths, and the overrides."""
    changes = {path: options[name] for name, path in PATHS.items() if options[name] is not None}
    seed = options["random_state"]
    if seed is not None:
        drawn = isinstance(seed, Integral)
        changes["train.seed"] = int(seed) if drawn else check_random_state(seed).randint(2**31 - 1)
    overrides = _or(options["overrides"], {})
    if not isinstance(overrides, Mapping):
        raise NnspecError(f"overrides are a map from paths to values, not {typed(overrides)}")
    twice = next((path for path in changes if path in overrides), None)
    if twice is not None:
        raise NnspecError(f"an option of the estimator and an override both set {twice}")
    return {**changes, **overrides}
