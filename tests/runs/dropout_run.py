"""A spec of fifteen updates with dropout, and the rows of its file."""

from __future__ import annotations

import numpy as np

SPEC = """
name: small
data: {source: {npz: rows.npz}, inputs: [standardize]}
network: {layers: [{dense: {units: 4, activation: tanh}}, {dropout: 0.3}, {dense: 1}]}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.05}}
train: {epochs: 3, batch_size: 4, seed: 5}
"""


def write_rows(folder, scale=1.0):
    """Write the rows as `rows.npz`, their targets times `scale`."""
    x = np.random.default_rng(0).normal(size=(20, 3))
    y = scale * (x @ [1.0, -2.0, 0.5])
    np.savez(folder / "rows.npz", x_train=x, y_train=y, x_test=x, y_test=y)
