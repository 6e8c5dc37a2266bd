"""Click arguments and options that several commands share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from nnspec.errors import NnspecError, Problem, argument_place
from nnspec.language.paths import PathError, written_path

Command = TypeVar("Command", bound=Callable[..., Any])


def refuse_repeated(command: click.Command, arguments: Sequence[str]) -> None:
    """Raise UsageError where an option that has one value is given twice."""
    try:
        _, _, given = command.make_parser(click.Context(command)).parse_args(list(arguments))
    except click.UsageError:
        return  # it is told when the command reads them
    for option, count in Counter(given).items():
        if count > 1 and isinstance(option, click.Option) and not _may_repeat(option):
            raise click.UsageError(f"{option.opts[0]} is given twice: say which value you mean")


def _may_repeat(option: click.Option) -> bool:
    return option.multiple or option.is_flag


def with_option(
    overrides: tuple[str, ...], name: str, path: str, value: object | None
) -> tuple[str, ...]:
    """Overrides, with one more where the option `name` gives a value for `path`."""
    if value is None:
        return overrides
    second = next((word for word in overrides if word.startswith(f"{path}=")), None)
    if second is not None:
        raise click.UsageError(f"{name} and {second} are both given: give one of them")
    return (*overrides, f"{path}={value}")


@contextmanager
def blamed_on(name: str, text: str) -> Iterator[None]:
    """Place errors that have no place at the argument which is at fault."""
    try:
        yield
    except NnspecError as error:
        place = argument_place(text, name)
        raise type(error)(problem.at(place) for problem in error.problems) from None


class FilePath(click.Path):
    """Parameter type: a path, in which `~` is the home folder."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a located error where it names a variable of a shell."""
        return super().convert(argument_path(str(value)), param, ctx)


class FileOrValue(click.ParamType[str]):
    """Parameter type: numbers that are written out, or a path in which `~` is the home folder."""

    name = "FILE|VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, or the path."""
        text = str(value)
        if not text or text.lstrip().startswith(("[", "{")):
            return text
        path = argument_path(text)
        return str(path) if text.startswith("~") else text


def argument_path(text: str) -> Path:
    """The path that an argument of the command line names; a located error where it is none."""
    try:
        return written_path(text)
    except PathError as error:
        message, hint = error.args
        raise NnspecError(Problem(message, argument_place(text), hint)) from None


spec = click.argument("spec", type=FilePath())
overrides = click.argument("overrides", nargs=-1, metavar="[KEY.PATH=VALUE]...")
run_folder = click.argument("run_folder", metavar="RUN", type=FilePath())
run_folders = click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=FilePath())


class SpecsAndOverrides(NamedTuple):
    """Specs to work on, and words that change values of the only one."""

    paths: tuple[Path, ...]
    overrides: tuple[str, ...]


def _split_words(_: click.Context, __: click.Parameter, words: Sequence[str]) -> SpecsAndOverrides:
    """Words with a `=` that name no file are overrides; the others are specs."""
    overrides = tuple(word for word in words if "=" in word and not os.path.lexists(word))
    paths = tuple(argument_path(word) for word in words if word not in overrides)
    if not paths:
        raise click.UsageError(f"{overrides[0]!r} changes a value of a spec: name the spec first")
    if overrides and len(paths) > 1:
        message = f"there are {len(paths)} specs, and {overrides[0]} changes a value of only one"
        raise click.UsageError(f"{message}: check each by itself")
    return SpecsAndOverrides(paths, overrides)


specs = click.argument(
    "specs", metavar="SPEC... [KEY.PATH=VALUE]...", nargs=-1, required=True, callback=_split_words
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, nothing else."
)


precision = click.option(
    "--precision",
    type=click.Choice(["float32", "float64", "exact"]),
    default="float32",
    show_default=True,
    help="exact: float64, weights rounded to float32 after each update.",
)


backend = click.option(
    "--backend",
    default="numpy",
    show_default=True,
    help="numpy, torch, keras, keras:torch, keras:jax, or a plug-in's.",
)


def compute_options(command: Command) -> Command:
    """Add --backend, --device and --precision to a command."""
    device = click.option(
        "--device",
        default="cpu",
        show_default=True,
        help="What it computes on.",
    )
    return backend(device(precision(command)))
