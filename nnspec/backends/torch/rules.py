"""The table of layer rules, and how a rule says where its module keeps the weights."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import nn


class WeightLocation(NamedTuple):
    """Where a module keeps a weight, and in which layout.

    Torch's axis i is the canonical axis `axes[i]`; without `axes` both are the same.
    """

    attribute: str
    axes: tuple[int, ...] = ()


_NOTHING: Mapping[str, WeightLocation] = MappingProxyType({})


class LayerModule(NamedTuple):
    """A node's module, and the place of each of its weights."""

    module: nn.Module
    places: Mapping[str, WeightLocation] = _NOTHING
