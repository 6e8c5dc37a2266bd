"""Least squares: the solution is the minimum on every backend, from training rows only."""

import csv
from functools import partial

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.runs.listener import RunListener
from nnspec.runs.trained import TrainedRun
from nnspec.training.session import TrainingSession
from tests.small_runs import spec, trained

RNG = np.random.default_rng(0)
NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}
ONCE = {"batch_size": "all"}


def regression(x, y, dense=1, test=None, **changes):
    """Plain values of a spec: a linear model on inline rows."""
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


def solve(values, precision="float64", backend="numpy"):
    """The weights after the one update, and a function for their gradients."""
    session = TrainingSession.prepare(spec(values), ComputeConfig(backend, precision))
    rows, program = session.splits.train, session.program
    device_rows = program.upload(rows.inputs, rows.targets)
    batch = np.arange(rows.rows)
    program.train(device_rows, [batch])
    return program.weights(), partial(program.gradients, device_rows, batch)


X = RNG.normal(size=(40, 3))
Y = X @ [2, -1, 0.5] + 3 + 0.1 * RNG.normal(size=40)
TWO = np.stack([Y, X[:, 0] ** 2], axis=1)


@pytest.mark.parametrize("backend", NEEDS)
def test_it_solves_the_normal_equations(backend):
    pytest.importorskip(NEEDS[backend])
    weights, _ = solve(regression(X, Y), backend=backend)
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
def test_the_gradient_is_0_at_the_solution(loss, dense):
    """The backend's own gradient, including the penalties."""
    values = regression(X, TWO, dense, loss=loss)
    gradients = solve(values)[1]()
    assert gradients
    for gradient in gradients.values():
        assert np.abs(gradient).max() < 1e-13


def test_weights_are_as_many_rows(tmp_path):
    counts = np.arange(40) % 4
    values = regression(X, Y, train={**ONCE, "sample_weight": "n"})
    values["data"]["source"]["rows"]["metadata"] = {"n": counts.tolist()}
    run = TrainedRun.open(trained(values, tmp_path, precision="float64").run)
    weights, _ = solve(regression(np.repeat(X, counts, 0), np.repeat(Y, counts)))
    for name, weight in run.program.weights().items():
        np.testing.assert_allclose(weight, weights[name], atol=1e-12)


def test_a_penalty_is_ridge_regression():
    """scikit-learn's alpha is relative to the sum of squares, nnspec's l2 to their mean."""
    sklearn = pytest.importorskip("sklearn.linear_model")
    values = regression(X, Y, {"units": 1, "kernel_regularizer": {"l2": 0.3}})
    ridge = sklearn.Ridge(alpha=0.3 * len(X)).fit(X, Y)
    weights, _ = solve(values)
    assert weights["dense/kernel"][:, 0] == pytest.approx(ridge.coef_)
    assert weights["dense/bias"] == pytest.approx(ridge.intercept_)


def test_of_several_solutions_it_has_the_smallest_norm():
    x = np.column_stack([X[:, 0], X[:, 0]])  # the same column twice
    weights, _ = solve(regression(x, 4 * X[:, 0], {"units": 1, "use_bias": False}))
    assert weights["dense/kernel"][:, 0] == pytest.approx([2, 2])


def test_more_columns_than_rows():
    weights, _ = solve(regression(RNG.normal(size=(3, 10)), [1, 2, 3]))
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
def test_gradient_descent_converges_to_the_closed_form(tmp_path, backend):
    pytest.importorskip(NEEDS[backend])
    data = {"source": {"synthetic": {"function": "linear", "rows": 60}}}
    model = {"data": data, "name": "line", "network": {"layers": [{"dense": 1}]},
             "loss": "mean_squared_error"}  # fmt: skip
    compute = {"backend": backend, "precision": "float64"}
    descent = {"optimizer": {"sgd": 0.5}, "train": {"epochs": 400, "batch_size": "all"}}
    closed = trained(model | {"optimizer": "least_squares", "train": ONCE}, tmp_path, **compute)
    descended = trained(model | descent, tmp_path, **compute)
    one, other = (
        TrainedRun.open(of.run, ComputeConfig()).program.weights() for of in (closed, descended)
    )
    for name, array in one.items():
        assert np.abs(array - other[name]).max() < 1e-6
    truth = [*one["dense/bias"], *one["dense/kernel"][:, 0]]
    assert truth == pytest.approx([1, 2, -3, 0.5], abs=0.1)


