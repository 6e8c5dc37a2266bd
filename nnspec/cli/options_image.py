"""The option for a picture's file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from nnspec.cli.options import Command
from nnspec.plotting import style


def image_option(about: str) -> Callable[[Command], Command]:
    """-o FILE: what it cannot be is refused before anything is computed."""
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option("-o", "--out", type=path, callback=_known, help=about)


def _known(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix not in style.SUFFIXES:
        raise click.BadParameter("a picture is a .png or a .svg file")
    if path is not None:
        style.matplotlib()
    return path
