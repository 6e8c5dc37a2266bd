"""Rows of inputs and targets as arrays, and the training and test rows that a source gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from nnspec.backends.arrays import Array, Arrays, Values, by_name, row_count, take
from nnspec.components.sources.base import DataSpec
from nnspec.data.column_types import row_spec
from nnspec.data.row_origin import GIVEN, RowOrigin, Side
from nnspec.options.tensor_spec import TensorSpec

_NO_ARRAYS: Arrays = MappingProxyType({})


class Rows(NamedTuple):
    """Inputs and targets of the same rows: an array each, or maps from names to arrays."""

    inputs: Values
    targets: Values
    origin: RowOrigin = GIVEN
    metadata: Arrays = _NO_ARRAYS  # neither inputs nor targets: groups, times, weights

    def take(self, selection: Any, epoch: int = 0) -> Rows:
        """Select rows by a slice or by their indices."""
        origin = self.origin.take(selection, self.rows)
        inputs, targets = take(self.inputs, selection), take(self.targets, selection)
        metadata = {name: array[selection] for name, array in self.metadata.items()}
        return Rows(inputs, targets, origin, metadata)

    def of(self, part: str) -> Rows:
        """The same rows as those of a part of the data: `training`, `validation` or `test`."""
        return self._replace(origin=self.origin._replace(part=part))

    @property
    def sides(self) -> dict[Side, Values]:
        """The inputs and the targets."""
        return {"inputs": self.inputs, "targets": self.targets}

    @property
    def rows(self) -> int:
        """Number of rows."""
        return row_count(self.inputs)

    @property
    def is_table(self) -> bool:
        """Whether inputs and targets are columns of a table, by their names."""
        return self.origin.table is not None

    def data_spec(self) -> DataSpec:
        """Shape and dtype of a row of each array."""
        return DataSpec(_tensor_specs(self.inputs), _tensor_specs(self.targets))

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Each array with its name: that in a map, or that of its side, `inputs` or `targets`."""
        for side, values in self.sides.items():
            yield from by_name(values, side).items()


def _tensor_specs(values: Values) -> TensorSpec | Mapping[str, TensorSpec]:
    """Shape and dtype of a row of the only array, or of each by its name."""
    if isinstance(values, Mapping):
        return {name: row_spec(array) for name, array in values.items()}
    return row_spec(values)


class Refusal(NamedTuple):
    """A row of a source that is not used: its place, such as `houses.csv:9`, and why."""

    place: str
    reason: str


class RawSplits(NamedTuple):
    """Training and test rows of a source, before preprocessing, and the rows that it refused."""

    train: Rows
    test: Rows | None
    refused: tuple[Refusal, ...] = ()

    def with_parts(self) -> RawSplits:
        """The same rows, which know the part that they belong to."""
        return self._replace(
            train=self.train.of("training"), test=self.test and self.test.of("test")
        )