# ---------------------------------------------------------------- runs


@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_every_backend_gets_the_same_weights(backend, precision):
    pytest.importorskip(NEEDS[backend])
    (one, _), (other, _) = (solve(regression(X, Y), precision, b) for b in ("numpy", backend))
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_exact_weights_lie_on_the_float32_grid():
    exact, plain = (solve(regression(X, Y), p)[0]["dense/kernel"] for p in ("exact", "float64"))
    assert (exact == plain.astype(np.float32)).all()
    assert (exact != plain).any()


def test_a_run_with_least_squares_can_be_reopened(tmp_path):
    test = {"inputs": X[:5].tolist(), "targets": Y[:5].tolist()}
    report = trained(regression(X, Y, test=test), tmp_path)
    assert report.metrics["train"]["loss"] < 0.02 < 1 < report.epochs[0].metrics["loss"]
    with (report.run / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1"]
    run = TrainedRun.open(report.run, ComputeConfig())
    state = run.folder.checkpoint().state(run.graph, run.program.setup.objectives)
    assert (state.optimizer, state.position) == ((1, {}), (1, 0, 1))
    assert run.evaluate(RunListener()) == report.metrics
    assert run.predict(X)[:, 0] == pytest.approx(Y, abs=0.5)


def test_the_loss_of_the_epoch_is_that_of_the_initial_weights(tmp_path):
    dense = {"units": 1, "kernel_initializer": "zeros"}
    report = trained(regression(X, Y, dense), tmp_path, precision="float64")
    assert report.epochs[0].metrics["loss"] == pytest.approx(np.mean(Y**2))


def test_only_training_rows_determine_the_solution(tmp_path):
    """Validation and test rows from another function have no influence."""
    weights = solve(regression(X[:30], Y[:30]))[0]
    y = np.concatenate([Y[:30], 100 + Y[30:]])
    test = {"inputs": X.tolist(), "targets": (-Y).tolist()}
    split = {"batch_size": "all", "validation_split": 0.25}
    report = trained(regression(X, y, test=test, train=split), tmp_path, precision="float64")
    found = TrainedRun.open(report.run, ComputeConfig(precision="float64")).program.weights()
    assert all((found[name] == weights[name]).all() for name in weights)
    assert report.epochs[0].validation["loss"] > 1000


def test_neither_the_seed_nor_the_order_of_rows_matters(tmp_path):
    """The weights are bitwise equal."""
    trains = [{"seed": 0}, {"seed": 1}, {"shuffle": False}]
    runs = [trained(regression(X, Y, train=ONCE | train), tmp_path) for train in trains]
    assert len({report.weights_sha256 for report in runs}) == 1


def test_preprocessing_is_fitted_on_the_training_rows(tmp_path):
    data = {"source": {"synthetic": "income_and_hours"}, "inputs": ["standardize"]}
    report = trained(regression([], [], data=data), tmp_path)
    assert report.metrics["test"]["loss"] < 0.1


# ---------------------------------------------------------------- basis expansion


def curve(function, steps, folder, rows=200, **changes):
    """The test loss of a run on a synthetic function of one column."""
    source = {"synthetic": {"function": function, "rows": rows}}
    values = regression([], [], data={"source": source, "inputs": steps}, **changes)
    return trained(values, folder).metrics["test"]["loss"]


def test_a_polynomial_follows_a_curve_better_than_a_line(tmp_path):
    line = curve("polynomial", [], tmp_path)
    cubic = curve("polynomial", [{"polynomial": 3}], tmp_path)
    assert cubic < 0.011 < 0.5 < line


def test_a_given_basis_does_not_adapt_and_a_network_does(tmp_path):
    """Degree 3 fits one period of a sine and not two; the same small network fits either."""
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


def test_too_many_terms_overfit(tmp_path):
    few = curve({"sine": 1}, [{"polynomial": 3}], tmp_path, rows=20)
    many = curve({"sine": 1}, [{"polynomial": 17}], tmp_path, rows=20)
    assert many > 10 * few
