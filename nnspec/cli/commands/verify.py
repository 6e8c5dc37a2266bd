"""`nnspec verify`: compare the weights of a spec's training with those that it expects."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.progress import shows_bar
from nnspec.compute import ComputeConfig
from nnspec.errors import argument_place
from nnspec.runs.verification import UpdateCount, Verification, verify
from nnspec.spec import loader


@click.command()
@options.spec_and_overrides
@options.backend
@click.option("--device", default="cpu", show_default=True, help="What it computes on.")
@click.option("--updates", type=click.IntRange(min=1), help="Instead of those that SPEC expects.")
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], backend: str, device: str, updates: int | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Train SPEC in precision exact, and compare the weights with the expected ones.

    The SHA-256 of all weights, after the updates that `expect: weights_sha256` names or at the end
    of the training, is the same on every backend. Exit code 1 where it is another than expected;
    where none is expected it is printed alone. Nothing is kept.
    """
    loaded = loader.load(spec, overrides)
    given = updates and UpdateCount(updates, argument_place(str(updates)))
    with Progress(console=Console(stderr=True), transient=True, disable=not shows_bar()) as bar:
        task = bar.add_task("training", total=None)
        found = verify(
            loaded, ComputeConfig(backend, device=device), given or None,
            lambda done, of: bar.update(task, completed=done, total=of),
        )  # fmt: skip
    if as_json:
        print_json({"spec": str(spec), **found.plain()})
    else:
        print_text(_line(spec, found))
    return 1 if found.met is False else 0


def _line(spec: Path, found: Verification) -> str:
    """The hash, and whether it is the expected one."""
    said = {True: ", as expected", None: "", False: f"; expected {found.expected}"}[found.met]
    after = f"weights after {found.updates:,} updates on {found.backend}"
    return f"{spec}: {after} {found.weights_sha256}{said}"
