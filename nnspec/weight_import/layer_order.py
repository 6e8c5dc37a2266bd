"""Which layers of a file precede others, as far as their names and paths tell."""

from __future__ import annotations

import re
from typing import NamedTuple

_DIGITS = re.compile(r"(\d+)")
_COUNTED = re.compile(r"(.+?)(?:_(\d+))?")  # Keras' names of groups
_PARALLEL = ("branch",)  # whose numbers do not count what follows one another


class PathPart(NamedTuple):
    """A part of a path: equal stems are counted by their numbers."""

    stem: str
    number: tuple[int | str, ...]


LayerPath = tuple[PathPart, ...]


def path_text(path: LayerPath) -> str:
    """A path of numbered stems as it is written, a number 0 left out: `layers/conv2d_1`."""
    return "/".join(f"{one.stem}_{one.number[0]}" if one.number[0] else one.stem for one in path)


def path_of(text: str) -> LayerPath:
    """The path that a text such as `layers/conv2d_1` is of."""
    return tuple(map(_counted, text.split("/")))


def _counted(part: str) -> PathPart:
    found = _COUNTED.fullmatch(part)
    stem, number = found.groups() if found else (part, None)
    return PathPart(stem, (int(number or 0),))


def precedes(a: LayerPath, b: LayerPath) -> bool:
    """Whether b comes after a: where they first differ the stem is the same, and counted on.

    A layer that comes after another one is not read by it.
    """
    first = _first_difference(a, b)
    return first is not None and _is_before(*first)


def feeds(a: LayerPath, b: LayerPath) -> bool:
    """Whether b, which comes after a, reads what a gives: they are not numbered branches."""
    first = _first_difference(a, b)
    if first is None or not _is_before(*first):
        return False
    return first[0].stem.strip("_").lower() not in _PARALLEL


def counted_on(a: str, b: str) -> bool:
    """Whether the names differ in one number alone, which is smaller in a: `block1_1`, `block1_2`.

    No number at the end counts as 0: `conv2d`, `conv2d_1`.
    """
    (texts, numbers), (others, counts) = _split(a), _split(b)
    if texts != others or len(numbers) != len(counts):
        return False
    different = [(x, y) for x, y in zip(numbers, counts, strict=True) if x != y]
    return len(different) == 1 and different[0][0] < different[0][1]


def natural(text: str) -> PathPart:
    """A part of a name that ends in a number, a letter, or both: `layer1`, `a`, `Mixed_5b`."""
    stem, *rest = _DIGITS.split(text, maxsplit=1)
    if not rest:
        return PathPart("", (text,)) if len(text) == 1 else PathPart(text, ())
    return PathPart(stem, (int(rest[0]), *_parts(rest[1])))


def _parts(text: str) -> tuple[int | str, ...]:
    return tuple(int(one) if one.isdigit() else one for one in _DIGITS.split(text) if one)


def _first_difference(a: LayerPath, b: LayerPath) -> tuple[PathPart, PathPart] | None:
    return next(((x, y) for x, y in zip(a, b, strict=False) if x != y), None)


def _is_before(a: PathPart, b: PathPart) -> bool:
    """Whether two steps have one stem, and numbers that can be compared and ascend."""
    if a.stem != b.stem:
        return False
    pairs = zip(a.number, b.number, strict=False)
    different = next(((x, y) for x, y in pairs if x != y), None)
    if different is None:
        return len(a.number) < len(b.number)
    x, y = different
    if isinstance(x, int) and isinstance(y, int):
        return x < y
    return isinstance(x, str) and isinstance(y, str) and len(x) == len(y) == 1 and x < y


def _split(name: str) -> tuple[list[str], list[int]]:
    """The texts between the numbers of a name, and the numbers."""
    parts = _DIGITS.split(name if re.search(r"_\d+$", name) else f"{name}_0")
    return parts[::2], list(map(int, parts[1::2]))
