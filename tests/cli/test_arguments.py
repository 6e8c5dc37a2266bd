"""What is wrong with an argument, such as a row, is told at the argument."""

from pathlib import Path

import numpy as np
import pytest

import nnspec as package
from nnspec.errors import NnspecError
from tests.cli.conftest import written
from tests.small_runs import change_file

ROWS = {"inputs": [[0, 1], [1, 4], [2, 2], [5, 3]], "targets": [0, 1, 1, 0]}
SPEC = {
    "data": {"source": {"rows": ROWS}, "inputs": ["standardize"]},
    "network": {"layers": [{"dense": {"units": 1, "activation": "sigmoid"}}]},
    "loss": "binary_crossentropy",
    "optimizer": "sgd",
}
WIDTH = "a row of inputs is (3) and must be (2)"


@pytest.fixture(autouse=True)
def trained(nnspec, tmp_path):
    assert nnspec("run", written(tmp_path, SPEC, "small.yaml")).code == 0
    np.save("wide.npy", np.ones((1, 3)))


@pytest.mark.parametrize(
    ("command", "place", "said"),
    [
        (("predict", "runs/small", "[1, 2, 3]"), "INPUT:1:1", WIDTH),
        (("predict", "runs/small", "wide.npy"), "INPUT:1:1", "a row of wide.npy is (3) and"),
        (("predict", "runs/small", "5"), "INPUT:1:1", "is a single number and must be (2)"),
        (("predict", "runs/small", "[[1, 2], [3, 4]]"), "INPUT:1:1", "a row is written [1, 2]"),
        (("apply", "runs/small", "--input", "[1, 2, 3]"), "--input:1:1", WIDTH),
        (("features", "runs/small", "--input", "wide.npy"), "--input:1:1", "(3) and must be (2)"),
        (("predict", "runs/small", "[1, 1/2]"), "INPUT:1:5", "write 0.5"),
        (("predict", "runs/small", "[1, nan]"), "INPUT:1:5", "numbers are finite"),
        (("predict", "runs/small", "[1, yes]"), "INPUT:1:5", "write 1 for yes"),
        (("predict", "runs/small", "[1, false]"), "INPUT:1:5", "not false"),
        (("predict", "runs/small", "[1, null]"), "INPUT:1:5", "must hold numbers, not null"),
        (("backprop", "small.yaml", "--input", "[1, 2]", "--target", "5"), "--target:1:1",
         "needs targets in [0, 1], and row 0 of targets is 5"),
        (("backprop", "small.yaml", "--input", "[1, 2]", "--target", "{p: 1, k: 1}"),
         "--target:1:1", "the targets are p, k"),
    ],
)  # fmt: skip
def test_it_is_told_at_its_argument(nnspec, command, place, said):
    done = nnspec(*command)
    assert (done.code, done.err.partition(": error")[0]) == (2, place)
    assert said in done.err


def test_axes_of_size_1_are_left_out_as_by_apply(nnspec):
    found = [nnspec("predict", "runs/small", row).out for row in ("[1, 2]", "[[1, 2]]")]
    assert found[0] == found[1] != ""


@pytest.mark.parametrize("command", [("apply", "runs/small", "--input"), ("predict", "runs/small")])
def test_what_is_wrong_with_the_run_is_not_told_of_the_row(nnspec, command):
    change_file(Path("runs/small/1"), "preprocessing.json", "{")
    done = nnspec(*command, "[1, 2]")
    assert (done.code, done.err.partition(" is damaged")[0]) == (
        2,
        "error: runs/small/1/preprocessing.json",
    )


@pytest.mark.parametrize(
    ("rows", "hint"),
    [([1, 2], "write [[1, 2]]: a list of rows"), ([[1, 2, 3]], "a row holds 2 numbers")],
)
def test_rows_that_python_gives(rows, hint):
    with pytest.raises(NnspecError) as caught:
        package.open("runs/small").predict(rows)
    assert caught.value.problems[0].hint.startswith(hint)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("summary", "none.yaml"), "command line:1:1"),
        (("check", "none.yaml"), "command line:1:1"),
        (("apply", "runs/none", "--input", "[1, 2]"), "command line:1:1"),
        (("run", "small.yaml", "--backend", "numpi"), "--backend:1:1"),
    ],
)
def test_other_arguments_that_name_nothing(nnspec, arguments, place):
    done = nnspec(*arguments)
    assert (done.code, done.err.partition(": error")[0]) == (2, place)
