"""`nnspec weights`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from nnspec.backends.contract import Array
from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.tables import aligned
from nnspec.graph.compile import compile_spec
from nnspec.options.shapes import format_shape
from nnspec.runs.folder import RunFolder

_ROWS, _COLUMNS = 20, 8  # of a weight that is shown in full
_MEASURES: dict[str, Callable[[Array], Any]] = {
    "least": np.min, "mean": np.mean, "greatest": np.max, "norm": np.linalg.norm
}  # fmt: skip


@click.command()
@options.finished_run
@options.as_json
def command(run_folder: Path, as_json: bool) -> None:
    """Show the weights of a RUN as they are after its last whole epoch, in Keras' layout.

    A weight with more than a few numbers is described by the least, the mean, the greatest and
    the norm. RUN is a run folder, or the folder that holds the numbered runs (the newest is taken).
    """
    folder = RunFolder.open(run_folder)
    weights, state, epochs = folder.checkpoint(compile_spec(folder.spec()))
    if as_json:
        values = {name: array.tolist() for name, array in weights.items()}
        done = {"run": str(folder.path), "epochs": epochs, "updates": state.step}
        print_json({**done, "weights": values})
        return
    after = f"epochs {epochs:,}, updates {state.step:,}"
    print_text("\n\n".join([after, *(_weight(name, array) for name, array in weights.items())]))


def _weight(name: str, array: Array) -> str:
    """A name and a shape, and the numbers below."""
    head = f"{name} {format_shape(array.shape)}"
    short = array.ndim < 3 and len(array) <= _ROWS
    if short and (array.ndim == 1 or array.shape[1] <= _COLUMNS):
        rows = [[_number(number) for number in np.atleast_1d(row)] for row in array]
        return "\n".join([head, aligned([("", *row) for row in rows])])
    said = (f"{word} {_number(measure(array))}" for word, measure in _MEASURES.items())
    return f"{head}\n  {'  '.join(said)}"


def _number(number: float) -> str:
    return f"{number:.7g}"
