"""Causes of divergence that lie in a regularizer."""

from __future__ import annotations

import numpy as np

from nnspec.backends.numpy.regularizers import penalty
from nnspec.components.optimizers.sgd import SGD
from nnspec.graph.ir import Node
from nnspec.training.diagnosis.evidence import SANE, Evidence
from nnspec.training.diagnosis.finding import Finding

_STABLE = 2.0  # descent on l2 w^2 with the learning rate r converges for 2 r l2 below this


def regularizer(evidence: Evidence) -> Finding | None:
    """A penalty that is huge at the start, or whose own descent diverges."""
    for node in evidence.graph.nodes:
        for name, weight in node.weights.items():
            if weight.regularizer is None or not weight.trainable or node.is_shared:
                continue
            initial = evidence.initial[node.weight_name(name)]
            with np.errstate(over="ignore"):
                value = penalty(initial, weight.regularizer)
            step = _step(evidence, weight.regularizer.strengths[1])
            if value > SANE or step > _STABLE:
                return _finding(node, name, weight.regularizer.kind, value, step)
    return None


def _step(evidence: Evidence, l2: float) -> float:
    """2 r l2 of descent with the learning rate r; 0 of rules that rescale gradients."""
    rate = evidence.failing.rate
    is_descent = isinstance(evidence.spec.optimizer, SGD) and rate is not None
    return 2 * (rate or 0.0) * l2 if is_descent else 0.0


def _finding(node: Node, name: str, kind: str, value: float, step: float) -> Finding:
    if step > _STABLE:
        message = (
            f"the {kind} penalty multiplies {name} of {node.origin} by {1 - step:.3g} an update"
        )
    else:
        message = f"the {kind} penalty on {name} of {node.origin} is {value:.3g} at the start"
    path = (*node.path, node.kind, f"{name}_regularizer")
    hint = "lower its factor; usual ones are between 1e-5 and 0.01"
    return Finding("regularizer", message, hint, path, layer=node.origin)
