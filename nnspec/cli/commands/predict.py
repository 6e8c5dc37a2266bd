"""`nnspec predict`: predict with a finished run, and list its worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from nnspec.analysis.misclassified import Misclassified, classifiers, worst_rows
from nnspec.backends.arrays import Array, Values, only
from nnspec.cli import options
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.output_option import output_option, refuse_overwriting
from nnspec.cli.render import predictions
from nnspec.cli.render.tables import aligned
from nnspec.compute import ComputeConfig, Precision
from nnspec.data.literals import read_values
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.graph.objectives import objectives
from nnspec.language.number_texts import is_number
from nnspec.plotting import thumbnails
from nnspec.runs import atomic_files
from nnspec.runs.prediction_names import file_label
from nnspec.runs.row_shapes import without_unit_axes
from nnspec.runs.trained import PredictionInput, TrainedRun

_MISTAKES = 10  # that are listed
_MAX_DRAWN = 5  # mistakes drawn in the terminal


def _validate(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse unknown suffixes of the table."""
    if path is not None and path.suffix.lower() not in predictions.SUFFIXES:
        raise click.BadParameter("the table is a .csv or a .npy file")
    return path


@click.command()
@options.run_folder
@click.argument("given", metavar="INPUT", type=options.FileOrValue())
@output_option("The table, a .csv or .npy file.  [default: in RUN]", _validate)
@click.option("--mistakes", "limit", type=click.IntRange(min=0), default=None,
              help="How many of the worst mistakes to list and draw.  [default: 10]")  # fmt: skip
@options.compute_options
@options.as_json
def command(
    run_folder: Path, given: str, out: Path | None, limit: int | None, backend: str, device: str,
    precision: Precision, as_json: bool,
) -> None:  # fmt: skip
    """Predict with a finished RUN, on any backend.

    INPUT is `test` or `train` (the rows of the run's own data), a .npy or .npz file of rows as
    they are before the preprocessing, an image or a folder of images where the run was trained on
    such, or one row, such as `[1, 0]`. Several inputs are the arrays
    of an .npz file, or `{image: [[1, 0]], words: [3]}`. Each output is written to a table. For a
    classifier whose classes are known the worst mistakes are listed and, if they are images,
    drawn here and as PNG files beside the table. The table of `new.npy` is `predictions-new.csv`
    in RUN; another file of that name gets `predictions-new-2.csv`.
    """
    run = TrainedRun.open(run_folder, ComputeConfig(backend, precision, device), print_note)
    rows, changed = _rows(run, given)
    if limit is not None:
        _check_classes(run, given, rows)
    label = _label(run, given) if out is None else Path(given).stem
    tables = _tables(run, out or run.folder.path / f"predictions-{label}.csv")
    for table in tables.values():
        refuse_overwriting(table, [given])
    images = _images(rows.raw)
    with options.blamed_on("INPUT", given):
        outputs = run.predict_outputs(rows.raw, _origin(run, given))
    parts = []
    for name, values in outputs.items():
        path = tables[name]
        predictions.write(path, values, rows.files)
        mistakes = _mistakes(run, name, values, rows, _MISTAKES if limit is None else limit)
        folder = _draw(path.parent / f"mistakes-{label}{_suffix(run, name)}", images, mistakes)
        parts.append(Prediction(name, values, path, tuple(mistakes), folder, rows.files))
    if as_json:
        print_json({**_plain(run, parts), "data_changed": changed})
    else:
        print_text("\n\n".join(_report(part, images, len(parts) > 1) for part in parts))


def _check_classes(run: TrainedRun, given: str, rows: PredictionInput) -> None:
    """Raise UsageError where no mistake can be known."""
    if not classifiers(objectives(run.spec, run.graph), run.graph):
        raise click.UsageError("--mistakes is for classifiers, and no output of the run is one")
    if rows.targets is None and given == "test":
        raise click.UsageError("--mistakes needs targets, and the test rows have none: try train")
    if rows.targets is None:
        raise click.UsageError("--mistakes needs rows whose classes are known: test or train")


class Prediction(NamedTuple):
    """The predictions of one output, their table, and the worst mistakes with their pictures."""

    output: str
    values: Array
    path: Path
    mistakes: tuple[Misclassified, ...]
    folder: Path | None
    files: tuple[str, ...]  # of the rows, where each is an image in a file


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
    row = read_values(given, "INPUT")
    if isinstance(row, Mapping):
        rows: Values = {name: array[None] for name, array in row.items()}
    else:
        rows = row[None]
    tensors = run.spec.data_spec.inputs if run.spec.data_spec else None
    return PredictionInput(without_unit_axes(rows, "inputs", tensors), None)


def _origin(run: TrainedRun, given: str) -> RowOrigin:
    """What messages say of the rows of INPUT."""
    return GIVEN if _is_written(given) else run.origin(given)


def _is_written(given: str) -> bool:
    """Whether INPUT is a row that is written out: a list, a map, or the only number of a row."""
    is_only_number = is_number(given) and not Path(given).exists()
    return is_only_number or given.lstrip().startswith(("[", "{"))


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


def _tables(run: TrainedRun, path: Path) -> dict[str, Path]:
    """The table of each output; of several, with the output's name in that of the file."""
    return {
        name: path.with_name(f"{path.stem}{_suffix(run, name)}{path.suffix}")
        for name in run.graph.outputs
    }


def _images(raw: Values) -> Array | None:
    """The first input whose rows are images."""
    arrays = raw.values() if isinstance(raw, Mapping) else [raw]
    return next((rows for rows in arrays if len(rows) and thumbnails.is_image(rows[0])), None)


def _mistakes(
    run: TrainedRun, output: str, values: Array, rows: PredictionInput, limit: int
) -> list[Misclassified]:
    targets = rows.targets
    if targets is None or output not in classifiers(objectives(run.spec, run.graph), run.graph):
        return []
    if isinstance(targets, Mapping):
        targets = targets[output] if output in targets else only(targets)
    return worst_rows(values, targets, limit)


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


def _plain(run: TrainedRun, parts: Sequence[Prediction]) -> dict[str, Any]:
    """The keys of `predict --json`; of several outputs, `table` and `mistakes` by their names."""
    tables = {part.output: str(part.path) for part in parts}
    mistakes = {part.output: [one._asdict() for one in part.mistakes] for part in parts}
    several = len(parts) > 1
    return {
        "run": str(run.folder.path),
        "rows": len(parts[0].values),
        "table": tables if several else tables[parts[0].output],
        **({"files": list(parts[0].files)} if parts[0].files else {}),
        "mistakes": mistakes if several else mistakes[parts[0].output],
    }


def _report(part: Prediction, images: Array | None, several: bool) -> str:
    values, mistakes = part.values, part.mistakes
    head = f"{part.output}\n" if several else ""
    parts = [
        f"{head}{predictions.preview(values, part.files)}",
        f"{len(values):,} rows in {part.path}",
    ]
    if mistakes:
        cells = [
            (str(m.row), str(m.true), str(m.predicted), f"{m.probability:.4f}") for m in mistakes
        ]
        columns = ("row", "true", "predicted", "probability")
        parts.append("\n".join(["worst mistakes", aligned([columns, *cells])]))
    if part.folder and images is not None:
        drawn = [thumbnails.dots(images[m.row]) for m in mistakes[:_MAX_DRAWN]]
        parts += [thumbnails.side_by_side(drawn), f"drawn in {part.folder}"]
    return "\n\n".join(parts)
