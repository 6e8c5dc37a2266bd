"""The weights of a run that a user chooses: at its end, of its best epoch, or after a step."""

from __future__ import annotations

from nnspec.backends.contract import Weights
from nnspec.errors import RunError, quoted, visible
from nnspec.graph.ir import Graph
from nnspec.graph.monitors import bound_training
from nnspec.graph.objectives import objectives
from nnspec.runs.checkpoint import Checkpoint, read_checkpoint_file
from nnspec.runs.file_names import BEST
from nnspec.runs.folder import RunFolder
from nnspec.runs.kept_checkpoints import kept_path, kept_steps
from nnspec.runs.verified_files import has_file, read_verified
from nnspec.runs.weight_files import parse_tensors, validate_weights
from nnspec.spec.document import Spec

BEST_EPOCH = "best"  # that of `train.checkpoint.monitor`
CheckpointName = str | int  # `best`, or the number of batches after which one is kept


class UnknownCheckpointError(RunError):
    """A run has not the checkpoint that is asked for."""


def chosen_weights(
    folder: RunFolder, spec: Spec, graph: Graph, checkpoint: CheckpointName | None
) -> Weights:
    """The weights of a checkpoint in the graph's order; None: those at the end of the run.

    Raises UnknownCheckpointError, with those that there are, where the run has it not.
    """
    if checkpoint is None:
        return folder.weights(graph)
    if checkpoint != BEST_EPOCH:
        return kept_checkpoint(folder, spec, checkpoint).weights(graph)
    if checkpoint not in _known(folder, spec):
        raise _unknown(folder, spec, checkpoint)
    content, path = read_verified(folder.path, BEST), folder.path / BEST
    return validate_weights(graph, parse_tensors(content, path), path)


def kept_checkpoint(folder: RunFolder, spec: Spec, step: CheckpointName) -> Checkpoint:
    """The checkpoint that a run keeps after `step` batches.

    Raises UnknownCheckpointError, with those that there are, where the run has it not.
    """
    if isinstance(step, bool) or not isinstance(step, int) or step not in _known(folder, spec):
        raise _unknown(folder, spec, step)
    return read_checkpoint_file(kept_path(folder.path, step))


def best_epoch(folder: RunFolder, spec: Spec, graph: Graph) -> int | None:
    """The number of the epoch whose weights `best` are, by the history of a run."""
    checkpoint = bound_training(spec, objectives(spec, graph)).checkpoint
    columns = folder.history()
    rows = zip(*columns.values(), strict=True)
    epochs = [dict(zip(columns, row, strict=True)) for row in rows]
    return checkpoint.best_epoch(epochs) if checkpoint else None


def _known(folder: RunFolder, spec: Spec) -> list[CheckpointName]:
    """The checkpoints of a run by which its weights may be chosen."""
    monitors = spec.train.checkpoint is not None and spec.train.checkpoint.monitor is not None
    best = [BEST_EPOCH] if monitors and has_file(folder.path, BEST) else []
    return [*best, *kept_steps(folder.path)]


def _unknown(folder: RunFolder, spec: Spec, checkpoint: CheckpointName) -> UnknownCheckpointError:
    known = ", ".join(map(str, _known(folder, spec)))
    keeps = "train: {checkpoint: {keep: 3, monitor: val_loss}} keeps some"
    message = f"{visible(str(folder.path))} has no checkpoint {quoted(checkpoint)}"
    return UnknownCheckpointError(message, f"there are: {known}" if known else keeps)
