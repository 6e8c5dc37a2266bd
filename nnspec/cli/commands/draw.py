"""`nnspec draw`: a network as a picture, as SVG or in the terminal."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options, output_option
from nnspec.cli.output import print_text
from nnspec.cli.spec_or_run import spec_of
from nnspec.drawing.diagram import Diagram, diagram
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import Summary, summarise
from nnspec.training.data_shapes import with_data_shapes


def _validate_suffix(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in (".svg", ".html"):
        raise click.BadParameter("a picture of a network is a .svg or an .html file")
    return path


@click.command()
@options.spec_or_run
@output_option.output_option(
    "An .svg file, or an .html page on which groups can be unfolded.", _validate_suffix
)
@click.option("--depth", type=click.IntRange(min=0),
              help="Groups in groups to open.  [default: as many as 24 boxes show]")  # fmt: skip
@click.option("--expand", is_flag=True, help="Open all groups: a box for each layer.")
def command(
    spec: Path, overrides: tuple[str, ...], out: Path | None, depth: int | None, expand: bool
) -> None:
    """Draw the network of SPEC or RUN: in the terminal, or to a file with -o.

    Boxes are layers with their parameters, lines the values between them with their shapes. A
    group is a box of its own, unless it is opened. The picture suits light and dark pages.

    In an .html page each folded group is a link to its own picture beside the network, groups of
    equal layers to the same; the page needs no script and no other file.
    """
    if expand and depth is not None:
        raise click.UsageError("--expand opens all groups, --depth some: give one of them")
    summary = summarise(compile_spec(with_data_shapes(spec_of(spec, overrides))))
    drawn = diagram(summary, len(summary.rows) if expand else depth)
    if out is None:
        from nnspec.drawing.text import to_text

        print_text(f"{drawn.name}, {drawn.parameters:,} parameters\n\n{to_text(drawn)}")
        return
    from nnspec.runs import atomic_files

    atomic_files.make_folder(out.parent)
    atomic_files.write_file(out, _content(out, summary, drawn).encode())
    print_text(f"drawn in {out}")


def _content(out: Path, summary: Summary, drawn: Diagram) -> str:
    """The text of a file, by its suffix."""
    if out.suffix.lower() == ".html":
        from nnspec.drawing.html import to_html

        return to_html(summary, drawn)
    from nnspec.drawing.svg import to_svg

    return to_svg(drawn)
