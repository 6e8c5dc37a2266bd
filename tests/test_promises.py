"""What README promises, of the lecture's networks and of a hard one, on every engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from nnspec.spec.loader import load
from tests.engines import HERE, compared
from tests.paths import SPECS

pytestmark = pytest.mark.framework

LESS = ["data.source.mnist.train_rows=2000", "data.source.mnist.test_rows=200"]
FRAMEWORKS = {"torch", "keras", "tensorflow", "jax"}

# All that makes frameworks differ: odd sizes, strides, masks, statistics, penalties, remainders.
HARD = """
data:
  source: {mnist: {train_rows: 150, test_rows: 50}}
  inputs: [{reshape: [28, 28, 1]}, {divide: 255}]
  targets: [{one_hot: 10}]
network:
  layers:
    - conv2d:
        {filters: 4, kernel_size: 3, strides: 2, padding: same, activation: prelu,
         kernel_regularizer: {l2: 0.001}}
    - average_pooling2d: {pool_size: 3, strides: 2, padding: same}
    - conv2d: {filters: 6, kernel_size: [2, 3], strides: 2, padding: same, use_bias: false}
    - batch_normalization
    - activation: tanh
    - spatial_dropout2d: 0.25
    - flatten
    - gaussian_noise: 0.1
    - dropout: 0.5
    - dense: {units: 10, activation: softmax}
loss: {categorical_crossentropy: {label_smoothing: 0.1}}
optimizer:
  sgd:
    learning_rate:
      exponential_decay: {initial_learning_rate: 0.1, decay_steps: 5, decay_rate: 0.8}
    momentum: 0.9
    global_clipnorm: 0.5
metrics: [accuracy]
train: {epochs: 2, batch_size: 7}
"""


def parity(spec, precision, steps, *overrides):
    return compared(load(spec, overrides), precision, steps, *HERE)


@pytest.mark.parametrize(
    ("name", "optimizer", "steps"), [("mlp", "sgd", 30), ("mlp", "adam", 30), ("cnn", "adam", 5)]
)
def test_exact_weights_are_the_same_to_the_last_bit(name, optimizer, steps):
    found = parity(SPECS / f"{name}.yaml", "exact", steps, f"optimizer={optimizer}", *LESS)
    shas = {name: one.weights_sha256 for name, one in found.backends.items()}
    assert shas == dict.fromkeys(HERE[1:], found.weights_sha256)


@pytest.mark.parametrize("optimizer", ["as it is", "rmsprop", "adamw"])
def test_float64_agrees_on_a_hard_network(tmp_path, optimizer):
    spec = tmp_path / "hard.yaml"
    spec.write_text(HARD)
    other = [] if optimizer == "as it is" else [f"optimizer={optimizer}"]
    found = parity(spec, "float64", None, *other)
    assert found.steps == 44
    for backend, one in found.backends.items():
        assert one.loss <= 1e-12, backend
        assert one.weights <= 1e-10, backend


def test_float32_agrees_for_ten_updates():
    found = parity(SPECS / "cnn.yaml", "float32", 10, *LESS)
    for backend, one in found.backends.items():
        assert one.loss <= 2e-6, backend


def test_the_command_compares_all_engines():
    command = [sys.executable, "-m", "nnspec", "parity", str(SPECS / "mlp.yaml"), *LESS, "--json"]
    command += ["--backends", ",".join(HERE), "--precision", "float32", "--steps", "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for backend, one in json.loads(done.stdout)["backends"].items():
        assert one["loss"] <= 2e-6, backend


def test_a_run_on_torch_predicts_on_numpy_alone(tmp_path):
    pytest.importorskip("torch")
    command = [sys.executable, "-m", "nnspec"]
    run = ["run", str(SPECS / "mlp.yaml"), *LESS, "train.epochs=1", "--backend", "torch"]
    subprocess.run([*command, *run, "-o", tmp_path], capture_output=True, check=False)
    table = tmp_path / "table.npy"
    predict = ["predict", str(tmp_path / "mnist-mlp"), "test", "-o", str(table)]
    assert modules_after(predict).isdisjoint(FRAMEWORKS)
    assert table.exists()


@pytest.mark.parametrize("command", ["summary", "check", "run"])
def test_no_framework_is_imported_where_none_is_asked_for(command, tmp_path):
    spec = tmp_path / "mlp.yaml"
    spec.write_text((SPECS / "mlp.yaml").read_text().replace("source: mnist", f"source: {SMALL}"))
    more = ["train.epochs=1", "-o", str(tmp_path / "runs")] if command == "run" else []
    assert modules_after([command, str(spec), *more]).isdisjoint(FRAMEWORKS)


SMALL = "{mnist: {train_rows: 200, test_rows: 50}}"


def modules_after(arguments):
    """The modules that a command has imported, in a process of its own."""
    code = (
        "import sys; from nnspec.cli.main import run; run(sys.argv[1:]); "
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=os.environ,
        check=True,
    )  # fmt: skip
    return set(done.stderr.split())
