"""A Keras optimizer with its slots, and how it is built.

Each rule returns a Keras optimizer and the names of its attributes that hold the slots
(per-weight state, such as momentum).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.backends.keras import registry
from nnspec.backends.keras.rules import Numerics
from nnspec.components.optimizers.base import ACCUMULATOR, AVERAGE, Optimizer

CLIPPING = ("clipvalue", "clipnorm", "global_clipnorm")
_COMMON_SLOTS = {
    AVERAGE: "_model_variables_moving_average",
    ACCUMULATOR: "_accumulated_gradients",
}


class KerasOptimizer(NamedTuple):
    """A Keras optimizer, and the attributes that hold the slots of its rule."""

    native: Any
    slots: dict[str, str]  # slot -> attribute, a list with a variable for each trained weight

    @property
    def step(self) -> Any:
        """The variable of the number of batches; `iterations` is that of updates."""
        return next(one for one in self.native.variables if one.name == "iteration")

    def variables(self, slot: str) -> list[Any]:
        """Variables of a slot, in the order of the trained weights."""
        found: list[Any] = getattr(self.native, {**_COMMON_SLOTS, **self.slots}[slot])
        return found


def build_optimizer(
    optimizer: Optimizer, variables: list[Any], numerics: Numerics
) -> KerasOptimizer:
    """Build the Keras optimizer of variables; the learning rate is set before each update."""
    options = {name: getattr(optimizer, name) for name in (*CLIPPING, "weight_decay")}
    common: dict[str, Any] = {n: numerics.constant(v) for n, v in options.items() if v}
    if optimizer.use_ema:
        common["ema_momentum"] = numerics.constant(optimizer.ema_momentum)
        common["ema_overwrite_frequency"] = optimizer.ema_overwrite_frequency
        common["use_ema"] = True
    common["gradient_accumulation_steps"] = optimizer.gradient_accumulation_steps
    common["learning_rate"] = numerics.constant(optimizer.rate(0))
    built = registry.OPTIMIZERS[optimizer](optimizer, numerics, common)
    built.native.build(variables)
    return built


def constants(optimizer: Optimizer, numerics: Numerics, *names: str) -> dict[str, float]:
    """Options of an optimizer as constants of the program."""
    return {name: numerics.constant(getattr(optimizer, name)) for name in names}
