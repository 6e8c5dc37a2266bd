"""`nnspec reproduce`: train a run again, and say whether it is the same."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.progress import ProgressDisplay
from nnspec.cli.training import compute_to_resume
from nnspec.compute import Precision
from nnspec.runs.difference_causes import cause_lines
from nnspec.runs.folder import RunFolder
from nnspec.runs.reproduction import Reproduction, reproduce

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@options.run_folder
@options.recorded_compute_options
@options.progress
@click.option("-o", "--out", type=options.FilePath(), help="Where to keep the new run.")
@options.as_json
def command(
    run_folder: Path, backend: str | None, device: str | None, precision: Precision | None,
    progress: str, out: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Train a finished RUN again from its folder alone, and compare weights and figures.

    It is computed as it was, unless an option says otherwise. What differs in data, versions,
    backend, device or machine is named, and what was edited in spec.yaml or in the weights. The
    new run is kept where -o says, else removed.

    Exit codes: 0 bit-identical or within tolerance, 1 different, 2 it cannot be run again.
    """
    folder = RunFolder.open(run_folder, print_note)
    compute = compute_to_resume(folder.path, backend, device, precision)
    with (
        _kept_or_temporary(out) as parent,
        ProgressDisplay(progress, text=False) as display,
    ):
        found = reproduce(folder, compute, parent, display)
    if out is None:
        found = found._replace(again=None)
    if as_json:
        print_json(found.plain())
    else:
        print_text(_text(found))
    return 1 if found.verdict == "different" else 0


@contextmanager
def _kept_or_temporary(out: Path | None) -> Iterator[Path]:
    """The folder for the new run: the given one, or one that is removed afterwards."""
    if out is not None:
        yield out
        return
    with TemporaryDirectory(prefix="nnspec-") as temporary:
        yield Path(temporary)


def _text(found: Reproduction) -> str:
    """The verdict, by how much the two differ, and why."""
    lines = [f"{found.run}: {found.verdict}"]
    if found.verdict != "bit-identical":
        weights, figures = found.weights_difference, found.figures_difference
        lines.append(f"weights {weights:.3g} of the largest apart, figures {figures:.3g}")
        lines += [f"  {line}" for line in cause_lines(found.causes, found.changes)]
    return "\n".join(lines)
