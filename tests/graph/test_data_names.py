"""The names of the data's arrays, against the inputs of the network and its outputs with a loss."""

from __future__ import annotations

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.spec import loader

TEXT = """data:
  source:
    rows:
      inputs: INPUTS
      targets: TARGETS
network:
  inputs: {image: {}, words: {}}
  layers:
    - dense: {name: price, inputs: image, units: 1}
    - dense: {name: kind, inputs: words, units: 3}
  outputs: [price, kind]
loss:
  price: mean_squared_error
  kind: sparse_categorical_crossentropy
"""
INPUTS, TARGETS = "{image: [[1]], words: [[1]]}", "{price: [1], kind: [1]}"


def compiled(folder, inputs=INPUTS, targets=TARGETS, text=TEXT):
    path = folder / "s.yaml"
    path.write_text(text.replace("INPUTS", inputs).replace("TARGETS", targets))
    return compile_spec(loader.load(path))


def test_names_that_fit(tmp_path):
    graph = compiled(tmp_path)
    assert [graph.inputs[name].shape for name in ("image", "words")] == [(1,), (1,)]


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        ("{imag: [[1]], words: [[1]]}", TARGETS, "s.yaml:7:12: .*no input 'image'.*'imag'"),
        ("[[1]]", TARGETS, "s.yaml:7:12: .*no input 'image'.*they have one without a name"),
        (
            "{image: [[1]], words: [[1]], sound: [[1]]}", TARGETS,
            "s.yaml:4:44: .*the network has no input 'sound'",
        ),
        (
            INPUTS, "{price: [1], kinds: [1]}",
            "s.yaml:5:29: error: no output with a loss is called 'kinds'.*did you mean 'kind'",
        ),
        (INPUTS, "{price: [1]}", "s.yaml:14:9: error: the data have no target 'kind'"),
        (INPUTS, "[1]", "s.yaml:13:10: error: the data have no target 'price'"),
        (
            INPUTS, "{price: [1], kind: [1], more: [1]}",
            "s.yaml:5:40: error: no output with a loss is called 'more'",
        ),
    ],
)  # fmt: skip
def test_names_that_do_not_fit_are_located(tmp_path, inputs, targets, message):
    with pytest.raises(SpecError, match=f"(?s){message}"):
        compiled(tmp_path, inputs, targets)


def test_targets_have_the_shapes_that_their_losses_take(tmp_path):
    with pytest.raises(SpecError, match=r"s.yaml:14:9: error: "):
        compiled(tmp_path, INPUTS, "{price: [1], kind: [[1, 2]]}")


SINGLE = """data:
  source:
    rows: {inputs: INPUTS, targets: TARGETS}
network:
  layers: [{dense: 1}]
  OUTPUTS
loss: mean_squared_error
"""


@pytest.mark.parametrize("name", ["price", "dense"])
def test_the_only_target_of_an_output_without_a_name_may_have_any(tmp_path, name):
    text = SINGLE.replace("OUTPUTS", "")
    graph = compiled(tmp_path, "{image: [[1, 2]]}", f"{{{name}: [1]}}", text)
    assert graph.input_shape == (2,)


def test_the_only_target_of_a_named_output_has_its_name(tmp_path):
    text = SINGLE.replace("OUTPUTS", "outputs: {price: dense}")
    compiled(tmp_path, "[[1, 2]]", "{price: [1]}", text)
    with pytest.raises(SpecError, match=r"(?s)no output with a loss is called 'prize'.*'price'"):
        compiled(tmp_path, "[[1, 2]]", "{prize: [1]}", text)
