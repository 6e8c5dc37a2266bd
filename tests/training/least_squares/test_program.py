"""Least squares: the minimum it is said to be, on every backend, and nothing leaks into it."""

import csv
from functools import partial

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import RunListener
from nnspec.training.session import TrainingSession
from tests.small_runs import spec, trained

RNG = np.random.default_rng(0)
NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}
ONCE = {"batch_size": "all"}


def regression(x, y, dense=1, test=None, **changes):
    """Plain values of a linear model on rows."""
    source = {"inputs": np.asarray(x).tolist(), "targets": np.asarray(y).tolist()}
    values = {
        "name": "line",
        "data": {"source": {"rows": source | ({"test": test} if test else {})}},
        "network": {"layers": [{"dense": dense}]},
        "loss": "mean_squared_error",
        "optimizer": "least_squares",
        "train": ONCE,
    }
    return values | changes


def solved(values, precision="float64", backend="numpy"):
    """The weights after the one update, and their program and rows."""
    job = TrainingSession.prepare(spec(values), ComputeConfig(backend, precision))
    table = job.splits.train
    device_rows = job.program.upload(table.inputs, table.targets)
    everything = np.arange(table.rows)
    job.program.train(device_rows, [everything])
    return job.program.weights(), partial(job.program.gradients, device_rows, everything)


X = RNG.normal(size=(40, 3))
Y = X @ [2, -1, 0.5] + 3 + 0.1 * RNG.normal(size=40)
TWO = np.stack([Y, X[:, 0] ** 2], axis=1)


@pytest.mark.parametrize("backend", NEEDS)
def test_it_solves_the_normal_equations(backend):
    pytest.importorskip(NEEDS[backend])
    weights, _ = solved(regression(X, Y), backend=backend)
    a = np.column_stack([X, np.ones(40)])
    expected = np.linalg.solve(a.T @ a, a.T @ Y)
    found = [*weights["dense/kernel"][:, 0], *weights["dense/bias"]]
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
@pytest.mark.parametrize(
    "dense",
    [
        {"units": 2},
        {"units": 2, "use_bias": False},
        {"units": 2, "kernel_regularizer": {"l2": 0.3}},
        {"units": 2, "bias_regularizer": {"l2": 0.3}},
        {"units": 2, "kernel_regularizer": {"l1_l2": {"l2": 2}}, "bias_regularizer": {"l2": 0.1}},
        {"units": 2, "kernel_regularizer": {"l2": 0.3}, "use_bias": False},
    ],
    ids=str,
)
def test_the_gradient_is_0_there(loss, dense):
    """The backend's own gradient, penalties among it; at the start it is far from 0."""
    values = regression(X, TWO, dense, loss=loss)
    gradients = solved(values)[1]()
    assert gradients
    for gradient in gradients.values():
        assert np.abs(gradient).max() < 1e-13


def test_a_penalty_is_ridge_regression():
    """scikit-learn's alpha counts against the sum of squares, ours against their mean."""
    sklearn = pytest.importorskip("sklearn.linear_model")
    values = regression(X, Y, {"units": 1, "kernel_regularizer": {"l2": 0.3}})
    peer = sklearn.Ridge(alpha=0.3 * len(X)).fit(X, Y)
    weights, _ = solved(values)
    assert weights["dense/kernel"][:, 0] == pytest.approx(peer.coef_)
    assert weights["dense/bias"] == pytest.approx(peer.intercept_)


def test_of_many_solutions_it_is_the_shortest():
    x = np.column_stack([X[:, 0], X[:, 0]])  # the same column twice
    weights, _ = solved(regression(x, 4 * X[:, 0], {"units": 1, "use_bias": False}))
    assert weights["dense/kernel"][:, 0] == pytest.approx([2, 2])


def test_more_columns_than_rows():
    weights, _ = solved(regression(RNG.normal(size=(3, 10)), [1, 2, 3]))
    assert all(np.isfinite(array).all() for array in weights.values())


def test_images_and_labels(tmp_path):
    source = {"mnist": {"train_rows": 300, "test_rows": 100}}
    data = {"source": source, "inputs": [{"divide": 255}], "targets": [{"one_hot": 10}]}
    layers = ["flatten", {"dense": {"units": 10, "kernel_regularizer": {"l2": 1e-3}}}]
    values = regression(
        [], [], data=data, network={"layers": layers}, metrics=["accuracy"], train=ONCE
    )
    report = trained(values, tmp_path)
    assert report.metrics["test"]["accuracy"] > 0.7


# ---------------------------------------------------------------- descent and closed form


@pytest.mark.parametrize("backend", NEEDS)
def test_descent_ends_where_the_closed_form_is(tmp_path, backend):
    pytest.importorskip(NEEDS[backend])
    data = {"source": {"synthetic": {"function": "linear", "rows": 60}}}
    model = {"data": data, "name": "line", "network": {"layers": [{"dense": 1}]},
             "loss": "mean_squared_error"}  # fmt: skip
    ways = {"backend": backend, "precision": "float64"}
    descent = {"optimizer": {"sgd": 0.5}, "train": {"epochs": 400, "batch_size": "all"}}
    closed = trained(model | {"optimizer": "least_squares", "train": ONCE}, tmp_path, **ways)
    gone = trained(model | descent, tmp_path, **ways)
    one, other = (
        TrainedRun.open(of.run, ComputeConfig()).program.weights() for of in (closed, gone)
    )
    for name, array in one.items():
        assert np.abs(array - other[name]).max() < 1e-6
    truth = [*one["dense/bias"], *one["dense/kernel"][:, 0]]
    assert truth == pytest.approx([1, 2, -3, 0.5], abs=0.1)


