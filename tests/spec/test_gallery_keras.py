"""The pages of the gallery that `keras.applications` has are its networks, on every backend.

`python -m benchmarks.gallery` compares all of them so; here the smallest ones are.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("torch")

from benchmarks.gallery import agreement, keras_models
from benchmarks.gallery.__main__ import TOLERANCE, gradients_of, outputs_of
from benchmarks.gallery.pages import PAGES

pytestmark = pytest.mark.framework

BACKENDS = ("numpy", "torch", "keras")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_network_that_keras_builds(name):
    """Numbers of parameters, layers in their places, momenta, epsilons and rates."""
    graph = PAGES[name].graph()
    keras_models.check(keras_models.build_structure(name, graph.input_shape), graph)


def test_another_variant_is_another_network():
    graph = PAGES["MobileNetV3Small"].graph()
    model = keras_models.build_structure("MobileNetV2", graph.input_shape)
    with pytest.raises(keras_models.DifferentNetworkError, match="in Keras"):
        keras_models.check(model, graph)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "MobileNet"])
def test_a_page_gives_the_outputs_of_keras(name):
    found = outputs_of(name, 32, BACKENDS, "float32")
    assert found.keys() == set(BACKENDS)
    assert max(found.values()) < TOLERANCE["float32"], found


@pytest.mark.parametrize("mode", ["training", "frozen"])
def test_a_page_gives_the_gradients_of_keras(gradients, mode):
    """Where normalization takes the statistics of the batch, and where it is frozen."""
    assert gradients[mode].keys() == set(BACKENDS)
    assert max(gradients[mode].values()) < TOLERANCE["gradients"], gradients


@pytest.fixture(scope="module")
def gradients():
    return gradients_of("MobileNet", 64, BACKENDS)


def test_one_different_weight_is_a_difference():
    """The measure tells a gradient that is wrong in one number by a millionth."""
    expected = {"a": np.array([1.0, -4.0]), "b": np.array([[0.001]])}
    assert agreement.relative(expected, expected) == 0
    wrong = expected | {"b": np.array([[0.001 * (1 + 1e-6)]])}
    assert agreement.relative(wrong, expected) == pytest.approx(1e-6)
