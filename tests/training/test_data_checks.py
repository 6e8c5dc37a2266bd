"""Checks of prepared rows: shapes, types, indices and sizes, for each input and output."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.data.rows import Rows
from nnspec.errors import DataError
from nnspec.graph.compile import compile_spec
from nnspec.spec import loader
from nnspec.training.data_checks import checked_rows
from nnspec.training.session import TrainingSession
from tests.small_runs import named, rows, spec

SPEC = spec(named())
GRAPH = compile_spec(SPEC)
FLOAT32 = ComputeConfig("numpy:reference")


def good():
    return Rows(
        {"image": np.ones((2, 2)), "words": np.array([[0, 1, 2], [3, 0, 1]])},
        {"price": np.ones(2), "kind": np.array([0, 2])},
    )


def checked(**changes):
    inputs = {n: changes.get(n, a) for n, a in good().inputs.items()}
    targets = {n: changes.get(n, a) for n, a in good().targets.items()}
    return checked_rows(Rows(inputs, targets), SPEC, GRAPH, FLOAT32)


def test_rows_that_fit_keep_their_types_and_get_the_shapes_of_the_losses():
    found = checked()
    assert list(found.inputs) == ["image", "words"]
    assert found.inputs["words"].dtype.kind == "i"
    assert found.targets["price"].shape == (2, 1)
    assert found.targets["kind"].shape == (2,)


def test_whole_floats_are_whole_numbers():
    assert checked(words=np.array([[0.0, 1, 2], [3, 0, 1]])).rows == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": np.ones((2, 3))}, r"row of image is \(3\) and the network takes \(2\)"),
        (
            {"words": np.array([[0, 1, 2], [3, 4, 1]])},
            "row 1 of words, column 1: 4 has no vector; tokens has those of 0 to 3",
        ),
        ({"words": np.array([[0, 1, -1], [3, 0, 1]])}, "row 0 of words, column 2: -1"),
        (
            {"words": np.array([[0, 1, 0.5], [3, 0, 1]])},
            "row 0 of words, column 2: 0.5 is no whole number of type int32",
        ),
        (
            {"words": np.array([[0, 1, 2**40], [3, 0, 1]])},
            "row 0 of words, column 2: 1099511627776",
        ),
        ({"image": np.full((2, 2), 1e300)}, r"1e\+300 is too large for float32"),
        ({"price": np.full(2, 1e300)}, r"1e\+300 is too large for float32"),
        ({"price": np.ones((2, 3))}, "3 columns"),
        ({"kind": np.array([0, 3])}, "needs a whole number from 0 to 2, and row 1 of kind is 3"),
        ({"kind": np.array([0.5, 1])}, "row 0 of kind is 0.5"),
    ],
)
def test_rows_that_do_not_fit_are_an_error(changes, message):
    with pytest.raises(DataError, match=message):
        checked(**changes)


@pytest.mark.parametrize("between", [[], ["flatten"], [{"reshape": [3, 1]}, {"permute": [2, 1]}]])
def test_indices_are_found_through_layers_that_move_them(between):
    network = {
        "inputs": {"words": {"shape": [3], "dtype": "int32"}},
        "layers": [
            *between,
            {"embedding": {"input_dim": 2, "output_dim": 1}},
            "flatten",
            {"dense": 1},
        ],
    }
    source = {"inputs": [[0, 1, 2]], "targets": [0.5]}
    made = spec(rows(source, network=network, loss="mean_squared_error"))
    with pytest.raises(DataError, match="2 has no vector; embedding has those of 0 to 1"):
        TrainingSession.prepare(made, FLOAT32)


TEXT = """data:
  source:
    rows:
      inputs: {image: [[1.5, 2]], words: [[WORD]]}
      targets: {price: [1], kind: [KIND]}
  inputs:
    image: [standardize]
    words: []
network:
  inputs:
    image: {}
    words: {dtype: int32}
  layers:
    - embedding: {name: tokens, inputs: words, input_dim: 3, output_dim: 2}
    - flatten
    - concatenate: {name: all, inputs: [image, flatten]}
    - dense: {name: price, units: 1}
    - dense: {name: kind, inputs: all, units: 2, activation: softmax}
  outputs: [price, kind]
