"""Causes of divergence that lie in a layer: division by 0, overflow, weights that start large."""

from __future__ import annotations

from math import isfinite

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.traced_pass import TracedStep
from nnspec.graph.ir import Node
from nnspec.training.diagnosis.evidence import (
    SANE,
    Evidence,
    LayerRange,
    largest,
    largest_input,
    layer_ranges,
    magnitude,
)
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.diagnosis.rows_and_columns import row_name

_TINY = 1e-10  # a variance below it is as good as 0
_SHOWN = 6  # layers in a message


def division_by_zero(evidence: Evidence) -> Finding | None:
    """A normalization by given variances, of which one is next to 0."""
    for node in evidence.graph.nodes:
        option, variances = _given_variances(evidence, node)
        if variances.size and variances.min() < _TINY:
            column = f"column {int(variances.argmin())}"
            message = (
                f"{node.origin} divides {column} of what it gets by the root of a variance of "
            )
            hint = "leave the constant column out, or write its variance"
            path = (*node.path, node.kind, option)
            return Finding(
                "division-by-zero", f"{message}{variances.min():g}", hint, path,
                layer=node.origin, column=column,
            )  # fmt: skip
    return None


def _given_variances(evidence: Evidence, node: Node) -> tuple[str, Array]:
    """The option that gives the variances by which a node divides, and these."""
    written = getattr(node.layer, "variance", None)
    if written is not None:
        return "variance", np.ravel(np.asarray(written, np.float64))
    if node.layer.is_frozen and "moving_variance" in node.weights:
        frozen = evidence.failing.weights[node.weight_name("moving_variance")]
        return "moving_variance_initializer", frozen.ravel() + getattr(node.layer, "epsilon", 0.0)
    return "", np.empty(0)


def activation_overflow(evidence: Evidence) -> Finding | None:
    """A layer without weights that makes numbers out of range from ordinary ones."""
    step = evidence.exact
    node = evidence.first_overflow(step)
    if node is None or node.weights or evidence.is_grown or largest_input(step, node) > SANE:
        return None
    x, y = step.values[node.inputs[0]], step.values[node.name]
    index = _worst_row(y)
    row = row_name(evidence.failing.rows.origin, index)
    value = f"{float(x[index].max()):.4g}"
    message = f"{node.kind}({value}) is too large for {evidence.compute.dtype} in {row}"
    hint = "scale what it gets, or take an activation that grows slowly, such as softplus"
    return Finding("overflow", message, hint, node.path, layer=node.origin, row=row)


def precision_overflow(evidence: Evidence) -> Finding | None:
    """A layer that overflows inside: what it gets and, in float64, gives is in range."""
    own, exact = evidence.own, evidence.exact
    if own is exact or evidence.is_grown:
        return None
    node = evidence.first_overflow(own) or _spoilt(own, exact)
    if node is None or max(largest_input(exact, node), largest(exact, node)) > evidence.limit:
        return None
    x, dtype = largest_input(exact, node), evidence.compute.dtype
    message = (
        f"{node.origin} overflows {dtype} inside: it gets numbers up to {x:.3g}, "
        f"whose squares reach {x * x:.3g}, and {dtype} ends at {evidence.limit:.3g}"
    )
    hint = "scale what it gets, or compute with --precision float64"
    return Finding("float32-overflow", message, hint, node.path, layer=node.origin)


def _spoilt(own: TracedStep, exact: TracedStep) -> Node | None:
    """The first node with statistics that only float64 keeps finite."""
    for node in exact.graph.nodes:
        for name in (node.weight_name(w) for w, one in node.weights.items() if not one.trainable):
            if np.isfinite(exact.weights[name]).all() and not np.isfinite(own.weights[name]).all():
                return node
    return None


def initial_explosion(evidence: Evidence) -> Finding | None:
    """Values that grow from layer to layer with the initial weights."""
    step = evidence.start
    ranges = list(layer_ranges(step))
    factors = [_factor(step, one) for one in ranges]
    with np.errstate(over="ignore"):
        total = float(np.prod([factor for factor in factors if factor > 1]))
    if total <= SANE:
        return None
    out = [one for one in ranges if one.largest > evidence.limit]
    blamed = out[0] if out else ranges[int(np.argmax(factors))]
    shown = _shown(max(magnitude(x) for x in evidence.inputs.values()), ranges)
    large = [factor for factor in factors if factor > 1]
    growth = float(np.exp(np.mean(np.log(large))))
    message = f"before any update each layer enlarges the values {growth:.3g} times: {shown}"
    if max(factors) > SANE:
        message = f"{blamed.layer} enlarges the values {max(factors):.3g} times: {shown}"
    hint = "scale what it gets"
    if blamed.node.weights:
        hint = "take glorot_uniform, or he_normal before relu; or normalize between the layers"
    path = (*blamed.node.path, blamed.node.kind, "kernel_initializer")
    return Finding("exploding-values", message, hint, path, layer=blamed.layer)


def _factor(step: TracedStep, one: LayerRange) -> float:
    """How many times as large as its inputs a layer's values are; 1 beyond the range."""
    x = largest_input(step, one.node)
    return one.largest / x if x > 0 and isfinite(one.largest) else 1.0


def _shown(start: float, ranges: list[LayerRange]) -> str:
    """The largest values of the inputs and of some layers."""
    chosen = ranges
    if len(ranges) > _SHOWN:
        places = np.linspace(0, len(ranges) - 1, _SHOWN).round().astype(int)
        chosen = [ranges[place] for place in places]
    return ", ".join([f"inputs {start:.2g}", *(f"{one.layer} {one.largest:.2g}" for one in chosen)])


def first_overflow(evidence: Evidence) -> Finding | None:
    """The first layer whose values leave the range of the precision, for whatever reason."""
    for step in (evidence.own, evidence.exact):
        node = evidence.first_overflow(step)
        if node is not None:
            row = row_name(evidence.failing.rows.origin, _worst_row(step.values[node.name]))
            x, dtype = largest_input(step, node), evidence.compute.dtype
            message = f"the values of {node.origin} leave {dtype} in {row}; it gets up to {x:.3g}"
            hint = "scale what it gets, or compute with --precision float64"
            return Finding("overflow", message, hint, node.path, layer=node.origin, row=row)
    return None


def _worst_row(y: Array) -> int:
    """The row with the largest value, or one that is not finite."""
    rows = np.abs(y.reshape(len(y), -1))
    return int(np.where(np.isfinite(rows), rows, np.inf).max(axis=1).argmax())
