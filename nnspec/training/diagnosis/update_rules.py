"""Causes of divergence that lie in the updates: steps that are too large."""

from __future__ import annotations

import numpy as np

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.sgd import SGD
from nnspec.graph.ir import Node
from nnspec.training.diagnosis.evidence import Evidence, magnitude
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.least_squares.learning_rate_bound import learning_rate_bound


def learning_rate(evidence: Evidence) -> Finding | None:
    """Updates that enlarge the weights and the loss more and more."""
    optimizer = evidence.optimizer
    if optimizer is None or evidence.failing.rate is None:
        return None
    if not (evidence.is_grown or _rises(evidence)):
        return None
    name, factor = _most_grown(evidence)
    layer = _owner(evidence, name)
    message = f"{_losses(evidence)}{name} grew {factor:.3g}-fold: {_steps(evidence, optimizer)}"
    path = ("optimizer", optimizer.kind, "learning_rate")
    return Finding(
        "learning-rate", message, rate_hint(evidence, optimizer), path, layer=layer.origin
    )


def rate_hint(evidence: Evidence, optimizer: Optimizer) -> str:
    """How far to lower the learning rate, where a bound is known."""
    session = evidence.session
    train, weights = session.splits.train, session.balance.weights
    limit = learning_rate_bound(evidence.spec, evidence.graph, train, weights)
    below = "" if limit is None else f" below {limit:.3g}, beyond which descent diverges"
    clips = optimizer.clipnorm or optimizer.clipvalue or optimizer.global_clipnorm
    is_clipped = below or clips or not isinstance(optimizer, SGD)  # others rescale gradients
    clip = "" if is_clipped else ", or clip gradients: global_clipnorm: 1"
    return f"lower the learning rate{below}{clip}"


def _losses(evidence: Evidence) -> str:
    """`the loss went from 2.3 to 4e+12 in 3 updates, `: what the replayed updates showed."""
    losses = evidence.failing.losses
    if len(losses) < 2:
        return ""
    count = f"{len(losses):,} updates"
    return f"the loss went from {losses[0]:.3g} to {losses[-1]:.3g} in {count}, "


def _steps(evidence: Evidence, optimizer: Optimizer) -> str:
    """What the steps are made of: the learning rate, and the momentum that adds them up."""
    momentum = getattr(optimizer, "momentum", 0.0)
    summed = f", and momentum {momentum:g} adds up {1 / (1 - momentum):,.0f} of them"
    added = summed if 0 < momentum < 1 and optimizer.kind == "sgd" else ""
    return f"the steps of learning rate {evidence.failing.rate:.3g} are too large{added}"


def _rises(evidence: Evidence) -> bool:
    """Whether the update itself spoils the weights, or the replayed losses rise."""
    losses = evidence.failing.losses
    spoilt = not all(np.isfinite(w).all() for w in evidence.own.weights.values())
    return spoilt or (len(losses) > 1 and losses[-1] > 2 * losses[0])


def _most_grown(evidence: Evidence) -> tuple[str, float]:
    """The trained weight that has grown most, and how many times, against at least 0.01."""
    step, trained = evidence.own, evidence.exact.gradients
    before = evidence.failing.weights if evidence.is_grown else step.weights
    factors = {
        name: magnitude(before[name]) / max(0.01, magnitude(evidence.initial[name]))
        for name in trained
    }
    name = max(factors, key=lambda one: factors[one])
    return name, factors[name]


def _owner(evidence: Evidence, weight: str) -> Node:
    """The node of the spec's network that a weight belongs to."""
    return next(
        node for node in evidence.exact.graph.nodes
        if not node.is_shared and weight in {node.weight_name(name) for name in node.weights}
    )  # fmt: skip
