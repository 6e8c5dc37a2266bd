"""The option `--checkpoint` of commands that use a run, and a run with the weights of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.output import print_note
from nnspec.compute import ComputeConfig
from nnspec.runs.chosen_checkpoint import BEST_EPOCH, CheckpointName, UnknownCheckpointError
from nnspec.runs.trained import TrainedRun


class _CheckpointName(click.ParamType[CheckpointName]):
    """Parameter type: the word `best`, or the number of a step."""

    name = "best|STEP"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> CheckpointName:
        """The word, or the number."""
        text = str(value)
        if text != BEST_EPOCH and not (text.isascii() and text.isdigit()):
            self.fail(f"{text!r} is neither best nor the number of a step", param, ctx)
        return text if text == BEST_EPOCH else int(text)


checkpoint_option = click.option(
    "--checkpoint", type=_CheckpointName(), default=None, metavar="best|STEP",
    help="The weights of the best epoch, or of the checkpoint that is kept after so many steps.  "
         "[default: those at the end]",
)  # fmt: skip


def opened_run(path: Path, compute: ComputeConfig, name: CheckpointName | None) -> TrainedRun:
    """The trained run in a folder, with the weights of a checkpoint if one is named.

    Raises UnknownCheckpointError, at the option, where the run has it not.
    """
    with located_at_checkpoint(name):
        return TrainedRun.open(path, compute, print_note, name)


def chosen_name(name: CheckpointName | None) -> dict[str, CheckpointName]:
    """What an object of `--json` says of the checkpoint; nothing of the weights at the end."""
    return {} if name is None else {"checkpoint": name}


@contextmanager
def located_at_checkpoint(name: CheckpointName | None) -> Iterator[None]:
    """Place the error that a run has not a checkpoint at the option."""
    try:
        yield
    except UnknownCheckpointError:
        with options.blamed_on("--checkpoint", str(name)):
            raise
