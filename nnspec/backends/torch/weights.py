"""Conversion of weights between torch's layouts and the canonical (Keras) layout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from nnspec.backends.arrays import Array
from nnspec.backends.torch.layer_module import WeightLocation
from nnspec.components.layers.base import Weight
from nnspec.options.types import Shape


class BoundWeight(NamedTuple):
    """A graph's weight bound to the module that holds its tensor."""

    module: nn.Module
    location: WeightLocation
    declaration: Weight

    @property
    def tensor(self) -> Tensor:
        """The weight in torch's layout: a parameter, or a buffer where it is not trained."""
        tensor: Tensor = getattr(self.module, self.location.attribute)
        return tensor

    def canonical(self, native: Tensor) -> Array:
        """Copy a tensor in this weight's torch layout to the canonical layout."""
        return np.array(self.in_canonical_layout(native.detach()).cpu().numpy(), order="C")

    def in_canonical_layout(self, native: Tensor) -> Tensor:
        """A tensor in this weight's torch layout in the canonical layout."""
        axes = self._axes
        inverse = [axes.index(axis) for axis in range(len(axes))]
        return native.permute(inverse).reshape(self.declaration.shape)

    def write(self, native: Tensor, canonical: Array) -> None:
        """Overwrite a tensor in this weight's torch layout with a canonical array."""
        canonical = np.ascontiguousarray(canonical)  # no negative strides
        with torch.no_grad():
            native.copy_(self.in_native_layout(torch.tensor(canonical, dtype=native.dtype)))

    def in_native_layout(self, canonical: Tensor) -> Tensor:
        """A tensor in the canonical layout in this weight's torch layout."""
        return canonical.reshape(self._shape).permute(self._axes)

    @property
    def _axes(self) -> tuple[int, ...]:
        return self.location.axes or tuple(range(len(self._shape)))

    @property
    def _shape(self) -> Shape:
        return self.location.shape or self.declaration.shape


@torch.no_grad()
def round_to_float32(weights: Iterable[BoundWeight]) -> None:
    """Round every weight to float32, as each backend does in `exact` precision."""
    for weight in weights:
        weight.tensor.copy_(weight.tensor.float())
