"""Options of the MNIST data source, which is part of the package."""

from __future__ import annotations

from nnspec.components.sources.published_base import PublishedDataset
from nnspec.options.tensor_spec import TensorSpec


class Mnist(PublishedDataset, kind="mnist"):
    """The MNIST digits: 60,000 training and 10,000 test images of 28x28, labels 0 to 9.

    By Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0. `train_rows` and `test_rows` take only
    the first rows of each.
    """

    image = TensorSpec((28, 28), "uint8")
    rows = (60_000, 10_000)
