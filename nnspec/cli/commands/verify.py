"""`nnspec verify`: whether the files of runs are as they were written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.main import INVALID
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.file_checks import checks_text
from nnspec.runs.verification import FileCheck, accept, check_files


@click.command()
@options.all_runs
@click.option("--accept", "accepted", metavar="FILE", multiple=True,
              help="Take a changed FILE as it is; of manifest.json, all files.")  # fmt: skip
@options.as_json
def command(runs: tuple[Path, ...], accepted: tuple[str, ...], as_json: bool) -> int:
    """Compare each file of each RUN with the size and the SHA-256 in its manifest.json.

    Every command does so with the files that it reads, and refuses one that has changed. A file
    that you have changed on purpose, such as spec.yaml where the data have moved, is taken as it
    is with --accept. RUN is a run folder, or the folder that holds the numbered runs (all of them).

    Exit codes: 0 all files are whole, 2 some are not.
    """
    if accepted and len(runs) > 1:
        raise click.UsageError(f"--accept changes one run, and there are {len(runs)}: name one")
    if accepted:
        accept(runs[0], accepted)
    checks = {str(run): list(check_files(run)) for run in runs}
    if as_json:
        listed = [_plain(run, files) for run, files in checks.items()]
        print_json({"ok": all(one["ok"] for one in listed), "runs": listed})
    else:
        print_text("\n\n".join(checks_text(run, files) for run, files in checks.items()))
    return 0 if all(map(_is_whole, checks.values())) else INVALID


def _is_whole(files: Sequence[FileCheck]) -> bool:
    return not any(one.damage for one in files)


def _plain(run: str, files: Sequence[FileCheck]) -> dict[str, Any]:
    listed = [{"name": one.name, "bytes": one.size, "damage": one.damage or None} for one in files]
    return {"run": run, "ok": _is_whole(files), "files": listed}
