"""A plug-in, installed as a user would, and what is said of its mistakes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.paths import PLUGIN, ROOT

METADATA = "Metadata-Version: 2.1\nName: scaled\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = """
[nnspec.layer]
scaled = scaled:Scaled
swish = scaled:Swish
unruled = scaled:Unruled
gate = scaled:Gate
mix = scaled:Mix
[nnspec.preprocessing]
cap = scaled:Cap
[nnspec.loss]
cubic_error = scaled:CubicError
[nnspec.metric]
within = scaled:Within
area_under_curve = scaled:AreaUnderCurve
[nnspec.initializer]
diagonal = scaled:Diagonal
lonely = scaled:Lonely
[nnspec.callback]
largest_weight = scaled:LargestWeight
[nnspec.rules.training]
callback.largest_weight = scaled.training_rules:LargestWeightRule
[nnspec.rules.numpy]
layer.scaled = scaled.numpy_rules:scaled
layer.swish = scaled.numpy_rules:swish
layer.unruled = scaled.missing:unruled
preprocessing.cap = scaled.numpy_rules:cap
loss.cubic_error = scaled.numpy_rules:cubic_error
metric.within = scaled.numpy_rules:within
initializer.diagonal = scaled.numpy_rules:diagonal
[nnspec.rules.torch]
layer.scaled = scaled.torch_rules:scaled
loss.cubic_error = scaled.torch_rules:cubic_error
metric.within = scaled.torch_rules:within
"""
SPEC = """
data:
  source:
    rows: {{inputs: [[0, 1], [1, 2], [2, 0], [3, 1]], targets: [1, 0, 2, 1]}}
network:
  layers:
    - dense: {{units: 3, kernel_initializer: {initializer}}}
    - scaled: {options}
    - dense: 1
loss: {loss}
optimizer: {{sgd: 0.001}}
metrics: [{metric}]
train: {{epochs: 3, batch_size: 2, seed: 4}}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the plug-in's wheel."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = folder / "scaled-1.0-py3-none-any.whl"
    info = {"METADATA": METADATA, "WHEEL": WHEEL, "entry_points.txt": ENTRY_POINTS, "RECORD": ""}
    with ZipFile(wheel, "w") as archive:
        for path in sorted((PLUGIN / "scaled").glob("*.py")):
            archive.write(path, f"scaled/{path.name}")
        for name, text in info.items():
            archive.writestr(f"scaled-1.0.dist-info/{name}", text)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"


def nnspec(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "nnspec", *words], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": ""}, check=False,
    )  # fmt: skip


def write(folder: Path, **changes: str) -> str:
    """A spec that uses the plug-in."""
    written = {
        "options": "{factor: 2, shift: 1}", "initializer": "{diagonal: 0.5}",
        "loss": "cubic_error", "metric": "{within: 0.4}",
    }  # fmt: skip
    (folder / "spec.yaml").write_text(SPEC.format(**{**written, **changes}))
    return "spec.yaml"


@pytest.mark.framework
def test_it_trains_on_numpy_and_torch_to_the_same_bits(installed, tmp_path):
    pytest.importorskip("torch")
    spec = write(tmp_path)
    runs = [
        nnspec(installed, tmp_path, "run", spec, "--precision", "exact", "--json", "--backend", one)
        for one in ("numpy", "numpy:reference", "torch")
    ]
    assert [run.stderr for run in runs if run.returncode] == []
    reports = [json.loads(run.stdout) for run in runs]
    assert len({report["weights_sha256"] for report in reports}) == 1
    metrics = {report["train"]["within"] for report in reports}
    assert len(metrics) == 1
    assert reports[0]["train"]["loss"] == pytest.approx(reports[2]["train"]["loss"], rel=1e-12)


LOWERED = """
data:
  source:
    rows: {inputs: [[0, 1], [1, 2], [2, 0], [3, 1], [1, 1]], targets: [1, 0, 1, 1, 0]}
network:
  layers:
    - gate: 3
    - dense: {name: other, units: 3, inputs: input}
    - mix: {inputs: [gate, other]}
    - gate: {name: last, units: 1}
    - sigmoid
loss: binary_crossentropy
optimizer: {adam: 0.05}
metrics: [area_under_curve, accuracy, {area_under_curve: {name: again}}]
train: {epochs: 4, batch_size: 2, seed: 4, callbacks: [{largest_weight: 100}]}
"""


