"""Layers addressed by name or number, in overrides and in specs that extend others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.options.component import to_plain
from nnspec.spec.resolver import read_unresolved, resolve

BASE = """\
blocks:
  stem: {parameters: {filters: int, stride: 1}, layers: [relu]}
network:
  layers:
    - dense: {name: head, units: 3, activation: relu}
    - dense: 5
    - flatten
    - activation: {name: act, activation: relu}
    - sequential:
        name: vision
        layers: [{dense: {name: inner, units: 1}}, {dense: {name: units, units: 1}}, relu]
    - branches: {paths: [[{dense: {name: left, units: 1}}], [relu]]}
    - residual: {layers: [relu], shortcut: [{dense: {name: skip, units: 1}}]}
    - when: {test: true, layers: [relu], else: [{dense: {name: other, units: 1}}]}
    - repeat: {name: often, times: 2, layers: [{dense: {name: again, units: 1}}]}
    - stem: 32
    - dense: {name: twin, units: 1}
    - dense: {name: twin, units: 1}
    - flatten: null
data: {inputs: [{divide: 255}]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def _overridden(*overrides: str) -> Any:
    return to_plain(read_unresolved("base.yaml", overrides))


def _extended(text: str) -> Any:
    Path("top.yaml").write_text(f"extends: base.yaml\n{text}\n")
    return to_plain(read_unresolved("top.yaml"))


def _refusal(read: Any, *arguments: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(*arguments)
    return str(caught.value)


def _at(value: Any, path: str) -> Any:
    for step in path.split("/"):
        value = value[int(step) if step.isdigit() else step]
    return value


@pytest.mark.parametrize(
    ("override", "place", "value"),
    [
        ("head.units=5", "0/dense/units", 5),
        ("head.dense.units=5", "0/dense/units", 5),
        ("0.units=5", "0/dense/units", 5),
        ("0.dense.units=5", "0/dense/units", 5),
        ("head.activation=tanh", "0/dense", {"name": "head", "units": 3, "activation": "tanh"}),
        ("head.kernel_initializer.constant=1", "0/dense/kernel_initializer", {"constant": 1}),
        ("head=relu", "0", "relu"),
        ("1.units=6", "1", {"dense": {"units": 6}}),
        ("1.dense=6", "1", {"dense": 6}),
        ("1.use_bias=false", "1", {"dense": {"units": 5, "use_bias": False}}),
        ("2.name=f", "2", {"flatten": {"name": "f"}}),
        ("12.name=f", "12", {"flatten": {"name": "f"}}),
        ("act.activation=tanh", "3", {"activation": "tanh"}),
        ("act.activation.activation=tanh", "3/activation/activation", "tanh"),
        ("vision.layers.inner.units=5", "4/sequential/layers/0/dense/units", 5),
        ("vision.sequential.layers.inner.units=5", "4/sequential/layers/0/dense/units", 5),
        ("vision.inner.units=5", "4/sequential/layers/0/dense/units", 5),
        ("vision.inner.dense.units=5", "4/sequential/layers/0/dense/units", 5),
        ("vision.units.units=5", "4/sequential/layers/1/dense/units", 5),
        ("vision.name=eye", "4/sequential/name", "eye"),
        ("vision.layers.2=tanh", "4/sequential/layers/2", "tanh"),
        ("5.paths.0.left.units=5", "5/branches/paths/0/0/dense/units", 5),
        ("6.shortcut.skip.units=5", "6/residual/shortcut/0/dense/units", 5),
        ("7.else.other.units=5", "7/when/else/0/dense/units", 5),
        ("often.times=5", "8/repeat/times", 5),
        ("often.again.units=5", "8/repeat/layers/0/dense/units", 5),
        ("9.stride=2", "9", {"stem": {"filters": 32, "stride": 2}}),
        ("9.filters=2", "9", {"stem": {"filters": 2}}),
        ("9.name=s", "9", {"stem": {"filters": 32, "name": "s"}}),
    ],
)
def test_an_override_finds_a_layer(override: str, place: str, value: Any) -> None:
    found = _overridden(f"network.layers.{override}")
    assert _at(found["network"]["layers"], place) == value


def test_other_lists_are_addressed_as_they_are_written() -> None:
    assert _overridden("data.inputs.0.divide=2")["data"]["inputs"] == [{"divide": 2}]


def test_the_layers_of_a_block_are_found_too() -> None:
    found = _overridden("blocks.stem.layers.0.name=r")
    assert found["blocks"]["stem"]["layers"] == [{"relu": {"name": "r"}}]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("haed.units=5", "there is no item 'haed' in a list of 13"),
        ("haed.units=5", "did you mean 'head'?"),
        ("twin.units=5", "2 items have the name 'twin'"),
        ("twin.units=5", "say which by its number: 10, 11"),
        ("13.units=5", "items are numbered 0 to 12"),
        ("flatten_2.units=5", "flatten has the number"),
        ("vision.layers.inne.units=5", "did you mean 'inner'?"),
        ("vision.layers.3.units=5", "items are numbered 0 to 2"),
        ("1.units.x=5", "'x' is set inside 5, which has no keys"),
        ("9.strid=5", "'strid' is set inside 32, which has no keys"),
        ("head.units.a.b=5", "'a' is set inside 3, which has no keys"),
    ],
)
def test_an_override_that_finds_none_points_into_the_command_line(override: str, said: str) -> None:
    message = _refusal(_overridden, f"network.layers.{override}")
    assert said in message
    assert message.startswith("command line:1:")


# ---------------------------------------------------------------- extends


