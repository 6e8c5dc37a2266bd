"""Specs from files, texts and maps, with values changed."""

from __future__ import annotations

import pytest

import nnspec
from tests.paths import ROOT

TEXT = "network: {input_shape: [4], layers: [{dense: 3}]}"
VALUES = {"network": {"input_shape": [4], "layers": [{"dense": 3}]}}


def test_a_file_a_text_and_a_map_give_equal_specs(tmp_path):
    path = tmp_path / "network.yaml"
    path.write_text(TEXT)
    assert nnspec.load(path) == nnspec.load(str(path)) == nnspec.load(TEXT) == nnspec.load(VALUES)
    assert nnspec.load(nnspec.load(TEXT)) == nnspec.load(f"{TEXT}\n")


@pytest.mark.parametrize("overrides", [["network.layers.0.units=8"], {"network.layers.0.units": 8}])
@pytest.mark.parametrize("source", [TEXT, VALUES, nnspec.load(TEXT)])
def test_overrides_change_values_of_any_source(source, overrides):
    assert nnspec.load(source, overrides).network.layers[0].units == 8


def test_an_override_may_be_a_component():
    spec = nnspec.load(ROOT / "specs" / "mlp.yaml", {"optimizer": {"adam": {"beta_1": 0.5}}})
    assert spec.optimizer.beta_1 == 0.5


def test_a_map_may_use_variables_blocks_and_extend_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(TEXT)
    values = {
        "extends": "base.yaml",
        "vars": {"width": 5},
        "network": {"layers": [{"repeat": {"times": 2, "layers": [{"dense": "${width}"}]}}]},
    }
    assert nnspec.compile(values).parameters == (4 + 1) * 5 + (5 + 1) * 5


@pytest.mark.parametrize(
    ("source", "overrides", "place"),
    [
        ("network: {layers: [dens]}", (), "spec:1:20: .*\n.*\n.*did you mean 'dense'"),
        ({"network": {"layers": ["dens"]}}, (), "spec:2:12: .*\n.*\n.*did you mean 'dense'"),
        (TEXT, {"train.epoch": 1}, "overrides:1:7: .*\n.*\n.*did you mean 'epochs'"),
        (TEXT, ["train.epochs=1", "train.epochs=2"], "overrides:1:"),
        ({1: 2}, (), "no option '1'"), ({"network": {None: 2}}, (), "a key is a text"),
        ("missing.yaml", (), "cannot read missing.yaml"), ("", (), "not empty"),
        (None, (), "named by a text or a path"), (3, (), "named by a text or a path"),
        (TEXT, "train.epochs=1", "a map or a list"), (TEXT, 3, "a map or a list"),
        (TEXT, [3], "a map or a list"), ("a: b: c", (), "spec:1:5"), ("- 1\n", (), "no map"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_places(source, overrides, place):
    with pytest.raises(nnspec.NnspecError, match=place) as caught:
        nnspec.load(source, overrides)
    assert caught.value.problems
