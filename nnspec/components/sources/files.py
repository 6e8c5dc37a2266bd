"""Base class of the sources that read files: their paths, relative to the spec."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator

from nnspec.components.sources.base import Source
from nnspec.components.sources.named_arrays import Option, by_option, require_items
from nnspec.errors import ShapeError, quoted, visible
from nnspec.language.paths import PathError, written_path

Paths = Annotated[
    str | dict[str, Any],
    AfterValidator(
        require_items(str, "a path, or a map of paths", "{} must be the path of a file")
    ),
]


class FileSource(Source):
    """A source that reads files; their paths are relative to the spec."""

    path_options: ClassVar[tuple[str, ...]] = ("path",)
    """The options that hold a path, or a map from names to paths."""

    def with_absolute_paths(self, folder: Path) -> Self:
        """The absolute paths."""
        return self._with_paths(
            lambda option, text: str(self._resolved(folder, option, text).absolute())
        )

    def moved(self, before: Path, after: Path) -> Self:
        """Each file or folder that is gone, and lies from `after` as it did from `before`."""
        return self._with_paths(lambda _, text: _moved(text, before, after))

    def path_of(self, folder: Path, *option: str) -> Path:
        """The path of an option; a ShapeError where it names a variable of a shell."""
        return self._resolved(folder, option, dict(self.paths())[option])

    def paths(self) -> Iterator[tuple[Option, str]]:
        """Each path as it is written, with its option."""
        return by_option(self, self.path_options)

    def path_hint(self, *option: str) -> str:
        """What to know of a path where there is no file."""
        written = dict(self.paths())[option]
        is_absolute = written.startswith("~") or Path(written).is_absolute()
        return "" if is_absolute else "the path is relative to the spec"

    @contextmanager
    def reading(self, folder: Path, *option: str) -> Iterator[Path]:
        """The path of an option's file; what is wrong with it is a ShapeError at the option."""
        with self.blamed_on(folder, *option) as path:
            if path.is_dir():
                raise ShapeError(f"{quoted(str(path))} is a folder", "name a file in it")
            if not path.is_file():  # also keeps a named pipe from being waited for
                hint = self.path_hint(*option)
                raise ShapeError(f"there is no file {quoted(str(path))}", hint)
            yield path

    @contextmanager
    def blamed_on(self, folder: Path, *option: str) -> Iterator[Path]:
        """The path of an option; errors that are raised inside are ShapeErrors at the option."""
        path = self.path_of(folder, *option)
        try:
            yield path
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            message = f"cannot read {quoted(str(path))}: {visible(reason)}"
            raise ShapeError(message, "", (self.kind, *option)) from None
        except ShapeError as error:
            place = error.path or (self.kind, *option)
            raise ShapeError(error.message, error.hint, place) from None

    def _resolved(self, folder: Path, option: Option, text: str) -> Path:
        try:
            return folder / written_path(text)
        except PathError as error:
            message, hint = error.args
            raise ShapeError(message, hint, (self.kind, *option)) from None

    def _with_paths(self, change: Any) -> Self:
        """A copy with each path changed by a function of its option and its text."""
        changed: dict[str, Any] = {}
        for option, text in self.paths():
            new = change(option, text)
            if len(option) == 1:
                changed[option[0]] = new
            else:
                changed.setdefault(option[0], {})[option[1]] = new
        return self.replace(**changed)


def _moved(path: str, before: Path, after: Path) -> str:
    """The path that lies from `after` as a path did from `before`, if the old one is gone."""
    try:
        found = (after / os.path.relpath(path, before)).resolve()
    except ValueError:  # on another drive
        return path
    return str(found) if not Path(path).exists() and found.exists() else path