@pytest.mark.parametrize(
    ("changes", "place", "value"),
    [
        ("head: {units: 5}", "0/dense/units", 5),
        (
            "head: {dense: {units: 5}}",
            "0/dense",
            {"name": "head", "units": 5, "activation": "relu"},
        ),
        ("head: {activation: tanh}", "0/dense/activation", "tanh"),
        ("head: {softmax: {axis: 1}}", "0", {"softmax": {"axis": 1}}),
        ("head: {stem: 3}", "0", {"stem": 3}),
        ("head: relu", "0", "relu"),
        ("'1': {use_bias: false}", "1", {"dense": {"units": 5, "use_bias": False}}),
        ("'1': {dense: 6}", "1", {"dense": 6}),
        ("'2': {name: f}", "2", {"flatten": {"name": "f"}}),
        ("'12': {name: f}", "12", {"flatten": {"name": "f"}}),
        ("'9': {stride: 2}", "9", {"stem": {"filters": 32, "stride": 2}}),
        ("act: {activation: {activation: tanh}}", "3/activation/activation", "tanh"),
        ("vision: {layers: {inner: {units: 5}}}", "4/sequential/layers/0/dense/units", 5),
        ("vision: {inner: {units: 5}, name: v}", "4/sequential/layers/0/dense/units", 5),
        ("vision: {layers: [relu]}", "4/sequential/layers", ["relu"]),
        ("often: {again: {units: 5}}", "8/repeat/layers/0/dense/units", 5),
        ("'6': {shortcut: {skip: {units: 5}}}", "6/residual/shortcut/0/dense/units", 5),
    ],
)
def test_a_map_over_layers_changes_those_that_it_names(
    changes: str, place: str, value: Any
) -> None:
    found = _extended(f"network: {{layers: {{{changes}}}}}")
    layers = found["network"]["layers"]
    assert _at(layers, place) == value
    changed = int(place.split("/")[0])
    others = _overridden()["network"]["layers"]
    assert layers[:changed] + layers[changed + 1 :] == others[:changed] + others[changed + 1 :]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("haed: {units: 5}", "did you mean 'head'?"),
        ("twin: {units: 5}", "2 items have the name 'twin'"),
        ("'13': relu", "items are numbered 0 to 12"),
        ("'1': {unit: 5}", "'unit' is set inside 5, which has no keys"),
    ],
)
def test_a_change_that_names_no_layer_points_at_its_name(changes: str, said: str) -> None:
    message = _refusal(_extended, f"network: {{layers: {{{changes}}}}}")
    assert said in message
    assert message.startswith(("top.yaml:2:20: error", "top.yaml:2:26: error"))


def test_changed_layers_have_the_place_of_the_change() -> None:
    Path("top.yaml").write_text(
        "extends: base.yaml\nnetwork: {layers: {head: {units: 5}, '2': relu}}\n"
    )
    layers = read_unresolved("top.yaml")["network"]["layers"]
    assert str(layers[0]["dense"].places["units"]) == "top.yaml:2:34"
    assert str(layers[0]["dense"].places["activation"]) == "base.yaml:5:49"
    assert str(layers.places[2]) == "top.yaml:2:43"


# ---------------------------------------------------------------- several bases


def _write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text)


def test_later_bases_lie_over_earlier_ones_and_the_file_over_all() -> None:
    _write(
        one="a: 1\nb: 1\nc: 1\nm: {x: 1, y: 1}\n",
        two="b: 2\nc: 2\nm: {y: 2}\n",
        top="extends: [one.yaml, two.yaml]\nc: 3\n",
    )
    found = to_plain(resolve("top.yaml"))
    assert found == {"a": 1, "b": 2, "c": 3, "m": {"x": 1, "y": 2}}


def test_two_bases_may_extend_one_file() -> None:
    _write(
        root="a: 1\nb: 1\nc: 1\n",
        one="extends: root.yaml\nb: 2\n",
        two="extends: root.yaml\nc: 3\n",
        top="extends: [one.yaml, two.yaml]\n",
    )
    assert to_plain(resolve("top.yaml")) == {"a": 1, "b": 1, "c": 3}


def test_a_ladder_of_bases_is_read_once() -> None:
    for i in range(15):
        _write(**{f"x{i}": f"extends: [x{i + 1}.yaml, x{i + 1}.yaml, x{i + 1}.yaml]\n"})
    _write(x15="a: 1\n")
    assert to_plain(resolve("x0.yaml")) == {"a": 1}


@pytest.mark.parametrize(
    ("bases", "said"),
    [
        ("[base.yaml, none.yaml]", "top.yaml:1:22: error: cannot read none.yaml: No such file"),
        ("[base.yaml, top.yaml]", "top.yaml:1:22: error: 'top.yaml' extends itself"),
        ("[base.yaml, loop.yaml]", "loop.yaml:1:10: error: 'top.yaml' extends itself"),
        ("[base.yaml, 3]", "top.yaml:1:22: error: extends needs the path of a spec, not 3"),
        ("[base.yaml, [base.yaml]]", "top.yaml:1:22: error: extends needs the path of a spec"),
        ("[]", "top.yaml:1:10: error: extends needs 1 to 16 paths, not 0"),
        (f"[{'base.yaml, ' * 17}]", "top.yaml:1:10: error: extends needs 1 to 16 paths, not 17"),
        ("{a: 1}", "top.yaml:1:10: error: extends needs the path of a spec"),
    ],
)
def test_a_base_that_cannot_be_read_is_a_located_error(bases: str, said: str) -> None:
    _write(top=f"extends: {bases}\n", loop="extends: top.yaml\n")
    assert _refusal(resolve, "top.yaml").startswith(said)