loss:
  price: mean_squared_error
  kind: sparse_categorical_crossentropy
optimizer: sgd
"""


@pytest.mark.parametrize(
    ("word", "kind", "message"),
    [
        ("7", "1", "s.yaml:4:44: error: training row 0 of words, column 0: 7"),
        ("1.5", "1", "s.yaml:4:44: error: training row 0 of words, column 0: 1.5"),
        (
            "1",
            "2",
            "s.yaml:5:36: error: sparse_categorical_crossentropy needs .* row 0 of kind is 2",
        ),
    ],
)
def test_mistakes_are_located(tmp_path, word, kind, message):
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace("WORD", word).replace("KIND", kind))
    with pytest.raises(DataError, match=message):
        TrainingSession.prepare(loader.load(path), FLOAT32)


@pytest.mark.parametrize(
    ("inputs", "target", "place"),
    [
        ("[0, 1e39]", "1", "1:45"),
        ("[0, 1]", "-1e39", "1:63"),
        ("[0, 1e300]", "1", "1:45"),
    ],
)
def test_a_number_that_is_too_large_is_told_at_its_item(tmp_path, inputs, target, place):
    (tmp_path / "s.yaml").write_text(
        f"data: {{source: {{rows: {{inputs: [[0, 1], {inputs}], targets: [1, {target}]}}}}}}\n"
        "network: {layers: [{dense: 1}]}\nloss: mean_squared_error\noptimizer: sgd\n"
    )
    with pytest.raises(DataError, match=f"s.yaml:{place}: error: .* is too large for float32"):
        TrainingSession.prepare(loader.load(tmp_path / "s.yaml"), FLOAT32)


@pytest.mark.parametrize(
    ("steps", "indices", "message"),
    [
        (["standardize"], [0, 1, 2], "column 0, after its steps: -1.22.* is no whole number"),
        (["flatten", {"divide": 10}, {"shuffle_columns": 0}], [0, 1, 2],
         "after its steps: 0.1 .* whole number of type int32 .divide makes other numbers"),
        ([{"polynomial": 2}], [0, 2, 1], "after its steps: 4.0 has no vector.*polynomial makes"),
        (["flatten"], [0, 3, 1], "column 0: 3 has no vector; .* 0 to 2 .write input_dim: 4"),
        ([{"cast": "int32"}], [0, -1, 1], "column 0: -1 has no vector; .*counted from 0"),
    ],
)  # fmt: skip
def test_a_step_that_makes_other_numbers_of_indices_is_to_blame(steps, indices, message):
    columns = 2 if "polynomial" in str(steps) else 1
    network = {
        "inputs": {"words": {"shape": [columns], "dtype": "int32"}},
        "layers": [{"embedding": {"input_dim": 3, "output_dim": 1}}, "flatten", {"dense": 1}],
    }
    source = {"inputs": [[index] for index in indices], "targets": [0.5] * 3}
    values = rows(source, network=network, loss="mean_squared_error")
    values["data"]["inputs"] = steps
    with pytest.raises(DataError, match=message):
        TrainingSession.prepare(spec(values), FLOAT32)


def test_a_single_input_and_output_stay_arrays_whatever_the_data_call_them():
    source = {"inputs": {"x": [[0, 1]]}, "targets": {"y": [1]}}
    session = TrainingSession.prepare(spec(rows(source)), FLOAT32)
    assert session.splits.train.inputs.tolist() == [[0, 1]]
    assert session.splits.train.targets.tolist() == [[1]]


def test_whole_numbers_are_stored_as_an_input_takes_them():
    values = named()
    values["data"]["inputs"] = {}
    values["data"]["source"]["rows"] = dict(values["data"]["source"]["rows"])
    images = {"image": [[1, 2]] * 6, "words": [[0, 1, 2]] * 6}
    tests = {"image": [[1, 2]] * 2, "words": [[0, 1, 2]] * 2}
    source = values["data"]["source"]["rows"]
    source["test"] = source["test"] | {"inputs": tests}
    source["inputs"] = images
    inputs = TrainingSession.prepare(spec(values), FLOAT32).splits.train.inputs
    assert [inputs[name].dtype.name for name in ("image", "words")] == ["float32", "int64"]
