"""`nnspec backprop`."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.cli.conftest import written
from tests.small_runs import mnist, rows

LECTURE = {
    "name": "worked_example",
    "network": {
        "input_shape": [2],
        "layers": [
            {"dense": {"units": 2, "activation": "sigmoid", "bias_initializer": {"constant": 0.1},
                       "kernel_initializer": {"constant": 0.5}}},
            {"dense": {"units": 1, "kernel_initializer": "ones"}},
        ],
    },
    "loss": "half_squared_error",
}  # fmt: skip
PRINTED = """\
the given row, first weights (seed 0)

forward

layer 1: input
  a(1)        1  -2

layer 2: dense, sigmoid
  z(2)        z1 = 0.1 + 0.5*1 + 0.5*(-2) = -0.4
              z2 = 0.1 + 0.5*1 + 0.5*(-2) = -0.4
  a(2)        a1 = sigmoid(-0.4) = 0.4013
              a2 = sigmoid(-0.4) = 0.4013

layer 3: dense_1
  z(3)        z1 = 0 + 1*0.4013 + 1*0.4013 = 0.8026
  a(3)        a = z

loss: half_squared_error
  y           3
  L           1/2*(3 - 0.8026)^2 = 2.414
  dL/da(3)    -2.197

backward, with a_0 = 1 for the bias w_l0
  delta(K) = dL/da(K) * g'(z(K))
  delta(k) = (sum w(k) delta(k+1)) * g'(z(k))
  dL/dw_lj(k) = delta_l(k+1) * a_j(k)

layer 3: dense_1
  delta(3)    delta1 = dL/da1 = -2.197
  dL/dw(2)    w10: delta1 = -2.197
              w11: delta1*a1 = -2.197*0.4013 = -0.8818
              w12: delta1*a2 = -2.197*0.4013 = -0.8818

layer 2: dense, sigmoid
  delta(2)    delta1 = (1*(-2.197)) * 0.2403 = -0.5279
              delta2 = (1*(-2.197)) * 0.2403 = -0.5279
  dL/dw(1)    w10: delta1 = -0.5279
              w11: delta1*a1 = -0.5279*1 = -0.5279
              w12: delta1*a2 = -0.5279*(-2) = 1.056
              w20: delta2 = -0.5279
              w21: delta2*a1 = -0.5279*1 = -0.5279
              w22: delta2*a2 = -0.5279*(-2) = 1.056

