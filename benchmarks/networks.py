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


def residual() -> list[Any]:
    """Three basic blocks of ResNet-18, of which the last halves the image."""
    first = normalized({"filters": 32, "kernel_size": 3})
    blocks = *basic_block(32), *basic_block(32), *basic_block(64, strides=2)
    return [*first, *blocks, *CLASSIFIER]


def basic_block(filters: int, strides: int = 1) -> list[Any]:
    """Two 3x3 convolutions beside the identity, or beside a strided 1x1 convolution."""
    first = normalized({"filters": filters, "kernel_size": 3, "strides": strides})
    second = normalized({"filters": filters, "kernel_size": 3})[:-1]
    block: dict[str, Any] = {"layers": [*first, *second]}
    if strides > 1:
        options = {"filters": filters, "kernel_size": 1, "strides": strides}
        block["shortcut"] = normalized(options)[:-1]
    return [{"residual": block}, "relu"]


def mobile() -> list[Any]:
    """Depthwise 3x3 and pointwise convolutions of MobileNet, each batch normalized."""
    layers = normalized({"filters": 32, "kernel_size": 3})
    for filters, strides in ((64, 1), (128, 2), (128, 1)):
        layers += normalized({"kernel_size": 3, "strides": strides}, "depthwise_conv2d")
        layers += normalized({"filters": filters, "kernel_size": 1})
    return [*layers, *CLASSIFIER]


def normalized(options: dict[str, Any], kind: str = "conv2d") -> list[Any]:
    """A convolution without bias, padded on all sides alike, batch normalization and ReLU."""
    layer = {kind: {**options, "padding": options["kernel_size"] // 2, "use_bias": False}}
    return [layer, "batch_normalization", "relu"]


def unet() -> list[Any]:
    """A U-Net with one level: down by max pooling, up by a transposed convolution."""
    pair = [convolution(filters=32, kernel_size=3)] * 2
    wide_pair = [convolution(filters=64, kernel_size=3)] * 2
    up = {"conv2d_transpose": {"filters": 32, "kernel_size": 2, "strides": 2}}
    below = [{"max_pooling2d": 2}, *wide_pair, up]
    return [*pair, {"branches": {"paths": [[], below]}}, *pair, *CLASSIFIER]


def sequence() -> list[Any]:
    """Convolutions over 256 steps, one of them separable."""
    first, second = ({"filters": n, "kernel_size": 5, "padding": 2} for n in (64, 128))
    return [
        {"conv1d": {**first, "activation": "relu"}}, {"max_pooling1d": 2},
        {"separable_conv1d": {**second, "activation": "relu"}}, {"average_pooling1d": 2},
        {"conv1d": {**second, "strides": 2, "activation": "relu"}},
        "global_average_pooling1d", {"dense": 10}, "softmax",
    ]  # fmt: skip


def convolution(**options: Any) -> dict[str, Any]:
    """A convolution with `same` padding and ReLU."""
    return {"conv2d": {**options, "padding": "same", "activation": "relu"}}


def wide() -> list[Any]:
    """Five dense layers, four of them with 2048 units."""
    return [*[{"dense": {"units": 2048, "activation": "relu"}}] * 4, {"dense": 10}, "softmax"]


def published(page: str, size: int, *words: str) -> Callable[[], Spec]:
    """A function that loads a network of the gallery for ten classes of images of a size."""
    training = [
        "loss=categorical_crossentropy", "optimizer={sgd: {learning_rate: 0.01}}",
        "metrics=[accuracy]", "train={batch_size: 64}",
    ]  # fmt: skip
    words = (f"network.input_shape=[{size}, {size}, 3]", *words, *training)
    return lambda: loader.load(SPECS / "gallery" / f"{page}.yaml", words)


TEN_CLASSES = "network.layers.predictions.units=10"
AS_IN_TORCHVISION = (  # padded on all sides alike
    "blocks.conv_bn.layers.0.conv2d.padding=${k // 2}",
    "blocks.bottleneck.layers.1.depthwise_conv2d.padding=1",
    TEN_CLASSES,
)
CLASSIFIER = ["global_average_pooling2d", {"dense": 10}, "softmax"]
NETWORKS: dict[str, Callable[[], Spec]] = {
    "mlp": gallery("mlp"),
    "cnn": gallery("cnn"),
    "vgg": sequential(vgg(), [32, 32, 3], 64),
    "separable": sequential(separable(), [32, 32, 3], 64),
    "residual": sequential(residual(), [32, 32, 3], 32),
    "mobile": sequential(mobile(), [32, 32, 3], 32),
    "unet": sequential(unet(), [32, 32, 3], 32),
    "sequence": sequential(sequence(), [256, 32], 32),
    "wide": sequential(wide(), [2048], 128),
    "resnet18": published("resnet18", 32, "network.layers.fc.units=10"),
    "mobilenet_v2": published("mobilenet_v2", 32, *AS_IN_TORCHVISION),
    "resnet50": published("resnet", 224, TEN_CLASSES),
    "mobilenet_v2_large": published("mobilenet_v2", 224, *AS_IN_TORCHVISION),
    "densenet121": published("densenet", 224, TEN_CLASSES),
}
