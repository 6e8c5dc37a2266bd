"""The Keras backend against the NumPy backend, on each engine; and how Keras is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

from nnspec.backends import discovery
from nnspec.backends.keras import bootstrap
from nnspec.errors import BackendError
from nnspec.options import registry
from tests.backends.keras import cases as keras_cases
from tests.paths import ROOT

ENGINES = ("tensorflow", "torch", "jax")
needs_keras = pytest.mark.skipif(find_spec("keras") is None, reason="keras is not installed")

LAYERS = [f"{c.kind}-{n}" for c in registry.classes("layer") for n, _ in enumerate(c.examples)]
CASES: dict[str, list[str]] = {
    "layers": LAYERS,
    "kinks": [str(activation) for activation in keras_cases.ACTIVATIONS],
    "ties": [str(number) for number in range(len(keras_cases.POOLINGS))],
    "losses": [str(number) for number in range(len(keras_cases.LOSSES))],
    "optimizers": list(keras_cases.OPTIMIZERS),
}
TOLERANCE = 1e-12
MOST = {
    "the first update of Adam in float32": 1e-6,
    "batch normalization of numbers far from 0": 1e-4,
    "ten updates in float32": 2e-6,
    "gradients change nothing": 0.0,
    "the ends of the clip": TOLERANCE,
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Another Python, in which Keras is not yet imported."""
    variables = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    variables.pop("TF_CPP_MIN_LOG_LEVEL", None)  # as for a user
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=False,
        env={**variables, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def find_in_new_process(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("-c", f"from nnspec.backends.discovery import find\n{text}", **environment)


@cache
def found(engine: str) -> dict[str, dict[str, Any]]:
    """What the comparisons gave on an engine."""
    if find_spec("keras") is None or find_spec(engine) is None:
        pytest.skip(f"keras:{engine} is not installed")
    done = run("-m", "tests.backends.keras.on_engine", TESTED_BACKEND=f"keras:{engine}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def check(outcome: Any, most: float) -> None:
    assert not isinstance(outcome, str), outcome
    assert outcome <= most


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("group", "case"), [(g, case) for g in CASES for case in CASES[g]])
def test_agrees_with_numpy(engine: str, group: str, case: str) -> None:
    outcomes = found(engine)[group]
    if engine == "jax" and group == "optimizers" and case not in keras_cases.SLOW_TO_COMPILE:
        assert case not in outcomes
    else:
        check(outcomes[case], TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
def test_training_goes_on_elsewhere(engine: str) -> None:
    outcomes = found(engine)["exchange"]
    assert len(outcomes) == 3
    for outcome in outcomes.values():
        check(outcome, TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", ["sgd", "adam", "running statistics"])
def test_exact_weights_are_those_of_numpy_to_the_last_bit(engine: str, case: str) -> None:
    assert found(engine)["exact"][case] is True


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", MOST)
def test_what_is_mended(engine: str, case: str) -> None:
    check(found(engine)["mends"][case], MOST[case])


@pytest.mark.parametrize("engine", ENGINES)
def test_float64_that_is_float32_is_noticed(engine: str) -> None:
    assert found(engine)["mends"]["float64 that is float32 is noticed"] is True


@pytest.mark.parametrize("engine", ENGINES)
def test_float32_stays_float32(engine: str) -> None:
    assert found(engine)["mends"]["everything in float32 is of float32"] is True


def test_tensorflow_changes_no_weight_before_all_gradients_are_there() -> None:
    assert found("tensorflow")["order"]["weights after gradients"] is True


@pytest.mark.parametrize(("engine", "traces"), [("tensorflow", 1), ("jax", 2)])
def test_the_step_is_compiled_once_for_all_lengths_of_chunks(engine: str, traces: int) -> None:
    """On JAX once for each of the two batch sizes."""
    assert found(engine)["compiled"]["traces"] == traces


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_native_model_is_one_of_keras(engine: str, precision: str) -> None:
    assert found(engine)["native"][precision] is True


@needs_keras
def test_one_engine_in_a_process() -> None:
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
def test_a_wish_for_another_engine_is_not_passed_over() -> None:
    done = find_in_new_process("find('keras')", KERAS_BACKEND="jax")
    assert "KERAS_BACKEND is 'jax', and keras:tensorflow was asked for" in done.stderr


@needs_keras
def test_a_device_that_is_not_there() -> None:
    done = find_in_new_process(
        "from nnspec.backends.contract import Settings\n"
        "find('keras:jax').build(None, None, ComputeConfig(device='tpu'))"
    )
    assert "the keras:jax backend has no device 'tpu' here" in done.stderr
    assert "use cpu" in done.stderr


def test_an_unknown_engine() -> None:
    with pytest.raises(BackendError, match=r"no engine 'tensorflwo'.*tensorflow"):
        discovery.find("keras:tensorflwo")


@pytest.mark.parametrize("missing", ["keras", "torch"])
def test_a_missing_package_comes_with_its_command(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == missing else name)
    monkeypatch.delitem(sys.modules, missing, raising=False)
    with pytest.raises(BackendError) as raised:
        discovery.find("keras:torch")
    assert f"keras:torch needs {missing}, which is not installed" in str(raised.value)
    assert "pip install 'nnspec[torch]'" in str(raised.value)
