"""TensorFlow engine: one graph with a loop over steps, for any number of steps and rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import tensorflow as tf

from nnspec.backends.arrays import Array
from nnspec.backends.keras.engines.base import (
    Batches,
    Engine,
    EngineSetup,
    Results,
    StepInputs,
)
from nnspec.backends.keras.objective import ResultSpec
from nnspec.backends.keras.rows import Rows
from nnspec.backends.keras.rules import Tensor


class TensorFlowEngine(Engine):
    """Steps in a `tf.function` without XLA, which is ten times slower in float64."""

    def __init__(self, setup: EngineSetup) -> None:
        super().__init__(setup)
        self._traced = lru_cache(maxsize=None)(_traced)  # by function and shapes

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if tf.config.list_physical_devices("GPU") else [])]

    @staticmethod
    def round_to_float32(value: Tensor) -> Tensor:
        return tf.cast(tf.cast(value, tf.float32), tf.float64)

    def to_device(self, array: Array) -> Tensor:
        return tf.convert_to_tensor(array)

    def train(self, rows: Rows, steps: StepInputs) -> Results:
        return _arrays(self._run(self._train_loop, rows, steps.arrays(), 2))

    def evaluate(self, rows: Rows, batches: Batches) -> Results:
        return _arrays(self._run(self._evaluate_loop, rows, (batches,), 2))

    def gradients(self, rows: Rows, steps: StepInputs) -> list[Array]:
        batch, _, *noise = (values[0] for values in steps.arrays())
        gradients, _ = self._run(self._gradients_of_batch, rows, (batch, *noise), 1)
        return _arrays(gradients)

    def _run(
        self, function: Callable[..., Any], rows: Rows, arrays: Sequence[Array], open_axes: int
    ) -> Any:
        """Run a function as a graph, traced once for any number of rows.

        Sizes of the leading `open_axes` of the arrays may vary too.
        """
        tensors = [tensor for group in rows for tensor in group]
        specs = [_spec(tensor, 1) for tensor in tensors]
        given = [tf.convert_to_tensor(array) for array in arrays]
        specs += [_spec(tensor, min(tensor.ndim, open_axes)) for tensor in given]
        return self._traced(function, tuple(map(len, rows)), tuple(specs))(*tensors, *given)

    def _train_loop(
        self, rows: Rows, batches: Tensor, rates: Tensor, *noise: Tensor
    ) -> list[Tensor]:
        def step(i: Tensor) -> list[Tensor]:
            now = (values[i] for values in noise)
            gradients, results = self._gradients_of_batch(rows, batches[i], *now)
            self._update(gradients, rates[i])
            return results

        return self._loop(step, tf.shape(batches)[0])

    def _evaluate_loop(self, rows: Rows, batches: Tensor) -> list[Tensor]:
        def step(i: Tensor) -> list[Tensor]:
            return self.measure_evaluation(_take(rows, batches[i]), self._weights())

        return self._loop(step, tf.shape(batches)[0])

    def _loop(self, step: Callable[[Tensor], list[Tensor]], count: Tensor) -> list[Tensor]:
        """Results of all steps, run strictly in order."""
        results = [
            tf.TensorArray(dtype, size=count, element_shape=shape)
            for dtype, shape in self.objective.result_specs
        ]

        def body(i: Tensor, results: list[Any]) -> tuple[Tensor, list[Any]]:
            pairs = zip(results, step(i), strict=True)
            return i + 1, [array.write(i, value) for array, value in pairs]

        variables = (tf.constant(0), results)
        _, results = tf.while_loop(lambda i, _: i < count, body, variables, parallel_iterations=1)
        return [array.stack() for array in results]

    def _gradients_of_batch(
        self, rows: Rows, batch: Tensor, *noise: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients and results of a batch, of which a part may be computed at a time."""
        if self.micro_batch is None:
            return self._differentiate(rows, batch, *noise)
        return self._sum_over_parts(self.micro_batch, rows, batch, *noise)

    def _sum_over_parts(
        self, size: int, rows: Rows, batch: Tensor, *noise: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Sums of the gradients of parts of `size` rows times their shares, and of their results.

        A loop keeps the values of one part in memory, where the parts one after the other would
        have them all.
        """
        count = tf.shape(batch)[0]
        parts = (count + size - 1) // size
        zeros = [tf.zeros_like(weight) for weight in self._weights()]
        sums, *predictions = [_result(spec, parts) for spec in self.objective.result_specs]

        def body(i: Tensor, gradients: list[Tensor], sums: Tensor, predictions: list[Any]) -> Any:
            part = slice(i * size, (i + 1) * size)
            now = (drawn[part] for drawn in noise)
            found, (found_sums, *found_rows) = self._differentiate(rows, batch[part], *now)
            share = tf.shape(batch[part])[0] / count  # in float64
            pairs = zip(gradients, found, strict=True)
            added = [a + g * tf.cast(share, g.dtype) for a, g in pairs]
            written = [a.write(i, r) for a, r in zip(predictions, found_rows, strict=True)]
            return i + 1, added, sums + found_sums, written

        start = (tf.constant(0), zeros, sums, predictions)
        _, gradients, sums, predictions = tf.while_loop(
            lambda i, *_: i < parts, body, start, parallel_iterations=1
        )
        return gradients, [sums, *(array.concat() for array in predictions)]

    def _differentiate(
        self, rows: Rows, batch: Tensor, *noise: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients and results of a batch; those of embeddings are made dense."""
        weights = self._weights()
        with tf.GradientTape() as tape:
            objective, results = self.measure_training(_take(rows, batch), noise, weights)
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(objective, weights, unconnected_gradients=zero)
        return [tf.convert_to_tensor(gradient) for gradient in gradients], results

    def _update(self, gradients: list[Tensor], rate: Tensor) -> None:
        """Update the weights after all gradients, which could otherwise read updated weights."""
        with tf.control_dependencies(gradients):
            self.optimizer.learning_rate = rate
            self.optimizer.apply([tf.identity(gradient) for gradient in gradients])
            for variable in self.rounded:
                variable.assign(self.round_to_float32(variable.value))

    def _weights(self) -> list[Any]:
        return [variable.value for variable in self.trained]


def _result(spec: ResultSpec, parts: Tensor) -> Any:
    """Zeros for the sums of a result, or an array for its rows, of which each part has some."""
    if None not in spec.shape:
        return tf.zeros(spec.shape, spec.dtype)
    return tf.TensorArray(spec.dtype, parts, element_shape=spec.shape, infer_shape=False)


def _spec(tensor: Tensor, open_axes: int) -> Any:
    """Dtype and shape of a tensor, with the sizes of its leading axes left open."""
    return tf.TensorSpec((*(None,) * open_axes, *tensor.shape[open_axes:]), tensor.dtype)


def _traced(function: Callable[..., Any], counts: tuple[int, ...], specs: tuple[Any, ...]) -> Any:
    """The graph of a function of rows and arrays, as one of tensors: those of the rows first.

    `counts` are the numbers of tensors in each field of the rows.
    """
    ends = list(accumulate(counts, initial=0))

    def flat(*given: Tensor) -> Any:
        rows = Rows(*(given[start:end] for start, end in pairwise(ends)))
        return function(rows, *given[ends[-1] :])

    return tf.function(flat, autograph=False).get_concrete_function(*specs)


def _take(rows: Rows, batch: Tensor) -> Rows:
    return rows.map(lambda tensor: tf.gather(tensor, batch))


def _arrays(tensors: Sequence[Tensor]) -> list[Array]:
    return [tensor.numpy() for tensor in tensors]


ENGINE = TensorFlowEngine
