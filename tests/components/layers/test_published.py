from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.language import reader
from nnspec.options.unknown_size import known
from nnspec.spec.loader import build

PUBLISHED = reader.read_file(Path(__file__).with_name("published.yaml"))


def identify(case):
    return f"{case['layer']}-{case['input']}".replace(" ", "")


@pytest.mark.parametrize("case", PUBLISHED, ids=identify)
def test_a_published_layer_has_keras_shape_and_parameters(case):
    spec = build({"network": {"input_shape": case["input"], "layers": [case["layer"]]}})
    (row,) = summarise(compile_spec(spec)).rows
    assert list(row.output_shape) == case["output"]
    assert row.parameters == row.trainable == case["parameters"]


KERAS_OWN = {  # options of Keras that say nothing here
    "data_format", "invert", "projection_dim", "quantization_config", "renorm", "renorm_clipping",
    "renorm_momentum", "rms_scaling", "seed", "synchronized",
}  # fmt: skip


def kind_of(name):
    """Keras' class name as a kind: DepthwiseConv2D is depthwise_conv2d."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return {"re_lu": "relu"}.get(words, words)


def layer_of(record, inputs):
    """The layer of a record of Keras' get_config()."""
    kind, config = kind_of(record["layer"]), record["config"]
    options = {k: v for k, v in config.items() if k not in KERAS_OWN and v is not None}
    if kind == "activation":
        return {options["activation"]: {"inputs": inputs}}
    if options.get("noise_shape"):
        options["noise_shape"] = options["noise_shape"][1:]  # without the batch
    return {kind: {**options, "inputs": inputs}}


def summarised(record):
    """Shape, parameters and trained parameters of a record's layer, as Keras writes them."""
    shapes = record["input"] if isinstance(record["input"][0], list) else [record["input"]]
    inputs = {f"x{number}": {"shape": shape[1:]} for number, shape in enumerate(shapes)}
    layers = [layer_of(record, list(inputs))]
    rows = summarise(compile_spec(build({"network": {"inputs": inputs, "layers": layers}}))).rows
    counts = (sum(row.parameters for row in rows), sum(row.trainable for row in rows))
    return [None, *map(known, rows[-1].output_shape)], *counts


def test_the_layers_of_keras_applications_have_their_shapes_and_parameters():
    """1,663 layers: options, shapes and counts as Keras records them; of 63 sizes are open."""
    path = Path(__file__).with_name("keras_applications.jsonl.gz")
    records = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert len(records) == 1663
    wrong = [
        record
        for record in records
        if summarised(record) != (record["output"], record["params"], record["trainable"])
    ]
    assert wrong == []
