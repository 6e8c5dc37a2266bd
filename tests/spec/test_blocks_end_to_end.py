"""Specs with blocks, `repeat` and `when`: loaded, compiled and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nnspec.cli.main import run
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.language import reader, writer
from nnspec.options.component import to_plain
from nnspec.spec import loader
from nnspec.spec.json_schema import json_schema

SPEC = """\
vars: {widths: [16, 8]}
blocks:
  unit:
    parameters: {units: int, kind: relu, normalized: false}
    layers:
      - dense: {units: "${units}", name: inner}
      - when: {test: "${normalized}", layers: [batch_normalization]}
      - "${kind}"
  twice:
    parameters: {units: int}
    layers:
      - unit: "${units}"
      - unit: {units: "${units}", normalized: true}
network:
  input_shape: [4]
  layers:
    - repeat: {each: "${widths}", as: width, layers: [{twice: "${width}"}]}
    - unit: {name: last, units: 3, kind: tanh}
    - dense: {name: head, units: 1}
"""
PLAIN = """\
network:
  input_shape: [4]
  layers:
    - dense: 16
    - relu
    - dense: 16
    - batch_normalization
    - relu
    - dense: 8
    - relu
    - dense: 8
    - batch_normalization
    - relu
    - dense: 3
    - tanh
    - dense: 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    return tmp_path


def _parameters(path: str, *overrides: str) -> int:
    return summarise(compile_spec(loader.load(path, overrides))).parameters


def _refusal(*overrides: str) -> str:
    with pytest.raises(SpecError) as caught:
        compile_spec(loader.load("a.yaml", overrides))
    return str(caught.value)


def test_blocks_stand_for_their_layers() -> None:
    assert _parameters("a.yaml") == _parameters("plain.yaml")


@pytest.mark.parametrize(
    ("override", "plain"),
    [
        ("vars.widths=[16]", ["network.layers.5=relu", "network.layers.7=relu"]),
        ("network.layers.last.units=5", ["network.layers.10.units=5"]),
        ("network.layers.head.units=5", ["network.layers.12.units=5"]),
    ],
)
def test_overrides_come_first(override: str, plain: list[str]) -> None:
    if override.startswith("vars"):
        plain = [*plain, "network.layers.8=relu"]
    assert _parameters("a.yaml", override) == _parameters("plain.yaml", *plain)


def test_a_resolved_spec_written_out_means_the_same(folder: Path) -> None:
    spec = loader.load("a.yaml")
    (folder / "again.yaml").write_text(writer.dump(spec.plain()), encoding="utf-8")
    again = loader.load("again.yaml")
    assert again.plain() == spec.plain()
    assert str(compile_spec(again)) == str(compile_spec(spec))


def test_a_wrong_value_in_a_block_tells_its_use() -> None:
    message = _refusal("network.layers.last.kind=rleu")
    assert message.startswith("a.yaml:8:9: error: there is no layer 'rleu'")
    assert "   used at a.yaml:18:7" in message.splitlines()


def test_a_mistake_in_a_block_is_told_once() -> None:
    message = _refusal("blocks.unit.layers.0.units=many")
    assert message.count("error:") == 1
    assert message.startswith("command line:1:28: error: dense: units must be a whole number")
    assert "   used at a.yaml:12:9" in message.splitlines()
    assert "   used at a.yaml:17:56" in message.splitlines()
    assert "   in repeat, width = 16, at a.yaml:17:7" in message.splitlines()
    assert "   and in 4 other uses" in message.splitlines()


def test_shapes_that_do_not_fit_in_a_block_tell_its_use(folder: Path) -> None:
    blocks = "blocks: {pool: {layers: [relu, max_pooling2d]}}\n"
    network = "network: {input_shape: 4, layers: [pool]}\n"
    (folder / "pool.yaml").write_text(blocks + network, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        compile_spec(loader.load("pool.yaml"))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("pool.yaml:1:32: error: max_pooling2d")
    assert lines[3] == "   used at pool.yaml:2:36"


GROUPS = """\
blocks: {unit: {parameters: {units: int}, layers: [dense: "${units}", relu]}}
network:
  input_shape: [4]
  layers:
    - residual: [{unit: 4}, {dense: {name: inner, units: 4}}]
    - branches: [[{unit: 3}], [], [repeat: {times: 2, layers: [{unit: 2}]}]]
    - sequential: [{unit: 5}, when: {test: true, layers: [dense: 6]}]
"""
UNITS = {"0": 4 * 5 + 4 * 5, "1": 4 * 3 + 3 + 4 * 2 + 2 + 2 * 2 + 2, "2": 9 * 5 + 5 + 5 * 6 + 6}


def test_groups_written_by_their_lists_alone(folder: Path) -> None:
    (folder / "groups.yaml").write_text(GROUPS, encoding="utf-8")
    assert _parameters("groups.yaml") == sum(UNITS.values())


@pytest.mark.parametrize(
    ("override", "more"),
    [
        ("network.layers.1.branches.0.0.units=4", 4 + 1 + 5),
        ("network.layers.1.branches.0.0.unit.units=4", 4 + 1 + 5),
        ("network.layers.1.paths.0.0.units=4", 4 + 1 + 5),
        ("network.layers.2.sequential.0.units=6", 9 + 1 + 6),
        ("network.layers.2.layers.0.units=6", 9 + 1 + 6),
        ("network.layers.0.inner.use_bias=false", -4),
    ],
)
def test_overrides_of_groups_written_by_their_lists_alone(
    folder: Path, override: str, more: int
) -> None:
    (folder / "groups.yaml").write_text(GROUPS, encoding="utf-8")
    assert _parameters("groups.yaml", override) == sum(UNITS.values()) + more


def test_show_tells_where_a_value_in_a_block_comes_from(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "a.yaml", "--why", "network.layers.last.inner.units"]) == 0
    out = capfd.readouterr().out
    assert "3  a.yaml:6:24; units: unit, a.yaml:18:33; used at a.yaml:18:7" in out


@pytest.mark.parametrize("command", ["check", "summary", "show", "lint"])
def test_commands_read_blocks(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([command, "a.yaml"]) == 0
    assert capfd.readouterr().err == ""


def test_the_schema_accepts_it_as_written_and_as_resolved() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    written: Any = to_plain(reader.read_file("a.yaml"))
    assert validator.is_valid(written)
    assert validator.is_valid(loader.load("a.yaml").plain())
    written["network"]["layers"].append({"dense": {"unit": 3}})
    assert not validator.is_valid(written)


def test_an_extending_spec_changes_a_use(folder: Path) -> None:
    changes = "extends: a.yaml\nnetwork: {layers: {last: {units: 5}, head: {units: 2}}}\n"
    (folder / "top.yaml").write_text(changes, encoding="utf-8")
    overrides = ["network.layers.last.units=5", "network.layers.head.units=2"]
    assert _parameters("top.yaml") == _parameters("a.yaml", *overrides)


def test_two_thousand_layers_of_blocks(folder: Path) -> None:
    text = (
        "blocks: {unit: {parameters: {units: int}, layers: [dense: '${units}', relu]}}\n"
        "network:\n"
        "  input_shape: [4]\n"
        "  layers: [repeat: {times: 1000, as: i, layers: [unit: '${4 + i % 2}']}]\n"
    )
    (folder / "deep.yaml").write_text(text, encoding="utf-8")
    assert _parameters("deep.yaml") == (4 * 4 + 4) + 500 * (4 * 5 + 5) + 499 * (5 * 4 + 4)
