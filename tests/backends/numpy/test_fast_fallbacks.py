"""Layers without a kernel: the fast engine computes them by their reference rules."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.numpy import registry as rules
from nnspec.components.layers.base import Noise
from nnspec.components.layers.regularization import NoiseLayer
from nnspec.options.component import DEFINED
from tests.backends.numpy.fast_engine import ENGINES, assert_close
from tests.networks import away_from_kinks, graph_of, program_of, setup

ROWS = 150  # several blocks


@pytest.fixture(autouse=True)
def _noise_layer(monkeypatch):
    """A layer with noise that has a reference rule and no kernel.

    Only its own entry is removed afterwards: built-in kinds stay known once they are imported.
    """

    class Static(NoiseLayer, kind="test_static"):
        """y = x + N(0, 1)."""

        def noise(self, x):
            return Noise("normal", x, 1.0)

    monkeypatch.setitem(rules.LAYERS.modules, Static.kind, "regularization:gaussian_noise")
    assert rules.KERNELS.find(Static()) is None
    yield
    del DEFINED["layer", Static.kind]


def test_noise_is_drawn_anew_at_each_update():
    graph = graph_of([{"dense": 4}, "test_static", {"dense": 2}], (3,))
    x = away_from_kinks((ROWS, 3))
    fast, reference = (program_of(graph, setup(), name) for name in ENGINES)
    batches = [np.arange(ROWS)] * 3
    for program in (fast, reference):
        program.train(program.upload(x, np.zeros((ROWS, 2))), batches)
    for name, expected in reference.weights().items():
        assert_close(fast.weights()[name], expected, f"{name} after three updates")


def test_noise_after_a_state_is_that_of_its_number_of_updates():
    graph = graph_of([{"dense": 4}, "test_static", {"dense": 2}], (3,))
    fast, reference = (program_of(graph, setup(), name) for name in ENGINES)
    found = []
    for program in (fast, reference):
        rows = program.upload(away_from_kinks((ROWS, 3)), np.zeros((ROWS, 2)))
        first = program.gradients(rows, np.arange(ROWS))
        program.set_state(program.state()._replace(step=7))
        found.append(program.gradients(rows, np.arange(ROWS)))
        assert not np.allclose(first["dense/kernel"], found[-1]["dense/kernel"])
    for name, expected in found[1].items():
        assert_close(found[0][name], expected, f"gradient of {name}")
