"""The gallery of published networks beside Keras' own: counts, layers, and outputs in float64.

    python -m benchmarks.gallery [--models ResNet50,DenseNet121,...] [--size 96]

All models of `keras.applications` are built in one process. A page of the gallery has to have the
same numbers of parameters, the same layers with weights, of the same shapes and in the same places,
and the same momenta and rates of dropout; with random weights of the model, put into the page by
these places, it has to give the same outputs for small images. Writes
`benchmarks/results/gallery.json` when all models were asked for, which takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.network_signatures import (
    graph_operations,
    keras_operations,
    parts,
    signatures,
)
from benchmarks.results import FOLDER
from nnspec.backends.discovery import build_program, find
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.summary import summarise
from nnspec.spec import loader

FILE = FOLDER / "gallery.json"
GALLERY = Path(__file__).parents[1] / "specs" / "gallery"
TOLERANCE = 1e-5
ROWS = 2


class Page(NamedTuple):
    """A page of the gallery with a variant, and an image's side where it is not to be changed."""

    file: str
    variant: str | None = None
    size: int | None = None

    def graph(self, size: int | None = None) -> Graph:
        """The compiled network, perhaps for images of another size."""
        words = [f"vars.variant={self.variant}"] if self.variant else []
        words += [f"network.input_shape=[{size}, {size}, 3]"] if size else []
        return compile_spec(loader.load(GALLERY / f"{self.file}.yaml", words))


def _family(file: str, models: str, size: int | None = None) -> dict[str, Page]:
    """Pages of one file, whose variants are the models' names in small letters."""
    return {model: Page(file, model.lower(), size) for model in models.split()}


PAGES = {
    **_family("vgg", "VGG16 VGG19", 32),
    **_family("resnet", "ResNet50 ResNet101 ResNet152"),
    **_family("resnet_v2", "ResNet50V2 ResNet101V2 ResNet152V2"),
    "MobileNet": Page("mobilenet"),
    "MobileNetV2": Page("mobilenet_v2"),
    **_family("mobilenet_v3", "MobileNetV3Small MobileNetV3Large"),
    **_family("densenet", "DenseNet121 DenseNet169 DenseNet201"),
    **_family("efficientnet", " ".join(f"EfficientNetB{number}" for number in range(8))),
    "EfficientNetV2B0": Page("efficientnet_v2"),
    "InceptionV3": Page("inception_v3"),
    "Xception": Page("xception"),
    **_family("convnext", "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase"),
    "NASNetMobile": Page("nasnet_mobile"),
}


class DifferentNetworkError(Exception):
    """A page is not the network that Keras builds."""


class Result(NamedTuple):
    """What Keras counts, and the outputs' difference."""

    file: str
    variant: str | None
    parameters: int
    non_trainable: int
    size: int
    difference: float


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=",".join(PAGES))
    parser.add_argument("--size", type=int, default=96, help="of the images, for the outputs")
    given = parser.parse_args()
    keras = _keras()
    results = {}
    for model in given.models.split(","):
        results[model] = found = compared(model, given.size)
        print(f"{model}: {found.parameters:,} parameters, outputs {found.difference:.1e} apart")
        sys.stdout.flush()
    if list(results) == list(PAGES):
        rows = ",\n".join(
            f"  {json.dumps(n)}: {json.dumps(r._asdict())}" for n, r in results.items()
        )
        text = f'{{"keras": "{keras.__version__}", "models": {{\n{rows}\n}}}}\n'
        FILE.write_text(text, encoding="utf-8")
    sys.exit(any(not found.difference <= TOLERANCE for found in results.values()))


def _keras() -> Any:
    """Keras on TensorFlow, in float64."""
    find("keras:tensorflow")  # imports it on this engine
    import keras

    keras.config.set_floatx("float64")
    return keras


def compared(name: str, size: int) -> Result:
    """Compare a model with its page; a DifferentNetworkError where they are not the same."""
    import keras

    page, build = PAGES[name], getattr(keras.applications, name)
    graph = page.graph()
    model = build(weights=None, input_shape=graph.input_shape)
    check_options(model, graph)
    summary, counted = summarise(graph), counts(model)
    mine = summary.parameters, summary.parameters - summary.trainable
    if mine != counted:
        raise DifferentNetworkError(f"{name}: {mine}, and in Keras {counted}")
    size = page.size or size
    del model
    keras.backend.clear_session()
    small, graph = build(weights=None, input_shape=(size, size, 3)), page.graph(size)
    return Result(page.file, page.variant, *counted, size, difference(small, graph))


