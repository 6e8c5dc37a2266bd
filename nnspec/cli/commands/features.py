"""`nnspec features`: show filters and feature maps of a finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click
import numpy as np

from nnspec.analysis.feature_maps import FeatureMaps, feature_maps
from nnspec.backends.arrays import Array, Values, row_count, take
from nnspec.cli import options, output_option
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.compute import ComputeConfig, Precision
from nnspec.errors import DataError, Problem, argument_place
from nnspec.plotting import style, thumbnails
from nnspec.runs.trained import TrainedRun

_WIDTH = 78  # characters of a line of maps
_GAP = 2


def _validate(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Accept a folder or a picture file, if Matplotlib is installed."""
    if path is None:
        return None
    if path.suffix.lower() not in ("", *style.SUFFIXES) and not path.is_dir():
        raise click.BadParameter("a picture is a .png or a .svg file; a folder has no suffix")
    style.matplotlib()
    return path


@click.command()
@options.run_folder
@click.option("--row", type=click.IntRange(min=0), default=0, show_default=True,
              help="Which row, counted from 0.")  # fmt: skip
@click.option("--input", "source", metavar="FILE", type=options.FileOrValue(),
              help="A .npy or .npz file of rows.  [default: the run's test rows, or its training "
                   "rows where there are none]")  # fmt: skip
@click.option("--layer", metavar="NAME", help="This layer alone.  [default: all that give images]")
@output_option.output_option(
    "Pictures: a folder, for a .png a layer, or a .png or .svg file with all layers.",
    _validate,
    metavar="DIR|FILE",
)
@options.compute_options
@options.as_json
def command(
    run_folder: Path, row: int, source: str | None, layer: str | None, out: Path | None,
    backend: str, device: str, precision: Precision, as_json: bool,
) -> None:  # fmt: skip
    """Show the filters of a finished RUN, and the feature maps that they give for one image.

    A map is large where its filter's feature is; the filters are the weights of a convolution.
    Here the strongest maps of each layer are drawn in dots, larger is darker; the pictures hold
    all maps and all filters.
    """
    run = TrainedRun.open(run_folder, ComputeConfig(backend, precision, device), print_note)
    raw = _raw_row(run, source, row)
    images, layers = feature_maps(run, raw, layer)
    paths = _draw(out, images, layers) if out else []
    if as_json:
        shape = list(run.graph.input_shape)
        values = {"run": str(run.folder.path), "row": row, "input_shape": shape}
        listed = [_plain(one) for one in layers]
        print_json({**values, "layers": listed, "pictures": [str(path) for path in paths]})
    else:
        print_text(_report(images, layers, paths))


def _raw_row(run: TrainedRun, source: str | None, row: int) -> Values:
    """The selected row before the preprocessing: (1, ...)."""
    if source is None:
        splits = run.data().splits
        rows = (splits.test or splits.train).inputs
    else:
        with options.blamed_on("--input", source):
            found = run.rows(source)
            rows = found.raw
            run.check_shapes(rows, found.origin)
    if row >= row_count(rows):
        message = f"there is no row {row}: there are {row_count(rows):,}, counted from 0"
        raise DataError(Problem(message, argument_place(str(row), "--row")))
    return take(rows, slice(row, row + 1))


def _draw(out: Path, images: Mapping[str, Array], layers: Sequence[FeatureMaps]) -> list[Path]:
    """Write one picture of all layers, or one of each layer into a folder."""
    from nnspec.plotting import feature_maps

    if out.suffix.lower() in style.SUFFIXES and not out.is_dir():
        groups = {out: list(layers)}
    else:
        groups = {out / f"{n}-{one.layer}.png": [one] for n, one in enumerate(layers, start=1)}
    for path, group in groups.items():
        style.save(
            path,
            feature_maps.size(len(group)),
            partial(feature_maps.paint, images=images, layers=group),
        )
    return list(groups)


def _plain(layer: FeatureMaps) -> dict[str, object]:
    """An item of `layers` in `features --json`; `maxima` are the largest values of each map."""
    return {
        "layer": layer.layer,
        "kind": layer.kind,
        "maps": list(layer.maps.shape),
        "filters": None if layer.filters is None else list(layer.filters.shape),
        "maxima": layer.maps.max(axis=(0, 1)).tolist(),
        "silent": layer.silent,
    }


def _report(
    images: Mapping[str, Array], layers: Sequence[FeatureMaps], paths: Sequence[Path]
) -> str:
    parts = []
    for name, image in images.items():
        height, width, channels = image.shape
        grey = image if channels in (1, 3) else image.mean(axis=2)
        parts += [f"{name} {height}x{width}x{channels}", "\n".join(thumbnails.dots(grey))]
    parts += [part for layer in layers for part in _lines(layer)]
    return "\n\n".join([*parts, *([f"drawn in {_location(paths)}"] if paths else [])])


def _lines(layer: FeatureMaps) -> list[str]:
    """A heading, and the layer's maps with the largest means, as many as fit on a line."""
    height, width, count = layer.maps.shape
    limit = max(1, _WIDTH // (-(-width // 2) + _GAP))
    strongest = np.argsort(-layer.maps.mean(axis=(0, 1)), kind="stable")[:limit].tolist()
    filters = "" if layer.filters is None else f", {_filters(layer.filters)}"
    silent = f", {layer.silent} of them 0 everywhere" if layer.silent else ""
    head = f"{layer.layer}: {count} maps of {height}x{width}{silent}{filters}"
    shown = f"strongest: {', '.join(map(str, strongest))}"
    dots = thumbnails.side_by_side(
        [thumbnails.dots(layer.maps[:, :, number]) for number in strongest]
    )
    return [f"{head}\n{shown}", dots]


def _filters(filters: Array) -> str:
    height, width, channels, count = filters.shape
    return f"{count} filters of {height}x{width}x{channels}"


def _location(paths: Sequence[Path]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{paths[0].parent} ({len(paths)} pictures)"
