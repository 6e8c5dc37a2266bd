"""Zero padding and cropping of channels-last images, as torch modules."""

from __future__ import annotations

from itertools import chain

from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.backends.torch.layout import channels_first, channels_last
from nnspec.components.layers.padding import Cropping, ReflectionPadding, ZeroPadding
from nnspec.graph.ir import Node
from nnspec.options.shapes import Pads


def zero_padding(layer: ZeroPadding, node: Node) -> LayerModule:
    """Zeros around a channels-last image."""
    return LayerModule(ConstantPad(layer.padding))


def reflection_padding(layer: ReflectionPadding, node: Node) -> LayerModule:
    """A channels-last image, reflected at its border."""
    return LayerModule(ReflectionPad(layer.padding))


def cropping(layer: Cropping, node: Node) -> LayerModule:
    """A channels-last image without its border."""
    return LayerModule(ConstantPad(tuple((-before, -after) for before, after in layer.cropping)))


class ConstantPad(nn.Module):
    """`functional.pad` of channels-last images: zeros, or a crop where a pad is negative."""

    def __init__(self, pads: Pads) -> None:
        super().__init__()
        self.pads = pads

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x, (0, 0, *chain(*reversed(self.pads))))

    def extra_repr(self) -> str:
        return f"pads={self.pads}"


class ReflectionPad(ConstantPad):
    """`functional.pad` of channels-last images with their reflection."""

    def forward(self, x: Tensor) -> Tensor:
        pads = tuple(chain(*reversed(self.pads)))
        return channels_last(functional.pad(channels_first(x), pads, "reflect"))
