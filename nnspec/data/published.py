"""Reading of published data sets: MNIST, which is part of the package, and those downloaded."""

from __future__ import annotations

from pathlib import Path

from nnspec.components.sources.mnist import Mnist
from nnspec.components.sources.published import Cifar10, Cifar100, FashionMnist
from nnspec.components.sources.published_base import PublishedDataset
from nnspec.data.formats import mnist
from nnspec.data.formats.cifar import read_cifar
from nnspec.data.formats.downloads import published_paths
from nnspec.data.formats.idx import load_idx
from nnspec.data.rows import RawSplits, Rows

_CIFAR10_TRAIN = [f"data_batch_{number}.bin" for number in range(1, 6)]


def read_mnist(source: Mnist, _: Path) -> RawSplits:
    """Read the embedded MNIST digits."""
    counts = {"train": source.train_rows, "t10k": source.test_rows}
    train, test = (Rows(mnist.images(k, n), mnist.labels(k, n)) for k, n in counts.items())
    return RawSplits(train, test)


def read_fashion_mnist(source: FashionMnist, _: Path) -> RawSplits:
    """Read Fashion-MNIST's four IDX files."""
    train, test = source.train_rows, source.test_rows
    counts = (train, train, test, test)
    x_train, y_train, x_test, y_test = map(load_idx, published_paths(source.kind), counts)
    return RawSplits(Rows(x_train, y_train), Rows(x_test, y_test))


def read_cifar10(source: Cifar10, _: Path) -> RawSplits:
    """Read CIFAR-10 from its archive."""
    (archive,) = published_paths(source.kind)
    parts = read_cifar(archive, [_CIFAR10_TRAIN, ["test_batch.bin"]], 1, 0)
    return _first_rows(source, *(Rows(*part) for part in parts))


def read_cifar100(source: Cifar100, _: Path) -> RawSplits:
    """Read CIFAR-100 from its archive."""
    (archive,) = published_paths(source.kind)
    label = ["coarse", "fine"].index(source.labels)
    parts = read_cifar(archive, [["train.bin"], ["test.bin"]], 2, label)
    return _first_rows(source, *(Rows(*part) for part in parts))


def _first_rows(source: PublishedDataset, train: Rows, test: Rows) -> RawSplits:
    return RawSplits(train.take(slice(source.train_rows)), test.take(slice(source.test_rows)))
