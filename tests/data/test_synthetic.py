"""Synthetic rows follow their function, never change, and differ between training and test."""

from pathlib import Path

import numpy as np
import pytest

from nnspec.data.sources import read_source
from nnspec.data.splits import load_splits
from nnspec.errors import DataError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.lint.rules import advise
from nnspec.options import registry
from nnspec.options.validation import read_component as component
from tests.small_runs import rows, spec, trained

FUNCTIONS = registry.kinds("function")
MANY = 20_000


def read(function, **options):
    source = {"synthetic": {"function": function, **options}}
    return read_source(component("source", source), Path())


def noiseless(function, **options):
    """The training rows without noise."""
    train, *_ = read(function, noise=0, **options)
    return train.inputs, train.targets


def test_linear_rows_satisfy_their_equation():
    x, y = noiseless({"linear": [7, -1, 2, 0.25]})
    assert x.shape == (1000, 3)
    assert y == pytest.approx(7 - x[:, 0] + 2 * x[:, 1] + x[:, 2] / 4)
    assert np.abs(np.corrcoef(x.T) - np.eye(3)).max() < 0.1


def test_polynomial_rows_satisfy_their_equation():
    x, y = noiseless({"polynomial": [1, 0, -3, 2]})
    assert y == pytest.approx(1 - 3 * x[:, 0] ** 2 + 2 * x[:, 0] ** 3)


@pytest.mark.parametrize("periods", [1, 2.5])
def test_sine_rows_satisfy_their_equation(periods):
    x, y = noiseless({"sine": periods})
    assert y == pytest.approx(np.sin(np.pi * periods * x[:, 0]), abs=1e-6)


def test_moons_are_half_circles():
    x, y = noiseless("moons")
    assert y.tolist() == [0, 1] * 500
    centres = np.array([[0, 0], [1, 0.5]])[y]
    assert np.linalg.norm(x - centres, axis=1) == pytest.approx(np.ones(1000), abs=1e-6)
    assert (np.sign(x[:, 1] - centres[:, 1]) * (1 - 2 * y) >= 0).all()


def test_income_and_hours_have_equal_influence():
    x, y = noiseless("income_and_hours")
    assert 4_900_000 < x[:, 0].max() < 5_000_000
    assert 23.5 < x[:, 1].max() < 24
    assert x.min() >= 0
    assert (y == (x[:, 0] / 5e6 > x[:, 1] / 24)).all()
    assert 0.45 < y.mean() < 0.55


@pytest.mark.parametrize("function", ["linear", "polynomial", "sine"])
def test_noise_is_normal_with_its_standard_deviation(function):
    noisy, *_ = read(function, rows=MANY, noise=0.5)
    x, y = noiseless(function, rows=MANY)
    assert (noisy.inputs == x).all()
    error = noisy.targets - y
    assert error.mean() == pytest.approx(0, abs=0.02)
    assert error.std() == pytest.approx(0.5, rel=0.02)
    assert (np.abs(error) < 0.5).mean() == pytest.approx(0.6827, abs=0.01)
    assert np.abs(np.corrcoef(error, x[:, 0])[0, 1]) < 0.03


def test_noise_of_the_moons_is_independent_in_both_coordinates():
    error = read("moons", rows=MANY, noise=0.2).train.inputs - noiseless("moons", rows=MANY)[0]
    assert error.std(axis=0) == pytest.approx([0.2, 0.2], rel=0.03)
    assert abs(np.corrcoef(error.T)[0, 1]) < 0.03


@pytest.mark.parametrize("function", FUNCTIONS)
def test_rows_never_change(function):
    """Recorded rows: published specs must always give these."""
    train, test, _ = read(function)
    first = (train.inputs[0].tolist(), train.targets[0], test.inputs[0].tolist())
    assert first == FIRST[function]


