"""PyTorch: the hand-written loop with `model.compile()`, as in the `torch.compile` tutorial.

The smaller last batch of an epoch is left out, so that one shape is compiled; the compilation is
not timed.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.peers import torch_eager


class Peer(torch_eager.Peer):
    """The loop of `torch_eager` with a compiled model."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        super().__init__(network, batch_size, option)
        self.model.compile()

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            for rows in torch.randperm(len(self.images)).split(self.batch_size):
                if len(rows) == self.batch_size:
                    yield self.images[rows], self.labels[rows]
