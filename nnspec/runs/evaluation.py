"""Evaluation of a program on the rows of a run."""

from __future__ import annotations

from nnspec.backends.contract import Program
from nnspec.data.dataset import PreparedSplits
from nnspec.runs.listener import RunListener
from nnspec.runs.report import SplitMetrics
from nnspec.spec.expect import PARTS
from nnspec.training.loop import evaluate


def evaluate_splits(
    program: Program, splits: PreparedSplits, listener: RunListener
) -> SplitMetrics:
    """The loss and the metrics over the rows of each part that there is."""
    metrics = {}
    for split, rows in splits._asdict().items():
        if split in PARTS and rows is not None:
            listener.on_evaluate_begin(split)
            metrics[split] = evaluate(program, rows, listener.should_stop)
    return metrics
