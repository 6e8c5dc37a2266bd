"""A dataset whose prepared rows are kept in blocks, which a thread reads ahead of their use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from nnspec.backends.arrays import Array, Arrays, Values
from nnspec.backends.contract import Indices
from nnspec.data.dataset import PreparedDataset
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import Rows

Block = Future[Rows]


class BlockCache:
    """The rows of a dataset in blocks of `size` rows, of which some are in memory.

    `used` blocks stay after their use, and a thread reads as many ahead. `expect` tells the order
    in which rows will be taken; what is taken does not depend on it. An error of reading a block
    is raised where its rows are taken.
    """

    def __init__(self, dataset: PreparedDataset, size: int, used: int) -> None:
        self.dataset, self.size, self.limit, self.rows = dataset, size, used, dataset.rows
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="nnspec-read")
        self._used: OrderedDict[int, Block] = OrderedDict()  # the latest last
        self._waiting: dict[int, Block] = {}
        self._next: Iterator[int] = iter(())

    @property
    def origin(self) -> RowOrigin:
        """Where the rows come from."""
        return self.dataset.origin

    @property
    def targets(self) -> Values:
        """The prepared targets of all rows."""
        return self.dataset.targets

    @property
    def metadata(self) -> Arrays:
        """What the rows have besides inputs and targets."""
        return self.dataset.metadata

    def expect(self, order: Indices) -> None:
        """Read the blocks of rows ahead, in the order in which they are first needed."""
        numbers = order // self.size
        _, first = np.unique(numbers, return_index=True)
        self._next = iter(numbers[np.sort(first)].tolist())
        self._read_ahead()

    def take(self, indices: Indices, epoch: int = 0) -> Rows:
        """The rows of some numbers, in that order."""
        numbers = indices // self.size
        blocks = {number: self._use(number) for number in np.unique(numbers).tolist()}
        self._drop(blocks.keys())
        self._read_ahead()
        rows = {number: block.result() for number, block in blocks.items()}
        gathered = _gathered(rows, numbers, indices % self.size)
        return gathered._replace(origin=self.origin.take(indices, self.rows))

    def _use(self, number: int) -> Block:
        """A block that is in memory or being read, or that is read now."""
        block = self._used.pop(number, None) or self._waiting.pop(number, None)
        self._used[number] = block or self._pool.submit(self._read, number)
        return self._used[number]

    def _read(self, number: int) -> Rows:
        start = number * self.size
        rows = self.dataset.take(np.arange(start, min(start + self.size, self.rows)))
        return rows._replace(inputs=_in_memory(rows.inputs))

    def _drop(self, needed: Set[int]) -> None:
        """Let the blocks go that were not used for the longest time."""
        for number in list(self._used):
            if len(self._used) <= self.limit:
                return
            if number not in needed:
                del self._used[number]

    def _read_ahead(self) -> None:
        while len(self._waiting) < self.limit:
            number = next(self._next, None)
            if number is None:
                return
            if number not in self._used and number not in self._waiting:
                self._waiting[number] = self._pool.submit(self._read, number)


def _in_memory(values: Values) -> Values:
    """The arrays, read where they are in files."""
    if isinstance(values, Mapping):
        return {name: np.asarray(array) for name, array in values.items()}
    return np.asarray(values)


def _gathered(blocks: Mapping[int, Rows], numbers: Indices, within: Indices) -> Rows:
    """Rows of several blocks: of the block `numbers[i]` the row `within[i]`."""
    places = {number: np.flatnonzero(numbers == number) for number in blocks}
    taken = [(place, within[place], blocks[number]) for number, place in places.items()]
    inputs = _joined([(place, rows, block.inputs) for place, rows, block in taken])
    targets = _joined([(place, rows, block.targets) for place, rows, block in taken])
    return Rows(inputs, targets)


def _joined(parts: list[tuple[Indices, Indices, Values]]) -> Values:
    """The rows of several blocks at their places, of the only array or of each."""
    first = parts[0][2]
    if not isinstance(first, Mapping):
        return _array([(place, rows, np.asarray(values)) for place, rows, values in parts])
    return {
        name: _array([(place, rows, values[name]) for place, rows, values in parts])
        for name in first
    }


def _array(parts: list[tuple[Indices, Indices, Array]]) -> Array:
    """For each part (places, rows, array) the rows of the array at the places of the result."""
    array = parts[0][2]
    gathered = np.empty((sum(len(place) for place, _, _ in parts), *array.shape[1:]), array.dtype)
    for place, rows, one in parts:
        gathered[place] = one[rows]
    return gathered
