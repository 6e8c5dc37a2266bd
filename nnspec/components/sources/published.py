"""Published data sets that are downloaded."""

from __future__ import annotations

from typing import Literal

from nnspec.components.sources.published_base import PublishedDataset
from nnspec.options.tensor_spec import TensorSpec


class FashionMnist(PublishedDataset, kind="fashion_mnist"):
    """Fashion-MNIST: 60,000 training and 10,000 test images of clothes, 28x28, labels 0 to 9.

    By Zalando Research (H. Xiao, K. Rasul, R. Vollgraf 2017), MIT licence; 30 MB. The files are
    downloaded once and checked by their SHA-256. `train_rows` and `test_rows` take only the first
    rows of each.
    """

    image = TensorSpec((28, 28), "uint8")
    rows = (60_000, 10_000)


class Cifar10(PublishedDataset, kind="cifar10"):
    """CIFAR-10: 50,000 training and 10,000 test images in color, 32x32x3, labels 0 to 9.

    By A. Krizhevsky (2009); 170 MB. The binary version is downloaded once and checked by its
    SHA-256. `train_rows` and `test_rows` take only the first rows of each.
    """

    image = TensorSpec((32, 32, 3), "uint8")
    rows = (50_000, 10_000)


class Cifar100(PublishedDataset, kind="cifar100"):
    """CIFAR-100: 50,000 training and 10,000 test images in color, 32x32x3, of 100 classes.

    By A. Krizhevsky (2009); 169 MB. `labels: fine` are the 100 classes, 0 to 99, `labels: coarse`
    their 20 superclasses, 0 to 19. The binary version is downloaded once and checked by its
    SHA-256. `train_rows` and `test_rows` take only the first rows of each.
    """

    image = TensorSpec((32, 32, 3), "uint8")
    rows = (50_000, 10_000)

    labels: Literal["fine", "coarse"] = "fine"
