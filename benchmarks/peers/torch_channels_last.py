"""PyTorch: the hand-written loop in channels-last memory format, as in PyTorch's tutorial.

Model and images are converted once; their shapes stay channels first.
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.peers import torch_eager


class Peer(torch_eager.Peer):
    """The loop of `torch_eager` in channels-last memory format."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        super().__init__(network, batch_size, option)
        self.model.to(memory_format=torch.channels_last)

    def load_training(self, x: np.ndarray, y: np.ndarray) -> None:
        super().load_training(x, y)
        self.images = self.images.to(memory_format=torch.channels_last)

    def load_inputs(self, x: np.ndarray) -> None:
        super().load_inputs(x)
        self.inputs = self.inputs.to(memory_format=torch.channels_last)
