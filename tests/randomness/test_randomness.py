"""Random samples have the right distributions and depend only on their key."""

from math import sqrt

import numpy as np
import pytest

from nnspec.components.layers.base import Noise, Weight
from nnspec.options.validation import read_component
from nnspec.randomness import distributions, initial_weights, layer_noise, philox
from tests.networks import graph_of

MANY = 200_000


def initial(kind, shape, seed=0):
    return initial_weights.initial_weight(
        Weight(shape, read_component("initializer", kind)), seed, "w"
    )


def test_uniform_numbers_fill_the_unit_interval_evenly():
    numbers = philox.uniform(MANY, "u")
    assert numbers.min() >= 0
    assert numbers.max() < 1
    shares = np.histogram(numbers, 20, (0, 1))[0] / MANY
    assert np.abs(shares - 0.05).max() < 0.003


def test_normal_numbers_have_the_moments_of_a_normal():
    numbers = philox.normal(MANY, "n")
    moments = [np.mean(numbers**power) for power in (1, 2, 3, 4)]
    assert moments == pytest.approx([0, 1, 0, 3], abs=0.06)
    assert abs((np.abs(numbers) < 1).mean() - 0.6827) < 0.005


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_number_of_samples_is_count(count):
    for draw in (philox.uniform, philox.normal, philox.truncated_standard_normal):
        assert draw(count, "k").shape == (count,)


def test_truncated_normal_numbers_stay_within_two_sigma():
    numbers = philox.truncated_standard_normal(MANY, "t")
    assert np.abs(numbers).max() <= 2
    assert numbers.std() == pytest.approx(0.8796, abs=0.005)


def test_a_sample_depends_only_on_its_key():
    first = philox.uniform(5, "a", 1)
    philox.uniform(100, "b")
    assert (philox.uniform(5, "a", 1) == first).all()
    assert (philox.uniform(9, "a", 1)[:5] == first).all()
    for other in (("a", 2), ("b", 1), ("a1",), ("a", 1, 0)):
        assert (philox.uniform(5, *other) != first).all()


def test_random_bits_never_change():
    """Recorded bits: seeds in published specs must always give these numbers."""
    assert philox.random_bits(2, 0, "weights", "dense/kernel").tolist() == FIRST_WORDS


FIRST_MASK = [1, 0, 1, 0, 0, 0, 0, 1]
FIRST_WORDS = [9849897952832379012, 554501596947249091]


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_a_permutation_contains_every_index_once(count):
    assert sorted(philox.permutation(count, 0, "shuffle", 1)) == list(range(count))


def test_every_permutation_of_three_is_equally_likely():
    orders = [tuple(philox.permutation(3, seed, "s").tolist()) for seed in range(6000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert min(counts) > 900


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("glorot_uniform", sqrt(6 / (300 + 200))),
        ("he_uniform", sqrt(6 / 300)),
        ("lecun_uniform", sqrt(3 / 300)),
        (
            {"variance_scaling": {"scale": 2, "mode": "fan_out", "distribution": "uniform"}},
            sqrt(6 / 200),
        ),
        ({"random_uniform": {"minval": -0.2, "maxval": 0.2}}, 0.2),
    ],
)
def test_uniform_initializers_reach_their_limits_and_no_further(kind, limit):
    values = initial(kind, (300, 200))
    assert 0.999 * limit < np.abs(values).max() <= limit * (1 + 1e-6)
    assert values.std() == pytest.approx(limit / sqrt(3), rel=0.02)
    assert abs(values.mean()) < 0.01 * limit


@pytest.mark.parametrize(
    ("kind", "std", "bound"),
    [
        ("glorot_normal", sqrt(2 / 500), 2 / 0.8796),
        ("he_normal", sqrt(2 / 300), 2 / 0.8796),
        ("lecun_normal", sqrt(1 / 300), 2 / 0.8796),
        ({"variance_scaling": {"mode": "fan_avg"}}, sqrt(1 / 250), 2 / 0.8796),
        ({"variance_scaling": {"scale": 3, "distribution": "untruncated_normal"}}, 0.1, 6),
        ({"truncated_normal": 0.05}, 0.05 * 0.8796, 2 / 0.8796),
        ({"random_normal": 0.05}, 0.05, 6),
    ],
)
def test_normal_initializers_have_their_standard_deviation(kind, std, bound):
    values = initial(kind, (300, 200))
    assert values.std() == pytest.approx(std, rel=0.02)
    assert np.abs(values).max() <= bound * std * 1.001


