"""`nnspec init`: write a spec of the gallery to a new file."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.output import print_text
from nnspec.errors import NnspecError, visible
from nnspec.spec import gallery

_SPECS = gallery.specs()


@click.command()
@click.argument("path", required=False, type=options.FilePath())
@click.option("--from", "name", type=click.Choice(list(_SPECS)), default="mlp", show_default=True,
              help="The spec of the gallery that it starts from.")  # fmt: skip
def command(path: Path | None, name: str) -> None:
    """Write a spec to start from into PATH, by default named as it is in the gallery.

    A file that is there already is never overwritten.
    """
    path = path or Path(f"{name}.yaml")
    write_new(path, _SPECS[name].read_bytes())
    shown = visible(str(path))
    print_text(f"wrote {shown}; train it with `nnspec run {shown}`")


def write_new(path: Path, content: bytes) -> None:
    """Write a new file; NnspecError if it exists."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        message = f"{visible(str(path))} is there already"
        raise NnspecError(message, "name another file") from None
