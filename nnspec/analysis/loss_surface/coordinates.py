"""Scalar components of weights, named as `dense/kernel[0,1]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.errors import NnspecError, Problem, SourceSpan, argument_place, did_you_mean, quoted
from nnspec.graph.ir import Graph
from nnspec.options.shapes import format_shape

MAX_COORDINATES = 2  # the axes of a picture
_PATTERN = re.compile(r"([^\[\]]+)(?:\[([\d\s,]*)\])?")


class Coordinate(NamedTuple):
    """One scalar component of a weight."""

    weight: str
    position: tuple[int, ...]

    def __str__(self) -> str:
        index = ",".join(map(str, self.position))
        return f"{self.weight}[{index}]" if self.position else self.weight


def parse_coordinates(
    graph: Graph, names: Sequence[str], where: SourceSpan | None = None
) -> tuple[Coordinate, ...]:
    """Parse coordinates; a weight without an index means all of its components.

    No names mean every trained weight; `where` is the network's place. Raises NnspecError if a
    name or an index is unknown, or if the result is not one or two different coordinates.
    """
    shapes = {name: weight.shape for name, weight in graph.weights() if weight.trainable}
    found = [one for text in names or shapes for one in _parse(text, shapes)]
    unique = tuple(dict.fromkeys(found))
    if len(unique) < len(found):
        twice = next(one for one in unique if found.count(one) > 1)
        message = f"{twice} is named twice"
        raise NnspecError(Problem(message, argument_place(",".join(names)), "name it once"))
    if not 0 < len(unique) <= MAX_COORDINATES:
        what = ", ".join(map(quoted, names)) if names else "the network"
        have = "have" if len(names) > 1 else "has"
        message = f"{what} {have} {len(unique):,} trained numbers; one or two can be shown"
        example = next((str(Coordinate(name, (0,) * len(s))) for name, s in shapes.items()), "")
        hint = f"choose, for example --weights '{example}'" if example else ""
        place = argument_place(",".join(names)) if names else where
        raise NnspecError(Problem(message, place, hint))
    return unique


def _parse(text: str, shapes: dict[str, tuple[int, ...]]) -> Iterator[Coordinate]:
    """The coordinates that `text` names: one, or all of a weight."""
    found = _PATTERN.fullmatch(text.strip())
    name, numbers = found.groups() if found else (text, None)
    if name not in shapes:
        raise _unknown_name(text, f"there is no trained weight {quoted(name)}", list(shapes))
    shape = shapes[name]
    if numbers is None:
        return (Coordinate(name, index) for index in np.ndindex(*shape))
    index = tuple(int(number) for number in numbers.split(",") if number.strip())
    if len(index) != len(shape) or any(i >= size for i, size in zip(index, shape, strict=True)):
        raise _unknown_name(
            text, f"{name} has the shape {format_shape(shape)}; indices count from 0", []
        )
    return iter([Coordinate(name, index)])


def _unknown_name(text: str, message: str, known: Sequence[str]) -> NnspecError:
    hint = did_you_mean(text, known) if known else ""
    return NnspecError(Problem(message, argument_place(text), hint))
