"""Processes of all engines that are installed, which serve the comparisons of many tests."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import pytest

from nnspec.parity.compare import Parity, Processes, compare_programs
from nnspec.parity.worker import ProgramProcess
from nnspec.spec.document import Spec

ENGINES = {
    "numpy": {"numpy"},
    "torch": {"torch"},
    "keras:tensorflow": {"keras", "tensorflow"},
    "keras:torch": {"keras", "torch"},
    "keras:jax": {"keras", "jax"},
}
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0"  # JAX takes half the time
HERE = [name for name, needs in ENGINES.items() if all(map(find_spec, needs))]


def compared(spec: Spec, precision, steps: int | None, *backends: str) -> Parity:
    """What `nnspec parity` finds; the first backend is the reference."""
    if HERE == ["numpy"]:
        pytest.skip("neither PyTorch nor Keras is installed")
    processes: Processes = {name: _process(name) for name in backends}
    try:
        return compare_programs(processes, spec, precision, steps)
    except Exception:
        _process.cache_clear()  # they may have answers that nobody has read
        raise


@cache
def _process(backend: str) -> ProgramProcess:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XLA_FLAGS", QUICK_TO_COMPILE)
        return ProgramProcess(backend)
