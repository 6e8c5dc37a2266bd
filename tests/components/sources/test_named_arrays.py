"""Sources with several arrays: rows written in the spec, and NumPy archives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.errors import NnspecError
from nnspec.options.component import to_plain
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.validation import read_component
from nnspec.spec import loader
from tests.small_runs import NAMED_ROWS


def source(value):
    return read_component("source", value)


def test_each_array_of_written_rows_has_its_shape_and_type():
    found = source({"rows": NAMED_ROWS}).data_spec(Path())
    assert found.inputs == {
        "image": TensorSpec((2,), "float64"),
        "words": TensorSpec((3,), "int64"),
    }
    assert found.targets == {"price": TensorSpec((), "float64"), "kind": TensorSpec((), "int64")}


def test_one_side_may_have_names_and_the_other_none():
    found = source({"rows": {"inputs": {"a": [1], "b": [2.5]}, "targets": [3]}}).data_spec(Path())
    assert list(found.inputs) == ["a", "b"]
    assert found.targets == TensorSpec((), "int64")


ARCHIVE = {"path": "a.npz", "inputs": {"a": "x", "b": "y"}, "test_inputs": {"a": "u", "b": "v"}}


@pytest.mark.parametrize("value", [{"rows": NAMED_ROWS}, {"npz": ARCHIVE}])
def test_what_is_saved_is_read_again(value):
    assert source(to_plain(source(value))) == source(value)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("rows: {inputs: {a: @3}, targets: [1]}", "rows of a must be a list"),
        ("rows: {inputs: @{}, targets: [1]}", "rows: inputs must be a list, or a map of lists"),
        ("rows: {inputs: @4, targets: [1]}", "rows: inputs must be a list or a map, not 4"),
        ("rows: {inputs: {a: @[]}, targets: []}", "rows: a has no rows"),
        (
            "rows: {inputs: {a: [1, 2], b: @[1]}, targets: [1, 2]}",
            "rows: 2 rows of a and 1 of b",
        ),
        ("rows: {inputs: {a: [1]}, targets: {b: @[1, 2]}}", "rows: 1 rows of a and 2 of b"),
        ("rows: {inputs: {a: [1, @x]}, targets: [1, 2]}", "row 1 of a must hold numbers"),
        (
            "rows: {inputs: {a: [1]}, targets: [1], test: @{inputs: {b: [1]}, targets: [1]}}",
            "rows: test has inputs.b, targets; training has inputs.a, targets",
        ),
        (
            "rows: {inputs: {a: [1]}, targets: [1], test: {inputs: {a: @[[1]]}, targets: [1]}}",
            "rows: test a are (1), training a ()",
        ),
        ("npz: {path: a, inputs: {a: @3}}", "a must be the name of an array"),
        ("npz: {path: a, inputs: @{}}", "npz: inputs must be text, or a map of texts"),
        ("npz: {path: a, inputs: @3}", "npz: inputs must be text or a map, not 3"),
        (
            "npz: {path: a, inputs: {a: x}, test_inputs: @{b: x}}",
            "npz: test_inputs must be a map with a, as inputs is",
        ),
        (
            "npz: {path: a, inputs: {a: x}, test_inputs: @q}",
            "npz: test_inputs must be a map with a, as inputs is",
        ),
        (
            "npz: {path: a, test_targets: @{a: x}}",
            "npz: test_targets must be the name of one array, as targets is",
        ),
    ],
)
def test_a_mistake_is_located_at_the_mark(tmp_path, written, message):
    path, line = tmp_path / "s.yaml", f"  source: {{{written}}}"
    path.write_text(f"data:\n{line.replace('@', '')}\nnetwork: {{layers: [flatten]}}\n")
    with pytest.raises(NnspecError) as caught:
        loader.load(path)
    assert len(caught.value.problems) == 1
    assert f"s.yaml:2:{line.index('@') + 1}: error: " in str(caught.value)
    assert message in str(caught.value)


def test_the_headers_of_an_archive_give_each_array(tmp_path):
    np.savez(tmp_path / "a.npz", u=np.zeros((3, 2), np.float32), v=np.zeros(3, int), t=np.ones(3))
    names = {"path": "a.npz", "inputs": {"image": "u", "label": "v"}, "targets": {"y": "t"}}
    found = source({"npz": names}).data_spec(tmp_path)
    assert found.inputs == {"image": TensorSpec((2,), "float32"), "label": TensorSpec((), "int64")}
    assert found.targets == {"y": TensorSpec((), "float64")}


def test_an_array_may_be_input_and_target(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)))
    found = source({"npz": {"path": "a.npz", "inputs": "x", "targets": "x"}}).data_spec(tmp_path)
    assert found.inputs == found.targets == TensorSpec((2,), "float64")
