"""Errors where a package that an extra of nnspec installs is missing or cannot be imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.errors import NnspecError


@contextmanager
def optional_package(
    need: str, extra: str, raises: type[NnspecError] = NnspecError
) -> Iterator[None]:
    """Context in which a package is imported; an error that says why it is not, and what to do.

    `need` begins the message: "pictures need Matplotlib", and `extra` is what installs the package.
    """
    try:
        yield
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError)
        reason = "is not installed" if missing else f"cannot be imported: {error}"
        raise raises(f"{need}, which {reason}", f"pip install 'nnspec[{extra}]'") from None
