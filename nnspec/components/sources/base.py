"""The base class of data sources, and what is known of them before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Self

from nnspec.options.component import Component
from nnspec.options.tensor_spec import TensorSpec


class DataSpec(NamedTuple):
    """TensorSpecs of the inputs and the targets; None where only the data tell."""

    inputs: TensorSpec | None
    targets: TensorSpec | None


class Source(Component):
    """Arrays of training rows, and of test rows where there are any."""

    family = "source"

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the source, as far as they are known without reading it."""
        return DataSpec(None, None)

    def with_absolute_paths(self, folder: Path) -> Self:
        """The same source for a spec in another place: relative paths made absolute."""
        return self
