"""Click option `-o` for the file of a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.options import Command
from nnspec.plotting import style


def image_option(help_text: str) -> Callable[[Command], Command]:
    """-o FILE, validated before anything is computed."""
    path = options.FilePath(dir_okay=False)
    return click.option("-o", "--out", type=path, callback=_validate, help=help_text)


def _validate(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse unknown suffixes, and any picture if Matplotlib is missing."""
    if path is not None and path.suffix not in style.SUFFIXES:
        raise click.BadParameter("a picture is a .png or a .svg file")
    if path is not None:
        style.matplotlib()
    return path
