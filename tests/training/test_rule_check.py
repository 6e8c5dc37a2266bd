"""Every component has a rule before a program is built; what is missing is named at its place."""

from __future__ import annotations

import pytest

from nnspec.backends import discovery
from nnspec.backends.numpy.registry import RULES
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.compile import compile_spec
from nnspec.options.rules import Rules
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
