"""The hand-written loop in PyTorch's channels-last memory format, as its tutorial on that sets it.

Model and images are converted once; images are still indexed and shaped channels first.
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.peers import eager


class Contestant(eager.Contestant):
    """An indexed tensor, a loop, and another order in memory."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        super().__init__(network, batch_size, option)
        self.model.to(memory_format=torch.channels_last)

    def place(self, x: np.ndarray, y: np.ndarray) -> None:
        super().place(x, y)
        self.images = self.images.to(memory_format=torch.channels_last)

    def show(self, x: np.ndarray) -> None:
        super().show(x)
        self.shown = self.shown.to(memory_format=torch.channels_last)
