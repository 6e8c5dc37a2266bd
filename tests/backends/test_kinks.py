"""The derivative of activations at their kinks, on the backends of this process."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.contract import TrainingSetup
from nnspec.components.optimizers.sgd import SGD
from nnspec.graph.objectives import Objective
from nnspec.options.validation import read_component
from tests.kinks import KINKS, derivatives, graph_at_kinks
from tests.networks import program_of


@pytest.mark.parametrize(
    "backend",
    ["numpy:reference", "numpy:fast", pytest.param("torch", marks=pytest.mark.framework)],
)
def test_a_derivative_at_a_kink_is_that_of_the_branch_on_the_left(backend):
    pytest.importorskip(backend.partition(":")[0])
    graph = graph_at_kinks()
    (output,) = graph.outputs
    loss = read_component("loss", "half_squared_error")
    program = program_of(graph, TrainingSetup((Objective(output, loss),), SGD()), backend)
    expected = [derivative for _, _, derivative in KINKS]
    np.testing.assert_allclose(derivatives(program, graph), expected, rtol=0, atol=1e-12)
