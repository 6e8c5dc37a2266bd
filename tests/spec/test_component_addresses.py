"""An option of a component is addressed with its kind or without, wherever an address is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.language.located import value_at
from nnspec.options.component import to_plain
from nnspec.spec.loader import load
from nnspec.spec.provenance import Provenance
from nnspec.spec.resolver import read_unresolved
from nnspec.tuning.trial_spec import validate_tune

BASE = """\
vars: {slope: {leaky_relu: 0.1}}
data:
  source: {npz: {path: d.npz, inputs: x, targets: y}}
  inputs: [{divide: 2}]
network:
  input_shape: [2]
  layers:
    - dense: {units: 2, activation: {leaky_relu: 0.1}, kernel_initializer: {random_normal: 0.1}}
    - dense: {units: 1, name: y, activation: sigmoid}
loss: binary_crossentropy
optimizer: {sgd: {learning_rate: {cosine_decay: {initial_learning_rate: 0.1, decay_steps: 3}}}}
train: {epochs: 2}
"""
ADDRESSES = [
    ("optimizer.momentum", "optimizer.sgd.momentum"),
    ("optimizer.learning_rate.alpha", "optimizer.sgd.learning_rate.cosine_decay.alpha"),
    ("loss.label_smoothing", "loss.binary_crossentropy.label_smoothing"),
    ("data.source.path", "data.source.npz.path"),
    ("network.layers.y.activation", "network.layers.1.dense.activation"),
    ("network.layers.y.kernel_initializer", "network.layers.1.dense.kernel_initializer"),
]  # fmt: skip
NOWHERE = [
    ("optimizer.momentun", "sgd has no option 'momentun'", "did you mean 'momentum'?"),
    ("optimizer.adan", "sgd has no option 'adan'", "did you mean 'adam'?"),
    (
        "optimizer.learning_rate.alhpa",
        "cosine_decay has no option 'alhpa'",
        "did you mean 'alpha'?",
    ),
    ("data.inputs.0.divide.by", "divide has no option 'by'", "known: divisor"),
    ("network.layers.0.unit", "dense has no option 'unit'", "did you mean 'units'?"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE)


def _overridden(path: str) -> Any:
    return to_plain(read_unresolved("base.yaml", [f"{path}=0.5"]))


def _extended(path: str) -> Any:
    value = "0.5"
    for name in reversed(path.split(".")):
        value = f"{{'{name}': {value}}}"
    Path("top.yaml").write_text(f"{{extends: base.yaml, {value[1:]}")
    return to_plain(read_unresolved("top.yaml"))


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".")]


@pytest.mark.parametrize(("path", "place"), ADDRESSES)
def test_the_kind_may_be_left_out(path: str, place: str) -> None:
    assert value_at(_overridden(path), _steps(place)) == 0.5
    assert _overridden(path) == _overridden(place) == _extended(path)


@pytest.mark.parametrize(("path", "place"), ADDRESSES[2:4])
def test_why_leaves_the_kind_out_too(path: str, place: str) -> None:
    assert list(Provenance(load("base.yaml")).path(path)) == place.split(".")


def test_the_values_of_variables_are_no_components() -> None:
    assert _overridden("vars.slope.x")["vars"] == {"slope": {"leaky_relu": 0.1, "x": 0.5}}


@pytest.mark.parametrize(("path", "said", "hint"), NOWHERE)
def test_a_misspelt_option_is_told_at_the_override(path: str, said: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        load("base.yaml", [f"{path}=0.5"])
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (said, hint)
    assert problem.where is not None
    assert problem.where.document.name == "command line"


@pytest.mark.parametrize("path", ["optimizer.momentun", "optimizer.sgd.momentun"])
def test_a_misspelt_parameter_of_a_study_is_told_likewise(path: str) -> None:
    study = f"tune={{parameters: {{{path}: [0, 0.5]}}}}"
    rows = "data.source={rows: {inputs: [[0, 1]], targets: [1]}}"
    spec = load("base.yaml", ["optimizer={sgd: 0.1}", study, rows])
    with pytest.raises(SpecError) as caught:
        validate_tune(spec)
    assert caught.value.problems[0].message.endswith("sgd has no option 'momentun'")
