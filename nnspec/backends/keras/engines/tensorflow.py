"""TensorFlow engine: one graph with a loop over steps, for any number of steps and rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import tensorflow as tf

from nnspec.backends.contract import Array
from nnspec.backends.keras.engines.base import Batches, Engine, EngineSetup, StepInputs, Sums
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

    def train(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> Sums:
        arrays = steps.arrays()
        open_axes = 1, 1, *(min(array.ndim, 2) for array in arrays)
        sums: Sums = self._run(self._train_loop, open_axes, inputs, targets, *arrays).numpy()
        return sums

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        sums: Sums = self._run(self._evaluate_loop, (1, 1, 2), inputs, targets, batches).numpy()
        return sums

    def gradients(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> list[Array]:
        batch, _, *noise = (values[0] for values in steps.arrays())
        open_axes = 1, 1, 1, *(1 for _ in noise)
        gradients, _ = self._run(self._differentiate, open_axes, inputs, targets, batch, *noise)
        return [gradient.numpy() for gradient in gradients]

    def _run(
        self, function: Callable[..., Any], open_axes: tuple[int, ...], *arguments: Any
    ) -> Any:
        """Run a function as a graph, traced once; sizes of the leading `open_axes` may vary."""
        tensors = [tf.convert_to_tensor(argument) for argument in arguments]
        specs = tuple(map(_spec, tensors, open_axes))
        return self._traced(function, specs)(*tensors)

    def _train_loop(
        self, inputs: Tensor, targets: Tensor, batches: Tensor, rates: Tensor, *noise: Tensor
    ) -> Tensor:
        def step(i: Tensor) -> Tensor:
            now = (values[i] for values in noise)
            gradients, sums = self._differentiate(inputs, targets, batches[i], *now)
            self._update(gradients, rates[i])
            return sums

        return self._loop(step, tf.shape(batches)[0])

    def _evaluate_loop(self, inputs: Tensor, targets: Tensor, batches: Tensor) -> Tensor:
        def step(i: Tensor) -> Tensor:
            x, y = tf.gather(inputs, batches[i]), tf.gather(targets, batches[i])
            outputs = self.models.evaluation_model(x, training=False)
            return self.objective.measure(outputs, y, self._weights())[1]

        return self._loop(step, tf.shape(batches)[0])

    def _loop(self, step: Callable[[Tensor], Tensor], count: Tensor) -> Tensor:
        """Sums of all steps, run strictly in order."""
        values = 1 + len(self.objective.metrics)
        sums = tf.TensorArray(tf.float64, size=count, element_shape=(values,))
        _, sums = tf.while_loop(
            lambda i, _: i < count,
            lambda i, sums: (i + 1, sums.write(i, step(i))),
            (tf.constant(0), sums),
            parallel_iterations=1,
        )
        return sums.stack()

    def _differentiate(
        self, inputs: Tensor, targets: Tensor, batch: Tensor, *noise: Tensor
    ) -> tuple[list[Tensor], Tensor]:
        """Gradients and sums of a batch."""
        x, y = tf.gather(inputs, batch), tf.gather(targets, batch)
        with tf.GradientTape() as tape:
            outputs = self.models.training_model([x, *noise] if noise else x, training=True)
            objective, sums = self.objective.measure(outputs, y, self._weights())
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient(objective, self._weights(), unconnected_gradients=zero), sums

    def _update(self, gradients: list[Tensor], rate: Tensor) -> None:
        """Update the weights after all gradients, which could otherwise read updated weights."""
        with tf.control_dependencies(gradients):
            self.optimizer.learning_rate = rate
            self.optimizer.apply([tf.identity(gradient) for gradient in gradients])

    def _weights(self) -> list[Any]:
        return [variable.value for variable in self.trained]


def _spec(tensor: Tensor, open_axes: int) -> Any:
    """Dtype and shape of a tensor, with the sizes of its leading axes left open."""
    return tf.TensorSpec((*(None,) * open_axes, *tensor.shape[open_axes:]), tensor.dtype)


def _traced(function: Callable[..., Any], specs: tuple[Any, ...]) -> Any:
    return tf.function(function, autograph=False).get_concrete_function(*specs)


ENGINE = TensorFlowEngine
