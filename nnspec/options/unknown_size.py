"""The size of an axis that the user left open: what is computed from it is not known either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self


class UnknownSize(int):
    """A size that is not known, written `?`: sums and products with it are not known.

    It equals itself alone, and neither is smaller nor larger than any number, so that only what is
    wrong whatever the size is makes a shape rule refuse its input.
    """

    def __new__(cls) -> Self:
        return super().__new__(cls, 0)

    def _unknown(self, _: Any) -> Self:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _unknown
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __truediv__ = __rtruediv__ = _unknown

    def __neg__(self) -> Self:
        return self

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownSize)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(UnknownSize)

    def _no_order(self, _: Any) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _no_order

    def __repr__(self) -> str:
        return "?"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return "?"


UNKNOWN = UnknownSize()


def is_unknown(size: int | None) -> bool:
    """Whether a size is not known."""
    return isinstance(size, UnknownSize)


def known(size: int) -> int | None:
    """The size for JSON: null where it is not known."""
    return None if is_unknown(size) else size


def has_unknown(sizes: Iterable[int]) -> bool:
    """Whether one of the sizes is not known."""
    return any(map(is_unknown, sizes))


def agreed_sizes(axes: Iterable[Iterable[int]]) -> tuple[int, ...] | None:
    """The size of each axis that all its sizes may be; None where two that are known differ."""
    found = [set(sizes) for sizes in axes]
    agreed = [sizes - {UNKNOWN} or sizes for sizes in found]
    return tuple(min(sizes) for sizes in agreed) if all(len(s) == 1 for s in agreed) else None
