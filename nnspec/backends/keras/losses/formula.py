"""A loss as a function of tensors: per element, or per row where it reduces an axis."""

from __future__ import annotations

from collections.abc import Callable

from keras import ops

from nnspec.backends.keras import registry
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss

EPSILON = 1e-7  # Keras' guard against a division or a logarithm of 0

Formula = Callable[[Tensor, Tensor], Tensor]  # (predictions or logits, targets) -> values


def row_loss(loss: Loss, numerics: Numerics, fused: bool = False) -> Formula:
    """Return the function (outputs, targets) -> loss of each row.

    `fused`: the outputs are those before the last activation.
    """
    rules = registry.LOSSES_FROM_LOGITS if fused or loss.takes_logits else registry.LOSSES
    formula = rules[loss](loss, numerics)
    return lambda outputs, y: row_means(formula(outputs, y))


def row_means(values: Tensor) -> Tensor:
    """Mean over all axes but the first."""
    axes = tuple(range(1, len(values.shape)))
    return ops.mean(values, axis=axes) if axes else values


def magnitude(x: Tensor) -> Tensor:
    """|x|, with the derivative 0 at 0 on every engine."""
    return x * ops.stop_gradient(ops.sign(x))


def at_least(low: float, x: Tensor, numerics: Numerics) -> Tensor:
    """max(x, low); the derivative is 1 at `low`."""
    limit = numerics.constant(low)
    return ops.where(x < limit, ops.full_like(x, limit), x)


def at_most(high: float, x: Tensor, numerics: Numerics) -> Tensor:
    """min(x, high); the derivative is 1 at `high`."""
    limit = numerics.constant(high)
    return ops.where(x > limit, ops.full_like(x, limit), x)
