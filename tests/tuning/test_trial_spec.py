"""Trial specs: parameters of a `tune` section set values of the spec in any of its forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.errors import SpecError
from nnspec.spec.document import Spec
from nnspec.spec.loader import load
from nnspec.tuning.trial_spec import metric_direction, metric_name, trial_spec, validate_tune
from tests.small_runs import rows, spec

SPEC = """\
vars: {width: 2}
data: {source: {rows: {inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}}}
network:
  layers: [{dense: "${width}"}, {dropout: 0.5}, {dense: {units: 1, activation: sigmoid}}]
loss: binary_crossentropy
metrics: [accuracy]
optimizer: OPTIMIZER
tune:
  parameters:
    PATH: VALUES
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def write(path: str = "train.epochs", values: str = "[1, 2]", optimizer: str = "sgd") -> Spec:
        text = SPEC.replace("PATH", path).replace("VALUES", values)
        Path("a.yaml").write_text(text.replace("OPTIMIZER", optimizer), encoding="utf-8")
        return load("a.yaml")

    return write


@pytest.mark.parametrize(
    "optimizer", ["sgd", "{sgd: 0.5}", "{sgd: {}}", "{sgd: {momentum: 0.5}}", "{sgd: null}"]
)
def test_every_form_of_a_component_accepts_an_option(written, optimizer):
    found = trial_spec(written(optimizer=optimizer), {"optimizer.sgd.learning_rate": 0.1})
    assert found.optimizer.learning_rate == 0.1
    assert found.optimizer.momentum == (0.5 if "momentum" in optimizer else 0)


def test_a_primary_option_is_kept_when_another_is_set(written):
    found = trial_spec(written(optimizer="{sgd: 0.25}"), {"optimizer.sgd.momentum": 0.5})
    assert (found.optimizer.learning_rate, found.optimizer.momentum) == (0.25, 0.5)


def test_a_trial_spec_is_the_document_with_other_values(written):
    made = written()
    found = trial_spec(made, {"vars.width": 7, "train.epochs": 3})
    assert found.network.layers[0].units == 7
    assert found.train.epochs == 3
    assert found.tune is None
    assert made.network.layers[0].units == 2


def test_a_spec_built_in_python_has_trial_specs():
    made = spec(rows(tune={"parameters": {"train.epochs": [1, 2]}}))
    assert trial_spec(made, {"train.epochs": 9}).train.epochs == 9
    assert validate_tune(made).settings == 2


@pytest.mark.parametrize(
    ("path", "values", "message"),
    [
        ("train.epoch", "[1, 2]", "did you mean 'epochs'"),
        ("optimizer.sgd.rate", "[1]", "sgd has no option 'rate'"),
        ("optimizer.adam.learning_rate", "[0.1]", "'adam' is set inside 'sgd'"),
        ("network.layers.9.dense.units", "[1]", "no item '9' in a list of 3"),
        ("network.layers.2.dense.units", "[1, 0]", "with network.layers.2.dense.units = 0: dense:"),
        ("network.layers.2.dense.units", "{low: 1, high: 3}", "one target a row and 3 outputs"),
        ("vars.widht", "[1, 2]", "vars.widht changes nothing"),
        ("tune.folds", "[2, 3]", "tune.folds changes nothing"),
        ("name", "[a, b]", "name changes nothing"),
        ("a..b", "[1]", "is no path of a value"),
        ("'.'", "[1]", "is no path of a value"),
        (".".join("a" * 100), "[1]", "is no path of a value"),
    ],
)
def test_a_parameter_that_sets_nothing_is_an_error_at_its_name(written, path, values, message):
    with pytest.raises(SpecError) as caught:
        validate_tune(written(path, values))
    text = str(caught.value)
    assert message in text
    assert text.startswith("a.yaml:10:5: error: tune: ")


def test_all_mistakes_are_reported_at_once(written):
    made = written("train.epoch", "[1]\n    train.seeds: [1]\n  metric: acuracy")
    with pytest.raises(SpecError) as caught:
        validate_tune(made)
    assert len(caught.value.problems) == 3
    assert "did you mean 'accuracy'" in str(caught.value)


def test_a_missing_section_is_reported_with_an_example():
    with pytest.raises(SpecError, match="the spec has no tune section") as caught:
        validate_tune(spec(rows()))
    assert "add tune: " in str(caught.value)


@pytest.mark.parametrize(
    ("metrics", "metric", "found", "direction"),
    [
        (["accuracy"], None, "accuracy", "maximize"),
        ([], None, "loss", "minimize"),
        (["mean_squared_error", "accuracy"], None, "mean_squared_error", "minimize"),
        (["accuracy"], "loss", "loss", "minimize"),
    ],
)
def test_metric_and_direction(metrics, metric, found, direction):
    section = {"parameters": {"train.epochs": [1]}, **({"metric": metric} if metric else {})}
    made = spec(rows(metrics=metrics, tune=section))
    assert metric_name(made, validate_tune(made)) == found
    assert metric_direction(made, found) == direction
