"""Weights between torch's layouts and the canonical one; the same for all layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from nnspec.backends.contract import Array
from nnspec.backends.torch.rules import WeightLocation
from nnspec.components.layers.base import Weight


class BoundWeight(NamedTuple):
    """A weight in the module that holds it."""

    module: nn.Module
    place: WeightLocation
    weight: Weight

    @property
    def tensor(self) -> Tensor:
        """The weight in torch's layout: a parameter, or a buffer where it is not trained."""
        tensor: Tensor = getattr(self.module, self.place.attribute)
        return tensor

    def canonical(self, native: Tensor) -> Array:
        """A copy in the canonical layout of a tensor laid out as the weight is."""
        axes = self._axes
        back = [axes.index(axis) for axis in range(len(axes))]
        return np.array(native.detach().permute(back).cpu().numpy(), order="C")

    def write(self, native: Tensor, canonical: Array) -> None:
        """Overwrite a tensor laid out as the weight is."""
        canonical = np.ascontiguousarray(canonical)  # torch knows no reversed axes
        with torch.no_grad():
            native.copy_(torch.tensor(canonical, dtype=native.dtype).permute(self._axes))

    @property
    def _axes(self) -> tuple[int, ...]:
        return self.place.axes or tuple(range(len(self.weight.shape)))


@torch.no_grad()
def round_to_float32(held: Iterable[BoundWeight]) -> None:
    """Put every weight on the float32 grid, as each backend does for `exact`."""
    for weight in held:
        weight.tensor.copy_(weight.tensor.float())
