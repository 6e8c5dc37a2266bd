"""`nnspec verify`: the files of runs, or the weights that a spec expects, by their SHA-256."""

from __future__ import annotations

import click

from nnspec.cli import options
from nnspec.cli.spec_words import SpecWords, several_specs
from nnspec.cli.verification import files_of_runs, weights_of_spec
from nnspec.compute import ComputeConfig


@click.command()
@click.argument("words", metavar="SPEC|RUN... [KEY.PATH=VALUE]...", nargs=-1, required=True,
                callback=several_specs)  # fmt: skip
@click.option("--accept", "accepted", metavar="FILE", multiple=True,
              help="Take a changed FILE of RUN as it is; of manifest.json, all files.")  # fmt: skip
@options.backend
@click.option("--device", default="cpu", show_default=True, help="What SPEC computes on.")
@click.option("--updates", type=click.IntRange(min=1), help="Instead of those that SPEC expects.")
@options.as_json
def command(
    words: tuple[SpecWords, ...], accepted: tuple[str, ...], backend: str, device: str,
    updates: int | None, as_json: bool,
) -> int:  # fmt: skip
    """Compare the files of each RUN with the SHA-256 in its manifest.json, or the weights of SPEC.

    Every command verifies the files of a run that it reads, and refuses one that has changed. A
    file that you have changed on purpose, such as spec.yaml where the data have moved, is taken as
    it is with --accept. RUN is a run folder, or the folder that holds the numbered runs (all of
    them).

    SPEC is trained in precision exact, and the SHA-256 of all weights, after the updates that
    `expect: weights_sha256` names or at the end, is compared with the expected one: it is the same
    on every backend. Where none is expected it is printed alone. Nothing is kept.

    Exit codes: 0 all is as it was written, 1 the weights are others, 2 a file has changed.
    """
    if words[0].path.is_dir():
        for name in ("backend", "device", "updates"):
            if options.if_given(name, name):
                raise click.UsageError(f"--{name} is for a SPEC, and {words[0].text} is a folder")
        return files_of_runs(words, accepted, as_json=as_json)
    if accepted:
        raise click.UsageError("--accept takes a changed file of a run: name the run's folder")
    if len(words) > 1:
        raise click.UsageError("name one spec, or runs alone")
    compute = ComputeConfig(backend, device=device)
    return weights_of_spec(words[0], compute, updates, as_json=as_json)