agrees with numpy: largest relative difference """


@pytest.fixture
def worked_example(tmp_path):
    return written(tmp_path, LECTURE, "worked_example.yaml")


def test_every_number_with_its_arithmetic(nnspec, worked_example):
    done = nnspec("backprop", worked_example, "--input", "[1, -2]", "--target", "3")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(PRINTED)
    assert float(done.out.split()[-1]) < 1e-15


def test_json_holds_every_number(nnspec, worked_example):
    done = nnspec("backprop", worked_example, "--input", "[1, -2]", "--target", "3", "--json")
    values = done.json
    a = 1 / (1 + np.exp(0.4))
    hidden, last = values["layers"]
    assert (hidden["k"], hidden["name"], hidden["kinds"]) == (2, "dense", ["dense", "sigmoid"])
    assert hidden["z"] == pytest.approx([-0.4, -0.4])
    assert last["a"] == pytest.approx([2 * a])
    assert last["gradients"]["dense_1/kernel"] == [pytest.approx([(2 * a - 3) * a])] * 2
    assert hidden["weights"]["dense/bias"] == pytest.approx([0.1, 0.1])
    assert values["loss"] == {
        "kind": "half_squared_error",
        "value": pytest.approx((3 - 2 * a) ** 2 / 2),
    }
    assert values["agrees"] is True
    assert values["difference"] < 1e-15


def test_large_inputs_are_printed_with_all_digits(nnspec, tmp_path):
    layer = {"dense": {"units": 1, "kernel_initializer": {"constant": 0.5}}}
    spec = {"network": {"input_shape": [2], "layers": [layer]}, "loss": "mean_squared_error"}
    file = written(tmp_path, spec)
    done = nnspec("backprop", file, "--input", "[1000000, -8]", "--target", "0")
    assert "z1 = 0 + 0.5*1,000,000 + 0.5*(-8) = 499,996" in done.out


def test_a_row_of_the_training_data_is_prepared_as_in_training(nnspec, small):
    values = nnspec("backprop", small, "--row", "7", "--json").json
    assert values["row"] == "row 7 of the training data"
    assert np.shape(values["x"]) == (784,)
    assert max(values["x"]) == pytest.approx(1)
    assert values["y"] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert values["agrees"] is True


def test_a_given_row_is_prepared_too(nnspec, small, tmp_path):
    from nnspec.data.formats import mnist as digits

    np.save(tmp_path / "digit.npy", digits.images("train")[7])
    given = nnspec("backprop", small, "--input", "digit.npy", "--target", "3", "--json").json
    by_number = nnspec("backprop", small, "--row", "7", "--json").json
    assert given["layers"] == by_number["layers"]


def test_a_run_provides_its_learned_weights(nnspec, small, tmp_path):
    run = nnspec("run", small, "--json").json["run"]
    first, learned = (nnspec("backprop", on, "--json").json for on in (small, "runs/small"))
    assert (first["weights"], learned["weights"]) == ("first weights (seed 0)", f"weights of {run}")
    kept = load_file(tmp_path / run / "weights.safetensors")
    found = learned["layers"][-1]["weights"]
    assert found.keys() == kept.keys()
    assert all((kept[name] == np.array(found[name], np.float32)).all() for name in kept)
    assert learned["agrees"]


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_it_agrees_with_every_backend(nnspec, worked_example, backend):
    pytest.importorskip(backend)
    options = ("--input", "[1, -2]", "--target", "3", "--backend", backend)
    done = nnspec("backprop", worked_example, *options)
    assert (done.code, done.err) == (0, "")
    assert f"agrees with {backend}: largest relative difference" in done.out


def test_a_backend_that_is_wrong_is_found(nnspec, worked_example, monkeypatch):
    from nnspec.backends.numpy.program import NumpyProgram

    right = NumpyProgram.gradients
    monkeypatch.setattr(
        NumpyProgram, "gradients",
        lambda *given: {name: g + 1e-6 for name, g in right(*given).items()},
    )  # fmt: skip
    done = nnspec("backprop", worked_example, "--input", "[1, -2]", "--target", "3")
    assert done.code == 1
    assert "DIFFERS from numpy: largest relative difference 5e-07" in done.out


def test_lines_fit_a_terminal(nnspec, tmp_path):
    conv = {"conv2d": {"filters": 12, "kernel_size": 3, "activation": "relu"}}
    hidden, last = ({"units": 20, "activation": "prelu"}, {"units": 10, "activation": "softmax"})
    layers = [conv, {"max_pooling2d": 2}, "flatten", {"dense": hidden}, {"dense": last}]
    inputs = [{"reshape": [28, 28, 1]}, {"divide": 255}]
    values = mnist(network={"layers": layers})
    values["data"]["inputs"] = inputs
    done = nnspec("backprop", written(tmp_path, values))
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert "(3, 3, 1, 12)" in done.out


def test_long_sums_are_broken(nnspec, tmp_path):
    layers = [{"dense": {"units": 2, "activation": "tanh"}}, {"dense": 1}]
    spec = {"network": {"input_shape": [9], "layers": layers}, "loss": "mean_squared_error"}
    row = json.dumps([0.123 * n for n in range(9)])
    done = nnspec("backprop", written(tmp_path, spec), "--input", row, "--target", "1")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "z2 = 0 " in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--input", "[1, 2, 3]", "--target", "1"), "a row of inputs is (3) and must be (2)"),
        (("--input", "[1, 2]"), "the row has no target (give --target)"),
        (("--input", "[1, 2]", "--target", "[1, 2]"), "the targets have 2 columns"),
        (("--input", "hello", "--target", "1"), "must hold numbers, not 'hello'"),
        (("--input", "[1, [2]]", "--target", "1"), "--input:1:5"),
        (("--input", "[1, .nan]", "--target", "1"), "must hold finite numbers"),
        (("--input", "[1, 1e309]", "--target", "1"), "too large for a number"),
        (("--input", "[1, 2", "--target", "1"), "--input:1:6: error: this list is not closed"),
        (("--input", "", "--target", "1"), "--input must hold numbers, not null"),
        (("--input", "[]", "--target", "1"), "--input is an empty list"),
        (("--input", "{a: 1}", "--target", "1"), "a row of a is a single number and must be (2)"),
            (("--input", "{a: b}", "--target", "1"), "a must hold numbers, not 'b'"),
        (("--input", "gone.npy", "--target", "1"), "cannot read gone.npy: No such file"),
        (("--input", "[" * 100, "--target", "1"), "--input:1:"),
        ((), "there is no row to work on"),
        (("--row", "0"), "there is no row to work on"),
        (("--row", "-1"), "-1 is not in the range"),
        (("--row", "0", "--input", "[1, 2]"), "give one of them"),
        (("--target", "0"), "--target goes with --input"),
        (("loss=nothing", "--input", "[1, 2]", "--target", "1"), "there is no loss 'nothing'"),
        (("--backend", "nump", "--input", "[1, 2]", "--target", "1"), "there is no backend 'nump'"),
    ],
)  # fmt: skip
def test_invalid_arguments(nnspec, worked_example, arguments, message):
    done = nnspec("backprop", worked_example, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_specs_without_a_loss_or_a_trained_weight(nnspec, tmp_path):
    spec = {"network": {"input_shape": [2], "layers": ["flatten"]}}
    row = ("--input", "[1, 2]", "--target", "[1, 2]")
    done = nnspec("backprop", written(tmp_path, spec), *row)
    assert (done.code, "the spec has no loss" in done.err) == (2, True)
    done = nnspec("backprop", written(tmp_path, spec | {"loss": "mean_squared_error"}), *row)
    assert (done.code, "no weight to train" in done.err) == (2, True)


def test_a_network_too_large_for_memory_is_refused(nnspec, tmp_path):
    layers = [{"dense": 2_000_000_000}, {"dense": 2_000_000_000}]
    spec = {"network": {"input_shape": [2], "layers": layers}, "loss": "mean_squared_error"}
    done = nnspec("backprop", written(tmp_path, spec), "--input", "[1, 2]", "--target", "1")
    assert done.code == 2
    assert "small.yaml:" in done.err
    assert "memory" in done.err


def test_overflow_is_not_agreement(nnspec, worked_example):
    activation = "network.layers.0.dense.activation=relu"
    row = ("--input", "[1e308, 1e308]", "--target", "1")
    done = nnspec("backprop", worked_example, activation, *row)
    assert done.code == 1
    assert "numpy cannot be compared: not every gradient is a finite number" in done.out


def test_a_row_number_beyond_the_data(nnspec, tmp_path):
    done = nnspec("backprop", written(tmp_path, rows()), "--row", "4")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("--row:1:1: error: the training data have no row 4\n")
    assert "rows are numbered 0 to 3" in done.err
