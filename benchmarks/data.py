"""The rows that all implementations use, as `.npy` files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnspec.data.formats import mnist

SHAPES = {"mlp": (784,), "cnn": (28, 28, 1)}
SMALL = ("vgg", "separable", "residual", "mobile", "unet", "resnet18", "mobilenet_v2")
LARGE = ("resnet50", "mobilenet_v2_large", "densenet121")  # images, which are predicted
RANDOM_SHAPES = {
    **dict.fromkeys(SMALL, (32, 32, 3)), **dict.fromkeys(LARGE, (224, 224, 3)),
    "sequence": (256, 32), "wide": (2048,),
}  # fmt: skip
LARGE_ROWS = 8
RANDOM_ROWS = 4096


def write(network: str, folder: Path) -> None:
    """Write `x.npy` and `y.npy` to train on, and `shown.npy` to predict."""
    x, y, shown = _mnist(network) if network in SHAPES else _random(network)
    for name, array in (("x", x), ("y", y), ("shown", shown)):
        np.save(folder / f"{name}.npy", array)


def _mnist(network: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    splits = [mnist.images(split).astype(np.float32) / 255 for split in ("train", "t10k")]
    x, shown = (images.reshape(-1, *SHAPES[network]) for images in splits)
    return x, mnist.labels("train").astype(np.int64), shown


def _random(network: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random, rows = np.random.default_rng(0), LARGE_ROWS if network in LARGE else RANDOM_ROWS
    x = random.random((rows, *RANDOM_SHAPES[network]), np.float32)
    return x, random.integers(0, 10, rows), x if network in LARGE else x[:0]
