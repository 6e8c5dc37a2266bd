"""The two things that `nnspec verify` compares: files of runs, and weights that specs expect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from nnspec.cli.main import INVALID
from nnspec.cli.options import blamed_on
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.file_checks import checks_text
from nnspec.cli.render.progress_bar import shows_bar
from nnspec.cli.spec_words import SpecWords
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError, Problem, argument_place
from nnspec.runs.exact_weights import UpdateCount, WeightsCheck, check_weights
from nnspec.runs.selection import no_run, runs_in
from nnspec.runs.verification import FileCheck, accept, check_files
from nnspec.spec import loader


def files_of_runs(words: Sequence[SpecWords], accepted: Sequence[str], *, as_json: bool) -> int:
    """Compare each file of runs with the manifest, and print what came out; the exit code."""
    runs = _runs(words)
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


def weights_of_spec(
    words: SpecWords, compute: ComputeConfig, updates: int | None, *, as_json: bool
) -> int:
    """Train a spec in precision exact, and print the SHA-256 of its weights; the exit code."""
    spec = loader.load(words.path, words.overrides)
    given = UpdateCount(updates, argument_place(str(updates))) if updates else None
    with Progress(console=Console(stderr=True), transient=True, disable=not shows_bar()) as bar:
        task = bar.add_task("training", total=None)
        found = check_weights(
            spec, compute, given, lambda done, of: bar.update(task, completed=done, total=of)
        )
    if as_json:
        print_json({"spec": words.text, **found.plain()})
    else:
        print_text(_line(words.text, found))
    return 1 if found.met is False else 0


def _runs(words: Sequence[SpecWords]) -> list[Path]:
    """The runs that words name: a run, or all numbered runs of a folder."""
    found: dict[Path, None] = {}
    for path, overrides, text in words:
        if overrides:
            message = "a run has the values that it was trained with; they cannot be changed"
            raise NnspecError(Problem(message, argument_place(overrides[0]), "name runs alone"))
        with blamed_on("command line", text):
            runs = runs_in(path)
            if not runs:
                raise no_run(path)
        found |= dict.fromkeys(runs)
    return list(found)


def _is_whole(files: Sequence[FileCheck]) -> bool:
    return not any(one.damage for one in files)


def _plain(run: str, files: Sequence[FileCheck]) -> dict[str, Any]:
    listed = [{"name": one.name, "bytes": one.size, "damage": one.damage or None} for one in files]
    return {"run": run, "ok": _is_whole(files), "files": listed}


def _line(spec: str, found: WeightsCheck) -> str:
    """The hash, and whether it is the expected one."""
    said = {True: ", as expected", None: "", False: f"; expected {found.expected}"}[found.met]
    after = f"weights after {found.updates:,} updates on {found.backend}"
    return f"{spec}: {after} {found.weights_sha256}{said}"
