"""The random layers that a benchmark compares with Keras: all kinds that Keras has."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.layers.draws import DRAWS, draw
from nnspec.options import registry
from tests.reference_rule import pass_of

NOT_COMPARED = {
    # Made of other layers.
    "activation", "branches", "residual", "sequential", "shared",
    # Keras draws other numbers.
    "alpha_dropout", "dropout", "gaussian_dropout", "gaussian_noise", "spatial_dropout1d",
    "spatial_dropout2d", "spatial_dropout3d",
    # Keras has none.
    "channel_shuffle", "heaviside", "layer_scale", "local_response_normalization",
    "reflection_padding1d", "reflection_padding2d", "reflection_padding3d", "slice",
    "stochastic_depth",
    # Keras computes it in float32.
    "normalization",
    # Keras' is not the published one.
    "sparsemax",
}  # fmt: skip


def test_every_layer_that_keras_has_is_compared_with_it():
    kinds = {c.kind for c in registry.classes("layer") if c.__module__.startswith("nnspec.")}
    assert kinds - NOT_COMPARED == set(DRAWS)


@pytest.mark.parametrize("kind", DRAWS)
def test_a_drawn_layer_takes_the_drawn_rows(kind):
    drawn = draw(kind, 0)
    rng = np.random.default_rng(0)
    assert len(pass_of(drawn.written, drawn.rows(rng), rng).y) == 3
    assert draw(kind, 0) == drawn
