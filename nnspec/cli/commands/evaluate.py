"""`nnspec evaluate`: evaluate a finished run."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.checkpoint_option import checkpoint_option, chosen_name, opened_run
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.progress import ProgressDisplay
from nnspec.cli.render.tables import expectations_table, metrics_table
from nnspec.compute import ComputeConfig, Precision
from nnspec.graph.summary import summarise
from nnspec.runs import expectations
from nnspec.runs.chosen_checkpoint import CheckpointName
from nnspec.runs.evaluation import evaluate_splits
from nnspec.runs.expected_behaviour import expected_of_run
from nnspec.runs.report import both_splits


@click.command()
@options.run_folder
@checkpoint_option
@options.compute_options
@options.as_json
def command(
    run_folder: Path, checkpoint: CheckpointName | None, backend: str, device: str,
    precision: Precision, as_json: bool,
) -> int:  # fmt: skip
    """Evaluate a finished RUN on its training and test data, on any backend.

    RUN is a run folder, or the folder that holds the numbered runs (the newest that finished).
    """
    run = opened_run(run_folder, ComputeConfig(backend, precision, device), checkpoint)
    data = run.data()
    with ProgressDisplay() as display:
        splits = run.prepared_splits(data.splits)
        metrics = evaluate_splits(run.program, splits, display)
        model = run.model(data.splits, splits)
        tested = list(expected_of_run(model, display.on_expectation))
    found = expectations.compare_expectations(run.spec.expect, summarise(run.graph), metrics)
    found += tested
    if as_json:
        values = {"run": str(run.folder.path), "backend": backend, **both_splits(metrics)}
        listed = expectations.expectations_to_plain(found)
        chosen = chosen_name(checkpoint)
        print_json({**values, **chosen, "expectations": listed, "data_changed": data.changed})
    else:
        tables = [metrics_table(metrics), *([expectations_table(found)] if found else [])]
        print_text("\n\n".join(tables))
    return 0 if expectations.all_met(found) else 1
