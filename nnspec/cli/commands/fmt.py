"""`nnspec fmt`: write specs in canonical form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any, NamedTuple

import click

from nnspec.cli import options
from nnspec.cli.output import print_bytes, print_error, print_json, print_text, problem_json
from nnspec.errors import Document, NnspecError, visible
from nnspec.language import reader
from nnspec.spec.canonical_form import canonical_form

_STDIN = "-"


class _Formatted(NamedTuple):
    """A document and its canonical form."""

    path: Path
    document: Document
    text: str

    @property
    def is_changed(self) -> bool:
        return self.text != self.document.text


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True, type=options.FilePath())
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@options.as_json
def command(specs: tuple[Path, ...], check: bool, diff: bool, as_json: bool) -> int:
    """Write each SPEC in canonical form; `-` stands for stdin, which is written to stdout.

    Sections are put in order, blocks indented by two spaces, spaces and quotes made uniform, and
    flow collections that are longer than a line of 100 characters become blocks. Values, the
    text of each number, comments and the author's line breaks stay. A file that is no valid YAML
    stays as it is.

    Exit codes: 0 done, 1 with --check if a file would change, 2 if one could not be formatted.
    """
    if as_json:
        return _all_as_json(specs, check, diff)
    write = _report if check else _show_diff if diff else _write
    changed = failed = False
    for path in specs:
        try:
            formatted = _formatted(path)
            changed |= formatted.is_changed
            write(formatted)
            if check and diff:
                _show_diff(formatted)
        except NnspecError as error:
            failed = True
            print_error(str(error))
    return 2 if failed else int(check and changed)


def _formatted(path: Path) -> _Formatted:
    document = _document(path)
    return _Formatted(path, document, canonical_form(document))


def _document(path: Path) -> Document:
    if str(path) == _STDIN:
        return reader.decode(sys.stdin.buffer.read(reader.MAX_BYTES + 1), "stdin")
    with options.blamed_on("command line", str(path)):
        return reader.read_document(path)


def _write(formatted: _Formatted) -> None:
    """Replace a file that changes; stdin's text goes to stdout in any case."""
    if str(formatted.path) == _STDIN:
        print_bytes(formatted.text.encode())
    elif formatted.is_changed:
        _rewrite(formatted)
        print_text(f"formatted {visible(str(formatted.path))}")


def _rewrite(formatted: _Formatted) -> None:
    """Replace a file that changes."""
    if formatted.is_changed:
        from nnspec.cli.output_option import refuse_overwriting  # few files are not in form
        from nnspec.runs.atomic_files import rewrite_file

        with options.blamed_on("command line", str(formatted.path)):
            refuse_overwriting(formatted.path, [], "command line")
            rewrite_file(formatted.path, formatted.text)


def _report(formatted: _Formatted) -> None:
    if formatted.is_changed:
        print_text(visible(formatted.document.name))


def _show_diff(formatted: _Formatted) -> None:
    if formatted.is_changed:
        print_text("\n".join(_diff_lines(formatted)))


def _diff_lines(formatted: _Formatted) -> Iterator[str]:
    """The lines of a unified diff; carriage returns are shown."""
    name = visible(formatted.document.name)
    old, new = formatted.document.text.split("\n"), formatted.text.split("\n")
    lines = unified_diff(old, new, name, f"{name} (formatted)", lineterm="")
    return map(visible, lines)


# ---------------------------------------------------------------- JSON


def _all_as_json(specs: Sequence[Path], check: bool, diff: bool) -> int:
    """Print an object for each spec; what is done, and the exit code, are those of the text."""
    if not (check or diff) and _STDIN in map(str, specs):
        raise click.UsageError("--json and the text of stdin would both be printed: add --check")
    show = _plain_difference if diff else _plain if check else _plain_rewritten
    results = [_collected(path, show) for path in specs]
    print_json(results)
    failed = any(one["problems"] for one in results)
    return 2 if failed else int(check and any(one["changed"] for one in results))


def _collected(path: Path, show: Callable[[_Formatted], dict[str, Any]]) -> dict[str, Any]:
    """What is shown of a spec, or its problems."""
    try:
        return show(_formatted(path))
    except NnspecError as error:
        problems = [problem_json(problem) for problem in error.problems]
        return {"spec": str(path), "changed": False, "problems": problems}


def _plain(formatted: _Formatted) -> dict[str, Any]:
    """Whether a spec changes."""
    return {"spec": str(formatted.path), "changed": formatted.is_changed, "problems": []}


def _plain_rewritten(formatted: _Formatted) -> dict[str, Any]:
    _rewrite(formatted)
    return _plain(formatted)


def _plain_difference(formatted: _Formatted) -> dict[str, Any]:
    return {**_plain(formatted), "diff": list(_diff_lines(formatted))}
