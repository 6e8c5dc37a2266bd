"""The classifier and the regressor: options, specs, targets, frames, pickling."""

from __future__ import annotations

import importlib
import pickle
import sys

import numpy as np
import polars as pl
import pytest

import nnspec

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from nnspec.sklearn import NNSpecClassifier, NNSpecRegressor

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
NETWORK = """
network: {layers: [{dense: {units: 3, activation: softmax}}]}
loss: %s
optimizer: {adam: 0.1}
train: {epochs: 3}
"""
CATEGORICAL = NETWORK % "categorical_crossentropy"


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "nnspec.sklearn")
    with pytest.raises(ImportError, match=r"pip install .nnspec\[sklearn\]"):
        importlib.import_module("nnspec.sklearn")


def test_both_are_names_of_the_package():
    assert nnspec.NNSpecClassifier is NNSpecClassifier
    assert nnspec.NNSpecRegressor is NNSpecRegressor


def test_a_network_of_options_learns():
    model = NNSpecClassifier(layers=[16], epochs=30, learning_rate=0.02, random_state=1)
    assert model.fit(X, NAMES).score(X, NAMES) > 0.95
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert [layer.output_shape for layer in model.run_.network.layers] == [(16,), (3,)]
    assert model.run_.spec.train.seed == 1
    assert len(model.history_["loss"]) == model.n_iter_ == 30
    number = NNSpecRegressor(layers=[16], epochs=30, learning_rate=0.02).fit(X[:, :3], X[:, 3])
    assert number.score(X[:, :3], X[:, 3]) > 0.9
    both = NNSpecRegressor(epochs=1).fit(X[:, :2], X[:, 2:])
    assert both.predict(X[:, :2]).shape == (150, 2)


def test_it_computes_what_a_run_of_its_spec_computes():
    spec = f"{CATEGORICAL}\ndata: {{source: arrays, targets: [{{one_hot: 3}}]}}"
    run = nnspec.run(spec, data=(X, Y), precision="float64")
    for model in (NNSpecClassifier(spec), NNSpecClassifier(CATEGORICAL)):
        shares = model.fit(X, NAMES).predict_proba(X)
        np.testing.assert_allclose(shares, run.predict(X), rtol=1e-12)
    sparse = NNSpecClassifier(NETWORK % "sparse_categorical_crossentropy").fit(X, NAMES)
    np.testing.assert_allclose(sparse.predict_proba(X), run.predict(X), rtol=1e-9)


def test_options_and_overrides_change_the_spec():
    model = NNSpecClassifier(CATEGORICAL, epochs=1, batch_size=16, learning_rate=0.5)
    model.set_params(train__shuffle=False, network__layers__0__use_bias=False)
    assert model.get_params()["train__shuffle"] is False
    assert "train__shuffle" not in model.get_params(deep=False)
    spec = clone(model).fit(X, Y).run_.spec
    assert (spec.train.epochs, spec.train.batch_size, spec.train.shuffle) == (1, 16, False)
    assert spec.optimizer.learning_rate == 0.5
    assert spec.network.layers[0].use_bias is False


def test_a_path_that_an_option_sets_is_the_option():
    model = NNSpecClassifier(CATEGORICAL, learning_rate=0.5)
    model.set_params(optimizer__learning_rate=0.25, train__epochs=2)
    assert (model.learning_rate, model.epochs, model.overrides) == (0.25, 2, None)
    assert model.fit(X, Y).run_.spec.optimizer.learning_rate == 0.25


def test_pipelines_and_cross_validation():
    model = make_pipeline(StandardScaler(), NNSpecClassifier(CATEGORICAL))
    model.set_params(nnspecclassifier__train__epochs=20)
    assert cross_val_score(model, X, NAMES, cv=3).mean() > 0.9


TABLE = f"""
data:
  source: frame
  inputs:
    - {{columns: [bill, mass], steps: [impute, standardize]}}
    - {{columns: island, steps: [one_hot]}}
  targets: {{columns: species}}
{NETWORK % "categorical_crossentropy"}"""
FRAME = pl.DataFrame({
    "bill": [39.1, None, 40.3, 36.7] * 6, "mass": [3750, 3800, 3250, 3450] * 6,
    "island": ["Biscoe", "Dream", "Biscoe", "Dream"] * 6,
})  # fmt: skip
SPECIES = np.array(["Adelie", "Gentoo", "Chinstrap", "Adelie"] * 6)


