"""Options of the MNIST data source, which is part of the package."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator

from nnspec.components.sources.base import DataSpec, Source
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import PositiveInt


class Mnist(Source, kind="mnist"):
    """The MNIST digits: 60,000 training and 10,000 test images of 28x28, labels 0 to 9.

    By Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0. `train_rows` and `test_rows` take only
    the first rows of each.
    """

    train_rows: PositiveInt | None = None
    test_rows: PositiveInt | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if (self.train_rows or 0) > 60_000 or (self.test_rows or 0) > 10_000:
            raise ValueError("mnist has 60,000 training and 10,000 test rows")
        return self

    def data_spec(self, folder: Path) -> DataSpec:
        """Inputs (28, 28) uint8, targets () uint8."""
        return DataSpec(TensorSpec((28, 28), "uint8"), TensorSpec((), "uint8"))
