"""`nnspec init`: write a new spec, for data or like one of the gallery."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.output import print_note, print_text
from nnspec.errors import (
    NnspecError,
    Problem,
    argument_place,
    did_you_mean,
    nearest,
    quoted,
    visible,
)
from nnspec.spec import gallery

_DEFAULT = "mlp"


def _known(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """The name of a spec of the gallery; a located error where there is none."""
    if name is not None and gallery.text_of(name) is None:
        known = gallery.names()
        hint = did_you_mean(name, known) if nearest(name, known) else "see `nnspec gallery`"
        message = f"the gallery has no {quoted(name)}"
        raise NnspecError(Problem(message, argument_place(name, "--from"), hint))
    return name


@click.command()
@click.argument("path", metavar="[DATA|SPEC]", required=False, type=options.FilePath())
@click.option("--target", metavar="COLUMN", help="The column of DATA that is to be predicted.")
@click.option("--from", "name", metavar="NAME", callback=_known,
              help=f"A spec that SPEC is like: {', '.join(gallery.specs())}, or a network of "
                   f"`nnspec gallery`.  [default: {_DEFAULT}]")  # fmt: skip
@click.option("-o", "--output", type=options.FilePath(), metavar="FILE",
              help="The new spec; by default in this folder, named as DATA is.")  # fmt: skip
def command(path: Path | None, target: str | None, name: str | None, output: Path | None) -> None:
    """Write a spec for DATA that trains as it is, or one like a spec of the gallery.

    DATA is a table (csv, csv.gz, tsv, parquet, ndjson, feather), a folder with one or with a
    sub-folder of images for each class, or an .npz archive. Columns get a role by what they hold,
    and each choice has a comment that says why. Without --target the column to predict is one
    that is called target, label, y, class or the like, else the last one; at a terminal it is asked
    for unless its name says it.

    Any other word is the file of a new SPEC. A file that is there already is never overwritten.
    """
    if path is None or not _is_data(path, target):
        _write_gallery(path, target, name, output)
    elif name is not None:
        raise click.UsageError("--from starts from the gallery, and DATA is there: leave one out")
    else:
        _write_for_data(path, target, output)


def _is_data(path: Path, target: str | None) -> bool:
    """Whether a path means data: it is there, or is named as data are, or --target is given."""
    from nnspec.scaffold.data_files import suffix_of

    if path.suffix.lower() in (".yaml", ".yml"):
        return False
    return path.exists() or bool(suffix_of(path)) or target is not None


def _write_gallery(
    path: Path | None, target: str | None, name: str | None, output: Path | None
) -> None:
    if target is not None:
        raise click.UsageError("--target names a column of DATA: name the data first")
    if path is not None and output is not None:
        raise click.UsageError(f"{path} and -o both name the new spec: give one of them")
    name = name or _DEFAULT
    text, file = gallery.text_of(name) or "", path or output or Path(f"{name}.yaml")
    if "\ndata:" in text:
        _write(file, text.encode())
        return
    write_new(file, text.encode())
    shown = visible(str(file))
    print_text(f"wrote {shown}, a network without data; look at it with `nnspec summary {shown}`")


def _write_for_data(path: Path, target: str | None, output: Path | None) -> None:
    from nnspec.scaffold.data_files import stem_of
    from nnspec.scaffold.data_spec import draft_spec
    from nnspec.scaffold.spec_request import SpecRequest

    output = output or Path(f"{stem_of(path.resolve())}.yaml")
    _verify_new(output)
    choose = _ask if target is None and sys.stdin.isatty() and sys.stdout.isatty() else None
    with options.blamed_on("command line", str(path)):
        draft = draft_spec(path, SpecRequest(output.absolute().parent, target, choose))
    _write(output, draft.text.encode())
    for note in draft.notes:
        print_note(note)


def _ask(names: Sequence[str], guess: str) -> str:
    """Ask which column is to be predicted."""
    listed = ", ".join(map(visible, names))
    print_note(f"the columns are {listed}")
    return str(click.prompt("Column to predict", default=guess, err=True))


def _write(path: Path, content: bytes) -> None:
    write_new(path, content)
    shown = visible(str(path))
    print_text(f"wrote {shown}; train it with `nnspec run {shown}`")


def write_new(path: Path, content: bytes) -> None:
    """Write a new file; NnspecError if it exists."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise _exists(path) from None


def _verify_new(path: Path) -> None:
    """Raise NnspecError, before the data are read, where a file is there already."""
    if path.is_symlink() or path.exists():
        raise _exists(path)


def _exists(path: Path) -> NnspecError:
    message = f"{visible(str(path))} is there already"
    return NnspecError(Problem(message, argument_place(str(path)), "name another file with -o"))
