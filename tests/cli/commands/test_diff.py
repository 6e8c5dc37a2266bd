"""`nnspec diff`: two specs or runs, compared."""

import pytest

from tests.cli.conftest import written
from tests.paths import SPECS
from tests.small_runs import rows

BLOCKS = """\
blocks:
  step:
    parameters: {units: int}
    layers: [{residual: [{dense: "${units}"}, LAYER]}]
network:
  input_shape: [8]
  layers:
    - repeat: {times: 16, layers: [{step: 8}]}
    - dense: {units: LAST, activation: softmax}
"""


@pytest.fixture
def two(tmp_path):
    """The files of two related specs."""
    for name, layer, last in (("a", "relu", "3"), ("b", "gelu", "4")):
        text = BLOCKS.replace("LAYER", layer).replace("LAST", last)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_repeated_differences_are_told_once(nnspec, two):
    first, last = (f"repeat.{number}.step.residual.gelu" for number in (0, 15))
    done = nnspec("diff", "a.yaml", "b.yaml")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines() == [
        "A  a.yaml  49 layers  1,179 parameters",
        "B  b.yaml  49 layers  1,188 parameters",
        "",
        f"16 x in residual: relu -> gelu ({first} to {last})",
        "dense: units 3 -> 4; output (3) -> (4); parameters 27 -> 36",
    ]


def test_equal_specs(nnspec, two):
    done = nnspec("diff", "a.yaml", "a.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("\n\nno difference\n")
    assert nnspec("diff", "a.yaml", "a.yaml", "--json").json["equal"] is True


def test_json(nnspec, two):
    done = nnspec("diff", "a.yaml", "b.yaml", "--json")
    assert done.code == 1
    found = done.json
    assert list(found) == ["equal", "a", "b", "layers", "values"]
    assert found["equal"] is False
    assert (found["b"]["path"], found["b"]["parameters"]["total"]) == ("b.yaml", 1188)
    assert len(found["layers"]) == 17
    assert found["layers"][0]["behind"] == dict.fromkeys("ab", "repeat.0.step.residual.dense")
    assert found["layers"][-1] == {
        "change": "changed",
        "a": {"name": "dense", "kind": "dense", "output_shape": [3], "parameters": 27},
        "b": {"name": "dense", "kind": "dense", "output_shape": [4], "parameters": 36},
        "behind": dict.fromkeys("ab", "repeat.15.step"),
        "options": [{"path": ["units"], "a": 3, "b": 4}],
    }


def test_networks_that_are_not_related(nnspec):
    done = nnspec("diff", str(SPECS / "cnn.yaml"), str(SPECS / "residual.yaml"))
    assert done.code == 1
    assert all(len(line) <= 100 for line in done.out.splitlines()[2:])
    assert "optimizer: sgd -> {adam: 0.002}" in done.out


def test_a_run_and_its_spec(nnspec, tmp_path):
    written(tmp_path, rows(train={"epochs": 1}))
    assert nnspec("run", "small.yaml").code == 0
    assert nnspec("diff", "small.yaml", "runs/small").code == 0
    written(tmp_path, rows(train={"epochs": 2}))
    done = nnspec("diff", "runs/small/1", "small.yaml")
    assert (done.code, done.out.splitlines()[3:]) == (1, ["train.epochs: 1 -> 2"])


def test_errors(nnspec, two, tmp_path):
    (tmp_path / "wrong.yaml").write_text("network: {layers: [dens: 1]}\n", encoding="utf-8")
    done = nnspec("diff", "a.yaml", "wrong.yaml")
    assert (done.code, done.out) == (2, "")
    assert "wrong.yaml:1:20: error" in done.err
    for missing in ("none.yaml", "."):
        done = nnspec("diff", missing, "a.yaml")
        assert done.code == 2
        assert done.err.startswith("command line:1:1: error: ")


def test_of_many_differences_those_in_most_layers_are_told(nnspec):
    pages = [str(SPECS / "gallery" / f"{page}.yaml") for page in ("resnet", "resnet_v2")]
    short, full = nnspec("diff", *pages).out, nnspec("diff", *pages, "--all").out
    assert len(short.splitlines()) < 20
    assert "16 x in convolutions: added zero_padding2d" in short
    assert "differences in fewer places; --all tells of these too" in short
    assert len(full.splitlines()) > 40
    assert "--all" not in full


def test_padding_without_rows_is_none(nnspec, tmp_path):
    for name, padding in (("a", "valid"), ("b", 0)):
        conv = f"{{filters: 2, kernel_size: 3, padding: {padding}}}"
        text = f"network: {{input_shape: [5, 5, 1], layers: [{{conv2d: {conv}}}]}}\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    assert nnspec("diff", "a.yaml", "b.yaml").code == 0