def test_a_spec_of_columns_takes_frames():
    model = NNSpecClassifier(TABLE, epochs=2).fit(FRAME, SPECIES)
    assert model.feature_names_in_.tolist() == FRAME.columns
    assert set(model.predict(FRAME)) <= set(SPECIES)
    assert get_tags(model).input_tags.allow_nan
    with pytest.raises(ValueError, match="feature names"):
        model.predict(FRAME.drop("bill"))
    with pytest.raises(ValueError, match="no data frame"):
        model.predict(X[:, :3])
    assert len(cross_val_score(model, FRAME, SPECIES, cv=2)) == 2


def test_a_regressor_of_columns_predicts_in_their_unit():
    number = NNSpecRegressor(TABLE).set_params(
        network__layers=[{"dense": 1}], data__targets__steps=["standardize"],
        loss="mean_squared_error",
    )  # fmt: skip
    mass = number.fit(FRAME, 1000 + FRAME["mass"].to_numpy()).predict(FRAME)
    assert mass.shape == (24,)
    assert mass.min() > 1000


def test_a_fitted_estimator_is_pickled():
    for model, rows, targets in (
        (NNSpecClassifier(epochs=2), X, NAMES), (NNSpecRegressor(epochs=2), X, Y),
        (NNSpecClassifier(TABLE), FRAME, SPECIES),
    ):  # fmt: skip
        other = pickle.loads(pickle.dumps(model.fit(rows, targets)))  # noqa: S301
        assert (other.predict(rows) == model.predict(rows)).all()
        assert other.score(rows, targets) == model.score(rows, targets)


def test_images_have_more_axes():
    images, classes = np.zeros((8, 6, 6, 1)), np.arange(8) % 2
    spec = """
    network:
      layers:
        - {conv2d: {filters: 2, kernel_size: 3}}
        - flatten
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    optimizer: sgd
    """
    assert NNSpecClassifier(spec).fit(images, classes).predict_proba(images).shape == (8, 2)
    with pytest.raises(ValueError, match="dim"):
        NNSpecClassifier(epochs=1).fit(images, classes)


@pytest.mark.parametrize(
    ("model", "targets", "message"),
    [
        (NNSpecClassifier("missing.yaml"), Y, "cannot read missing.yaml"),
        (NNSpecClassifier(CATEGORICAL, layers=[3]), Y, "the spec has its own network"),
        (NNSpecClassifier(layers="64"), Y, "layers are the str '64'"),
        (NNSpecClassifier(layers=[0]), Y, "units must be above 0"),
        (NNSpecClassifier(epochs=-1), Y, "epochs must be at least 0"),
        (NNSpecClassifier(backend="nump"), Y, "did you mean 'numpy'"),
        (NNSpecClassifier(overrides={"train.epoch": 1}), Y, "did you mean 'epochs'"),
        (NNSpecClassifier(overrides=["train.epochs=1"]), Y, "overrides are a map"),
        (NNSpecClassifier(epochs=1, overrides={"train.epochs": 2}), Y, "both set train.epochs"),
        (NNSpecClassifier(CATEGORICAL), Y % 2, "2 columns and the network ends in 3"),
        (NNSpecClassifier(NETWORK % "mean_squared_error"), np.eye(3)[Y], "1d array"),
        (NNSpecClassifier(epochs=1), np.zeros(150), "1 class"),
        (NNSpecRegressor(optimizer="sgd", learning_rate=1e9, standardize=False), Y, "diverged"),
    ],
)  # fmt: skip
def test_mistakes_are_value_errors(model, targets, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, targets)


def test_an_unknown_parameter_is_told():
    for wrong in ({"epoch": 1}, {"foo__bar": 1}):
        with pytest.raises(ValueError, match="Invalid parameter"):
            NNSpecClassifier().set_params(**wrong)
