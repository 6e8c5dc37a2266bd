"""The PyTorch program as a torch module: state dict, global settings, devices, error messages."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from nnspec.backends import discovery
from nnspec.backends.contract import Program
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.runs.weight_files import weights_sha256
from tests.networks import away_from_kinks, graph_of, program_of, setup
from tests.paths import ROOT

torch = pytest.importorskip("torch")
from tests.backends.torch.test_program import CONV_NET, agree, images  # noqa: E402  (needs torch)

pytestmark = pytest.mark.framework


def test_native_is_a_module_of_torch() -> None:
    x, y = images(7)
    program = program_of(graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy"), "torch")
    program.train(program.upload(x, y), [np.arange(7)])
    network = program.native
    assert isinstance(network, torch.nn.Module)
    assert not network.training
    state = network.state_dict()
    assert state["conv2d.weight"].shape == (4, 2, 3, 3)
    assert state["dense.weight"].shape == (6, program.weights()["dense/kernel"].shape[0])
    assert {"batch_normalization.running_mean", "batch_normalization.running_var"} <= state.keys()
    with torch.no_grad():
        np.testing.assert_allclose(network(torch.tensor(x)), program.predict(x), rtol=1e-12)
        halved = network.to(torch.float32)(torch.tensor(x, dtype=torch.float32))
    assert halved.dtype == torch.float32


def test_native_can_be_trained_further_by_torch() -> None:
    x, y = images(7)
    program = program_of(graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy"), "torch")
    torch.nn.functional.mse_loss(program.native(torch.tensor(x)), torch.tensor(y)).backward()
    assert all(p.grad is not None and p.grad.any() for p in program.native.parameters())


def test_gradients_left_by_a_user_are_not_accumulated() -> None:
    x, y = images(7)
    graph, training = graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy", {"sgd": 0.1})
    alone, touched = (program_of(graph, training, "torch") for _ in range(2))
    touched.native(torch.tensor(x)).square().sum().backward()
    for program in (alone, touched):
        program.train(program.upload(x, y), [np.arange(7)])
    assert weights_sha256(alone.weights()) == weights_sha256(touched.weights())


def test_layers_may_have_names_that_modules_use() -> None:
    layers = [
        {"dense": {"units": 3, "name": name, "activation": "prelu"}}
        for name in (
            "train",
            "type",
            "layer_modules",
            "bound_weights",
            "tied_weights",
            "execution",
            "input_names",
            "forward",
            "train_",
        )
    ]
    graph = graph_of(layers, (3,))
    agree(graph, setup(), away_from_kinks((4, 3)), np.zeros((4, 3)), 1e-12)


def test_torchs_own_random_numbers_are_left_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    x, y = images(7)
    program = program_of(graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy"), "torch")
    program.train(program.upload(x, y), [np.arange(7)])
    assert torch.equal(torch.rand(3), expected)


TF32 = {
    "defaults": [],
    "old settings": ["cudnn.allow_tf32 = True", "cuda.matmul.allow_tf32 = True"],
    "new settings": ["cudnn.conv.fp32_precision = 'ieee'", "cuda.matmul.fp32_precision = 'tf32'"],
    "global setting": ["fp32_precision = 'tf32'"],
}
SETTINGS = [
    "cudnn.deterministic", "cudnn.benchmark", "cudnn.fp32_precision", "cudnn.conv.fp32_precision",
    "cudnn.rnn.fp32_precision", "cuda.matmul.fp32_precision", "fp32_precision",
]  # fmt: skip


@pytest.mark.parametrize("user", TF32)
def test_global_settings_apply_inside_and_are_restored(user: str) -> None:
    """Run in a separate process: torch cannot undo some of these settings."""
    program = f"""
import torch
from nnspec.backends.torch.device import reproducible
backends = torch.backends
def current(): return [eval("backends." + name) for name in {SETTINGS!r}]
for line in {TF32[user]!r}: exec("backends." + line)
backends.cudnn.benchmark = True
before = current()
with reproducible(): inside = current()
assert inside[:2] == [True, False] and inside[3:5] == ["ieee", "ieee"], inside
assert current() == before, (before, current())
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, cwd=ROOT)


def test_every_forward_pass_is_deterministic() -> None:
    x, y = images(7)
    program = program_of(graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy"), "torch")
    device_rows, rows = program.upload(x, y), np.arange(7)
    seen = []
    program.native.conv2d.register_forward_hook(
        lambda *_: seen.append(torch.backends.cudnn.deterministic)
    )
    program.train(device_rows, [rows])
    program.evaluate(device_rows, [rows])
    program.gradients(device_rows, rows)
    program.predict(x)
    assert seen == [True] * 4
    assert not torch.backends.cudnn.deterministic


def test_uploaded_rows_may_be_read_only_and_of_any_dtype() -> None:
    graph = graph_of([{"dense": 2}], (3,))
    program = program_of(graph, backend="torch")
    x, y = np.arange(12, dtype=np.uint8).reshape(4, 3), np.zeros((4, 2))
    y.flags.writeable = False
    metrics = program.evaluate(program.upload(x, y), [np.array([3, 1])])
    expected = float((program.predict(x[[3, 1]]) ** 2).mean())
    assert metrics.results["loss"] == pytest.approx(expected, rel=1e-12)


# ---------------------------------------------------------------- errors


def build(device: str = "cpu", precision: str = "float64") -> Program:
    graph = graph_of([{"dense": 2}], (3,))
    return discovery.find("torch").build(graph, None, ComputeConfig("torch", precision, device))


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "cpu:0", ""])
def test_an_unknown_device_is_an_error_that_lists_the_available_ones(device: str) -> None:
    with pytest.raises(BackendError, match=r"available: cpu"):
        build(device)


def test_mps_computes_only_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(BackendError, match="mps cannot compute in float64"):
        build("mps", "exact")


def test_a_program_without_a_setup_only_predicts() -> None:
    program = build()
    assert program.predict(np.zeros((0, 3))).shape == (0, 2)
    assert program.predict(np.ones((300, 3))).shape == (300, 2)
    with pytest.raises(BackendError, match="without a training setup"):
        program.state()


def test_torch_has_no_engines_and_reports_its_version() -> None:
    with pytest.raises(BackendError, match="no engine"):
        discovery.find("torch:cuda")
    assert discovery.find("torch").versions()["torch"] == torch.__version__
