"""Base class of data sources, and the row shapes and dtypes known before loading."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

from nnspec.options.component import Component
from nnspec.options.tensor_spec import TensorSpec


class DataSpec(NamedTuple):
    """Shape and dtype of an input row and of a target row; None if unknown before loading.

    A source with several inputs or targets has a map from their names.
    """

    inputs: TensorSpec | Mapping[str, TensorSpec | None] | None
    targets: TensorSpec | Mapping[str, TensorSpec | None] | None


class Source(Component):
    """Options of a data source: training rows, and optionally test rows."""

    family = "source"

    has_header: ClassVar[bool] = False
    """Whether a file names its columns in a header, by which a spec is checked."""

    gives_validation: ClassVar[bool] = False
    """Whether rows for validation may come with the training rows: the data tell."""

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the source, as far as they are known without reading it."""
        return DataSpec(None, None)

    def lacks_test(self, folder: Path) -> str:
        """What the source lacks to have test rows though it has a part of them; "" if nothing."""
        return ""

    def with_absolute_paths(self, folder: Path) -> Self:
        """A copy whose relative paths are resolved against `folder`."""
        return self

    def moved(self, before: Path, after: Path) -> Self:
        """A copy with each file that is gone, and lies from `after` as it did from `before`."""
        return self
