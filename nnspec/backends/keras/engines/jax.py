"""JAX engine: jit-compiled steps from variable values to updated values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import keras
import numpy as np
from jax import lax
from jax import numpy as jnp

from nnspec.backends.arrays import Array
from nnspec.backends.batch_parts import split_batch
from nnspec.backends.keras.engines.base import (
    Batches,
    Engine,
    EngineSetup,
    Results,
    StepInputs,
)
from nnspec.backends.keras.engines.part_sums import PartSums
from nnspec.backends.keras.rows import Rows
from nnspec.backends.keras.rules import Tensor


class Values(NamedTuple):
    """Values of the variables that a step changes."""

    trained: list[Tensor]
    statistics: list[Tensor]  # running means and variances
    optimizer: list[Tensor]


class JaxEngine(Engine):
    """Steps in `jax.jit`, compiled once for each batch size.

    The loop over steps is not compiled: inside a loop, XLA's convolutions on a CPU take three
    times as long. Steps are dispatched asynchronously, and the results are fetched at the end.
    """

    def __init__(self, setup: EngineSetup) -> None:
        super().__init__(setup)
        self.statistics = self.models.native.non_trainable_variables
        names = [variable.name for variable in self.optimizer.variables]
        self.rate_index = names.index("learning_rate")
        self._train = jax.jit(self._train_step, donate_argnums=0)
        self._update = jax.jit(self._apply_gradients, donate_argnums=0)
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

    def train(self, rows: Rows, steps: StepInputs) -> Results:
        values, results = self._values(), []
        step = self._train if self.micro_batch is None else self._train_by_parts
        for batch, rate, *noise in zip(*steps.arrays(), strict=True):
            values, step_results = step(values, rows, batch, rate, noise)
            results.append(step_results)
        self._assign(values)
        return _stacked(results)

    def evaluate(self, rows: Rows, batches: Batches) -> Results:
        values = self._values()
        return _stacked([self._evaluate(values, rows, batch) for batch in batches])

    def gradients(self, rows: Rows, steps: StepInputs) -> list[Array]:
        batch, _, *noise = (values[0] for values in steps.arrays())
        gradients, _ = self._sum_over_parts(self._values(), rows, batch, noise)
        return [np.asarray(gradient) for gradient in gradients]

    def _train_step(
        self, values: Values, rows: Rows, batch: Tensor, rate: Tensor, noise: list[Tensor]
    ) -> tuple[Values, list[Tensor]]:
        gradients, results, values = self._differentiate(values, rows, batch, noise)
        return self._apply_gradients(values, gradients, rate), results

    def _train_by_parts(
        self, values: Values, rows: Rows, batch: Tensor, rate: Tensor, noise: list[Tensor]
    ) -> tuple[Values, list[Tensor]]:
        gradients, results = self._sum_over_parts(values, rows, batch, noise)
        return self._update(values, gradients, rate), results

    def _sum_over_parts(
        self, values: Values, rows: Rows, batch: Tensor, noise: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients and results of a batch, of which a part is computed at a time."""
        sums = PartSums()
        for part in split_batch(len(batch), self.micro_batch):
            now = [drawn[part.rows] for drawn in noise]
            gradients, results, _ = self._gradients(values, rows, batch[part.rows], now)
            sums.add(part, gradients, results)
        return sums.totals()

    def _evaluate_step(self, values: Values, rows: Rows, batch: Tensor) -> list[Tensor]:
        with self._scope(values.trained, values):
            return self.measure_evaluation(_take(rows, batch), values.trained)

    def _differentiate(
        self, values: Values, rows: Rows, batch: Tensor, noise: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor], Values]:
        """Gradients and results of a batch, and the values with updated running statistics."""
        taken = _take(rows, batch)

        def objective(trained: list[Tensor]) -> tuple[Tensor, tuple[list[Tensor], list[Tensor]]]:
            with self._scope(trained, values) as scope:
                minimized, results = self.measure_training(taken, noise, trained)
            return minimized, (results, [scope.get_current_value(v) for v in self.statistics])

        differentiate = jax.value_and_grad(objective, has_aux=True)
        (_, (results, statistics)), gradients = differentiate(values.trained)
        return gradients, results, values._replace(statistics=statistics)

    def _apply_gradients(self, values: Values, gradients: list[Tensor], rate: Tensor) -> Values:
        state = list(values.optimizer)
        state[self.rate_index] = rate
        trained, state = self.optimizer.stateless_apply(state, gradients, values.trained)
        return Values(trained, list(self._rounded(values.statistics)), state)

    def _rounded(self, statistics: list[Tensor]) -> Iterator[Tensor]:
        """Values of the statistics, where they are rounded after each update."""
        rounded = set(map(id, self.rounded))
        for variable, value in zip(self.statistics, statistics, strict=True):
            yield self.round_to_float32(value) if id(variable) in rounded else value

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


def _take(rows: Rows, batch: Tensor) -> Rows:
    return rows.map(lambda tensor: tensor[batch])


def _stacked(steps: list[list[Tensor]]) -> Results:
    """Arrays of the results of steps, with the steps as the first axis."""
    return [np.asarray(jnp.stack(values)) for values in zip(*steps, strict=True)]


ENGINE = JaxEngine
