"""The measured networks as PyTorch modules, channels first; they return logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip


def vgg() -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        for channels in (before, after):
            layers += [nn.Conv2d(channels, after, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 128), nn.ReLU(), nn.Linear(128, 10))


def separable() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, padding=1), nn.ReLU()]
    for before, after in ((32, 64), (64, 128)):
        layers += [
            nn.Conv2d(before, before, 3, padding=1, groups=before), nn.ReLU(),
            nn.Conv2d(before, after, 1), nn.ReLU(), nn.MaxPool2d(2),
        ]  # fmt: skip
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(8192, 10))


def wide() -> nn.Module:
    layers: list[nn.Module] = []
    for _ in range(4):
        layers += [nn.Linear(2048, 2048), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(2048, 10))


def residual() -> nn.Module:
    blocks = [BasicBlock(32, 32), BasicBlock(32, 32), BasicBlock(32, 64, stride=2)]
    return nn.Sequential(*normalized(3, 32), *blocks, *classifier(64))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside the identity, or beside a strided 1x1 convolution."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        first = normalized(before, after, stride=stride)
        self.layers = nn.Sequential(*first, *normalized(after, after)[:-1])
        shortcut = normalized(before, after, size=1, stride=stride)[:-1]
        self.shortcut = nn.Sequential(*shortcut if stride > 1 else ())

    def forward(self, x: Tensor) -> Tensor:
        return (self.layers(x) + self.shortcut(x)).relu()


def normalized(
    before: int, after: int, size: int = 3, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    conv = nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(after, eps=1e-3, momentum=0.01), nn.ReLU()]


def mobile() -> nn.Module:
    layers, before = normalized(3, 32), 32
    for after, stride in ((64, 1), (128, 2), (128, 1)):
        layers += normalized(before, before, stride=stride, groups=before)
        layers += normalized(before, after, size=1)
        before = after
    return nn.Sequential(*layers, *classifier(128))


class UNet(nn.Module):
    """A U-Net with one level: down by max pooling, up by a transposed convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Sequential(*pair(3, 32))
        up = nn.ConvTranspose2d(64, 32, 2, 2)
        self.below = nn.Sequential(nn.MaxPool2d(2), *pair(32, 64), up)
        self.after = nn.Sequential(*pair(64, 32), *classifier(32))

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        return self.after(torch.cat([x, self.below(x)], 1))


def pair(before: int, after: int) -> list[nn.Module]:
    first, second = (nn.Conv2d(n, after, 3, padding=1) for n in (before, after))
    return [first, nn.ReLU(), second, nn.ReLU()]


def classifier(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def sequence() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(64, 64, 5, padding=2, groups=64, bias=False), nn.Conv1d(64, 128, 1), nn.ReLU(),
        nn.AvgPool1d(2),
        nn.Conv1d(128, 128, 5, 2, padding=2), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip


MODULES = {
    "mlp": mlp, "cnn": cnn, "vgg": vgg, "separable": separable, "residual": residual,
    "mobile": mobile, "unet": UNet, "sequence": sequence, "wide": wide,
}  # fmt: skip
