"""Single numbers of a network's weights, by the names that a user writes: `dense/kernel[0,1]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.errors import Document, NnspecError, Problem, SourceSpan, did_you_mean, quoted
from nnspec.graph.ir import Graph
from nnspec.options.shapes import format_shape

MOST = 2  # as many as a picture has axes
_WRITTEN = re.compile(r"([^\[\]]+)(?:\[([\d\s,]*)\])?")


class Coordinate(NamedTuple):
    """One number of a weight."""

    weight: str
    at: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.weight}[{','.join(map(str, self.at))}]" if self.at else self.weight


def parse_coordinates(graph: Graph, written: Sequence[str]) -> tuple[Coordinate, ...]:
    """The numbers that are written; a weight without an index means all that it holds.

    Nothing written means every trained weight. Raises NnspecError where a name or an index is
    unknown, or where they are not one or two.
    """
    shapes = {name: weight.shape for name, weight in graph.weights() if weight.trainable}
    found = [one for text in written or shapes for one in _numbers(text, shapes)]
    unique = tuple(dict.fromkeys(found))
    if not 0 < len(unique) <= MOST:
        what = f"{' and '.join(map(quoted, written))}" if written else "the network"
        message = f"{what} has {len(unique):,} trained numbers; one or two can be shown"
        example = next((str(Coordinate(name, (0,) * len(s))) for name, s in shapes.items()), "")
        raise NnspecError(message, f"choose, for example --weights '{example}'" if example else "")
    return unique


def _numbers(text: str, shapes: dict[str, tuple[int, ...]]) -> Iterator[Coordinate]:
    found = _WRITTEN.fullmatch(text.strip())
    name, index = found.groups() if found else (text, None)
    if name not in shapes:
        raise _unknown(text, f"there is no trained weight {quoted(name)}", list(shapes))
    shape = shapes[name]
    if index is None:
        return (Coordinate(name, at) for at in np.ndindex(*shape))
    at = tuple(int(number) for number in index.split(",") if number.strip())
    if len(at) != len(shape) or any(i >= size for i, size in zip(at, shape, strict=True)):
        raise _unknown(
            text, f"{name} has the shape {format_shape(shape)}; indices count from 0", []
        )
    return iter([Coordinate(name, at)])


def _unknown(text: str, message: str, known: Sequence[str]) -> NnspecError:
    place = SourceSpan(Document("command line", text), 0, 0, len(text))
    return NnspecError(Problem(message, place, did_you_mean(text, known) if known else ""))
