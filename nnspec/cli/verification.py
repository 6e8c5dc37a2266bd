"""The two things that `nnspec verify` compares: files of runs, and weights that specs expect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.progress import Progress

from nnspec.cli.main import INVALID
from nnspec.cli.options import blamed_on
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.progress_bar import shows_bar, stderr_console
from nnspec.cli.render.run_check import check_text
from nnspec.cli.spec_words import SpecWords
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError, Problem, argument_place
from nnspec.runs.exact_weights import UpdateCount, WeightsCheck, check_weights
from nnspec.runs.first_updates_check import FirstUpdatesCheck, check_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.selection import no_run, runs_in
from nnspec.runs.verification import FileCheck, accept, check_files
from nnspec.spec import loader
from nnspec.training.step_callback import OnSteps


class RunCheck(NamedTuple):
    """What came out of a run: of each file, and of the first updates where they are made again."""

    run: Path
    files: list[FileCheck]
    first_updates: FirstUpdatesCheck | None = None

    @classmethod
    def of(cls, run: Path, on_steps: OnSteps | None) -> RunCheck:
        """Compare the files with the manifest; where they are whole, make the first updates."""
        files = list(check_files(run))
        if on_steps is None or any(one.damage for one in files):
            return cls(run, files)
        return cls(run, files, check_first_updates(RunFolder(run, print_note), on_steps))

    @property
    def is_whole(self) -> bool:
        """Whether no file is damaged or changed."""
        return not any(one.damage for one in self.files)

    @property
    def code(self) -> int:
        """The exit code; updates that cannot be made again are no failure of the run."""
        if not self.is_whole:
            return INVALID
        return int(self.first_updates is not None and self.first_updates.comparison == "different")

    def plain(self) -> dict[str, Any]:
        """An item of `runs` in `verify --json`."""
        listed = [
            {"name": one.name, "bytes": one.size, "damage": one.damage or None}
            for one in self.files
        ]
        updates = self.first_updates and self.first_updates.plain()
        return {
            "run": str(self.run), "ok": self.code == 0, "files": listed, "first_updates": updates,
        }  # fmt: skip


def check_runs(words: Sequence[SpecWords], *, files_only: bool, as_json: bool) -> int:
    """Compare the files of runs, and their first updates made again; print it; the exit code."""
    with _progress_bar() as on_steps:
        checks = [RunCheck.of(run, None if files_only else on_steps) for run in _runs(words)]
    if as_json:
        ok = all(one.code == 0 for one in checks)
        print_json({"ok": ok, "runs": [one.plain() for one in checks]})
    else:
        texts = (check_text(str(one.run), one.files, one.first_updates) for one in checks)
        print_text("\n\n".join(texts))
    return max(one.code for one in checks)


def accept_files(words: Sequence[SpecWords], accepted: Sequence[str], *, as_json: bool) -> int:
    """Take changed files of one run as they are, and compare all of its files; the exit code."""
    runs = _runs(words)
    if len(runs) > 1:
        raise click.UsageError(f"--accept changes one run, and there are {len(runs)}: name one")
    accept(runs[0], accepted)
    return check_runs(words, files_only=True, as_json=as_json)


@contextmanager
def _progress_bar() -> Iterator[OnSteps]:
    """A bar on a terminal, and what moves it."""
    with Progress(console=stderr_console(), transient=True, disable=not shows_bar()) as bar:
        task = bar.add_task("training", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def weights_of_spec(
    words: SpecWords, compute: ComputeConfig, updates: int | None, *, as_json: bool
) -> int:
    """Train a spec in precision exact, and print the SHA-256 of its weights; the exit code."""
    spec = loader.load(words.path, words.overrides)
    given = UpdateCount(updates, argument_place(str(updates))) if updates else None
    with _progress_bar() as on_steps:
        found = check_weights(spec, compute, given, on_steps, print_note)
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


def _line(spec: str, found: WeightsCheck) -> str:
    """The hash, and whether it is the expected one."""
    said = {True: ", as expected", None: "", False: f"; expected {found.expected}"}[found.met]
    after = f"weights after {found.updates:,} updates on {found.backend}"
    return f"{spec}: {after} {found.weights_sha256}{said}"
