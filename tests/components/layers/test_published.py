from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.language import reader
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
