"""`nnspec weights show`: show the weights of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Weights
from nnspec.cli import options
from nnspec.cli.checkpoint_option import checkpoint_option, located_at_checkpoint
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.tables import aligned
from nnspec.errors import RunError, visible
from nnspec.graph.compile import compile_spec
from nnspec.graph.objectives import objectives
from nnspec.options.shapes import format_shape
from nnspec.runs.chosen_checkpoint import (
    BEST_EPOCH,
    CheckpointName,
    best_epoch,
    chosen_weights,
    kept_checkpoint,
)
from nnspec.runs.folder import RunFolder

_MAX_ROWS, _MAX_COLUMNS = 20, 8  # of a weight that is shown in full
_STATISTICS: dict[str, Callable[[Array], Any]] = {
    "least": np.min, "mean": np.mean, "greatest": np.max, "norm": np.linalg.norm
}  # fmt: skip


@click.command("show")
@options.run_folder
@checkpoint_option
@options.as_json
def command(run_folder: Path, checkpoint: CheckpointName | None, as_json: bool) -> None:
    """Show the weights of a RUN as they are in its last checkpoint, in Keras' layout.

    A weight with more than a few numbers is described by the least, the mean, the greatest and
    the norm. RUN is a run folder, or the folder that holds the numbered runs (the newest that
    finished). Imported weights are shown as they are.
    """
    folder = RunFolder.open(run_folder, print_note)
    with located_at_checkpoint(checkpoint):
        weights, updates, epochs = _weights(folder, checkpoint)
    if as_json:
        values = {name: array.tolist() for name, array in weights.items()}
        progress = {"run": str(folder.path), "epochs": epochs, "updates": updates}
        print_json({**progress, "weights": values})
        return
    after = f"epochs {epochs:,}" + ("" if updates is None else f", updates {updates:,}")
    print_text("\n\n".join([after, *(_weight(name, array) for name, array in weights.items())]))


def _weights(folder: RunFolder, name: CheckpointName | None) -> tuple[Weights, int | None, int]:
    """The weights of a run, the updates (None: not known) and the epochs that they have had."""
    spec = folder.spec()
    graph = compile_spec(spec)
    if folder.ending().status == "imported" and name is None:
        return folder.weights(graph), 0, 0
    if name == BEST_EPOCH:
        weights = chosen_weights(folder, spec, graph, name)
        return weights, None, best_epoch(folder, spec, graph) or 0
    checkpoint = folder.checkpoint() if name is None else kept_checkpoint(folder, spec, name)
    if checkpoint is None:
        raise RunError(f"{visible(str(folder.path))} has no checkpoint")
    state = checkpoint.state(graph, objectives(spec, graph))
    return state.weights, state.position.step, state.position.epochs


def _weight(name: str, array: Array) -> str:
    """A heading with name and shape, and the numbers or their statistics below."""
    head = f"{name} {format_shape(array.shape)}"
    array = np.atleast_1d(array)
    short = array.ndim < 3 and len(array) <= _MAX_ROWS
    if short and (array.ndim == 1 or array.shape[1] <= _MAX_COLUMNS):
        rows = [[_number(number) for number in np.atleast_1d(row)] for row in array]
        return "\n".join([head, aligned([("", *row) for row in rows])])
    statistics = (f"{name} {_number(of(array))}" for name, of in _STATISTICS.items())
    return f"{head}\n  {'  '.join(statistics)}"


def _number(number: float) -> str:
    return f"{number:.7g}"
