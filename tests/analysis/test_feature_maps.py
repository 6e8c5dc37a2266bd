"""Feature maps of two filters on a 6 x 6 image, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.analysis.feature_maps import FeatureMaps, feature_maps, mosaic
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.runs.trained import TrainedRun
from nnspec.spec.loader import build
from nnspec.training.session import TrainingSession
from tests.small_runs import rows

DOUBLE = ComputeConfig(precision="float64")
IMAGE = np.array([
    [1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0],
    [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0],
])  # fmt: skip
FILTERS = np.array([
    [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]],
])  # fmt: skip
MAPS = np.array([
    [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]],
    [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]],
])  # fmt: skip
POOLED = np.array([[[3, 0], [3, 1]], [[-1, 1], [0, 3]]])
LAYERS = [
    {"conv2d": {"filters": 2, "kernel_size": 3}}, {"max_pooling2d": 2}, "flatten", {"dense": 1},
]  # fmt: skip


def trained_run(layers=LAYERS, compute=DOUBLE, **weights):
    """A run on one image whose network has these weights."""
    source = {"inputs": [IMAGE.tolist()], "targets": [1]}
    data = {"source": {"rows": source}, "inputs": [{"reshape": [6, 6, 1]}]}
    spec = build(rows(data=data, network={"layers": layers}, loss="mean_squared_error"))
    session = TrainingSession.prepare(spec, compute)
    session.program.set_weights(session.program.weights() | weights)
    return TrainedRun(None, compute, spec, session.graph, session.preprocessing, session.program)


def kernel(filters=FILTERS):
    return {"conv2d/kernel": np.moveaxis(filters, 0, 2)[:, :, None].astype(np.float64)}


@pytest.mark.parametrize("backend", ["numpy", "torch", "keras"])
def test_the_lectures_feature_maps(backend):
    pytest.importorskip(backend)
    run = trained_run(compute=ComputeConfig(backend, "float64"), **kernel())
    images, layers = feature_maps(run, IMAGE[None])
    assert list(images) == ["input"]
    assert (images["input"][..., 0] == IMAGE).all()
    assert [layer.layer for layer in layers] == ["conv2d", "max_pooling2d"]
    assert (layers[0].maps == np.moveaxis(MAPS, 0, 2)).all()
    assert (layers[0].filters == kernel()["conv2d/kernel"]).all()
    assert (layers[1].maps == np.moveaxis(POOLED, 0, 2)).all()
    assert layers[1].filters is None


def test_a_map_is_what_the_activation_leaves():
    layers = [{"conv2d": {"filters": 2, "kernel_size": 3, "activation": "relu"}}, *LAYERS[1:]]
    _, (layer,) = feature_maps(trained_run(layers, **kernel()), IMAGE[None], "conv2d")
    assert (layer.maps == np.maximum(np.moveaxis(MAPS, 0, 2), 0)).all()
    assert (layer.kind, layer.filters.shape) == ("conv2d", (3, 3, 1, 2))


def test_the_maps_of_layers_in_groups_that_share_their_filters():
    group = {"sequential": {"name": "eye", "layers": LAYERS[:1]}}
    layers = [group, {"shared": {"layer": "eye", "name": "twin", "inputs": "input"}}]
    layers += [{"concatenate": {"inputs": ["eye", "twin"]}}, "flatten", {"dense": 1}]
    weights = {f"eye/{name}": array for name, array in kernel().items()}
    _, found = feature_maps(trained_run(layers, **weights), IMAGE[None])
    assert [one.layer for one in found] == ["eye.conv2d", "twin.conv2d", "concatenate"]
    assert (found[1].maps == found[0].maps).all()
    assert (found[1].filters == found[0].filters).all()
    (twin,) = feature_maps(trained_run(layers, **weights), IMAGE[None], "twin.conv2d")[1]
    assert twin.layer == "twin.conv2d"


def test_silent_maps_are_counted():
    maps = np.zeros((2, 2, 3))
    maps[0, 0, 1] = -1
    assert FeatureMaps("a", "conv2d", maps, None).silent == 2


def test_a_network_without_a_convolution():
    run = trained_run(["flatten", {"dense": 1}])
    with pytest.raises(NnspecError, match="has no convolution"):
        feature_maps(run, IMAGE[None])


@pytest.mark.parametrize(
    ("layer", "message"),
    [("conv2", "did you mean 'conv2d'"), ("dense", r"dense gives \(1\), which is no image")],
)
def test_a_layer_without_maps(layer, message):
    with pytest.raises(NnspecError, match=message):
        feature_maps(trained_run(), IMAGE[None], layer)


def test_an_image_of_another_size():
    with pytest.raises(NnspecError, match="cannot become"):
        feature_maps(trained_run(), np.zeros((1, 5, 5)))


def test_tiles():
    tiles = np.arange(12.0).reshape(3, 2, 2)
    n = np.nan
    expected = [[0, 1, n, 4, 5], [2, 3, n, 6, 7], [n] * 5, [8, 9, n, n, n], [10, 11, n, n, n]]
    assert mosaic(tiles, 2) == pytest.approx(np.array(expected), nan_ok=True)
    assert mosaic(tiles, 3).shape == (2, 8)
