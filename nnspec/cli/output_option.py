"""Click option `-o` for a file that a command writes, and the files that it must not overwrite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.options import Command
from nnspec.errors import NnspecError, Problem, argument_place, visible
from nnspec.plotting import style

Validate = Callable[[click.Context, click.Parameter, Path | None], Path | None]


def output_option(help_text: str, validate: Validate, **settings: Any) -> Callable[[Any], Any]:
    """-o FILE; a file that another argument of the command names, or one of a run, is refused."""

    def decorate(command: Command) -> Any:
        @wraps(command)
        def checked(**values: Any) -> Any:
            if values["out"]:
                inputs = [value for name, value in values.items() if name != "out"]
                refuse_overwriting(values["out"], inputs)
            return command(**values)

        return option(checked)

    settings = {"type": options.FilePath(), **settings}
    option = click.option("-o", "--out", callback=validate, help=help_text, **settings)
    return decorate


def image_option(help_text: str) -> Callable[[Any], Any]:
    """-o FILE of a picture, validated before anything is computed."""
    return output_option(help_text, _validate_picture, type=options.FilePath(dir_okay=False))


def refuse_overwriting(file: Path, inputs: Iterable[Any], option: str = "-o") -> None:
    """Raise NnspecError where a file to write is one that inputs name, or a run's own."""
    if _is_file(file) and any(file.samefile(path) for path in _files(inputs)):
        raise _refused(file, "an input of this command", option)
    if _belongs_to_run(file):
        raise _refused(file, "one of a run's own files", option)


def _files(values: Iterable[Any]) -> Iterator[Path]:
    """The files that values name; a tuple may hold several."""
    for value in values:
        if isinstance(value, tuple):
            yield from _files(value)
        elif isinstance(value, Path | str) and _is_file(value):
            yield Path(value)


def _is_file(name: Path | str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # rows that are written out are no name
        return False


def _belongs_to_run(file: Path) -> bool:
    from nnspec.runs.selection import is_file_of_run  # `explain` starts without it

    return is_file_of_run(file)


def _refused(file: Path, what: str, option: str) -> NnspecError:
    message = f"{visible(str(file))} is {what} and would be overwritten"
    return NnspecError(Problem(message, argument_place(str(file), option), "name another file"))


def _validate_picture(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse unknown suffixes, and any picture if Matplotlib is missing."""
    if path is not None and path.suffix.lower() not in style.SUFFIXES:
        raise click.BadParameter("a picture is a .png or a .svg file")
    if path is not None:
        style.matplotlib()
    return path
