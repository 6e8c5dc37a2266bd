"""JAX: a compiled step that takes and gives all variables as values."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import keras
import numpy as np
from jax import lax
from jax import numpy as jnp

from nnspec.backends.contract import Array
from nnspec.backends.keras.engines.base import Batches, CompiledTraining, Engine, Steps, Sums
from nnspec.backends.keras.rules import Tensor


class Values(NamedTuple):
    """Of the variables that a step changes."""

    trained: list[Tensor]
    kept: list[Tensor]  # running statistics
    optimizer: list[Tensor]


class JaxEngine(Engine):
    """Steps in `jax.jit`, compiled once for each number of rows.

    There is no loop in the compiled code: within one, XLA's convolutions on a CPU take three
    times as long. Steps are queued one after the other, and the sums are fetched at the end.
    """

    def __init__(self, study: CompiledTraining) -> None:
        super().__init__(study)
        self.kept = self.network.learner.non_trainable_variables
        names = [variable.name for variable in self.optimizer.variables]
        self.rate_at = names.index("learning_rate")
        self._train = jax.jit(self._train_step, donate_argnums=0)
        self._evaluate = jax.jit(self._evaluate_step)
        self._gradients = jax.jit(self._slopes)

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if jax.default_backend() == "gpu" else [])]

    @staticmethod
    def rounded(value: Tensor) -> Tensor:
        return lax.reduce_precision(value, 8, 23)

    def put(self, array: Array) -> Tensor:
        return jnp.asarray(array)

    def train(self, inputs: Tensor, targets: Tensor, steps: Steps) -> Sums:
        values, kept = self._values(), []
        for batch, rate, *drawn in zip(*steps.arrays(), strict=True):
            values, sums = self._train(values, inputs, targets, batch, rate, drawn)
            kept.append(sums)
        self._keep(values)
        return np.asarray(jnp.stack(kept))

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        values = self._values()
        kept = [self._evaluate(values, inputs, targets, batch) for batch in batches]
        return np.asarray(jnp.stack(kept))

    def gradients(self, inputs: Tensor, targets: Tensor, steps: Steps) -> list[Array]:
        batch, _, *drawn = (values[0] for values in steps.arrays())
        found, _, _ = self._gradients(self._values(), inputs, targets, batch, drawn)
        return [np.asarray(gradient) for gradient in found]

    def _train_step(
        self,
        values: Values,
        inputs: Tensor,
        targets: Tensor,
        batch: Tensor,
        rate: Tensor,
        drawn: list[Tensor],
    ) -> tuple[Values, Tensor]:
        gradients, sums, values = self._slopes(values, inputs, targets, batch, drawn)
        return self._updated(values, gradients, rate), sums

    def _evaluate_step(
        self, values: Values, inputs: Tensor, targets: Tensor, batch: Tensor
    ) -> Tensor:
        with self._scope(values.trained, values):
            given = self.network.evaluator(inputs[batch], training=False)
            return self.objective.measure(given, targets[batch], values.trained)[1]

    def _slopes(
        self, values: Values, inputs: Tensor, targets: Tensor, batch: Tensor, drawn: list[Tensor]
    ) -> tuple[list[Tensor], Tensor, Values]:
        """The gradients of a batch, its sums, and the values with new running statistics."""
        x, y = inputs[batch], targets[batch]

        def objective(trained: list[Tensor]) -> tuple[Tensor, tuple[Tensor, list[Tensor]]]:
            with self._scope(trained, values) as scope:
                given = self.network.learner([x, *drawn] if drawn else x, training=True)
                mean, sums = self.objective.measure(given, y, trained)
            return mean, (sums, [scope.get_current_value(v) for v in self.kept])

        slopes = jax.value_and_grad(objective, has_aux=True)
        (_, (sums, kept)), gradients = slopes(values.trained)
        return gradients, sums, values._replace(kept=kept)

    def _updated(self, values: Values, gradients: list[Tensor], rate: Tensor) -> Values:
        state = list(values.optimizer)
        state[self.rate_at] = rate
        trained, state = self.optimizer.stateless_apply(state, gradients, values.trained)
        return Values(trained, values.kept, state)

    def _scope(self, trained: list[Tensor], values: Values) -> Any:
        """A scope in which the variables have these values."""
        pairs = [
            *zip(self.trained, trained, strict=True),
            *zip(self.kept, values.kept, strict=True),
        ]
        return keras.StatelessScope(state_mapping=pairs)

    def _values(self) -> Values:
        return Values(*([v.value for v in group] for group in self._groups()))

    def _keep(self, values: Values) -> None:
        for group, found in zip(self._groups(), values, strict=True):
            for variable, value in zip(group, found, strict=True):
                variable.assign(value)

    def _groups(self) -> tuple[list[Any], list[Any], list[Any]]:
        return self.trained, self.kept, self.optimizer.variables


ENGINE = JaxEngine
