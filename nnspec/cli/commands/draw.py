"""`nnspec draw`: a network as a picture, as SVG or in the terminal."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options, output_option
from nnspec.cli.output import print_text
from nnspec.cli.spec_or_run import spec_of
from nnspec.drawing.diagram import diagram
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.training.data_shapes import with_data_shapes


def _validate_svg(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() != ".svg":
        raise click.BadParameter("a picture of a network is a .svg file")
    return path


@click.command()
@options.spec_or_run
@output_option.output_option("An .svg file.", _validate_svg)
@click.option("--depth", type=click.IntRange(min=0),
              help="Groups in groups to open.  [default: as many as 24 boxes show]")  # fmt: skip
@click.option("--expand", is_flag=True, help="Open all groups: a box for each layer.")
def command(
    spec: Path, overrides: tuple[str, ...], out: Path | None, depth: int | None, expand: bool
) -> None:
    """Draw the network of SPEC or RUN: in the terminal, or to a file with -o.

    Boxes are layers with their parameters, lines the values between them with their shapes. A
    group is a box of its own, unless it is opened. The picture suits light and dark pages.
    """
    if expand and depth is not None:
        raise click.UsageError("--expand opens all groups, --depth some: give one of them")
    summary = summarise(compile_spec(with_data_shapes(spec_of(spec, overrides))))
    drawn = diagram(summary, len(summary.rows) if expand else depth)
    if out is None:
        from nnspec.drawing.text import to_text

        print_text(f"{drawn.name}, {drawn.parameters:,} parameters\n\n{to_text(drawn)}")
        return
    from nnspec.drawing.svg import to_svg
    from nnspec.runs import atomic_files

    atomic_files.make_folder(out.parent)
    atomic_files.write_file(out, to_svg(drawn).encode())
    print_text(f"drawn in {out}")
