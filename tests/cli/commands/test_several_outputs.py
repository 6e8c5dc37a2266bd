"""Commands on a network with two inputs and two outputs."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.small_runs import NAMED_ROWS, named

ROW = "{image: [0.4, 0.1], words: [0, 1, 2]}"
TARGET = "{price: 1.5, kind: 2}"


@pytest.fixture
def spec(tmp_path):
    return written(tmp_path, named(), "named.yaml")


@pytest.fixture
def run(nnspec, spec):
    assert nnspec("run", spec, "--json").code == 0
    return "runs/named"


def table(path):
    with open(path, newline="") as file:
        return np.array(list(csv.reader(file))[1:], float)[:, 1:]


def test_each_output_has_its_table_and_its_mistakes(nnspec, run):
    done = nnspec("predict", run, "test", "--json").json
    assert list(done) == ["run", "rows", "table", "mistakes", "confusion", "data_changed"]
    assert done["rows"] == len(NAMED_ROWS["test"]["targets"]["price"])
    assert table(done["table"]["price"]).shape == (done["rows"], 1)
    shares = table(done["table"]["kind"])
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert done["mistakes"]["price"] == []
    wrong = shares.argmax(axis=1) != NAMED_ROWS["test"]["targets"]["kind"]
    assert {one["row"] for one in done["mistakes"]["kind"]} == set(np.flatnonzero(wrong))


def test_each_output_is_printed(nnspec, run):
    done = nnspec("predict", run, "test", "-o", "tables/a.csv")
    assert done.code == 0
    assert [line for line in done.out.splitlines() if line in ("price", "kind")] == [
        "price",
        "kind",
    ]
    assert "rows in tables/a-price.csv" in done.out
    assert table("tables/a-kind.csv").shape[1] == 3


def test_a_row_may_be_written_or_in_a_file(nnspec, run, tmp_path):
    image, words = np.array([[0.4, 0.1]]), np.array([[0, 1, 2]])
    np.savez(tmp_path / "row.npz", image=image, words=words)
    written_out = nnspec("predict", run, ROW, "--json").json
    in_a_file = nnspec("predict", run, "row.npz", "--json").json
    for output in ("price", "kind"):
        assert (table(written_out["table"][output]) == table(in_a_file["table"][output])).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("[1, 2]", "the inputs are one array without a name; there must be image, words"),
        ("{image: [1, 2]}", "the inputs are image; there must be image, words"),
        ("{image: [1, 2], words: [1, 2]}", "a row of words is (2) and must be (3)"),
        ("{image: [1, 2], words: [1, 2, 99]}", "row 0 of words, column 2: 99"),
        ("{image: x, words: [1, 2, 3]}", "image must hold numbers, not 'x'"),
        ("{image: [1, 2], words: [1", "INPUT:1:"),
        ("{}", "INPUT must be a map"),
    ],
)
def test_rows_that_do_not_fit(nnspec, run, row, message):
    done = nnspec("predict", run, row)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_apply_shows_each_input_and_layer(nnspec, spec):
    done = nnspec("apply", spec, "--input", ROW, "--json").json
    assert list(done["input"]) == ["image", "words"]
    values = {layer["name"]: np.array(layer["output"]) for layer in done["layers"]}
    assert values["trunk"] == pytest.approx(
        np.concatenate([values["seen.tanh"], values["flatten"]]), rel=1e-12
    )
    printed = nnspec("apply", spec, "--input", ROW).out
    assert "\nimage (2)\n" in printed
    assert "\nwords (3)\n" in printed


def test_one_array_for_two_inputs_is_refused(nnspec, spec):
    done = nnspec("apply", spec, "--input", "[1, 2]")
    assert done.code == 2
    assert "write --input '{image: ..., words: ...}'" in done.err


def test_backprop_shows_each_loss(nnspec, spec):
    done = nnspec("backprop", spec, "--input", ROW, "--target", TARGET)
    assert (done.code, done.err) == (0, "")
    for line in (
        "layer 1: image (input)",
        "layer 2: words (input)",
        "layer 6: trunk of layers 3 and 5",
        "loss of price: mean_squared_error",
        "loss of kind: sparse_categorical_crossentropy",
        "loss: the sum, each times its weight",
        "  where several layers read a(k), what they give to dL/da(k) is added",
    ):
        assert f"\n{line}\n" in done.out, line
    values = nnspec("backprop", spec, "--input", ROW, "--target", TARGET, "--json").json
    total = 0.5 * values["losses"]["price"] + values["losses"]["kind"]
    assert values["loss"]["value"] == pytest.approx(total, rel=1e-12)
    assert values["loss"]["kind"]["kind"] == "sparse_categorical_crossentropy"
    assert values["agrees"]


def test_other_commands(nnspec, run, spec):
    rows = nnspec("gradients", run, "--json").json["gradients"]
    assert {row["weight"] for row in rows} >= {"tokens/embeddings", "price/kernel", "kind/bias"}
    assert "tokens/embeddings (4, 3)" in nnspec("weights", run).out
    evaluated = nnspec("evaluate", run, "--json").json["test"]
    assert {"loss", "price_loss", "kind_loss", "kind_accuracy"} <= evaluated.keys()
    assert "kind_accuracy" in nnspec("plot", run).out
    assert nnspec("lint", spec).code == 0
    surface = ("--weights", "price/bias", "--json", "--updates", "2")
    assert nnspec("loss-surface", spec, *surface).json["weights"] == ["price/bias[0]"]


def test_a_function_of_several_inputs_cannot_be_drawn(nnspec, run):
    done = nnspec("plot-function", run)
    assert done.code == 2
    assert "named has the inputs image, words and the outputs price, kind" in done.err


def test_summary_expands_groups(nnspec, tmp_path):
    layers = [{"sequential": {"name": "body", "layers": [{"dense": 3}, "relu"]}}, {"dense": 1}]
    path = written(tmp_path, {"network": {"input_shape": 2, "layers": layers}}, "a.yaml")
    assert "body (2 layers)" in nnspec("summary", path).out
    expanded = nnspec("summary", path, "--expand").out
    assert "body (sequential)\n  dense " in expanded
