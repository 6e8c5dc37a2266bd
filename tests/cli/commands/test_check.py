"""`nnspec check` and `nnspec summary`."""

import json
from pathlib import Path

import pytest

from nnspec.cli.commands.check import check
from nnspec.errors import NnspecError, rendered
from nnspec.runs.trainer import run
from nnspec.spec.loader import load
from tests.cli.conftest import written
from tests.golden import GOLDEN, cases, expected
from tests.small_runs import mnist


def test_a_good_spec(nnspec, small):
    done = nnspec("check", small)
    assert (done.code, done.err) == (0, "")
    assert "small.yaml: ok, 7,850 parameters" in done.out


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (mnist(expect={"parameters": 7850}), 0),
        (mnist(expect={"parameters": 7851}), 1),
        (mnist(expect={"trainable": 7849}), 1),
        (mnist(loss="nonsense"), 2),
    ],
)
def test_the_exit_code(nnspec, tmp_path, values, code):
    written(tmp_path, values)
    assert nnspec("check", "small.yaml").code == code
    done = nnspec("check", "small.yaml", "--json")
    assert (done.code, done.err) == (code, "")
    (found,) = done.json
    assert list(found) == ["spec", "ok", "problems"]
    assert found["ok"] is (code == 0)
    keys = ["severity", "code", "file", "line", "column", "message", "hint", "uses"]
    assert all(list(problem) == keys for problem in found["problems"])
    assert all(problem["line"] > 1 for problem in found["problems"])


def test_several_specs_are_all_checked(nnspec, tmp_path, small):
    written(tmp_path, mnist(loss="nonsense"), "bad.yaml")
    done = nnspec("check", "bad.yaml", small, "missing.yaml", "--json")
    assert done.code == 2
    assert [one["ok"] for one in done.json] == [False, True, False]


def test_summary(nnspec, small):
    done = nnspec("summary", small)
    assert done.code == 0
    assert "(28*28+1)*10" in done.out
    narrow = ("network.layers.0.dense.units=3", "data.targets=[{one_hot: 3}]")
    values = nnspec("summary", small, *narrow, "--json").json
    assert list(values) == [
        "name", "input_shape", "output_shape", "inputs", "outputs", "layers", "parameters", "flops",
        "activation_bytes",
    ]  # fmt: skip
    assert values["output_shape"] == [3]
    assert list(values["layers"][0]) == [
        "name", "kind", "output_shape", "parameters", "formula", "trainable", "flops", "inputs",
        "scope", "shared_with",
    ]  # fmt: skip


def test_schema_is_json(nnspec):
    done = nnspec("schema")
    assert done.code == 0
    assert done.json["$schema"].startswith("https://json-schema.org/")


def test_json_tells_the_uses_of_a_block(nnspec, tmp_path):
    (tmp_path / "a.yaml").write_text(
        "blocks:\n"
        '  b: {parameters: {n: int}, layers: [dense: "${1 / n}"]}\n'
        "network:\n"
        "  layers:\n"
        "    - repeat: {times: 1, as: i, layers: [b: 0]}\n",
        encoding="utf-8",
    )
    (found,) = nnspec("check", "a.yaml", "--json").json
    (problem,) = found["problems"]
    assert (problem["line"], problem["column"]) == (2, 45)
    assert problem["uses"] == [
        {"file": "a.yaml", "line": 5, "column": 42, "role": "used"},
        {"file": "a.yaml", "line": 5, "column": 7, "role": "in repeat, i = 0"},
    ]


@cases("check")
def test_what_a_spec_says_of_its_labels(name, monkeypatch):
    monkeypatch.chdir(GOLDEN / "check")
    assert f"{rendered(check(Path(f'{name}.yaml')).problems)}\n" == expected("check", name)


@cases("check")
def test_a_run_says_the_same(name, monkeypatch, tmp_path):
    monkeypatch.chdir(GOLDEN / "check")
    found = check(Path(f"{name}.yaml"))
    if not found.errors:
        assert run(load(f"{name}.yaml"), out=tmp_path).metrics
        return
    with pytest.raises(NnspecError) as caught:
        run(load(f"{name}.yaml"), out=tmp_path)
    assert str(caught.value) == rendered(found.errors)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["check", "lint"])
def test_overrides_change_the_only_spec(nnspec, tmp_path, small, command):
    done = nnspec(command, small, "network.layers.0.dense.unit=3")
    assert done.code == 2
    assert done.err.startswith("command line:1:24: error: dense has no option 'unit'")
    assert nnspec(command, small, "loss=mean_squared_error").code == 0
    done = nnspec(command, small, small, "loss=mean_squared_error")
    assert (done.code, "there are 2 specs" in done.err) == (2, True)
    done = nnspec(command, "loss=mean_squared_error")
    assert (done.code, "name the spec first" in done.err) == (2, True)
    assert nnspec(command, written(tmp_path, mnist(), "a=b.yaml")).code == 0


def test_a_misspelt_figure_is_pointed_at_by_its_name(nnspec, tmp_path):
    (tmp_path / "a.yaml").write_text(
        f"{json.dumps(mnist())[:-1]},\n 'expect': {{train: {{acuracy: 0.9}}}}}}"
    )
    done = nnspec("check", "a.yaml")
    assert done.err.startswith("a.yaml:2:21: error: expect: the run has no figure 'acuracy'")


def test_paths_from_the_home_folder(nnspec, tmp_path, monkeypatch, small):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "top.yaml").write_text("extends: ~/small.yaml\n")
    assert nnspec("check", "~/top.yaml").code == 0
    for path in ("$HOME/top.yaml", "${HOME}/top.yaml", "%HOME%/top.yaml"):
        done = nnspec("check", path)
        assert done.err.startswith("command line:1:1: error: a path holds no variables")
        (tmp_path / "top.yaml").write_text(f"extends: '{path}'\n")
        assert "top.yaml:1:10: error: a path holds no variables" in nnspec("check", "top.yaml").err
        source = f"data.source={{npz: '$${path[1:]}'}}"
        assert "write ~ for the home folder" in nnspec("check", small, source).err


TABLE = """
data:
  source: {csv: t.csv}
  inputs: {columns: [a, bb], steps: [standardize]}
  targets: {columns: y}
network: {layers: [{dense: 1}]}
loss: mean_squared_error
optimizer: {sgd: 0.1}
"""


def test_the_header_of_a_table_has_the_columns_of_the_spec(nnspec, tmp_path):
    (tmp_path / "t.csv").write_text("a,bbb,y\n1,2,3\n2,3,4\n")
    (tmp_path / "s.yaml").write_text(TABLE)
    done = nnspec("check", str(tmp_path / "s.yaml"))
    assert done.code == 2
    assert "s.yaml:4:25: error: t.csv has no column 'bb'" in done.err
    assert "did you mean 'bbb'?" in done.err
    (tmp_path / "t.csv").write_text("a,bb,y\n1,2,3\n2,3,4\n")
    assert nnspec("check", str(tmp_path / "s.yaml")).code == 0
