"""`nnspec weights import`: make a run of a spec and the weights of a file."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.spec_words import name_meant, spec_words
from nnspec.errors import NnspecError, Problem, argument_place, visible
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.weight_import.importer import ImportReport, import_weights

_PROOFS = {
    "graph": "the graph in the file",
    "order": "the order of the layers",
    "order and names": "the order of the layers and the numbers in their names",
    "names": "the numbers in the names",
}


@click.command("import")
@click.argument("file", metavar="FILE", type=options.FilePath())
@click.argument("overrides", metavar="[KEY.PATH=VALUE]...", nargs=-1)
@click.option("--into", "spec", metavar="SPEC", required=True, type=options.FilePath(),
              help="The spec of the network, or a name that `nnspec gallery` lists.")  # fmt: skip
@click.option("--except", "patterns", metavar="LAYER", multiple=True,
              help="A layer, or a pattern of names, that keeps its initial weights.")  # fmt: skip
@click.option("-o", "--out", default="runs", show_default=True, type=options.FilePath(),
              help="The folder of the runs.")  # fmt: skip
@options.as_json
def command(
    file: Path, overrides: tuple[str, ...], spec: Path, patterns: tuple[str, ...], out: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a run of a spec and the weights of a FILE, with which predict, draw and the like work.

    FILE is what Keras saves (.weights.h5, .keras, .h5), or a state_dict of PyTorch in a
    .safetensors file. It is read as data; nothing of it is run. Layers are paired by the graph that
    a .keras or .h5 file of a whole model has, else by order, kinds, shapes and names; a pair that
    is not certain is refused, as is a weight that does not fit.
    """
    loaded = _spec(spec, overrides)
    with options.blamed_on("FILE", str(file)):
        report = import_weights(file, loaded, out, patterns)
    for layer in report.unused:
        print_note(f"{visible(layer)} of the file is not used")
    if as_json:
        print_json(report.plain())
    else:
        print_text(_text(report))


def _spec(path: Path, overrides: tuple[str, ...]) -> Spec:
    """The spec in a file, or a spec of the gallery."""
    words = spec_words(path)
    _check_is_file(words.path)
    return loader.load(words.path, [*words.overrides, *overrides])


def _check_is_file(path: Path) -> None:
    """Raise a located error where a path is none of a file."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file, and no network of the gallery"
        place = argument_place(str(path), "--into")
        hint = "name a spec" if path.is_dir() else name_meant(path)
        raise NnspecError(Problem(f"{visible(str(path))} is {what}", place, hint))


def _text(report: ImportReport) -> str:
    name, proof = visible(report.file.name), _PROOFS[report.proof]
    lines = [
        f"{len(report.layers):,} layers have weights of {name}, paired by {proof}",
        f"parameters {report.parameters['total']:,}",
        *(f"{layer} keeps its initial weights" for layer in report.initial),
        str(report.run),
    ]
    return "\n".join(lines)
