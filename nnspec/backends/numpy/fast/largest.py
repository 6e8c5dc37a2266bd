"""The largest of several places, and which of them comes first: steps for both poolings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.crew import Task


def largest(places: Sequence[Array], y: Array, won: Array) -> Iterator[Task]:
    """y = the largest; won[k] says where place k exceeds all before it, if `won` has room."""
    if len(places) == 1:
        yield partial(np.copyto, y, places[0])
    before = places[0]
    for number, values in enumerate(places[1:], 1):
        if len(won):
            yield partial(np.greater, values, before, out=won[number])
        yield partial(np.maximum, before, values, out=y)
        before = y


def only_first(won: Array) -> Iterator[Task]:
    """Turn `won` from where places exceed all before them to the first of the largest."""
    if not len(won):
        return
    taken = won[0]
    yield partial(taken.fill, False)
    for beats in won[:0:-1]:
        yield partial(np.greater, beats, taken, out=beats)
        yield partial(np.logical_or, beats, taken, out=taken)
    yield partial(np.logical_not, taken, out=taken)
