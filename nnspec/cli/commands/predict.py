"""`nnspec predict`: predict with a finished run, and list its worst mistakes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from nnspec.analysis.confusion import Confusion
from nnspec.analysis.misclassified import Misclassified, classifiers, worst_rows
from nnspec.analysis.prediction_table import PredictionTable, prediction_table
from nnspec.backends.arrays import Array, Values, by_name, only
from nnspec.cli import options
from nnspec.cli.checkpoint_option import checkpoint_option, chosen_name, opened_run
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.output_option import output_option, refuse_overwriting
from nnspec.cli.render import prediction_files, predictions
from nnspec.cli.render.prediction_report import Prediction, plain, report, with_files
from nnspec.cli.render.tables import metrics_line
from nnspec.compute import ComputeConfig, Precision
from nnspec.data.literals import read_table_row, read_values
from nnspec.data.preprocessing.inverse import category_names
from nnspec.data.source_files import source_files
from nnspec.errors import visible
from nnspec.graph.objectives import objectives
from nnspec.language.number_texts import is_number
from nnspec.plotting import thumbnails
from nnspec.runs import atomic_files
from nnspec.runs.chosen_checkpoint import CheckpointName
from nnspec.runs.prediction_names import file_label
from nnspec.runs.row_shapes import without_unit_axes
from nnspec.runs.trained import PredictionInput, TrainedRun

_MISTAKES = 10  # that are listed


def _validate(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse unknown suffixes of the table."""
    if path is not None and path.suffix.lower() not in (".npy", *prediction_files.SUFFIXES):
        raise click.BadParameter("the table is a .csv, .parquet, .ndjson or .npy file")
    return path


@click.command()
@options.run_folder
@click.argument("given", metavar="INPUT", type=options.FileOrValue())
@output_option("The table, a .csv, .parquet, .ndjson or .npy file.  [default: in RUN]", _validate)
@click.option("--mistakes", "limit", type=click.IntRange(min=0), default=None,
              help="How many of the worst mistakes to list and draw.  [default: 10]")  # fmt: skip
@checkpoint_option
@options.compute_options
@options.as_json
def command(
    run_folder: Path, given: str, out: Path | None, limit: int | None,
    checkpoint: CheckpointName | None, backend: str, device: str, precision: Precision,
    as_json: bool,
) -> None:  # fmt: skip
    """Predict with a finished RUN, on any backend.

    INPUT is `test` or `train` (the rows of the run's own data), a .npy or .npz file of rows as
    they are before the preprocessing, an image or a folder of images where the run was trained on
    such, or one row, such as `[1, 0]`. Several inputs are the arrays of an .npz file, or
    `{image: [[1, 0]], words: [3]}`. Of a run over a table INPUT is a .csv, .parquet, .ndjson or
    .feather file with its input columns, or a row such as `{age: 3, city: Taipei}`; where the
    columns of the targets are there too, the loss and the metrics are told. Rows are predicted
    whatever their targets hold; a note says why there are no metrics.

    Each output is written to a table: classes by their names, numbers in their own unit. For a
    classifier whose classes are known precision, recall and F1 of each class, the confusion matrix
    and the worst mistakes are listed; these, if they are images, drawn here and as PNG files
    beside the table. The table of `new.npy` is `predictions-new.csv` in RUN; another file of that
    name gets `predictions-new-2.csv`, `--checkpoint best` `predictions-new-checkpoint-best.csv`.
    Where RUN cannot be written, there is no table unless -o names one.
    """
    run = opened_run(run_folder, ComputeConfig(backend, precision, device), checkpoint)
    rows, changed = _rows(run, given)
    if limit is not None:
        _check_classes(run, given, rows)
    label, tables = _places(run, given, out, checkpoint)
    with options.blamed_on("INPUT", given):
        outputs = run.predict_outputs(rows.raw, rows.origin)
        metrics = _metrics(run, rows)
    parts = [
        _written(run, name, values, rows, tables[name], label, limit)
        for name, values in outputs.items()
    ]
    if as_json:
        values = {**plain(str(run.folder.path), parts), "data_changed": changed}
        values |= {"metrics": metrics} if run.table else {}
        print_json(values | chosen_name(checkpoint))
    else:
        print_text(_told(parts, rows, metrics))


def _told(
    parts: Sequence[Prediction], rows: PredictionInput, metrics: dict[str, float] | None
) -> str:
    """What is printed of predictions."""
    texts = [report(part, _images(rows.raw), len(parts) > 1) for part in parts]
    return "\n\n".join([*texts, *([metrics_line(metrics)] if metrics else [])])


def _metrics(run: TrainedRun, rows: PredictionInput) -> dict[str, float] | None:
    """The metrics over rows of a table whose targets are known."""
    return run.metrics(rows) if run.table is not None and rows.targets is not None else None


def _written(
    run: TrainedRun, output: str, values: Array, rows: PredictionInput, path: Path | None,
    label: str, limit: int | None,
) -> Prediction:  # fmt: skip
    """The predictions of an output, whose table and drawn mistakes have been written."""
    table = _table(run, output, values)
    if path:
        _write(path, values, table, rows.files)
    targets = _class_targets(run, output, rows)
    worst = _MISTAKES if limit is None else limit
    mistakes = [] if targets is None else worst_rows(values, targets, worst)
    confusion = None if targets is None else Confusion.of(values, targets)
    folder = path and path.parent / f"mistakes-{label}{_suffix(run, output)}"
    drawn = folder and _draw(folder, _images(rows.raw), mistakes)
    return Prediction(output, values, table, path, tuple(mistakes), drawn, rows.files, confusion)


