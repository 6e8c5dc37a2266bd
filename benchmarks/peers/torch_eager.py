"""PyTorch: a hand-written loop whose batches are indexed from one tensor of all rows.

Loss and correct predictions are summed in tensors, without `item()`, which would synchronize.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.peers import torch_modules, torch_published

MODULES = {**torch_modules.MODULES, **torch_published.MODULES}
PREDICT_ROWS = 250  # a divisor of 10,000, so that all batches have one shape


class Peer:
    """A training loop over an indexed tensor."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        self.batch_size = batch_size
        self.model = MODULES[network]()
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)

    def load_training(self, x: np.ndarray, y: np.ndarray) -> None:
        self.images, self.labels = channels_first(x), torch.from_numpy(y)
        self.batches = self._batches()

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            for rows in torch.randperm(len(self.images)).split(self.batch_size):
                yield self.images[rows], self.labels[rows]

    def train(self, steps: int) -> None:
        self.model.train()
        total, correct = torch.zeros(()), torch.zeros(())
        for x, y in islice(self.batches, steps):
            self.optimizer.zero_grad()
            scores = self.model(x)
            loss = self.loss(scores, y)
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(x)
            correct += (scores.argmax(1) == y).sum()
        self.metrics = total.item(), correct.item()

    def load_inputs(self, x: np.ndarray) -> None:
        self.inputs = channels_first(x)

    def predict(self) -> Tensor:
        self.model.eval()
        with torch.inference_mode():
            batches = self.inputs.split(PREDICT_ROWS)
            return torch.cat([self.model(batch).softmax(1) for batch in batches])


def channels_first(x: np.ndarray) -> Tensor:
    """Rows as a tensor; images and sequences get channels first."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)) if x.ndim > 2 else x)
