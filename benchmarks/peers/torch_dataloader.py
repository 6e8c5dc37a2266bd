"""PyTorch as in its Quickstart: TensorDataset, DataLoader(shuffle=True), `item()` in each step.

All other options have their defaults, so that the loader has no worker processes, which would only
cost time for rows in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers import torch_eager


class Peer(torch_eager.Peer):
    """A training loop over a DataLoader."""

    def load_training(self, x: np.ndarray, y: np.ndarray) -> None:
        data = TensorDataset(torch_eager.channels_first(x), torch.from_numpy(y))
        self.loader = DataLoader(data, batch_size=self.batch_size, shuffle=True)
        self.batches = self._batches()

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from self.loader

    def train(self, steps: int) -> None:
        self.model.train()
        total, correct = 0.0, 0.0
        for x, y in islice(self.batches, steps):
            scores = self.model(x)
            loss = self.loss(scores, y)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            total += loss.item() * len(x)
            correct += (scores.argmax(1) == y).type(torch.float).sum().item()
        self.metrics = total, correct

    def load_inputs(self, x: np.ndarray) -> None:
        data = TensorDataset(torch_eager.channels_first(x))
        self.input_loader = DataLoader(data, batch_size=torch_eager.PREDICT_ROWS)

    def predict(self) -> Tensor:
        self.model.eval()
        with torch.inference_mode():
            return torch.cat([self.model(x).softmax(1) for (x,) in self.input_loader])
