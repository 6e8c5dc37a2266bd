"""Specs of the measured networks; `benchmarks.peers` defines the same networks by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnspec.spec import loader
from nnspec.spec.document import Spec

SPECS = Path(__file__).parent.parent / "specs"


def gallery(name: str) -> Callable[[], Spec]:
    """A function that loads a spec of the gallery."""
    return lambda: loader.load(SPECS / f"{name}.yaml")


def sequential(layers: list[Any], input_shape: list[int], batch_size: int) -> Callable[[], Spec]:
    """A function that builds a spec of the layers, trained like those of the gallery."""
    values = {
        "network": {"input_shape": input_shape, "layers": layers},
        "loss": "categorical_crossentropy",
        "optimizer": {"sgd": {"learning_rate": 0.01}},
        "metrics": ["accuracy"],
        "train": {"batch_size": batch_size},
    }
    return lambda: loader.build(values)


def vgg() -> list[Any]:
    """Pairs of 3x3 convolutions and a dense layer, 0.6 million parameters."""
    layers: list[Any] = []
    for filters in (32, 64, 128):
        layers += [convolution(filters=filters, kernel_size=3)] * 2 + [{"max_pooling2d": 2}]
    dense = [{"dense": {"units": 128, "activation": "relu"}}, {"dense": 10}]
    return [*layers, "flatten", *dense, "softmax"]


def separable() -> list[Any]:
    """Depthwise 3x3 convolutions, each followed by a pointwise one."""
    layers = [convolution(filters=32, kernel_size=3)]
    for before, after in ((32, 64), (64, 128)):
        layers += [
            convolution(filters=before, kernel_size=3, groups=before),
            convolution(filters=after, kernel_size=1),
            {"max_pooling2d": 2},
        ]
    return [*layers, "flatten", {"dense": 10}, "softmax"]


def convolution(**options: Any) -> dict[str, Any]:
    """A convolution with `same` padding and ReLU."""
    return {"conv2d": {**options, "padding": "same", "activation": "relu"}}


def wide() -> list[Any]:
    """Five dense layers, four of them with 2048 units."""
    return [*[{"dense": {"units": 2048, "activation": "relu"}}] * 4, {"dense": 10}, "softmax"]


NETWORKS: dict[str, Callable[[], Spec]] = {
    "mlp": gallery("mlp"),
    "cnn": gallery("cnn"),
    "vgg": sequential(vgg(), [32, 32, 3], 64),
    "separable": sequential(separable(), [32, 32, 3], 64),
    "wide": sequential(wide(), [2048], 128),
}
