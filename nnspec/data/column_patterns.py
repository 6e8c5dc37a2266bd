"""Patterns of column names, such as `pixel_*`, and the columns that they match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from nnspec.errors import DataError, quoted


def is_pattern(name: str) -> bool:
    """Whether a written name stands for any columns that match it."""
    return "*" in name


def expand(names: Iterable[str], header: Sequence[str], named: Iterable[str]) -> list[str]:
    """The columns of a header that names and patterns mean, each once.

    A pattern matches no column that is `named` elsewhere; a DataError where it matches none.
    """
    found = list[str]()
    for name in names:
        found += _matches(name, header, set(named)) if is_pattern(name) else [name]
    return list(dict.fromkeys(found))


def matching(names: Iterable[str], header: Sequence[str]) -> list[str]:
    """The columns of a header that names and patterns mean; one that there is not is left out."""
    return [one for name in names for one in header if fnmatchcase(one, _shell(name))]


def _matches(pattern: str, header: Sequence[str], named: set[str]) -> list[str]:
    found = [name for name in header if name not in named and fnmatchcase(name, _shell(pattern))]
    if not found:
        raise DataError(f"no other column matches {quoted(pattern)}")
    return found


def _shell(pattern: str) -> str:
    """A pattern in which `*` alone is special, as one of a shell."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
