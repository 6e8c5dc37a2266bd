"""The Keras backend against the NumPy backend on each engine, and the import of Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

from nnspec.backends import conformance, discovery
from nnspec.backends.keras import bootstrap
from nnspec.errors import BackendError
from tests.backends.keras import agreement, graphs, meanings
from tests.backends.keras import cases as keras_cases
from tests.backends.keras.agreement import TOLERANCE
from tests.backends.keras.graph_networks import NETWORKS
from tests.engines import QUICK_TO_COMPILE
from tests.paths import ROOT

pytestmark = pytest.mark.framework

ENGINES = ("tensorflow", "torch", "jax")
needs_keras = pytest.mark.skipif(find_spec("keras") is None, reason="keras is not installed")

CASES: dict[str, list[str]] = {
    "kinks": [*map(str, keras_cases.ACTIVATIONS), "all"],
    "ties": [
        "0",
        "1",
        "2",
        "adaptive_max_pooling2d",
        "global_max_pooling2d",
        "maximum",
        "minimum",
    ],
    "losses": [str(number) for number in range(len(keras_cases.LOSSES))],
    "optimizers": list(keras_cases.OPTIMIZERS),
}
PATCH_TOLERANCES = {
    "the first update of Adam in float32": 1e-6,
    "batch normalization of numbers far from 0": 1e-4,
    "ten updates in float32": 2e-6,
    "gradients change nothing": 0.0,
    "the ends of the clip": TOLERANCE,
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a new Python process, in which Keras is not yet imported."""
    variables = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    variables.pop("TF_CPP_MIN_LOG_LEVEL", None)  # as for a user
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=False,
        env={**variables, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def find_in_new_process(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("-c", f"from nnspec.backends.discovery import find\n{text}", **environment)


@cache
def results(engine: str) -> dict[str, dict[str, Any]]:
    """Results of all cases on an engine: group -> case -> result."""
    if find_spec("keras") is None or find_spec(engine) is None:
        pytest.skip(f"keras:{engine} is not installed")
    environment = {"TESTED_BACKEND": f"keras:{engine}", "XLA_FLAGS": QUICK_TO_COMPILE}
    done = run("-m", "tests.backends.keras.on_engine", **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def check(outcome: Any, most: float) -> None:
    assert not isinstance(outcome, str), outcome
    assert outcome <= most


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("group", "case"), [(g, case) for g in CASES for case in CASES[g]])
def test_agrees_with_numpy(engine: str, group: str, case: str) -> None:
    check(results(engine)[group][case], TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", [case.name for case in agreement.layer_cases()])
def test_layers_have_the_outputs_and_gradients_of_numpy(engine: str, case: str) -> None:
    assert results(engine)["layers"][case] == {}


@pytest.mark.parametrize("case", [case.name for case in conformance.joined_layer_cases()])
def test_layers_have_the_bits_of_numpy_in_exact(case: str) -> None:
    assert results("torch")["exact_layers"][case] is None


@pytest.mark.parametrize("case", [str(written) for written, *_ in meanings.MEANINGS])
def test_a_layer_means_what_keras_own_means(case: str) -> None:
    """On one engine, whose gradients are read: the others are compared with NumPy above."""
    check(results("torch")["own_layers"][case], meanings.TOLERANCES.get(case, 1e-10))


@pytest.mark.parametrize("engine", ENGINES)
def test_operators_have_the_outputs_that_onnx_expects(engine: str) -> None:
    assert results(engine)["onnx"]["differing"] == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_training_continues_on_another_backend(engine: str) -> None:
    outcomes = results(engine)["exchange"]
    assert len(outcomes) == 3
    for outcome in outcomes.values():
        check(outcome, TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", ["sgd", "adam", "running statistics and norms"])
def test_exact_weights_are_those_of_numpy_to_the_last_bit(engine: str, case: str) -> None:
    assert results(engine)["exact"][case] is True


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", PATCH_TOLERANCES)
def test_patches_of_keras(engine: str, case: str) -> None:
    check(results(engine)["patches"][case], PATCH_TOLERANCES[case])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("network", NETWORKS)
def test_graphs_agree_with_the_reference_after_updates(engine: str, network: str) -> None:
    found = results(engine)["graphs"][network]
    assert not isinstance(found, str), found
    assert found["sums"] <= 1e-12
    assert max(found["weights"], found["outputs"]) <= 1e-10


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("network", NETWORKS)
def test_exact_graphs_have_the_weights_of_the_reference(engine: str, network: str) -> None:
    assert results(engine)["exact_graphs"][network] is True


@pytest.mark.parametrize(
    ("engine", "seed"),
    [(e, seed) for e, count in graphs.RANDOM_GRAPHS.items() for seed in range(count)],
)
def test_random_graphs_agree_with_the_reference(engine: str, seed: int) -> None:
    check(results(engine)["random_graphs"][str(seed)], 1e-10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", ["dot of ranks", "shared by ranks", "zero vectors"])
def test_values_of_several_ranks(engine: str, case: str) -> None:
    check(results(engine)["ranks"][case], TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", ["metrics with a state", "given rates"])
def test_what_the_host_gives_and_takes(engine: str, case: str) -> None:
    check(results(engine)["host"][case], TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "case", ["several inputs and outputs", "one layer for two uses", "trained by Keras", "saved"]
)
def test_the_native_model_of_a_graph(engine: str, case: str) -> None:
    assert results(engine)["native_graphs"][case] is True


@pytest.mark.parametrize("engine", ENGINES)
def test_float64_with_float32_precision_is_detected(engine: str) -> None:
    assert results(engine)["patches"]["float64 that is float32 is noticed"] is True


@pytest.mark.parametrize("engine", ENGINES)
def test_float32_stays_float32(engine: str) -> None:
    assert results(engine)["patches"]["everything in float32 is of float32"] is True


def test_tensorflow_updates_no_weight_before_all_gradients_are_computed() -> None:
    assert results("tensorflow")["order"]["weights after gradients"] is True


@pytest.mark.parametrize(("engine", "traces"), [("tensorflow", 1), ("jax", 2)])
def test_the_step_is_compiled_once_for_all_chunk_lengths(engine: str, traces: int) -> None:
    """On JAX once for each of the two batch sizes."""
    assert results(engine)["compiled"]["traces"] == traces


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_native_model_is_a_keras_model(engine: str, precision: str) -> None:
    assert results(engine)["native"][precision] is True


@needs_keras
def test_one_engine_per_process() -> None:
    done = find_in_new_process(
        "from nnspec.errors import BackendError\n"
        "import os\n"
        "first = find('keras:jax')\n"
        "assert sorted(first.versions()) == ['jax', 'keras', 'numpy']\n"
        "assert 'KERAS_BACKEND' not in os.environ\n"
        "assert 'torch' not in first.versions()\n"
        "find('keras:jax')\n"
        "try: find('keras:torch')\n"
        "except BackendError as error: print(error)\n"
    )
    assert done.stderr == ""
    assert "Keras runs on jax in this process, and keras:torch was asked for" in done.stdout


@needs_keras
def test_another_engine_in_keras_backend_is_an_error() -> None:
    done = find_in_new_process("find('keras')", KERAS_BACKEND="jax")
    assert "KERAS_BACKEND is 'jax', and keras:tensorflow was asked for" in done.stderr


@needs_keras
def test_a_missing_device_is_an_error() -> None:
    done = find_in_new_process(
        "from nnspec.compute import ComputeConfig\n"
        "find('keras:jax').build(None, None, ComputeConfig(device='tpu'))"
    )
    assert "the keras:jax backend has no device 'tpu' here" in done.stderr
    assert "use cpu" in done.stderr


def test_an_unknown_engine() -> None:
    with pytest.raises(BackendError, match=r"no engine 'tensorflwo'.*tensorflow"):
        discovery.find("keras:tensorflwo")


@pytest.mark.parametrize("missing", ["keras", "torch"])
def test_a_missing_package_is_an_error_with_its_install_command(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == missing else name)
    monkeypatch.delitem(sys.modules, missing, raising=False)
    with pytest.raises(BackendError) as raised:
        discovery.find("keras:torch")
    assert f"keras:torch needs {missing}, which is not installed" in str(raised.value)
    assert "pip install 'nnspec[torch]'" in str(raised.value)
