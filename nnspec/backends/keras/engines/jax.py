"""JAX: a compiled loop over steps that takes and gives all variables as values."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import keras
import numpy as np
from jax import lax
from jax import numpy as jnp

from nnspec.backends.base import Array
from nnspec.backends.keras.engines.base import MOST_STEPS, Batches, Engine, Steps, Study, Sums
from nnspec.backends.keras.rules import Tensor


class Values(NamedTuple):
    """Of the variables that a step changes."""

    trained: list[Tensor]
    kept: list[Tensor]  # running statistics
    optimizer: list[Tensor]


class JaxEngine(Engine):
    """Steps in `jax.jit`, compiled once for each number of rows.

    The loop's bound is a value; what it reads is padded to a fixed number of steps, so that a
    shorter chunk compiles nothing anew.
    """

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.kept = self.network.learner.non_trainable_variables
        names = [variable.name for variable in self.optimizer.variables]
        self.rate_at = names.index("learning_rate")
        self._train = jax.jit(self._train_loop, donate_argnums=0)
        self._evaluate = jax.jit(self._evaluate_loop)
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
        count = len(steps.rates)
        batches, rates, *drawn = (_padded(v, steps.limit) for v in steps.arrays())
        values, sums = self._train(self._values(), inputs, targets, batches, rates, drawn, count)
        self._keep(values)
        return np.asarray(sums)[:count]

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        count, padded = len(batches), _padded(batches, MOST_STEPS)
        sums = self._evaluate(self._values(), inputs, targets, padded, count)
        return np.asarray(sums)[:count]

    def gradients(self, inputs: Tensor, targets: Tensor, steps: Steps) -> list[Array]:
        batch, _, *drawn = (values[0] for values in steps.arrays())
        found, _, _ = self._gradients(self._values(), inputs[batch], targets[batch], drawn)
        return [np.asarray(gradient) for gradient in found]

    def _train_loop(
        self, values: Values, inputs: Tensor, targets: Tensor, batches: Tensor, rates: Tensor,
        drawn: list[Tensor], count: Tensor,
    ) -> tuple[Values, Tensor]:  # fmt: skip
        def step(i: Tensor, before: tuple[Values, Tensor]) -> tuple[Values, Tensor]:
            values, kept = before
            x, y, noise = inputs[batches[i]], targets[batches[i]], [drew[i] for drew in drawn]
            gradients, sums, values = self._slopes(values, x, y, noise)
            return self._updated(values, gradients, rates[i]), kept.at[i].set(sums)

        return lax.fori_loop(0, count, step, (values, self._no_sums(len(rates))))

    def _evaluate_loop(
        self, values: Values, inputs: Tensor, targets: Tensor, batches: Tensor, count: Tensor
    ) -> Tensor:
        def step(i: Tensor, kept: Tensor) -> Tensor:
            x, y = inputs[batches[i]], targets[batches[i]]
            with self._scope(values.trained, values):
                given = self.network.evaluator(x, training=False)
                return kept.at[i].set(self.objective.measure(given, y, values.trained)[1])

        return lax.fori_loop(0, count, step, self._no_sums(len(batches)))

    def _slopes(
        self, values: Values, x: Tensor, y: Tensor, noise: list[Tensor]
    ) -> tuple[list[Tensor], Tensor, Values]:
        """The gradients of a batch, its sums, and the values with new running statistics."""

        def objective(trained: list[Tensor]) -> tuple[Tensor, tuple[Tensor, list[Tensor]]]:
            with self._scope(trained, values) as scope:
                given = self.network.learner([x, *noise] if noise else x, training=True)
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

    def _no_sums(self, steps: int) -> Tensor:
        return jnp.zeros((steps, 1 + len(self.objective.figures)), "float64")


def _padded(values: Array, steps: int) -> Array:
    """With zeros up to a number of steps."""
    padded = np.zeros((steps, *values.shape[1:]), values.dtype)
    padded[: len(values)] = values
    return padded


ENGINE = JaxEngine
