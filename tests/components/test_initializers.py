"""Weights that start from numbers in the spec: the right ones in the right places, or a reason."""

import numpy as np
import pytest

from nnspec.components.layers.base import Weight
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.component import to_plain
from nnspec.options.validation import read_component
from nnspec.randomness import initial_weights
from nnspec.spec.loader import load
from tests.networks import graph_of, program_of

NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}
DIAGONAL = [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
COLUMN = [[-1, 1, -1]] * 3
IMAGE = [
    [1, 0, 0, 0, 0, 1],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 1, 0, 0],
    [1, 0, 0, 0, 1, 0],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 0, 1, 0],
]


def initial(kind, shape):
    return initial_weights.initial_weight(
        Weight(shape, read_component("initializer", kind)), 0, "w"
    )


def test_values_are_the_weight():
    numbers = [[0.5, -2, 3], [4, 5, 1e-3]]
    found = initial({"values": numbers}, (2, 3))
    assert (found == np.array(numbers, np.float32)).all()


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_number_starts_a_weight_of_one_number(shape):
    found = initial({"values": 0.5}, shape)
    assert found.shape == shape
    assert (found == 0.5).all()


def test_a_filter_is_written_as_it_is_looked_at():
    kernel = initial({"filters": [DIAGONAL, COLUMN]}, (3, 3, 1, 2))
    assert kernel[:, :, 0, 0].tolist() == DIAGONAL
    assert kernel[:, :, 0, 1].tolist() == COLUMN


def test_filters_of_several_channels():
    images = np.arange(5 * 2 * 3 * 4).reshape(5, 2, 3, 4)  # no two sizes alike
    kernel = initial({"filters": images.tolist()}, (2, 3, 4, 5))
    assert all((kernel[..., f] == images[f]).all() for f in range(5))


@pytest.mark.parametrize("backend", NEEDS)
def test_two_filters_find_their_features(backend):
    """The feature maps and the pooled ones of a 6x6 image, worked out by hand."""
    pytest.importorskip(NEEDS[backend])
    layers = [
        {"conv2d": {
            "filters": 2, "kernel_size": 3, "kernel_initializer": {"filters": [DIAGONAL, COLUMN]},
        }},
        {"max_pooling2d": 2},
    ]  # fmt: skip
    x = np.array(IMAGE, float).reshape(1, 6, 6, 1)
    maps = program_of(graph_of(layers[:1], (6, 6, 1)), backend=backend).predict(x)[0]
    assert maps[..., 0].tolist() == [
        [3, -1, -3, -1],
        [-3, 1, 0, -3],
        [-3, -3, 0, 1],
        [3, -2, -2, -1],
    ]
    assert maps[..., 1].tolist() == [
        [-1, -1, -1, -1],
        [-1, -1, -2, 1],
        [-1, -1, -2, 1],
        [-1, 0, -4, 3],
    ]
    pooled = program_of(graph_of(layers, (6, 6, 1)), backend=backend).predict(x)[0]
    assert pooled[..., 0].tolist() == [[3, 0], [3, 1]]
    assert pooled[..., 1].tolist() == [[-1, 1], [0, 3]]


@pytest.mark.parametrize("backend", NEEDS)
def test_a_dense_layer_computes_with_the_written_numbers(backend):
    pytest.importorskip(NEEDS[backend])
    start = {"kernel_initializer": {"values": [[1, 2], [3, 4], [5, 6]]},
             "bias_initializer": {"values": [10, 20]}}  # fmt: skip
    of = program_of(graph_of([{"dense": {"units": 2, **start}}], (3,)), backend=backend)
    assert of.predict(np.eye(3)).tolist() == [[11, 22], [13, 24], [15, 26]]


SPEC = """\
network:
  input_shape: [6, 6, 1]
  layers:
    - conv2d: {filters: 2, kernel_size: 3, kernel_initializer: KERNEL}
    - flatten
    - dense: {units: 1, bias_initializer: BIAS}
"""


def compiled(folder, kernel="zeros", bias="zeros"):
    path = folder / "s.yaml"
    path.write_text(SPEC.replace("KERNEL", kernel).replace("BIAS", bias))
    return compile_spec(load(path))


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        ("{values: [[1, 2], [3, 4]]}",
         r"4:65: error: conv2d/kernel takes values \(3, 3, 1, 2\), not \(2, 2\)"),
        ("{values: 1}", r"takes values \(3, 3, 1, 2\), not a number(.|\n)*{constant: 1} is"),
        ("{filters: [[[1]]]}", r"4:65: .*kernel takes filters \(2, 3, 3, 1\), not \(1, 1, 1\)"),
        ("{filters: [[1, 2]]}", r"each filter must be an image, .* not \(2\)"),
        ("{filters: 3}", r"4:74: error: filters must be a list of images"),
        ("{filters: [[[1, 2], [3, x]]]}", r"4:88: .*row 0 of filters must hold numbers, not 'x'"),
        ("{filters: [[[1, 2]], [[3]]]}", "row 1 of filters has another shape than row 0"),
        ("{values: [1, true]}", "row 1 of values must hold numbers"),
        ("{values: .nan}", "must hold finite numbers"),
        ("{values: []}", "values has no rows"),
        ("{values: [1, 1e39]}", ":77: error: values: 1e.39 is infinite in float32"),
        ("{values: [1, -1e-60]}", ":77: error: values: -1e-60 is 0 in float32"),
        ("{constant: 1e-60}", "constant: 1e-60 is 0 in float32"),
        ("{random_normal: {stddev: 1e-60}}", "random_normal: 1e-60 is 0 in float32"),
        ("{constant: 1e39}", "must be at most"),
        ("{orthogonal: 1e39}", "gain must be at most"),
        ("{variance_scaling: {mode: fan}}", "mode must be .*fan_in"),
        ("identity", r"4:64: error: conv2d/kernel has the shape \(3, 3, 1, 2\); identity starts"),
    ],
)  # fmt: skip
def test_numbers_that_do_not_fit_are_refused_where_they_stand(tmp_path, kernel, message):
    with pytest.raises(SpecError, match=message):
        compiled(tmp_path, kernel)


def test_filters_start_no_bias(tmp_path):
    with pytest.raises(SpecError, match=r"dense/bias has the shape \(1\); filters start a 2-D"):
        compiled(tmp_path, bias="{filters: [[[1]]]}")


def test_an_orthogonal_matrix_is_no_bias(tmp_path):
    with pytest.raises(SpecError, match=r"6:43: .*dense/bias has the shape \(1\); orthogonal sta"):
        compiled(tmp_path, bias="orthogonal")


def test_every_weight_that_does_not_fit_is_named(tmp_path):
    with pytest.raises(SpecError) as caught:
        compiled(tmp_path, "{values: [1]}", "{values: [1, 2]}")
    assert [problem.where.line for problem in caught.value.problems] == [3, 5]


def test_numbers_are_written_out_again_as_they_were():
    for kind in ({"values": [[1, 2.5], [3, 4]]}, {"filters": [DIAGONAL]}, {"values": 2}):
        found = read_component("initializer", kind)
        assert read_component("initializer", to_plain(found)) == found
        assert hash(found) == hash(read_component("initializer", kind))