def paired(model: Any, graph: Graph) -> dict[str, str]:
    """The name of the graph's layer for each of the model's with weights."""
    theirs, mine = signatures(keras_operations(model)), signatures(graph_operations(graph))
    if theirs.keys() != mine.keys():
        raise DifferentNetworkError(_unequal(theirs, mine))
    pairs = {}
    for signature, names in theirs.items():
        pairs |= dict(zip(names, mine[signature], strict=True))
    return pairs


def check_options(model: Any, graph: Graph) -> None:
    """Check what outputs do not show: momenta and rates, besides the epsilons."""
    by_name = layers(model)
    for theirs, mine in paired(model, graph).items():
        layer = graph.by_name[mine].layer
        for option in ("momentum", "epsilon"):
            found, expected = (getattr(one, option, None) for one in (layer, by_name[theirs]))
            if found != expected:
                raise DifferentNetworkError(f"{mine}: {option} {found}, and in Keras {expected}")
    rates = sorted(one.rate for one in by_name.values() if type(one).__name__ == "Dropout")
    drops = ("dropout", "stochastic_depth")
    found = sorted(node.layer.rate for node in graph.nodes if node.kind in drops)
    if not np.array_equal(np.round(found, 9), np.round(rates, 9)):
        raise DifferentNetworkError(f"rates {found}, and in Keras {rates}")


def _unequal(theirs: Mapping[str, list[str]], mine: Mapping[str, list[str]]) -> str:
    """The first layers without a counterpart."""
    theirs_alone = [names for key, names in theirs.items() if key not in mine]
    mine_alone = [names for key, names in mine.items() if key not in theirs]
    return f"only Keras: {theirs_alone[:2]}; only the page: {mine_alone[:2]}"


def counts(model: Any) -> tuple[int, int]:
    """All parameters, and those that are not trained."""
    sizes = [int(np.prod(weight.shape)) for weight in model.non_trainable_weights]
    return model.count_params(), sum(sizes)


def difference(model: Any, graph: Graph) -> float:
    """The largest difference of a logit, up to a constant of each row, relative to the largest."""
    rng = np.random.default_rng(0)
    draw(model, rng)
    program = build_program(graph, None, ComputeConfig("numpy", "float64"))
    program.set_weights(moved(model, graph))
    x = rng.uniform(size=(ROWS, *graph.input_shape))
    found, expected = logits(program.predict(x)), logits(np.asarray(model(x, training=False)))
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def draw(model: Any, rng: np.random.Generator) -> None:
    """Draw all weights: kernels that keep the variance, and other numbers around theirs."""
    for layer in layers(model).values():
        if type(layer).__name__ != "Normalization":
            layer.set_weights([_drawn(weight, rng) for weight in layer.weights])


def layers(model: Any) -> dict[str, Any]:
    """The layers of a model by name, with those of models within it."""
    return {layer.name: layer for one in model.layers for layer in parts(one)}


def _drawn(weight: Any, rng: np.random.Generator) -> np.ndarray:
    shape = tuple(weight.shape)
    if len(shape) > 1:
        return rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
    return np.asarray(weight) + rng.uniform(-0.2, 0.2, shape)


def moved(model: Any, graph: Graph) -> dict[str, np.ndarray]:
    """The model's weights by the names of the graph's."""
    weights, by_name = {}, layers(model)
    for theirs, mine in paired(model, graph).items():
        node, arrays = graph.by_name[mine], by_name[theirs].get_weights()
        names = [node.weight_name(weight) for weight in node.weights]
        weights |= dict(zip(names, arrays, strict=True))
    return weights


def logits(probabilities: np.ndarray) -> np.ndarray:
    """What softmax was applied to, with mean 0 in each row."""
    values = np.log(probabilities)
    return values - values.mean(-1, keepdims=True)


if __name__ == "__main__":
    main()
