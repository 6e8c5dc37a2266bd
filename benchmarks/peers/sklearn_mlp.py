"""scikit-learn: MLPClassifier on float32 rows with SGD without momentum.

Training is one call of `partial_fit`. It computes the loss but no accuracy, a little less work.
"""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

CLASSES = np.arange(10)


class Peer:
    """A classifier with a hidden layer of 512."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        self.batch_size = batch_size
        self.model = MLPClassifier(
            hidden_layer_sizes=(512,), solver="sgd", alpha=0, batch_size=batch_size,
            learning_rate_init=0.01, momentum=0, random_state=0,
        )  # fmt: skip

    def load_training(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = x, y

    def train(self, steps: int) -> None:
        rows = steps * self.batch_size
        self.model.partial_fit(self.x[:rows], self.y[:rows], classes=CLASSES)

    def load_inputs(self, x: np.ndarray) -> None:
        self.inputs = x
        self.model.partial_fit(
            x[: self.batch_size], np.resize(CLASSES, self.batch_size), classes=CLASSES
        )

    def predict(self) -> np.ndarray:
        return self.model.predict_proba(self.inputs)
