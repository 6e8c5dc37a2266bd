"""Click arguments and options that several commands share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from nnspec.cli.arguments import argument_path, is_override, lacks_spec
from nnspec.cli.spec_words import check_exists, spec_words
from nnspec.errors import (
    NnspecError,
    Problem,
    argument_place,
)

Command = TypeVar("Command", bound=Callable[..., Any])
Value = TypeVar("Value")


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


class _SpecOrOverride(FilePath):
    """Parameter type: the path of a spec, or an override that stands before it, as it is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; the text of an override."""
        return value if is_override(str(value)) else super().convert(value, param, ctx)


def _in_any_order(
    ctx: click.Context, _: click.Parameter, words: tuple[str, ...]
) -> tuple[str, ...]:
    """The overrides, of which some may stand before the spec; the spec takes its place."""
    first = ctx.params["spec"]
    if isinstance(first, Path):
        return _with_words(ctx, first, words)
    paths = [word for word in words if not is_override(word)]
    if not paths:
        raise lacks_spec(first)
    at = words.index(paths[0])
    return _with_words(ctx, argument_path(paths[0]), (first, *words[:at], *words[at + 1 :]))


def _with_words(ctx: click.Context, path: Path, words: tuple[str, ...]) -> tuple[str, ...]:
    """The overrides of the spec that a path means, which is put in its place."""
    ctx.params["spec"], overrides, _ = spec_words(path)
    check_exists(ctx.params["spec"])
    return (*overrides, *words)


def _verified_run(_: click.Context, __: click.Parameter, path: Path) -> Path:
    """The path of a run; a located error where there is none."""
    from nnspec.runs.selection import verify_run  # only some commands take runs

    with blamed_on("command line", str(path)):
        verify_run(path)
    return path


def _verified_backend(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """The name of a backend, if one is given; a located error where there is none of the name."""
    from nnspec.backends.discovery import verify_known  # not for --help

    if name is not None:
        with blamed_on("--backend", name):
            verify_known(name)
    return name


def _verified_runs(
    ctx: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> tuple[Path, ...]:
    """The paths of runs, whose values cannot be changed."""
    for word in filter(is_override, words):
        message = "a run has the values that it was trained with; they cannot be changed"
        raise NnspecError(Problem(message, argument_place(word), "name runs alone"))
    return tuple(_verified_run(ctx, parameter, argument_path(word)) for word in words)


def spec_and_overrides(command: Command, metavar: str = "SPEC") -> Command:
    """Add the argument SPEC and words that change its values, before it or after it."""
    path = click.argument("spec", metavar=metavar, type=_SpecOrOverride())
    words = click.argument(
        "overrides", nargs=-1, metavar="[KEY.PATH=VALUE]...", callback=_in_any_order
    )
    return path(words(command))


def spec_or_run(command: Command) -> Command:
    """Add the arguments SPEC|RUN and overrides to a command."""
    return spec_and_overrides(command, "SPEC|RUN")


run_folder = click.argument("run_folder", metavar="RUN", type=FilePath(), callback=_verified_run)
run_overrides = click.argument("overrides", nargs=-1, metavar="[KEY.PATH=VALUE]...")
run_folders = click.argument(
    "runs", metavar="RUN...", nargs=-1, required=True, callback=_verified_runs
)


as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, nothing else."
)


_PRECISIONS = click.Choice(["float32", "float64", "exact", "mixed_bfloat16"])
precision = click.option(
    "--precision",
    type=_PRECISIONS,
    default="float32",
    show_default=True,
    help="exact: float64, weights rounded to float32 after each update. mixed_bfloat16: products"
    " with kernels in bfloat16 (torch, keras).",
)


backend = click.option(
    "--backend",
    default="numpy",
    show_default=True,
    callback=_verified_backend,
    help="numpy, torch, keras, keras:torch, keras:jax, or a plug-in's.",
)


progress = click.option(
    "--progress", type=click.Choice(["auto", "lines", "json", "none"]), default="auto",
    show_default=True, envvar="NNSPEC_PROGRESS",
    help="On stderr: a bar on a terminal, lines of long epochs elsewhere, JSON lines, or nothing "
         "(or the variable NNSPEC_PROGRESS).",
)  # fmt: skip
accept_changes = click.option(
    "--accept-changes", is_flag=True,
    help="Go on though the spec or the precision has changed since.",
)  # fmt: skip


def if_given(name: str, value: Value) -> Value | None:
    """The value of an option of the command that runs; None where it is the default."""
    source = click.get_current_context().get_parameter_source(name)
    return None if source is ParameterSource.DEFAULT else value


def compute_options(command: Command) -> Command:
    """Add --backend, --device and --precision to a command."""
    device = click.option(
        "--device",
        default="cpu",
        show_default=True,
        help="What it computes on.",
    )
    return backend(device(precision(command)))


def recorded_compute_options(command: Command) -> Command:
    """Add --backend, --device and --precision to a command; None is what a run had."""
    own = "Instead of the run's own."
    backend = click.option("--backend", callback=_verified_backend, help=own)
    device = click.option("--device", help=own)
    return backend(device(click.option("--precision", type=_PRECISIONS, help=own)(command)))
