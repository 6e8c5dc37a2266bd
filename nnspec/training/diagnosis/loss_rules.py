"""Causes of divergence that lie in a loss: a logarithm or a quotient that is not defined."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.graph.objectives import Objective, objectives
from nnspec.training.diagnosis.evidence import SANE, Evidence, magnitude
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.diagnosis.rows_and_columns import row_name

_SHOWN = 5  # numbers of a row in a message


def undefined_loss(evidence: Evidence) -> Finding | None:
    """A row whose loss is not finite, though the predictions are ordinary numbers."""
    step = evidence.exact
    for objective in objectives(evidence.spec, evidence.graph):
        losses = step.losses[objective.output]
        bad = np.flatnonzero(~np.isfinite(losses))
        outputs = step.values[step.graph.outputs[objective.output]]
        if bad.size and magnitude(outputs[bad[0]]) <= SANE:
            return _finding(evidence, objective, outputs, int(bad[0]), bad.size)
    return None


def _finding(
    evidence: Evidence, objective: Objective, outputs: Array, index: int, count: int
) -> Finding:
    origin = evidence.failing.rows.origin
    row = row_name(origin, index)
    prediction = outputs[index]
    target = evidence.targets[objective.output][index]
    more = f" (and {count - 1:,} more of the batch)" if count > 1 else ""
    what, hint = _reason(objective, prediction)
    message = (
        f"{what}, in {row}{more}: the prediction is {_numbers(prediction)}, "
        f"the target {_numbers(target)}"
    )
    return Finding("undefined-loss", message, hint, objective.path, layer=objective.output, row=row)


def _reason(objective: Objective, prediction: Array) -> tuple[str, str]:
    """What is not defined for a prediction, and what gives others."""
    loss = objective.loss
    low, high = loss.domain
    if prediction.min() < low or prediction.max() > high:
        what = f"{loss.kind} takes the logarithm of a prediction, and one is {prediction.min():.3g}"
        return what, "end the network in an activation that gives none below 0, such as softplus"
    if loss.targets in ("distributions", "class_numbers") and prediction.sum() == 0:
        what = f"{loss.kind} divides by the sum of the predictions, which is 0"
        return what, "end the network in softmax"
    return f"{loss.kind} is not defined", "end the network in the activation that the loss needs"


def _numbers(values: Array) -> str:
    shown = [f"{value:.3g}" for value in np.atleast_1d(values).ravel()[:_SHOWN].tolist()]
    more = ", ..." if np.size(values) > _SHOWN else ""
    return shown[0] if np.size(values) == 1 else f"[{', '.join(shown)}{more}]"
