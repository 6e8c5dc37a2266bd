"""The embedded MNIST files."""

import numpy as np
import pytest

from nnspec.data.formats import mnist
from nnspec.errors import DataError


def test_the_first_labels():
    assert mnist.labels("train", 10).tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.labels("t10k")[:5].tolist() == [7, 2, 1, 0, 4]


def test_shapes_and_types():
    for split, rows in (("train", 60_000), ("t10k", 10_000)):
        images, labels = mnist.images(split), mnist.labels(split)
        assert images.shape == (rows, 28, 28)
        assert labels.shape == (rows,)
        assert images.dtype == labels.dtype == np.uint8
        assert images.max() == 255
        assert np.unique(labels).tolist() == list(range(10))


def test_the_first_rows_are_those_of_all():
    assert np.array_equal(mnist.images("t10k", 7), mnist.images("t10k")[:7])
    assert np.array_equal(mnist.labels("t10k", 10_000), mnist.labels("t10k"))


def test_images_are_upright():
    """The digit 1 in row 3 is taller than wide."""
    rows, columns = np.nonzero(mnist.images("train", 4)[3])
    assert np.ptp(rows) > np.ptp(columns)


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_or_missing_file_is_a_data_error(tmp_path, monkeypatch, content):
    (tmp_path / "mnist_files").mkdir()
    if content is not None:
        (tmp_path / "mnist_files" / "t10k-labels-idx1-ubyte.gz").write_bytes(content)
    monkeypatch.setattr(mnist, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match="missing or damaged"):
        mnist.labels("t10k")
