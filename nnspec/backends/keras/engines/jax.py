"""JAX engine: jit-compiled steps from variable values to updated values."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import keras
import numpy as np
from jax import lax
from jax import numpy as jnp

from nnspec.backends.contract import Array
from nnspec.backends.keras.engines.base import Batches, Engine, EngineSetup, StepInputs, Sums
from nnspec.backends.keras.rules import Tensor


class Values(NamedTuple):
    """Values of the variables that a step changes."""

    trained: list[Tensor]
    statistics: list[Tensor]  # running means and variances
    optimizer: list[Tensor]


class JaxEngine(Engine):
    """Steps in `jax.jit`, compiled once for each batch size.

    The loop over steps is not compiled: inside a loop, XLA's convolutions on a CPU take three
    times as long. Steps are dispatched asynchronously, and the sums are fetched at the end.
    """

    def __init__(self, setup: EngineSetup) -> None:
        super().__init__(setup)
        self.statistics = self.models.training_model.non_trainable_variables
        names = [variable.name for variable in self.optimizer.variables]
        self.rate_index = names.index("learning_rate")
        self._train = jax.jit(self._train_step, donate_argnums=0)
        self._evaluate = jax.jit(self._evaluate_step)
        self._gradients = jax.jit(self._differentiate)

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if jax.default_backend() == "gpu" else [])]

    @staticmethod
    def round_to_float32(value: Tensor) -> Tensor:
        return lax.reduce_precision(value, 8, 23)

    def to_device(self, array: Array) -> Tensor:
        return jnp.asarray(array)

    def train(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> Sums:
        values, step_sums = self._values(), []
        for batch, rate, *noise in zip(*steps.arrays(), strict=True):
            values, sums = self._train(values, inputs, targets, batch, rate, noise)
            step_sums.append(sums)
        self._assign(values)
        return np.asarray(jnp.stack(step_sums))

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        values = self._values()
        step_sums = [self._evaluate(values, inputs, targets, batch) for batch in batches]
        return np.asarray(jnp.stack(step_sums))

    def gradients(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> list[Array]:
        batch, _, *noise = (values[0] for values in steps.arrays())
        gradients, _, _ = self._gradients(self._values(), inputs, targets, batch, noise)
        return [np.asarray(gradient) for gradient in gradients]

    def _train_step(
        self,
        values: Values,
        inputs: Tensor,
        targets: Tensor,
        batch: Tensor,
        rate: Tensor,
        noise: list[Tensor],
    ) -> tuple[Values, Tensor]:
        gradients, sums, values = self._differentiate(values, inputs, targets, batch, noise)
        return self._apply_gradients(values, gradients, rate), sums

    def _evaluate_step(
        self, values: Values, inputs: Tensor, targets: Tensor, batch: Tensor
    ) -> Tensor:
        with self._scope(values.trained, values):
            outputs = self.models.evaluation_model(inputs[batch], training=False)
            return self.objective.measure(outputs, targets[batch], values.trained)[1]

    def _differentiate(
        self, values: Values, inputs: Tensor, targets: Tensor, batch: Tensor, noise: list[Tensor]
    ) -> tuple[list[Tensor], Tensor, Values]:
        """Gradients and sums of a batch, and the values with updated running statistics."""
        x, y = inputs[batch], targets[batch]

        def objective(trained: list[Tensor]) -> tuple[Tensor, tuple[Tensor, list[Tensor]]]:
            with self._scope(trained, values) as scope:
                outputs = self.models.training_model([x, *noise] if noise else x, training=True)
                mean, sums = self.objective.measure(outputs, y, trained)
            return mean, (sums, [scope.get_current_value(v) for v in self.statistics])

        differentiate = jax.value_and_grad(objective, has_aux=True)
        (_, (sums, statistics)), gradients = differentiate(values.trained)
        return gradients, sums, values._replace(statistics=statistics)

    def _apply_gradients(self, values: Values, gradients: list[Tensor], rate: Tensor) -> Values:
        state = list(values.optimizer)
        state[self.rate_index] = rate
        trained, state = self.optimizer.stateless_apply(state, gradients, values.trained)
        return Values(trained, values.statistics, state)

    def _scope(self, trained: list[Tensor], values: Values) -> Any:
        """Scope in which the variables have the given values."""
        pairs = [
            *zip(self.trained, trained, strict=True),
            *zip(self.statistics, values.statistics, strict=True),
        ]
        return keras.StatelessScope(state_mapping=pairs)

    def _values(self) -> Values:
        return Values(*([v.value for v in group] for group in self._variable_groups()))

    def _assign(self, values: Values) -> None:
        for group, new_values in zip(self._variable_groups(), values, strict=True):
            for variable, value in zip(group, new_values, strict=True):
                variable.assign(value)

    def _variable_groups(self) -> tuple[list[Any], list[Any], list[Any]]:
        return self.trained, self.statistics, self.optimizer.variables


ENGINE = JaxEngine
