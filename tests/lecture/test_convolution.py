"""Section 5 of the lecture: convolution, pooling, convolutional networks."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.discovery import find
from nnspec.compute import ComputeConfig
from nnspec.data.formats import mnist
from nnspec.graph.compile import compile_spec
from tests.lecture.specs import lecture_spec, session_of, summary, trained

pytestmark = pytest.mark.framework

FILTERS = np.array(
    [[[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]]
)
MAPS = np.array(
    [
        [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]],
        [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]],
    ]
)
POOLS = np.array([[[3, 0], [3, 1]], [[-1, 1], [0, 3]]])
FEW = (
    "data.source.mnist.train_rows=6000", "data.source.mnist.test_rows=1000", "train.epochs=1",
    "train.batch_size=64", "optimizer=adam",
)  # fmt: skip


def first_nodes(graph, count):
    """The graph of the first nodes of a chain."""
    nodes = graph.nodes[:count]
    return graph.replace(nodes=nodes, outputs={"output": nodes[-1].name})


def output_of_first(session, layers, backend):
    """The output of the first `layers` nodes for an example's only row."""
    graph = first_nodes(session.graph, layers)
    program = find(backend).build(graph, None, ComputeConfig(precision="float64"))
    weights = session.program.weights()
    program.set_weights({name: weights[name] for name, _ in graph.weights()})
    return program.predict(session.splits.train.inputs)[0]


# ---------------------------------------------------------------- 5.1, 5.10


def test_5_1_a_cnn_lives_on_neighbours_and_a_plain_network_does_not_know_them(backend):
    mlp, mlp_shuffled, cnn, cnn_shuffled = (
        trained(name, *FEW, backend=backend, precision="float32").metrics("test")["accuracy"]
        for name in ("mlp", "5.1-mlp-shuffled", "cnn", "5.1-cnn-shuffled")
    )
    assert mlp_shuffled == pytest.approx(mlp, abs=0.02)
    assert cnn_shuffled < cnn - 0.05
    assert cnn > mlp + 0.01  # 5.10


def test_5_1_the_pixels_are_the_same_in_another_order():
    plain, other = (session_of(name, *FEW).splits.train for name in ("mlp", "5.1-mlp-shuffled"))
    assert (np.sort(plain.inputs, axis=1) == np.sort(other.inputs, axis=1)).all()
    assert (plain.inputs != other.inputs).any(axis=0).mean() > 0.5
    images = session_of("5.1-cnn-shuffled", *FEW).splits.train.inputs
    assert (images.reshape(6000, 784) == other.inputs).all()


def test_5_10_with_a_quarter_of_the_parameters():
    assert summary("cnn").parameters / summary("mlp").parameters < 1 / 4


# ---------------------------------------------------------------- 5.2, 5.7


def test_5_2_the_feature_maps_of_two_filters(backend):
    maps = output_of_first(session_of("5.2-feature-maps", backend=backend), 1, backend)
    assert maps.tolist() == np.moveaxis(MAPS, 0, -1).tolist()


def test_5_2_a_filter_is_large_where_its_feature_is():
    image = session_of("5.2-feature-maps").splits.train.inputs[0, ..., 0]
    for one, found in zip(FILTERS, MAPS, strict=True):
        for i, j in np.argwhere(found == found.max()):
            assert (image[i : i + 3, j : j + 3][one == 1] == 1).all()


def test_5_7_2x2_max_pooling_gives_two_2x2_images_and_flatten_8_numbers(backend):
    session = session_of("5.2-feature-maps", backend=backend)
    pools = output_of_first(session, 2, backend)
    assert pools.tolist() == np.moveaxis(POOLS, 0, -1).tolist()
    assert (
        output_of_first(session, 3, backend).tolist() == np.moveaxis(POOLS, 0, -1).ravel().tolist()
    )
    assert summary("5.2-feature-maps").rows[-1].output_shape == (8,)


# ---------------------------------------------------------------- 5.3, 5.5


def test_5_3_1000_parameters_against_3700():
    filters, neurons = summary("5.3-hundred-filters"), summary("5.3-hundred-neurons")
    assert filters.parameters == 3 * 3 * 100 + 100 == 1_000
    assert neurons.parameters == 6 * 6 * 100 + 100 == 3_700


