"""Base class of published data sets, whose arrays are known without reading them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import model_validator

from nnspec.components.sources.base import DataSpec, Source
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import PositiveInt

_LABEL = TensorSpec((), "uint8")


class PublishedDataset(Source):
    """A published data set: images and the numbers of their classes.

    `train_rows` and `test_rows` take only the first rows of each.
    """

    image: ClassVar[TensorSpec]  # a row of the inputs
    rows: ClassVar[tuple[int, int]]  # how many there are, for training and for testing

    train_rows: PositiveInt | None = None
    test_rows: PositiveInt | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        train, test = self.rows
        if (self.train_rows or 0) > train or (self.test_rows or 0) > test:
            raise ValueError(f"{self.kind} has {train:,} training and {test:,} test rows")
        return self

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of an image and of its class; nothing is read."""
        return DataSpec(self.image, _LABEL)
