"""`nnspec data`: show what the data of a spec are, and what their preparation does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nnspec.analysis.data_report.contract import kept_contract
from nnspec.analysis.data_report.model import DataReport
from nnspec.analysis.data_report.report import data_report
from nnspec.cli import options
from nnspec.cli.output import print_json, print_text, problem_json
from nnspec.cli.output_option import refuse_overwriting
from nnspec.cli.render.data_report import text
from nnspec.data.source_files import source_files
from nnspec.language.writer import dump
from nnspec.report import html
from nnspec.runs import atomic_files
from nnspec.spec import loader


def _validate(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse unknown suffixes, and any page if Jinja2 is missing."""
    if path is not None and path.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter("a page is a .html file")
    if path is not None:
        html.require_jinja()
    return path


@click.command()
@options.spec_and_overrides
@click.option("--html", "page", metavar="FILE", type=options.FilePath(dir_okay=False),
              callback=_validate, help="Write the report as one page, a .html file.")  # fmt: skip
@click.option("--rows", type=click.IntRange(1, 100), default=3, show_default=True,
              help="How many first rows are shown.")  # fmt: skip
@click.option("--contract", is_flag=True,
              help="Print what a table's columns keep, for the key `data: columns`.")  # fmt: skip
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], page: Path | None, rows: int, contract: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Show what the data of SPEC are, and what their preparation does to them; nothing is trained.

    Told are the sizes of the parts, each column or array (type, missing values, range, mean,
    frequent values) over the training rows, the classes in each part, what the steps of the
    preparation have learnt, the first rows before and after it, images as pictures, and the advice
    that a run would give. The exit code is 2 where the rows cannot be prepared; what is wrong is
    told below what they are.

    With --contract the types, ranges and categories that all rows keep are printed instead: as the
    section `columns` of the data they are required of new rows, too.

    Words like data.source.csv.path=new.csv change values of the spec.
    """
    loaded = loader.load(spec, overrides)
    if contract and page:
        raise click.UsageError("--contract and --html are both given: give one of them")
    if contract:
        values = {"columns": kept_contract(loaded)}
        print_json(values) if as_json else print_text(dump(values).rstrip())
        return 0
    if page:
        refuse_overwriting(page, [spec, *source_files(loaded)], "--html")
    report = data_report(loaded, rows)
    if page:
        atomic_files.make_folder(page.parent)
        atomic_files.write_file(page, html.page(report))
    if as_json:
        print_json({**plain(report), "page": page and str(page)})
    else:
        print_text(text(report) + (f"\n\nthe page is {page}" if page else ""))
    return 2 if report.problems else 0


def plain(report: DataReport) -> dict[str, Any]:
    """The keys of `data --json`."""
    values = report._asdict()
    values |= {key: [one._asdict() for one in values[key]] for key in _RECORDS}
    for column in values["columns"]:
        column["categories"] = [one._asdict() for one in column["categories"]]
    values["before"] = report.before._asdict()
    for key in ("advice", "problems"):
        values[key] = [problem_json(problem) for problem in values[key]]
    del values["pictures"]
    return values


_RECORDS = ("parts", "columns", "balances", "steps", "after", "refused")