@pytest.mark.framework
def test_layers_with_a_lowering_alone_and_a_metric_with_a_state_run_on_every_backend(
    installed, tmp_path
):
    pytest.importorskip("torch")
    pytest.importorskip("keras")
    (tmp_path / "spec.yaml").write_text(LOWERED)
    words = "run", "spec.yaml", "--precision", "exact", "--json", "--backend"
    runs = [
        nnspec(installed, tmp_path, *words, backend)
        for backend in ("numpy", "numpy:reference", "torch", "keras:jax")
    ]
    assert [run.stderr for run in runs if run.returncode] == []
    reports = [json.loads(run.stdout) for run in runs]
    assert len({report["weights_sha256"] for report in reports}) == 1
    columns = [[epoch["largest_weight"] for epoch in report["epochs"]] for report in reports]
    assert columns[0] == sorted(columns[0])
    assert all(one == columns[0] for one in columns)  # a callback is called on every backend
    for metrics in (report["train"] for report in reports):
        assert metrics["area_under_curve"] == metrics["again"]
        assert metrics["area_under_curve"] == reports[0]["train"]["area_under_curve"]


RANKS = """
import numpy as np
from scaled import AreaUnderCurve
from sklearn.metrics import roc_auc_score
metric, draw = AreaUnderCurve(), np.random.default_rng(3)
for rows in (2, 10, 300):
    predictions, targets = draw.normal(size=rows).round(1), np.arange(rows) % 2
    states = [metric.update(predictions[i::2], targets[i::2]) for i in range(2)]
    expected = roc_auc_score(np.concatenate([targets[0::2], targets[1::2]]),
                             np.concatenate([predictions[0::2], predictions[1::2]]))
    assert abs(metric.result(metric.merge(*states)) - expected) < 1e-12
"""


@pytest.mark.framework
def test_its_area_under_the_curve_is_that_of_scikit_learn(installed):
    pytest.importorskip("sklearn")
    done = subprocess.run(
        [sys.executable, "-c", RANKS], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.framework
def test_a_backend_without_its_rules_refuses_it_at_its_places(installed, tmp_path):
    pytest.importorskip("keras")
    run = nnspec(installed, tmp_path, "run", write(tmp_path), "--backend", "keras")
    assert run.returncode == 2
    assert run.stderr.splitlines()[0] == (
        "spec.yaml:8:7: error: the keras backend has no rule for the layer 'scaled'"
    )
    assert "spec.yaml:10:7: error: the keras backend has no rule for the loss" in run.stderr
    assert "the keras backend has no rule for the metric 'within'" in run.stderr
    assert not (tmp_path / "runs").exists()


def test_an_initializer_that_nothing_draws_is_refused_at_its_layer(installed, tmp_path):
    run = nnspec(installed, tmp_path, "run", write(tmp_path, initializer="lonely"))
    assert run.returncode == 2
    assert run.stderr.startswith(
        "spec.yaml:7:45: error: the numpy backend has no rule for the initializer 'lonely'\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{factor: banana}", "8:24: error: scaled: factor must be a number, not the text 'banana'"),
        ("{factor: {a: 1}}", "8:24: error: scaled: factor must be a number, not a map with 'a'"),
        ("{factor: -1}", "8:24: error: scaled: factor must be above 0.0, not -1"),
        ("{factor: true}", "8:24: error: scaled: factor must be a number, not true"),
        ("{factor: 2, shfit: 1}", "8:27: error: scaled has no option 'shfit'"),
        ("{factor: 2, digits: [1, a]}", "8:39: error: scaled: digits must be a whole number"),
        ("{factor: 2, shift: 0.5}", "8:34: error: scaled: shift must be a whole number, not 0.5"),
        ("{factor: 2, shift: 3}", "8:15: error: scaled: the factor must be above the shift"),
        ("{}", "8:15: error: scaled needs 'factor'"),
    ],
)
def test_mistakes_in_its_options_are_located(installed, tmp_path, options, message):
    run = nnspec(installed, tmp_path, "check", write(tmp_path, options=options))
    assert run.returncode == 2, run.stdout
    assert run.stderr.startswith(f"spec.yaml:{message}")


def test_it_is_explained_and_in_the_schema_for_editors(installed, tmp_path):
    explained = nnspec(installed, tmp_path, "explain", "scaled").stdout
    assert "y = factor x + shift" in explained
    assert "a number above 0" in explained
    schema = json.loads(nnspec(installed, tmp_path, "schema").stdout)
    assert "scaled" in json.dumps(schema["$defs"]["layer"])