@pytest.mark.parametrize(
    ("named", "general"),
    [
        ("glorot_uniform", {"mode": "fan_avg", "distribution": "uniform"}),
        ("he_normal", {"scale": 2}),
        ("lecun_uniform", {"distribution": "uniform"}),
    ],
)
def test_a_named_scaling_is_the_general_one(named, general):
    shape = (3, 3, 4, 5)
    assert (initial(named, shape) == initial({"variance_scaling": general}, shape)).all()


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (2, 2, 3, 4)])
def test_orthogonal_columns_or_rows(shape):
    matrix = initial({"orthogonal": 2.0}, shape).reshape(-1, shape[-1])
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    np.testing.assert_allclose(matrix.T @ matrix, 4 * np.eye(matrix.shape[1]), atol=1e-6)


def test_orthogonal_matrices_favour_no_direction():
    """Each number of a uniformly random one has mean 0 and mean square 1 / n."""
    found = np.array([initial("orthogonal", (3, 3), seed) for seed in range(500)])
    assert np.abs(found.mean(0)).max() < 0.12
    assert np.abs((found**2).mean(0) - 1 / 3).max() < 0.06


def test_identity():
    assert initial({"identity": -2.0}, (2, 3)).tolist() == [[-2, 0, 0], [0, -2, 0]]


def test_fans_of_a_convolution_count_the_kernel():
    assert distributions.fans((3, 3, 16, 32)) == (144, 288)
    assert distributions.fans((7,)) == (7, 7)


def test_constants():
    assert (initial("zeros", (3,)) == 0).all()
    assert (initial("ones", (3,)) == 1).all()
    assert (initial({"constant": 0.5}, (3,)) == 0.5).all()


def weights(seed):
    graph = graph_of([{"dense": 5}, {"dense": 5}], (5,))
    return initial_weights.initial_weights(graph, seed)


def test_a_seed_gives_the_same_weights_bit_for_bit_and_another_seed_others():
    first, again, other = weights(0), weights(0), weights(1)
    kernels = [name for name in first if name.endswith("kernel")]
    assert len(kernels) == 2
    for name in kernels:
        assert first[name].tobytes() == again[name].tobytes()
        assert (first[name] != other[name]).all()
    assert (first[kernels[0]] != first[kernels[1]]).all()


def test_initial_weights_are_float32_values():
    for array in weights(3).values():
        assert (array == array.astype(np.float32)).all()


def test_a_mask_keeps_its_probability_and_changes_with_layer_and_step():
    noise = Noise("bernoulli", (100, 20), 0.7)
    mask = layer_noise.draw_noise(noise, 50, 0, "dropout", 0)
    assert mask.shape == (50, 100, 20)
    assert mask.mean() == pytest.approx(0.7, abs=0.005)
    assert (mask == layer_noise.draw_noise(noise, 50, 0, "dropout", 0)).all()
    for layer, step in (("dropout", 1), ("dropout_1", 0)):
        agree = (mask == layer_noise.draw_noise(noise, 50, 0, layer, step)).mean()
        assert agree == pytest.approx(0.7**2 + 0.3**2, abs=0.01)


@pytest.mark.parametrize("kind", ["bernoulli", "normal"])
@pytest.mark.parametrize("part", [slice(0, 7), slice(3, 7), slice(4, 5), slice(2, 2)])
def test_noise_of_a_part_of_a_batch_is_that_of_the_batch(kind, part):
    noise = Noise(kind, (5,), 0.4)
    batch = layer_noise.draw_noise(noise, 7, 1, "dropout", 2)
    drawn = layer_noise.draw_noise(noise, 7, 1, "dropout", 2, part)
    np.testing.assert_array_equal(drawn, batch[part])


def test_masks_never_change():
    """A recorded mask: seeds in published specs must always give this one."""
    mask = layer_noise.draw_noise(Noise("bernoulli", (8,), 0.5), 1, 0, "dropout", 0)
    assert mask[0].astype(int).tolist() == FIRST_MASK


def test_normal_noise_has_its_standard_deviation():
    samples = layer_noise.draw_noise(Noise("normal", (1000,), 0.3), 50, 0, "gaussian_noise", 0)
    assert samples.std() == pytest.approx(0.3, rel=0.02)