# ---------------------------------------------------------------- the run around it


@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_every_backend_gets_the_same_weights(backend, precision):
    pytest.importorskip(NEEDS[backend])
    (one, _), (other, _) = (solved(regression(X, Y), precision, b) for b in ("numpy", backend))
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_exact_weights_lie_on_the_float32_grid():
    exact, plain = (solved(regression(X, Y), p)[0]["dense/kernel"] for p in ("exact", "float64"))
    assert (exact == plain.astype(np.float32)).all()
    assert (exact != plain).any()


def test_the_run_is_kept_like_any_other(tmp_path):
    test = {"inputs": X[:5].tolist(), "targets": Y[:5].tolist()}
    report = trained(regression(X, Y, test=test), tmp_path)
    assert report.metrics["train"]["loss"] < 0.02 < 1 < report.epochs[0].metrics["loss"]
    with (report.run / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1"]
    finished = TrainedRun.open(report.run, ComputeConfig())
    assert finished.folder.checkpoint(finished.graph)[1:] == ((1, {}), 1)
    assert finished.evaluate(RunListener()) == report.metrics
    assert finished.predict(X)[:, 0] == pytest.approx(Y, abs=0.5)


def test_the_loss_of_its_epoch_is_that_of_the_start(tmp_path):
    dense = {"units": 1, "kernel_initializer": "zeros"}
    report = trained(regression(X, Y, dense), tmp_path, precision="float64")
    assert report.epochs[0].metrics["loss"] == pytest.approx(np.mean(Y**2))


def test_only_training_rows_are_solved_for(tmp_path):
    """Validation and test rows of another line change nothing."""
    part = solved(regression(X[:30], Y[:30]))[0]
    y = np.concatenate([Y[:30], 100 + Y[30:]])
    test = {"inputs": X.tolist(), "targets": (-Y).tolist()}
    split = {"batch_size": "all", "validation_split": 0.25}
    report = trained(regression(X, y, test=test, train=split), tmp_path, precision="float64")
    found = TrainedRun.open(report.run, ComputeConfig(precision="float64")).program.weights()
    assert all((found[name] == part[name]).all() for name in part)
    assert report.epochs[0].validation["loss"] > 1000


def test_neither_the_seed_nor_the_order_of_rows_matters(tmp_path):
    """Not even in the last bit."""
    trains = [{"seed": 0}, {"seed": 1}, {"shuffle": False}]
    runs = [trained(regression(X, Y, train=ONCE | train), tmp_path) for train in trains]
    assert len({report.weights_sha256 for report in runs}) == 1


def test_the_steps_before_it_are_fitted_on_the_training_rows(tmp_path):
    data = {"source": {"synthetic": "income_and_hours"}, "inputs": ["standardize"]}
    report = trained(regression([], [], data=data), tmp_path)
    assert report.metrics["test"]["loss"] < 0.1


# ---------------------------------------------------------------- basis expansion


def curve(function, steps, folder, rows=200, **changes):
    """The test loss of a model of one column."""
    source = {"synthetic": {"function": function, "rows": rows}}
    values = regression([], [], data={"source": source, "inputs": steps}, **changes)
    return trained(values, folder).metrics["test"]["loss"]


def test_a_polynomial_follows_a_curve_better_than_a_line(tmp_path):
    line = curve("polynomial", [], tmp_path)
    cubic = curve("polynomial", [{"polynomial": 3}], tmp_path)
    assert cubic < 0.011 < 0.5 < line


def test_a_given_basis_does_not_adapt_and_a_network_does(tmp_path):
    """Degree 3 suits one wave and not two; the same small network learns either."""
    hidden = {"dense": {"units": 16, "activation": "tanh"}}
    network = {
        "network": {"layers": [hidden, hidden, {"dense": 1}]}, "optimizer": {"adam": 0.003},
        "train": {"epochs": 300, "batch_size": 20},
    }  # fmt: skip
    basis = [{"polynomial": 3}]
    waves = [{"sine": 1}, {"sine": 2}]
    assert [curve(wave, basis, tmp_path) < 0.2 for wave in waves] == [True, False]
    assert [curve(wave, [], tmp_path, **network) < 0.2 for wave in waves] == [True, True]
    assert curve(waves[1], [{"polynomial": 9}], tmp_path) < 0.011


def test_too_many_terms_fit_the_training_rows_alone(tmp_path):
    few = curve({"sine": 1}, [{"polynomial": 3}], tmp_path, rows=20)
    many = curve({"sine": 1}, [{"polynomial": 17}], tmp_path, rows=20)
    assert many > 10 * few
