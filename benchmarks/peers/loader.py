"""PyTorch as its Quickstart writes it: TensorDataset, DataLoader(shuffle=True), `item()` a step.

Everything that the Quickstart does not set has its default, so the loader has no processes of its
own; for rows in memory they would only cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers import eager


class Contestant(eager.Contestant):
    """A DataLoader and a loop."""

    def place(self, x: np.ndarray, y: np.ndarray) -> None:
        data = TensorDataset(eager.channels_first(x), torch.from_numpy(y))
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
        self.figures = total, correct

    def show(self, x: np.ndarray) -> None:
        data = TensorDataset(eager.channels_first(x))
        self.shown_loader = DataLoader(data, batch_size=eager.PREDICT_ROWS)

    def predict(self) -> Tensor:
        self.model.eval()
        with torch.inference_mode():
            return torch.cat([self.model(x).softmax(1) for (x,) in self.shown_loader])
