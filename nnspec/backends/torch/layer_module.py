"""`LayerModule`, what a layer rule returns: a torch module and the location of each weight."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import nn

from nnspec.options.types import Shape


class WeightLocation(NamedTuple):
    """Attribute of a module that holds a weight, and the weight's axis order there.

    Torch's axis i is the canonical axis `axes[i]`; without `axes` both are the same. With `shape`,
    the axes are those of the canonical weight in this shape.
    """

    attribute: str
    axes: tuple[int, ...] = ()
    shape: Shape = ()


_NO_WEIGHTS: Mapping[str, WeightLocation] = MappingProxyType({})


class LayerModule(NamedTuple):
    """The torch module of a node, and the location of each of its weights."""

    module: nn.Module
    locations: Mapping[str, WeightLocation] = _NO_WEIGHTS
