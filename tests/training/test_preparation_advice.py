"""Advice on columns that the preparation empties, and on inputs that it leaves large."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.graph.compile import compile_spec
from nnspec.runs.listener import RunListener
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training.prepared_data import check_written_data
from tests.small_runs import rows

RNG = np.random.default_rng(0)


class Advised(RunListener):
    def __init__(self):
        self.messages = []

    def on_advice(self, advice):
        self.messages.append(f"{advice.message} [{advice.code}]")


LAYERS = ("flatten", {"dense": {"units": 1, "activation": "sigmoid"}})


def advised(tmp_path, monkeypatch, x, inputs=(), layers=LAYERS):
    """What a run says of inputs in an archive."""
    monkeypatch.chdir(tmp_path)
    np.savez("x.npz", x_train=x, y_train=np.arange(len(x)) % 2)
    data = {"source": {"npz": "x.npz"}, "inputs": list(inputs)}
    listener = Advised()
    run(build(rows(data=data, network={"layers": list(layers)})), listener=listener)
    return listener.messages


ROUNDED = np.stack([np.arange(4.0), np.array([0.3, 0.1 + 0.2, 0.3, 0.3])], axis=1)
BYTES = RNG.integers(0, 256, (8, 6, 6, 3)).astype(np.uint8)
TABLE = RNG.uniform(0, [1, 1e6], (8, 2))


@pytest.mark.parametrize("step", ["standardize", "scale"])
def test_a_column_that_rounding_alone_changes_is_told(tmp_path, monkeypatch, step):
    (message,) = advised(tmp_path, monkeypatch, ROUNDED, inputs=[step])
    told = f"{step} takes column 1 of x_train for constant: its numbers, 0.3 to 0.30000000000000004"
    assert message == f"{told}, differ by rounding alone [constant-column]"


def test_rows_in_the_spec_are_told_of_by_check():
    source = {"inputs": ROUNDED.tolist(), "targets": [0, 1, 1, 0]}
    values = rows(source)
    values["data"]["inputs"] = ["standardize"]
    for silence, codes in ([], ["constant-column"]), (["constant-column"], []):
        made = build(values | {"silence": silence})
        assert [one.code for one in check_written_data(made, compile_spec(made))] == codes


@pytest.mark.parametrize(
    ("x", "inputs", "expected"),
    [
        (BYTES, [], "the network gets numbers from 0 to 255 [unscaled-inputs]"),
        (BYTES.astype("f4"), ["flatten"], "the network gets numbers from 0 to 255"),
        (BYTES, [{"divide": 255}], ""),
        (BYTES, ["standardize"], ""),
        (TABLE, [], "one column of the inputs reaches "),
        (TABLE / 1e6, [], ""),
    ],
)
def test_large_inputs_are_told(tmp_path, monkeypatch, x, inputs, expected):
    found = advised(tmp_path, monkeypatch, x, inputs=inputs)
    assert [message[: len(expected)] for message in found] == [expected] * bool(expected)


def test_what_a_layer_normalizes_needs_no_scaling(tmp_path, monkeypatch):
    assert advised(tmp_path, monkeypatch, BYTES, layers=["batch_normalization", *LAYERS]) == []
