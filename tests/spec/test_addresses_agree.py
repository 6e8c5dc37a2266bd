"""An address of a layer means the same in an override and in a spec that extends another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.options.component import to_plain
from nnspec.spec.resolver import read_unresolved

BASE = """\
blocks:
  stem: {parameters: {filters: 8, dropout: 0.1}, layers: [relu]}
  times: {parameters: {test: 1}, layers: [relu]}
  test: {parameters: {relu: 1}, layers: [relu]}
  name: {layers: [relu]}
network:
  layers:
    - stem: {name: s}
    - sequential:
        name: g
        layers: [{dense: {name: dense, units: 1}}, {relu: {name: act}}]
    - branches: {name: br, paths: [[{dense: {name: p, units: 1}}, relu], [relu]]}
    - residual: [{dense: {name: r, units: 1}}]
    - branches: [[{dense: {name: q, units: 1}}], [relu]]
    - repeat: {name: often, times: 2, layers: [{dense: {name: relu, units: 1}}]}
    - when: {test: true, layers: [relu], else: [{dense: {name: other, units: 1}}]}
    - test: {name: t}
    - dense: {name: d, units: 3, kernel_initializer: zeros}
    - flatten
    - stem: {name: lists, filters: [1, 2]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE)


def _overridden(path: str, value: str) -> Any:
    return to_plain(read_unresolved("base.yaml", [f"network.layers.{path}={value}"]))


def _extended(path: str, value: str) -> Any:
    for name in reversed(path.split(".")):
        value = f"{{'{name}': {value}}}"
    return _laid_over(f"network: {{layers: {value}}}")


def _laid_over(text: str) -> Any:
    Path("top.yaml").write_text(f"extends: base.yaml\n{text}\n")
    return to_plain(read_unresolved("top.yaml"))


def _at(value: Any, place: str) -> Any:
    for step in place.split("/"):
        value = value[int(step) if step.isdigit() else step]
    return value


def _refusal(read: Any, *arguments: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("s.dropout", "0/stem/dropout"),
        ("s.stem.dropout", "0/stem/dropout"),
        ("s.name", "0/stem/name"),
        ("g.dense.units", "1/sequential/layers/0/dense/units"),
        ("g.dense.dense.units", "1/sequential/layers/0/dense/units"),
        ("g.layers.dense.units", "1/sequential/layers/0/dense/units"),
        ("g.layers.0.units", "1/sequential/layers/0/dense/units"),
        ("g.sequential.dense.units", "1/sequential/layers/0/dense/units"),
        ("g.sequential.layers.dense.units", "1/sequential/layers/0/dense/units"),
        ("br.paths.0.p.units", "2/branches/paths/0/0/dense/units"),
        ("br.paths.0.0.units", "2/branches/paths/0/0/dense/units"),
        ("br.branches.paths.0.p.dense.units", "2/branches/paths/0/0/dense/units"),
        ("br.paths.0.1", "2/branches/paths/0/1"),
        ("br.paths.1", "2/branches/paths/1"),
        ("br.paths", "2/branches/paths"),
        ("3.r.units", "3/residual/layers/0/dense/units"),
        ("3.0.units", "3/residual/layers/0/dense/units"),
        ("3.residual.0.units", "3/residual/layers/0/dense/units"),
        ("3.residual.r.units", "3/residual/layers/0/dense/units"),
        ("4.0.q.units", "4/branches/paths/0/0/dense/units"),
        ("4.branches.0.q.units", "4/branches/paths/0/0/dense/units"),
        ("often.relu.units", "5/repeat/layers/0/dense/units"),
        ("often.times", "5/repeat/times"),
        ("6.test", "6/when/test"),
        ("6.else.other.units", "6/when/else/0/dense/units"),
        ("t.relu", "7/test/relu"),
        ("t.name", "7/test/name"),
        ("d.units", "8/dense/units"),
        ("d.name", "8/dense/name"),
        ("9.name", "9/flatten/name"),
        ("9.flatten.name", "9/flatten/name"),
        ("9.flatten", "9/flatten"),
        ("9", "9"),
    ],
)
def test_an_address_means_the_same_in_both(path: str, place: str) -> None:
    found = _overridden(path, "7")
    assert _at(found["network"]["layers"], place) == 7
    assert _extended(path, "7") == found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("br.paths.2", "items are numbered 0 to 1"),
        ("br.paths.left.p.units", "there is no item 'left' in a list of 2"),
        ("br.paths.0.q.units", "known: p"),
        ("d.units.x", "'x' is set inside 3, which has no keys"),
        ("lists.filters.x", "there is no item 'x' in a list of 2"),
    ],
)
def test_an_override_that_leads_nowhere_is_refused(path: str, said: str) -> None:
    assert said in _refusal(_overridden, path, "7")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("br.paths.2", "items are numbered 0 to 1"),
        ("br.paths.left.p.units", "there is no item 'left' in a list of 2"),
        ("br.paths.0.q.units", "known: p"),
    ],
)
def test_a_change_that_leads_nowhere_is_refused_at_its_place(path: str, said: str) -> None:
    message = _refusal(_extended, path, "7")
    assert said in message
    assert message.startswith("top.yaml:2:")


@pytest.mark.parametrize(
    ("name", "change", "layer"),
    [
        ("s", "{dropout: {rate: 0.3}}", {"stem": {"name": "s", "dropout": {"rate": 0.3}}}),
        ("s", "{relu: {}}", {"relu": {}}),
        ("s", "{times: {test: 2}}", {"times": {"test": 2}}),
        ("d", "{stem: {dropout: 1}}", {"stem": {"dropout": 1}}),
        ("g", "{relu: {}}", {"relu": {}}),
        ("g", "{when: {test: true, layers: []}}", {"when": {"test": True, "layers": []}}),
        ("t", "{times: {}}", {"times": {}}),
    ],
)
def test_a_kind_replaces_a_layer_that_has_no_such_option(
    name: str, change: str, layer: Any
) -> None:
    layers = _laid_over(f"network: {{layers: {{{name}: {change}}}}}")["network"]["layers"]
    assert layer in layers


def test_a_change_names_layers_inside_by_both_ways_at_once() -> None:
    change = "g: {layers: {act: {name: a}}, dense: {units: 7}}"
    layers = _laid_over(f"network: {{layers: {{{change}}}}}")["network"]["layers"]
    inner = [{"dense": {"name": "dense", "units": 7}}, {"relu": {"name": "a"}}]
    assert layers[1] == {"sequential": {"name": "g", "layers": inner}}


@pytest.mark.parametrize(
    ("blocks", "change", "layer"),
    [
        ("unit: {parameters: {n: int}, layers: [relu]}", "d: {unit: 3}", {"unit": 3}),
        ("stem: {parameters: {relu: 1}}", "s: {relu: 3}", {"stem": {"name": "s", "relu": 3}}),
    ],
)
def test_a_change_may_use_a_block_that_is_declared_beside_it(
    blocks: str, change: str, layer: Any
) -> None:
    found = _laid_over(f"blocks: {{{blocks}}}\nnetwork: {{layers: {{{change}}}}}")
    assert layer in found["network"]["layers"]
    assert found["blocks"]["stem"]["layers"] == ["relu"]