def test_an_option_that_cannot_be_validated_is_an_error_where_its_class_is_defined():
    program = (
        "from nnspec.components.layers.base import Layer\n"
        "class Thing: pass\n"
        "class Bad(Layer, kind='bad'):\n    thing: Thing\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "Unable to generate pydantic-core schema for <class '__main__.Thing'>" in done.stderr
    assert "line 3, in <module>" in done.stderr


SMALL = """
data:
  source: {{rows: {{inputs: [[0, 1], [1, 2], [2, 0], [3, 1]], targets: [1, 0, 2, 1]}}}}
  inputs: [{cap}]
network: {{layers: [{{dense: {{units: 2, activation: swish}}}}, {layer}, {{dense: 1}}]}}
loss: mean_squared_error
optimizer: sgd
"""


def small(folder: Path, cap: str = "cap", layer: str = "dense: 1") -> str:
    (folder / "small.yaml").write_text(SMALL.format(cap=cap, layer=layer))
    return "small.yaml"


@pytest.mark.parametrize("cap", ["cap", "cap: {top: null}", "cap: {top: 0.5}"])
def test_a_saved_run_says_the_same_as_the_run(installed, tmp_path, cap):
    run = nnspec(installed, tmp_path, "run", small(tmp_path, cap), "--json")
    report = json.loads(run.stdout)
    again = json.loads(nnspec(installed, tmp_path, "evaluate", report["run"], "--json").stdout)
    assert again["train"] == report["train"]


ENDS = """
from nnspec.runs.resume import resume
from nnspec.runs.trainer import run
from nnspec.spec.loader import load
words = ["optimizer={adam: 0.5}", "train.callbacks=[{largest_weight: 2.5}]", "train.epochs=2"]
report = resume(run(load("small.yaml", words)).run, ["train.epochs=20"])
*before, last = [epoch.columns["largest_weight"] for epoch in report.epochs]
assert max(before) <= 2.5 < last
assert 2 < len(report.epochs) < 20
assert report.stopped_by == ("largest_weight",)
"""


def test_its_callback_ends_a_training_that_goes_on(installed, tmp_path):
    small(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", ENDS], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def broken(tmp_path: Path) -> None:
    """A second plug-in, whose module cannot be imported."""
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nnspec.layer]\nbroken = broken:Broken\n")
    (tmp_path / "broken.py").write_text("RATIO = 1 / 0\n")


def test_a_plug_in_that_cannot_be_imported_is_named_where_it_is_used(installed, broken, tmp_path):
    run = nnspec(installed, tmp_path, "check", small(tmp_path, layer="broken"))
    assert run.returncode == 2
    assert run.stderr.startswith(
        "small.yaml:5:60: error: the plug-in broken:Broken cannot be loaded: "
        "ZeroDivisionError: division by zero\n"
    )


def test_a_plug_in_that_cannot_be_imported_hides_no_other_mistake(installed, broken, tmp_path):
    run = nnspec(installed, tmp_path, "check", small(tmp_path, layer="dens: 1"))
    assert "there is no layer 'dens'" in run.stderr
    assert "did you mean 'dense'?" in run.stderr


def test_doctor_lists_plug_ins_and_what_is_wrong_with_them(installed, broken, tmp_path):
    entry_points = tmp_path / "broken-1.0.dist-info" / "entry_points.txt"
    entry_points.write_text(f"{entry_points.read_text()}dense = scaled:Scaled\n")
    lines = nnspec(installed, tmp_path, "doctor").stdout.splitlines()
    found = {line.split()[0]: line for line in lines if line.strip()}
    assert found["scaled"].endswith("plug-in   layer of scaled:Scaled")
    assert "unusable   the plug-in broken:Broken cannot be loaded" in found["broken"]
    assert "not used   scaled:Scaled claims a built-in layer" in found["dense"]


def test_a_rule_that_cannot_be_imported_leaves_no_run(installed, tmp_path):
    run = nnspec(installed, tmp_path, "run", small(tmp_path, layer="unruled"))
    assert run.returncode == 2
    assert run.stderr.startswith(
        "small.yaml:5:60: error: the plug-in scaled.missing:unruled cannot be loaded: "
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.framework
def test_the_plug_in_of_the_contributors_guide_works_as_it_is_written(tmp_path):
    pytest.importorskip("torch")
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code, toml = (
        text.split(f"```{language}\n")[1].split("```")[0] for language in ("python", "toml")
    )
    (tmp_path / "scaled.py").write_text(code)
    info = tmp_path / "scaled-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    groups = tomllib.loads(toml)["project"]["entry-points"]
    lines = [line for group, entries in groups.items() for line in (
        f"[{group}]", *(f"{name} = {target}" for name, target in entries.items()))]  # fmt: skip
    (info / "entry_points.txt").write_text("\n".join(lines))
    (tmp_path / "spec.yaml").write_text(GUIDE)
    words = "--precision", "exact", "--json", "--backend"
    runs = [
        nnspec(tmp_path, tmp_path, "run", "spec.yaml", *words, one) for one in ("numpy", "torch")
    ]
    assert [run.stderr for run in runs if run.returncode] == []
    assert len({json.loads(run.stdout)["weights_sha256"] for run in runs}) == 1


GUIDE = """
data: {source: {rows: {inputs: [[0, 1], [1, 2], [2, 0]], targets: [1, 0, 2]}}}
network: {layers: [{dense: 3}, {scaled: 2}, {dense: 1}]}
loss: mean_squared_error
optimizer: sgd
"""
