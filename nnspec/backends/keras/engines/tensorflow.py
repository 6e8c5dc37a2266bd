"""TensorFlow: one graph with a loop over the steps, for any number of steps and rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import tensorflow as tf

from nnspec.backends.contract import Array
from nnspec.backends.keras.engines.base import Batches, CompiledTraining, Engine, Steps, Sums
from nnspec.backends.keras.rules import Tensor


class TensorFlowEngine(Engine):
    """Steps in a `tf.function`; XLA is left off, it takes ten times as long in float64."""

    def __init__(self, study: CompiledTraining) -> None:
        super().__init__(study)
        self._traced = lru_cache(maxsize=None)(_traced)  # by function and shapes

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if tf.config.list_physical_devices("GPU") else [])]

    @staticmethod
    def rounded(value: Tensor) -> Tensor:
        return tf.cast(tf.cast(value, tf.float32), tf.float64)

    def put(self, array: Array) -> Tensor:
        return tf.convert_to_tensor(array)

    def train(self, inputs: Tensor, targets: Tensor, steps: Steps) -> Sums:
        arrays = steps.arrays()
        sizes = 1, 1, *(min(array.ndim, 2) for array in arrays)
        sums: Sums = self._run(self._train_loop, sizes, inputs, targets, *arrays).numpy()
        return sums

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        sums: Sums = self._run(self._evaluate_loop, (1, 1, 2), inputs, targets, batches).numpy()
        return sums

    def gradients(self, inputs: Tensor, targets: Tensor, steps: Steps) -> list[Array]:
        batch, _, *drawn = (values[0] for values in steps.arrays())
        sizes = 1, 1, 1, *(1 for _ in drawn)
        found, _ = self._run(self._slopes, sizes, inputs, targets, batch, *drawn)
        return [gradient.numpy() for gradient in found]

    def _run(self, function: Callable[..., Any], sizes: tuple[int, ...], *arguments: Any) -> Any:
        """The function as a graph, made once for arguments whose first `sizes` axes may vary."""
        tensors = [tf.convert_to_tensor(argument) for argument in arguments]
        specs = tuple(map(_spec, tensors, sizes))
        return self._traced(function, specs)(*tensors)

    def _train_loop(
        self, inputs: Tensor, targets: Tensor, batches: Tensor, rates: Tensor, *drawn: Tensor
    ) -> Tensor:
        def step(i: Tensor) -> Tensor:
            noise = (values[i] for values in drawn)
            gradients, sums = self._slopes(inputs, targets, batches[i], *noise)
            self._update(gradients, rates[i])
            return sums

        return self._loop(step, tf.shape(batches)[0])

    def _evaluate_loop(self, inputs: Tensor, targets: Tensor, batches: Tensor) -> Tensor:
        def step(i: Tensor) -> Tensor:
            x, y = tf.gather(inputs, batches[i]), tf.gather(targets, batches[i])
            given = self.network.evaluator(x, training=False)
            return self.objective.measure(given, y, self._weights())[1]

        return self._loop(step, tf.shape(batches)[0])

    def _loop(self, step: Callable[[Tensor], Tensor], count: Tensor) -> Tensor:
        """The sums of all steps; a step's variables are read and written in order."""
        figures = 1 + len(self.objective.figures)
        kept = tf.TensorArray(tf.float64, size=count, element_shape=(figures,))
        _, kept = tf.while_loop(
            lambda i, _: i < count,
            lambda i, kept: (i + 1, kept.write(i, step(i))),
            (tf.constant(0), kept),
            parallel_iterations=1,
        )
        return kept.stack()

    def _slopes(
        self, inputs: Tensor, targets: Tensor, batch: Tensor, *noise: Tensor
    ) -> tuple[list[Tensor], Tensor]:
        """The gradients of a batch, and its sums."""
        x, y = tf.gather(inputs, batch), tf.gather(targets, batch)
        with tf.GradientTape() as tape:
            given = self.network.learner([x, *noise] if noise else x, training=True)
            objective, sums = self.objective.measure(given, y, self._weights())
        nothing = tf.UnconnectedGradients.ZERO
        return tape.gradient(objective, self._weights(), unconnected_gradients=nothing), sums

    def _update(self, gradients: list[Tensor], rate: Tensor) -> None:
        """All gradients first: a graph may else read a weight for one after its update."""
        with tf.control_dependencies(gradients):
            self.optimizer.learning_rate = rate
            self.optimizer.apply([tf.identity(gradient) for gradient in gradients])

    def _weights(self) -> list[Any]:
        return [variable.value for variable in self.trained]


def _spec(tensor: Tensor, sizes: int) -> Any:
    """A tensor's type and shape, with its first sizes left open."""
    return tf.TensorSpec((*(None,) * sizes, *tensor.shape[sizes:]), tensor.dtype)


def _traced(function: Callable[..., Any], specs: tuple[Any, ...]) -> Any:
    return tf.function(function, autograph=False).get_concrete_function(*specs)


ENGINE = TensorFlowEngine
