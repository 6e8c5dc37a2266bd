"""The gallery of published networks beside Keras' own: structure, outputs and gradients.

    python -m benchmarks.gallery [--models ResNet50,...] [--backends numpy,torch,keras]
                                 [--precision float32,float64] [--gradients ResNet50,...]

A page of the gallery has to have the numbers of parameters of the model of `keras.applications`,
the same layers with weights, of the same shapes and in the same places, and the same momenta,
epsilons and rates of dropout. With random weights of the model, put into the page by these places,
it has to give the model's outputs for small images on each backend, and the gradients of the
cross-entropy in float64, where normalization takes the statistics of the batch (training) and where
it is frozen. Keras runs on TensorFlow. With all backends and precisions it writes
`benchmarks/results/gallery.json`, in which other models stay as they are while the versions of the
packages are the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.gallery import agreement, keras_models
from benchmarks.gallery.agreement import Differences
from benchmarks.gallery.pages import GRADIENTS, PAGES
from benchmarks.results import FOLDER
from nnspec.backends.discovery import find
from nnspec.compute import Precision

FILE = FOLDER / "gallery.json"
TOLERANCE = {"float32": 1e-5, "float64": 1e-12, "gradients": 1e-9}
GELU = 1e-8  # of pages with it: TensorFlow's is off by 3e-9 in float64
BACKENDS = ("numpy", "torch", "keras")
PRECISIONS: tuple[Precision, ...] = ("float32", "float64")
SIZE = 64  # of the images, where a page does not say another


class Result(NamedTuple):
    """What Keras counts, and the differences of outputs by precision, of gradients by mode."""

    file: str
    variant: str | None
    parameters: int
    non_trainable: int
    size: int
    outputs: dict[str, Differences]
    gradients: dict[str, Differences]

    @property
    def is_equal(self) -> bool:
        """Whether all differences are those of rounding."""
        gradients = [(TOLERANCE["gradients"], found) for found in self.gradients.values()]
        least = GELU if self.file == "convnext" else 0.0
        outputs = [(max(TOLERANCE[one], least), found) for one, found in self.outputs.items()]
        every = [(most, one) for most, found in gradients + outputs for one in found.values()]
        return all(one <= most for most, one in every)


def main() -> None:
    """Compare, print and write."""
    given = _arguments()
    backends, precisions = given.backends.split(","), given.precision.split(",")
    is_complete = (given.backends, given.precision) == (",".join(BACKENDS), ",".join(PRECISIONS))
    all_equal = True
    for model in given.models.split(","):
        found = compared(model, backends, precisions, given.gradients.split(","))
        all_equal &= found.is_equal
        print(f"{model}: {found.parameters:,} parameters, {found.outputs}, {found.gradients}")
        sys.stdout.flush()
        if is_complete:
            write(model, found)
    sys.exit(not all_equal)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=",".join(PAGES))
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--precision", default=",".join(PRECISIONS))
    parser.add_argument("--gradients", default=",".join(GRADIENTS), help="of these models")
    return parser.parse_args()


def compared(
    name: str,
    backends: Sequence[str],
    precisions: Sequence[Precision],
    differentiated: Sequence[str],
) -> Result:
    """Compare a model with its page; a DifferentNetworkError where they are not the same."""
    page = PAGES[name]
    graph, size = page.graph(), page.size or SIZE
    model = keras_models.build_structure(name, graph.input_shape)
    keras_models.check(model, graph)
    outputs = {precision: outputs_of(name, size, backends, precision) for precision in precisions}
    gradients = gradients_of(name, size, backends) if name in differentiated else {}
    counts = keras_models.counts(model)
    return Result(page.file, page.variant, *counts, size, outputs, gradients)


def outputs_of(name: str, size: int, backends: Sequence[str], precision: Precision) -> Differences:
    """The differences of the outputs by the backend."""
    graph = PAGES[name].graph(size)
    with keras_models.keras_in(precision) as keras:
        keras.backend.clear_session()  # of the last model
        model = keras_models.build(name, graph.input_shape)
        keras_models.draw(model, agreement.images(graph, *agreement.STATISTICS))
        return agreement.output_differences(model, graph, backends, precision)


def gradients_of(name: str, size: int, backends: Sequence[str]) -> dict[str, Differences]:
    """The differences of the gradients by the mode of normalization, and by the backend."""
    graph = agreement.without_masks(PAGES[name].graph(size))
    with keras_models.keras_in("float64"):
        model = keras_models.build(name, graph.input_shape)
        keras_models.draw(model, agreement.images(graph, *agreement.STATISTICS))
        training = agreement.gradient_differences(model, graph, backends)
        keras_models.freeze_normalization(model)
        graph = agreement.with_frozen_normalization(graph)
        frozen = agreement.gradient_differences(model, graph, backends)
    return {"training": training, "frozen": frozen}


def write(name: str, result: Result) -> None:
    """Store a result beside those of the same versions."""
    stored = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    models = stored["models"] if stored.get("versions") == versions() else {}
    models[name] = result._asdict()
    rows = ",\n".join(f"  {json.dumps(n)}: {json.dumps(models[n])}" for n in PAGES if n in models)
    text = f'{{"versions": {json.dumps(versions())}, "models": {{\n{rows}\n}}}}\n'
    FILE.write_text(text, encoding="utf-8")


def versions() -> dict[str, str]:
    """The versions of all packages that are compared."""
    return find("torch").versions() | find("keras:tensorflow").versions()


if __name__ == "__main__":
    main()
