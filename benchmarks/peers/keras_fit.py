"""Keras on TensorFlow: `Sequential`, `compile` with accuracy, and `fit`, as in Keras' guide.

`fit` gets the rows of all steps in one call, so that the cost of a call is spread over them as in
an epoch. Predictions are made in batches of 256; the default of 32 would be slower.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

PREDICT_ROWS = 256


def mlp() -> list[layers.Layer]:
    return [
        keras.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def cnn() -> list[layers.Layer]:
    return [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


LAYERS = {"mlp": mlp, "cnn": cnn}


class Peer:
    """A compiled `keras.Sequential`."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        self.batch_size = batch_size
        self.model = keras.Sequential(LAYERS[network]())
        self.model.compile(
            optimizer=keras.optimizers.SGD(0.01),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )

    def load_training(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = x, y

    def train(self, steps: int) -> None:
        rows = steps * self.batch_size
        self.model.fit(self.x[:rows], self.y[:rows], batch_size=self.batch_size, verbose=0)

    def load_inputs(self, x: np.ndarray) -> None:
        self.inputs = x

    def predict(self) -> np.ndarray:
        return self.model.predict(self.inputs, batch_size=PREDICT_ROWS, verbose=0)
