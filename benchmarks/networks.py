"""The networks that are measured: as nnspec reads them, and as one would write them in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from nnspec import passes, spec
from nnspec.graph import Graph

SPECS = Path(__file__).parent.parent / "specs"


class Case(NamedTuple):
    """A network, its batch size, and the same network in PyTorch (channels first)."""

    name: str
    graph: Callable[[], Graph]
    module: Callable[[], nn.Module]
    batch: int
    predicts: bool = False  # measured is the prediction of so many rows, not a step of training


def gallery(name: str) -> Callable[[], Graph]:
    """A spec of the gallery."""
    return lambda: passes.compile_spec(spec.load(SPECS / f"{name}.yaml"))


def chain(layers: list[Any], input_shape: list[int]) -> Callable[[], Graph]:
    """A network of its own."""
    values = {"network": {"input_shape": input_shape, "layers": layers}}
    return lambda: passes.compile_spec(spec.build(values))


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


def _vgg() -> list[Any]:
    layers: list[Any] = []
    for filters in (32, 64, 128):
        convolution = {
            "filters": filters,
            "kernel_size": 3,
            "padding": "same",
            "activation": "relu",
        }
        layers += [{"conv2d": convolution}] * 2 + [{"max_pooling2d": 2}]
    dense = [{"dense": {"units": 128, "activation": "relu"}}, {"dense": 10}]
    return [*layers, "flatten", *dense, "softmax"]


def separable() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, padding=1), nn.ReLU()]
    for before, after in ((32, 64), (64, 128)):
        layers += [
            nn.Conv2d(before, before, 3, padding=1, groups=before), nn.ReLU(),
            nn.Conv2d(before, after, 1), nn.ReLU(), nn.MaxPool2d(2),
        ]  # fmt: skip
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(8192, 10))


def _separable() -> list[Any]:
    def convolution(**options: Any) -> dict[str, Any]:
        return {"conv2d": {**options, "padding": "same", "activation": "relu"}}

    layers = [convolution(filters=32, kernel_size=3)]
    for before, after in ((32, 64), (64, 128)):
        layers += [
            convolution(filters=before, kernel_size=3, groups=before),
            convolution(filters=after, kernel_size=1),
            {"max_pooling2d": 2},
        ]
    return [*layers, "flatten", {"dense": 10}, "softmax"]


def wide() -> nn.Module:
    layers: list[nn.Module] = []
    for _ in range(4):
        layers += [nn.Linear(2048, 2048), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(2048, 10))


_WIDE = [*[{"dense": {"units": 2048, "activation": "relu"}}] * 4, {"dense": 10}, "softmax"]

CASES = (
    Case("MLP step, batch 128", gallery("mlp"), mlp, 128),
    Case("CNN step, batch 64", gallery("cnn"), cnn, 64),
    Case("CNN predicts 10,000", gallery("cnn"), cnn, 10_000, predicts=True),
    Case("VGG 32x32x3 step, batch 64", chain(_vgg(), [32, 32, 3]), vgg, 64),
    Case("separable 32x32x3 step, batch 64", chain(_separable(), [32, 32, 3]), separable, 64),
    Case("MLP 5x2048 step, batch 128", chain(list(_WIDE), [2048]), wide, 128),
)