FIRST = {
    "income_and_hours": (
        [992765.9345247353, 23.216114607173868], 0, [464125.1892890341, 19.412919550335722],
    ),
    "linear": (
        [0.7312307662306325, -0.6434521527053692, -0.31751904326204605], 4.194791229971779,
        [0.8155458299031775, -0.17636920881620166, 0.7818271332561193],
    ),
    "moons": (
        [-0.7064972937107086, 0.8132787734270096], 0, [0.11154537796974182, 1.0045738399028779],
    ),
    "polynomial": ([-0.9262548642825725], -3.0912506280883694, [0.9141096876545907]),
    "sine": ([-0.9942200345594547], 0.05470140352845192, [0.9509077258955356]),
}  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_seed_gives_the_same_rows_and_another_seed_others(function):
    first, again, other = (read(function, seed=seed).train for seed in (3, 3, 4))
    assert (first.inputs == again.inputs).all()
    assert (first.targets == again.targets).all()
    assert not np.isin(first.inputs, other.inputs).any()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_training_and_test_rows_are_independent(function):
    """The splits share no number and are uncorrelated, for any seed."""
    for seed in (0, 1):
        train, test, _ = read(function, seed=seed)
        assert not np.isin(test.inputs, train.inputs).any()
        assert abs(np.corrcoef(train.inputs[::2, 0], test.inputs[::2, 0])[0, 1]) < 0.15


@pytest.mark.parametrize("function", FUNCTIONS)
def test_how_many_test_rows_there_are_does_not_change_the_training_rows(function):
    few, many = (read(function, test_rows=rows).train for rows in (0, 500))
    assert (few.inputs == many.inputs).all()
    assert (few.targets == many.targets).all()


def test_zero_test_rows_give_no_test_split():
    assert read("sine", test_rows=0).test is None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_data_spec_describes_the_rows(function):
    source = component("source", {"synthetic": function})
    train, test, _ = read_source(source, Path())
    for array, signature in zip(train[:2], source.data_spec(Path()), strict=True):
        assert (array.shape[1:], array.dtype.name) == signature[:2]
        assert len(array) == 1000
    assert test.rows == 1000
    assert (np.abs(train.inputs).max(axis=0) < np.array(source.function.magnitudes) + 0.5).all()


def test_the_training_seed_does_not_change_the_rows():
    data = {"source": {"synthetic": "sine"}}
    first, other = (load_splits(spec(rows(data=data, train={"seed": seed}))) for seed in (0, 1))
    assert (first.train.inputs == other.train.inputs).all()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"synthetic": "sinus"}, "there is no function 'sinus'"),
        ({"synthetic": {"function": "sine", "row": 3}}, "has no option 'row'"),
        ({"synthetic": {"function": {"sine": {"coefficients": [1]}}}}, "sine has no option 'coef"),
        ({"synthetic": {"function": {"linear": [1]}}}, "must be a list of at least 2"),
        ({"synthetic": {"function": {"sine": 0}}}, "periods must be above 0"),
        ({"synthetic": {"function": "sine", "rows": 0}}, "rows must be above 0"),
        ({"synthetic": {"function": "sine", "noise": -1}}, "noise must be at least 0"),
        ("synthetic", "synthetic needs 'function'"),
    ],
)
def test_invalid_options_are_errors(source, message):
    with pytest.raises(SpecError, match=message):
        component("source", source)


def test_overflowing_values_are_an_error(tmp_path):
    data = {"source": {"synthetic": {"function": {"linear": [0, 1e308, 1e308]}}}}
    with pytest.raises(DataError, match=r"row 0 of targets: .* is too large for float32"):
        trained(rows(data=data, loss="mean_squared_error"), tmp_path)


def final_loss(folder, seed, inputs):
    """Final loss of logistic regression on income and hours."""
    source = {"synthetic": {"function": "income_and_hours", "rows": 200, "test_rows": 0}}
    values = rows(
        data={"source": source, "inputs": inputs}, optimizer={"sgd": 0.1},
        train={"epochs": 20, "seed": seed},
    )  # fmt: skip
    return trained(values, folder).metrics["train"]["loss"]


def test_the_loss_on_unscaled_columns_depends_on_the_initial_weights(tmp_path):
    raw = [final_loss(tmp_path, seed, []) for seed in range(10)]
    standardized = [final_loss(tmp_path, seed, ["standardize"]) for seed in range(10)]
    assert max(raw) > 10 * min(raw) > 1e6
    assert max(standardized) < 0.3
    assert max(standardized) - min(standardized) < 0.1


def test_unscaled_columns_give_advice():
    def codes(**data):
        found = spec(rows(data={"source": {"synthetic": "income_and_hours"}, **data}))
        return [problem.code for problem in advise(found, compile_spec(found))]

    assert codes() == ["unscaled-inputs"]
    assert codes(inputs=["standardize"]) == []
