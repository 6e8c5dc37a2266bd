"""Published networks as PyTorch modules, channels first; they return logits of ten classes."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

CLASSES, KERAS_EPS = 10, 1.001e-5  # of the batch normalization of keras.applications


class Residual(nn.Module):
    """Layers whose output is added to their input, or to a projection of it."""

    def __init__(self, layers: list[nn.Module], shortcut: list[nn.Module]) -> None:
        super().__init__()
        self.layers, self.shortcut = nn.Sequential(*layers), nn.Sequential(*shortcut)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x) + self.shortcut(x)


class Dense(nn.Module):
    """A layer of a dense block: 32 channels are added to those that it reads."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            batch_norm(channels), nn.ReLU(), nn.Conv2d(channels, 128, 1, bias=False),
            batch_norm(128), nn.ReLU(), nn.Conv2d(128, 32, 3, padding=1, bias=False),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.layers(x)], 1)


def normalized(
    before: int, after: int, size: int = 1, stride: int = 1, groups: int = 1, bias: bool = False,
    eps: float = 1e-5,
) -> list[nn.Module]:  # fmt: skip
    conv = nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=bias)
    return [conv, nn.BatchNorm2d(after, eps)]


batch_norm = partial(nn.BatchNorm2d, eps=KERAS_EPS)
with_bias = partial(normalized, bias=True, eps=KERAS_EPS)
keras_normalized = partial(normalized, eps=1e-3)


def classifier(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)]


def resnet50() -> nn.Module:
    layers, before = [*with_bias(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for units, width, first_stride in ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)):
        for unit in range(units):
            stride, after = (1 if unit else first_stride), 4 * width
            bottleneck = [
                *with_bias(before, width, 1, stride), nn.ReLU(),
                *with_bias(width, width, 3), nn.ReLU(),
                *with_bias(width, after),
            ]  # fmt: skip
            shortcut = [] if unit else with_bias(before, after, 1, stride)
            layers += [Residual(bottleneck, shortcut), nn.ReLU()]
            before = after
    return nn.Sequential(*layers, *classifier(before))


def resnet18() -> nn.Module:
    layers, before = [*normalized(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for width, first_stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first_stride, 1):
            basic = [*normalized(before, width, 3, stride), nn.ReLU(), *normalized(width, width, 3)]
            shortcut = normalized(before, width, 1, stride) if stride > 1 else []
            layers += [Residual(basic, shortcut), nn.ReLU()]
            before = width
    return nn.Sequential(*layers, *classifier(before))


MOBILENET_V2 = (  # expansion, channels, units, stride: table 2 of the paper
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip


def mobilenet_v2() -> nn.Module:
    layers, before = [*keras_normalized(3, 32, 3, 2), nn.ReLU6()], 32
    for expansion, after, units, first_stride in MOBILENET_V2:
        for unit in range(units):
            stride, wide = (1 if unit else first_stride), expansion * before
            expand = [*keras_normalized(before, wide), nn.ReLU6()] if expansion > 1 else []
            filtered = [*keras_normalized(wide, wide, 3, stride, groups=wide), nn.ReLU6()]
            bottleneck = [*expand, *filtered, *keras_normalized(wide, after)]
            layers += [Residual(bottleneck, [])] if unit else bottleneck
            before = after
    return nn.Sequential(*layers, *keras_normalized(before, 1280), nn.ReLU6(), *classifier(1280))


def densenet121() -> nn.Module:
    first = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
    layers, channels = [first, batch_norm(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for block, units in enumerate((6, 12, 24, 16)):
        for _ in range(units):
            layers.append(Dense(channels))
            channels += 32
        layers += [batch_norm(channels), nn.ReLU()]
        if block < 3:
            layers += [nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2)]
            channels //= 2
    return nn.Sequential(*layers, *classifier(channels))


MODULES = {
    "resnet50": resnet50, "resnet18": resnet18, "mobilenet_v2": mobilenet_v2,
    "mobilenet_v2_large": mobilenet_v2, "densenet121": densenet121,
}  # fmt: skip
