"""The preparation of raw rows for a network: at once, or batch by batch where that takes memory.

Whole numbers of a small type, such as the bytes of images, take several times as much memory once
they are prepared. Where that is much, they stay as they are until a batch of them is taken; what
all rows have to be checked for is checked before, chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from nnspec.backends.arrays import Values, by_name, chunk_rows, take
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.compute import ComputeConfig
from nnspec.data.augmentation.augmented import augment
from nnspec.data.dataset import Dataset, LazilyPreparedRows, PreparedRows
from nnspec.data.invalid_values import RowValueError
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.number_types import PreparedTypes
from nnspec.data.row_origin import GIVEN, RowOrigin, Side
from nnspec.data.rows import Rows
from nnspec.data.streaming.block_cache import BlockCache
from nnspec.data.streaming.temporary_array import write_rows
from nnspec.errors import DataError
from nnspec.graph.augmentation import augments
from nnspec.graph.ir import Graph
from nnspec.spec.document import Spec
from nnspec.training.data_checks import (
    checked_inputs,
    checked_rows,
    checked_targets,
    network_inputs,
)
from nnspec.training.row_order import BLOCKS, block_size
from nnspec.training.row_places import source_place
from nnspec.training.stream_check import is_streamed

MANY_BYTES = 256 << 20  # of prepared inputs; above, they are prepared batch by batch
_RATIO = 4  # of the prepared bytes to the raw ones


class TrainingRows(NamedTuple):
    """Training rows as they are evaluated, and with their augmentation."""

    evaluated: PreparedRows
    augmented: Dataset


class Preparation(NamedTuple):
    """The fitted preprocessing of a spec's data, and the network that gets what it gives."""

    preprocessing: FittedPreprocessing
    spec: Spec
    graph: Graph
    compute: ComputeConfig

    @property
    def types(self) -> PreparedTypes:
        """The types of the prepared numbers."""
        return PreparedTypes.in_network(self.spec, self.graph, self.compute)

    def prepared(self, side: Side, raw: Values, origin: RowOrigin = GIVEN) -> Values:
        """The preprocessed inputs or targets, not checked yet."""
        return self.preprocessing.prepared(side, raw, self.types, origin)

    def training(self, raw: Rows) -> TrainingRows:
        """Prepare training rows, for evaluation and to be augmented."""
        if not augments(self.spec):
            evaluated = self.rows(raw)
            return TrainingRows(evaluated, evaluated)
        evaluated, unaugmented = (
            self._both_by_batch(raw) if self.takes_memory(raw) else self._both(raw)
        )
        return TrainingRows(evaluated, augment(unaugmented, self.spec, self.graph))

    def _both_by_batch(self, raw: Rows) -> tuple[PreparedRows, PreparedRows]:
        """Training rows as they are evaluated, and before their augmentation."""
        checked = self._checked_by_batch(raw)
        before = self._replace(preprocessing=self.preprocessing.before_augmentation)
        return self.by_batch(checked), before.by_batch(checked)

    def _both(self, raw: Rows) -> tuple[Rows, Rows]:
        """Training rows as they are evaluated, and before their augmentation; views of the same."""
        with self._located(raw):
            prepared = self.preprocessing.before_augmentation.apply(raw, self.types)
            inputs = self.preprocessing.evaluated(prepared.inputs)
        checked = checked_rows(
            prepared._replace(inputs=inputs), self.spec, self.graph, self.compute
        )
        return checked, checked._replace(inputs=network_inputs(prepared.inputs, self.graph))

    def rows(self, raw: Rows) -> PreparedRows:
        """Prepare and check rows; a DataError, with its place, where they do not fit."""
        if not self.takes_memory(raw):
            return self.rows_in_memory(raw)
        if is_streamed(self.spec) and raw.is_table and not self._grows(raw):
            return self._read_ahead(self._prepared_once(raw), raw.inputs)
        return self.by_batch(self._checked_by_batch(raw))

    def rows_in_memory(self, raw: Rows) -> Rows:
        """Prepare and check rows at once."""
        with self._located(raw):
            prepared = self.preprocessing.apply(raw, self.types)
        return checked_rows(prepared, self.spec, self.graph, self.compute)

    def by_batch(self, rows: Rows) -> PreparedRows:
        """Raw inputs that are prepared when they are taken; blocks are read ahead of streamed ones.

        Of whole numbers the raw blocks are kept: prepared, they take several times as much memory.
        """
        if not is_streamed(self.spec):
            return LazilyPreparedRows(rows, self.inputs)
        if _are_whole(rows.inputs, _RATIO // 2):
            return LazilyPreparedRows(self._read_ahead(rows, rows.inputs), self.inputs)
        return self._read_ahead(LazilyPreparedRows(rows, self.inputs), rows.inputs)

    def _read_ahead(self, rows: PreparedRows, raw: Values) -> BlockCache:
        """Rows of which blocks are read ahead: of the size of those that are shuffled."""
        unshuffled = chunk_rows(raw) * BLOCKS
        size = block_size(min(self.spec.train.shuffle_window or unshuffled, rows.rows))
        return BlockCache(rows, size, BLOCKS + 1)

    def _prepared_once(self, raw: Rows) -> Rows:
        """Inputs that were prepared and checked, in a temporary file, and the prepared targets."""
        inputs = write_rows(self._checked_inputs(raw), raw.rows)
        return self._with_targets(raw)._replace(inputs=inputs)

    def _checked_by_batch(self, raw: Rows) -> Rows:
        """Raw inputs that were checked, and the prepared targets."""
        for _ in self._checked_inputs(raw):
            pass
        return self._with_targets(raw)

    def _with_targets(self, raw: Rows) -> Rows:
        """Raw inputs, and the prepared targets, which were checked."""
        rows = raw._replace(targets=self.targets(raw))
        checked = checked_targets(rows, self.spec, self.graph, self.compute)
        return rows._replace(targets=checked)

    def targets(self, raw: Rows) -> Values:
        """The prepared targets of raw rows, before they are checked."""
        with self._located(raw):
            return self.prepared("targets", raw.targets, raw.origin)

    def inputs(self, raw: Values) -> Values:
        """The prepared inputs of raw ones, as the network gets them."""
        return network_inputs(self.prepared("inputs", raw), self.graph)

    def takes_memory(self, raw: Rows) -> bool:
        """Whether prepared inputs take much memory, and much more than the raw ones."""
        if is_streamed(self.spec):
            return True
        whole = _are_whole(raw.inputs)
        reals = all(tensor.is_float for tensor in self.graph.inputs.values())
        in_batches = self.spec.train.batch_size != "all"
        if not (whole and reals and in_batches) or isinstance(self.spec.optimizer, LeastSquares):
            return False
        prepared = raw.rows * _bytes(self._first_input(raw))
        return prepared > max(MANY_BYTES, _RATIO * _bytes(raw.inputs) - 1)

    def _grows(self, raw: Rows) -> bool:
        """Whether prepared inputs take more place than the raw ones."""
        return _bytes(self._first_input(raw)) * raw.rows > _bytes(raw.inputs)

    def _first_input(self, raw: Rows) -> Values:
        """The prepared inputs of the first row."""
        with self._located(raw):
            return self.prepared("inputs", take(raw.inputs, slice(1)), raw.origin)

    def _checked_inputs(self, raw: Rows) -> Iterator[Values]:
        """Chunks of the prepared inputs; a DataError, with its place, where they do not fit."""
        size = chunk_rows(raw.inputs)
        for start in range(0, raw.rows, size):
            chunk = raw.take(slice(start, start + size))
            with self._located(chunk):
                inputs = self.prepared("inputs", chunk.inputs, chunk.origin)
            yield checked_inputs(inputs, self.graph, self.compute, self.spec, chunk.origin)

    @contextmanager
    def _located(self, raw: Rows) -> Iterator[None]:
        """Add the place in the spec to errors of raw rows."""
        with located(self.spec.locate("data", "source")):
            try:
                yield
            except RowValueError as error:
                place = source_place(self.spec, raw.origin, error.array, error.index)
                raise DataError(problem.at(place) for problem in error.problems) from None


def _are_whole(values: Values, size: int = 8) -> bool:
    """Whether all arrays hold booleans, or whole numbers of so many bytes at most."""
    dtypes = [array.dtype for array in by_name(values).values()]
    return all(dtype.kind in "uib" and dtype.itemsize <= size for dtype in dtypes)


def _bytes(values: Values) -> int:
    return sum(array.nbytes for array in by_name(values).values())
