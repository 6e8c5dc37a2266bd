"""Every component has a rule before a program is built; what is missing is named at its place."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from nnspec.backends import discovery
from nnspec.backends.numpy.registry import RULES
from nnspec.components.layers.base import Layer
from nnspec.components.metrics.base import Metric
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.compile import compile_spec
from nnspec.options.rules import Rules
from nnspec.options.validation import read_component
from nnspec.spec import loader
from nnspec.training.rule_check import check_rules

TEXT = """network:
  inputs: {a: {shape: [2]}, b: {shape: [2]}}
  layers:
    - dense: {name: one, inputs: a, units: 1}
    - dense: {name: two, inputs: b, units: 3, activation: LAST}
  outputs: [one, two]
loss:
  one: mean_squared_error
  two: categorical_crossentropy
metrics:
  two: [accuracy]
optimizer: sgd
"""


class Incomplete:
    """A backend without some rules."""

    def __init__(self, **tables):
        self.rules = RULES._replace(**tables)


def check(folder, monkeypatch, last="softmax", **tables):
    path = folder / "s.yaml"
    path.write_text(TEXT.replace("LAST", last))
    spec = loader.load(path)
    monkeypatch.setattr(discovery, "find", lambda _: Incomplete(**tables))
    check_rules(spec, compile_spec(spec), ComputeConfig("incomplete"))


def empty(family):
    return Rules("incomplete", family, "nnspec.backends.numpy", {})


def test_a_complete_backend(tmp_path, monkeypatch):
    check(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("table", "family", "places"),
    [
        ("losses", "loss", ["8:8", "9:8"]),
        ("losses_from_logits", "loss", ["9:8"]),
        ("metrics", "metric", ["11:9"]),
        ("optimizers", "optimizer", ["12:12"]),
        ("layers", "layer", ["4:7", "5:7"]),
    ],
)
def test_each_missing_rule_is_located(tmp_path, monkeypatch, table, family, places):
    with pytest.raises(BackendError) as caught:
        check(tmp_path, monkeypatch, **{table: empty(family)})
    found = [str(problem.where).rpartition("s.yaml:")[2] for problem in caught.value.problems]
    assert list(dict.fromkeys(found)) == places


def test_a_rule_for_logits_is_needed_only_where_an_activation_is_fused(tmp_path, monkeypatch):
    check(tmp_path, monkeypatch, last="sigmoid", losses_from_logits=empty("loss"))


@pytest.mark.parametrize("table", ["losses", "losses_from_logits"])
def test_a_loss_of_logits_needs_the_rule_for_logits_alone(tmp_path, monkeypatch, table):
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace("LAST", "linear").replace(
        "two: categorical_crossentropy", "two: {binary_crossentropy: {from_logits: true}}"
    ))  # fmt: skip
    spec = loader.load(path)
    tables = {"losses": RULES.losses, table: without("binary_crossentropy", getattr(RULES, table))}
    monkeypatch.setattr(discovery, "find", lambda _: Incomplete(**tables))
    is_missing = table == "losses_from_logits"
    message = "no loss from logits rule for the loss 'binary_crossentropy'"
    with pytest.raises(BackendError, match=message) if is_missing else nullcontext():
        check_rules(spec, compile_spec(spec), ComputeConfig("incomplete"))


def without(kind, rules):
    """Rules but for those of a kind."""
    kept = {name: module for name, module in rules.modules.items() if name != kind}
    return Rules("incomplete", rules.family, rules.package, kept)


class TanhDense(Layer, kind="test_tanh_dense"):
    """tanh(x W + b): a layer that others express."""

    def lower(self, add, x):
        return add(read_component("layer", "tanh"), add(read_component("layer", {"dense": 2}), x))


COMPOSITE = """network:
  input_shape: 2
  layers:
    - dense: 3
    - test_tanh_dense
loss: mean_squared_error
optimizer: sgd
"""


def test_of_a_composite_layer_the_layers_of_its_lowering_need_rules(tmp_path, monkeypatch):
    path = tmp_path / "s.yaml"
    path.write_text(COMPOSITE)
    spec = loader.load(path)
    graph = compile_spec(spec)
    complete = dict(RULES.layers.modules)
    for missing, said in (("none", None), ("tanh", "5:7: error: .*no rule for the layer 'tanh'")):
        rules = {kind: module for kind, module in complete.items() if kind != missing}
        tables = {"layers": Rules("numpy", "layer", RULES.layers.package, rules)}
        monkeypatch.setattr(discovery, "find", lambda _, tables=tables: Incomplete(**tables))
        with pytest.raises(BackendError, match=said) if said else nullcontext():
            check_rules(spec, graph, ComputeConfig("incomplete"))


def test_a_metric_with_a_state_needs_no_rule(tmp_path, monkeypatch):
    text = TEXT.replace("LAST", "softmax").replace("[accuracy]", "[test_count]")
    path = tmp_path / "s.yaml"
    path.write_text(text)
    spec = loader.load(path)
    monkeypatch.setattr(discovery, "find", lambda _: Incomplete(metrics=empty("metric")))
    check_rules(spec, compile_spec(spec), ComputeConfig("incomplete"))


class Count(Metric, kind="test_count"):
    """The number of rows, computed on the host."""

    def update(self, predictions, targets):
        return len(predictions)

    def merge(self, first, second):
        return first + second

    def result(self, state):
        return float(state)
