"""`nnspec verify`: files and first updates of runs, or the weights that a spec expects."""

from __future__ import annotations

import click

from nnspec.cli import options
from nnspec.cli.spec_words import SpecWords, several_specs
from nnspec.cli.verification import accept_files, check_runs, weights_of_spec
from nnspec.compute import ComputeConfig


@click.command()
@click.argument("words", metavar="SPEC|RUN... [KEY.PATH=VALUE]...", nargs=-1, required=True,
                callback=several_specs)  # fmt: skip
@click.option("--accept", "accepted", metavar="FILE", multiple=True,
              help="Take a changed FILE of RUN as it is; of manifest.json, all files.")  # fmt: skip
@options.backend
@click.option("--device", default="cpu", show_default=True, help="What SPEC computes on.")
@click.option("--updates", type=click.IntRange(min=1), help="Instead of those that SPEC expects.")
@click.option("--files-only", is_flag=True,
              help="Compare the files of RUN: read no data, and make no update.")  # fmt: skip
@options.as_json
def command(
    words: tuple[SpecWords, ...], accepted: tuple[str, ...], backend: str, device: str,
    updates: int | None, files_only: bool, as_json: bool,
) -> int:  # fmt: skip
    """Compare the files of each RUN with their SHA-256, and its first updates made again.

    Every command verifies the files of a run that it reads, and refuses one that has changed. A
    file that you have changed on purpose, such as spec.yaml where the data have moved, is taken as
    it is with --accept. RUN is a run folder, or the folder that holds the numbered runs (all of
    them).

    A run records the SHA-256 of its weights after its first ten updates (or all, if it has fewer).
    Where its files are whole, these updates are made again on its data, as it was computed, and
    the weights are compared: in precision exact they are the same everywhere, else with the same
    data, versions and machine. What differs of these is named. Where the data are gone, this is
    said. --files-only leaves it out.

    SPEC is trained in precision exact, and the SHA-256 of all weights, after the updates that
    `expect: weights_sha256` names or at the end, is compared with the expected one: it is the same
    on every backend. Where none is expected it is printed alone. Nothing is kept.

    Exit codes: 0 all is as it was, as far as it can be compared, 1 the weights are others, 2 a file
    has changed.
    """
    if words[0].path.is_dir():
        for name in ("backend", "device", "updates"):
            if options.if_given(name, name):
                raise click.UsageError(f"--{name} is for a SPEC, and {words[0].text} is a folder")
        if accepted:
            return accept_files(words, accepted, as_json=as_json)
        return check_runs(words, files_only=files_only, as_json=as_json)
    if accepted:
        raise click.UsageError("--accept takes a changed file of a run: name the run's folder")
    if files_only:
        raise click.UsageError(f"--files-only is for a RUN, and {words[0].text} is a SPEC")
    if len(words) > 1:
        raise click.UsageError("name one spec, or runs alone")
    compute = ComputeConfig(backend, device=device)
    return weights_of_spec(words[0], compute, updates, as_json=as_json)
