"""Errors of polars as messages of one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.errors import DataError, cut, visible
from nnspec.optional_packages import optional_package
from nnspec.system_errors import system_message

_NOISE = re.compile(r"^(parquet: |out-of-spec: |File out of specification: |parquet error: )+")


def require_polars() -> None:
    """Raise DataError unless polars is installed."""
    with optional_package("tables are read by polars", "tables", DataError):
        import polars  # noqa: F401


@contextmanager
def polars_errors(name: str, what: str) -> Iterator[None]:
    """Turn what polars raises into a DataError: a file of a name cannot be read as `what`."""
    from polars import exceptions

    try:
        yield
    except OSError as error:
        raise _unreadable(name, what, system_message(error) or "") from None
    except (exceptions.PolarsError, exceptions.PanicException) as error:
        raise _unreadable(name, what, str(error)) from None


def _unreadable(name: str, what: str, reason: str) -> DataError:
    """The error with the essential part of polars' own text, which adds lines of advice."""
    line = next(iter(reason.strip().splitlines()), "")
    essential = _NOISE.sub("", line).partition(" Error {")[0].partition("(Error {")[0]
    return DataError(f"{visible(name)} cannot be read as {what}: {cut(visible(essential))}")