def test_5_3_one_filter_finds_its_feature_anywhere(backend):
    """A diagonal at any of the 16 places gives 3 there, with the same nine weights."""
    program = session_of("5.2-feature-maps", backend=backend)
    graph = first_nodes(program.graph, 1)
    first = find(backend).build(graph, None, ComputeConfig(precision="float64"))
    first.set_weights({w: program.program.weights()[w] for w, _ in graph.weights()})
    for i, j in np.ndindex(4, 4):
        image = np.zeros((1, 6, 6, 1))
        image[0, [i, i + 1, i + 2], [j, j + 1, j + 2], 0] = 1
        found = first.predict(image)[0, ..., 0]
        assert np.argwhere(found == found.max()).tolist() == [[i, j]]
        assert found[i, j] == 3


@pytest.mark.parametrize("filters", [1, 7])
def test_5_5_as_many_feature_maps_as_filters(filters):
    spec = lecture_spec("cnn", f"network.layers.0.conv2d.filters={filters}")
    assert compile_spec(spec).nodes[0].shape == (26, 26, filters)


def test_5_5_the_filters_are_learned(backend):
    done = trained("cnn", "data.source.mnist.train_rows=640", *FEW[1:], backend=backend)
    for name, before in done.start.items():
        moved = np.abs(done.weights[name] - before)
        assert moved.max() > 1e-3, name


# ---------------------------------------------------------------- 5.4


def test_5_4_every_second_row_and_column(backend):
    program = session_of("5.4-subsampling", *FEW, backend=backend)
    graph = first_nodes(program.graph, 1)
    images = program.splits.train.inputs[:5]
    found = find(backend).build(graph, None, ComputeConfig(precision="float64")).predict(images)
    assert (found == images[:, ::2, ::2]).all()
    assert found.shape == (5, 14, 14, 1)


def test_5_4_the_network_shrinks_and_the_digits_stay_recognisable(backend):
    assert summary("5.4-subsampling").parameters == (14 * 14 + 1) * 512 + 5_130 < 407_050 / 3
    half, whole = (
        trained(name, *FEW, backend=backend, precision="float32").metrics("test")["accuracy"]
        for name in ("5.4-subsampling", "mlp")
    )
    assert half > whole - 0.04


# ---------------------------------------------------------------- 5.6


def test_5_6_a_matrix_of_16_by_36_times_the_image_is_the_feature_map(backend):
    session = session_of("5.6-convolution-as-dense", backend=backend)
    matrix = session.program.weights()["dense/kernel"].T
    image = session.splits.train.inputs[0]
    assert (matrix @ image).reshape(4, 4).tolist() == MAPS[0].tolist()
    assert session.program.predict(image[None])[0].tolist() == MAPS[0].tolist()


def test_5_6_27_of_36_weights_are_removed_and_the_others_shared():
    matrix = session_of("5.6-convolution-as-dense").program.weights()["dense/kernel"].T
    assert matrix.shape == (16, 36)
    assert ((matrix != 0).sum(axis=1) == 9).all()
    for weights in matrix:
        assert weights[weights != 0].tolist() == FILTERS[0].ravel().tolist()


# ---------------------------------------------------------------- 5.8


def test_5_8_shapes_and_parameters():
    found = summary("cnn")
    assert found.inputs["input"].shape == (28, 28, 1)
    assert [(row.output_shape, row.parameters) for row in found.rows] == [
        ((26, 26, 32), 320), ((13, 13, 32), 0), ((11, 11, 64), 18_496), ((5, 5, 64), 0),
        ((3, 3, 64), 36_928), ((576,), 0), ((64,), 36_928), ((10,), 650),
    ]  # fmt: skip
    assert found.parameters == 93_322


def test_5_8_each_row_is_one_of_ten_digits(backend):
    session = session_of("cnn", *FEW, backend=backend)
    p = session.program.predict(mnist.images("t10k")[:7].reshape(-1, 28, 28, 1) / 255.0)
    assert p.shape == (7, 10)
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-9)