def _check_classes(run: TrainedRun, given: str, rows: PredictionInput) -> None:
    """Raise UsageError where no mistake can be known."""
    if not classifiers(objectives(run.spec, run.graph), run.graph):
        raise click.UsageError("--mistakes is for classifiers, and no output of the run is one")
    if rows.targets is None and given == "test":
        raise click.UsageError("--mistakes needs targets, and the test rows have none: try train")
    if rows.targets is None:
        raise click.UsageError("--mistakes needs rows whose classes are known: test or train")


def _rows(run: TrainedRun, given: str) -> tuple[PredictionInput, bool | None]:
    """The rows of a split, with whether the run's data have changed; of a file; or one row."""
    if given in ("train", "test"):
        data = run.data()  # what is wrong with them is not told of INPUT
        with options.blamed_on("INPUT", given):
            return run.split_rows(data.splits, given), data.changed
    with options.blamed_on("INPUT", given):
        return (_one_row(run, given) if _is_written(given) else run.rows(given)), None


def _one_row(run: TrainedRun, given: str) -> PredictionInput:
    """The row that INPUT writes out."""
    if run.table:
        return PredictionInput(read_table_row(given, "INPUT", run.table.inputs), None)
    row = read_values(given, "INPUT")
    if isinstance(row, Mapping):
        rows: Values = {name: array[None] for name, array in row.items()}
    else:
        rows = row[None]
    tensors = run.spec.data_spec.inputs if run.spec.data_spec else None
    return PredictionInput(without_unit_axes(rows, "inputs", tensors), None)


def _is_written(given: str) -> bool:
    """Whether INPUT is a row that is written out: a list, a map, or the only number of a row."""
    is_only_number = is_number(given) and not Path(given).exists()
    return is_only_number or given.lstrip().startswith(("[", "{"))


def _places(
    run: TrainedRun, given: str, out: Path | None, checkpoint: CheckpointName | None
) -> tuple[str, Mapping[str, Path | None]]:
    """What the tables of INPUT are called, and that of each output; none in a read-only folder."""
    folder = run.folder.path
    if out is None and not os.access(folder, os.W_OK):
        print_note(f"{visible(str(folder))} cannot be written: name a table with -o to get one")
        return "", dict.fromkeys(run.graph.outputs)
    label = _label(run, given) if out is None else Path(given).stem
    label += "" if checkpoint is None else f"-checkpoint-{checkpoint}"
    return label, _tables(run, out or folder / f"predictions-{label}.csv", given)


def _label(run: TrainedRun, given: str) -> str:
    """What the tables of INPUT are called."""
    if _is_written(given):
        return "row"
    if given in ("train", "test"):
        return given
    folder, suffixes = run.folder.path, [_suffix(run, name) for name in run.graph.outputs]
    return file_label(
        folder,
        Path(given),
        lambda label: [folder / f"predictions-{label}{suffix}.csv" for suffix in suffixes],
    )


def _suffix(run: TrainedRun, output: str) -> str:
    """What follows the name of a table; nothing where there is one output."""
    return f"-{output.replace('/', '.')}" if len(run.graph.outputs) > 1 else ""


def _tables(run: TrainedRun, path: Path, given: str) -> dict[str, Path]:
    """The table of each output; of several, with the output's name in that of the file.

    A NnspecError where one is INPUT or a file of the run or of its data.
    """
    tables = {
        name: path.with_name(f"{path.stem}{_suffix(run, name)}{path.suffix}")
        for name in run.graph.outputs
    }
    for table in tables.values():
        refuse_overwriting(table, [given, *source_files(run.spec)])
    return tables


def _images(raw: Values) -> Array | None:
    """The first input whose rows are images."""
    found = (rows for rows in by_name(raw).values() if rows.ndim > 1 and len(rows))
    return next((rows for rows in found if thumbnails.is_image(rows[0])), None)


def _table(run: TrainedRun, output: str, values: Array) -> PredictionTable | None:
    """The predictions as named columns; None where neither columns nor classes have names."""
    if not run.table and category_names(run.preprocessing.of("targets", output)) is None:
        return None
    table = prediction_table(run, output, values)
    if table.note:
        print_note(table.note)
    return table


def _write(path: Path, values: Array, table: PredictionTable | None, files: Sequence[str]) -> None:
    if path.suffix.lower() == ".npy":
        predictions.write_npy(path, values)
    else:
        columns = table.columns if table else predictions.numbered_columns(values)
        prediction_files.write_columns(path, with_files(columns, files))


def _class_targets(run: TrainedRun, output: str, rows: PredictionInput) -> Array | None:
    """The targets of a classifier; None of another output, or where they are not known."""
    targets = rows.targets
    if targets is None or output not in classifiers(objectives(run.spec, run.graph), run.graph):
        return None
    if isinstance(targets, Mapping):
        return targets[output] if output in targets else only(targets)
    return targets


def _draw(folder: Path, images: Array | None, mistakes: Sequence[Misclassified]) -> Path | None:
    """Write a PNG `row-true-as-predicted.png` for each mistake; older ones are deleted.

    Returns the folder, or None if nothing can be drawn.
    """
    if not mistakes or images is None:
        return None
    atomic_files.make_folder(folder)
    names = {f"{one.row:05}-{one.true}-as-{one.predicted}.png": one.row for one in mistakes}
    for name, row in names.items():
        atomic_files.write_file(folder / name, thumbnails.png(images[row]))
    for old in folder.glob("[0-9]*-as-[0-9]*.png"):
        if old.name not in names:
            old.unlink()
    return folder
