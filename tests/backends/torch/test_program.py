"""The PyTorch backend against the NumPy backend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from nnspec.backends.contract import Program, TrainingSetup, batches_of
from nnspec.components.optimizers.base import Optimizer
from nnspec.graph.ir import Graph
from nnspec.options import registry
from nnspec.runs.weight_files import weights_sha256
from tests.backends.numpy.test_gradients import LOSSES
from tests.networks import OUTPUT, away_from_kinks, graph_of, program_of, setup

pytest.importorskip("torch")
from nnspec.backends.torch import sparse_input_linear

pytestmark = pytest.mark.framework

REFERENCE = "numpy:reference"
RANDOM_SLOPE = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}
DENSE_HEAD = ["flatten", {"dense": {"units": 3, "activation": "softmax"}}]
CONV_NET = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same", "strides": 2,
                "use_bias": False}},  # its gradient would be 0, and Adam makes steps of rounding
    "batch_normalization",
    "relu",
    {"spatial_dropout2d": 0.2},
    {"max_pooling2d": {"pool_size": 2, "strides": 1, "padding": "same"}},
    {"conv2d": {"filters": 4, "kernel_size": [2, 3], "groups": 2,
                "kernel_regularizer": {"l2": 0.01}}},
    {"gaussian_noise": 0.1},
    {"average_pooling2d": {"pool_size": 2, "strides": 1, "padding": "same"}},
    "flatten",
    {"dense": {"units": 6, "activation": "leaky_relu", "kernel_regularizer": {"l1": 0.001}}},
    {"dropout": 0.4},
    {"dense": {"units": 3, "activation": "softmax"}},
]  # fmt: skip
SCHEDULE = {
    "exponential_decay": {"initial_learning_rate": 0.05, "decay_steps": 7, "decay_rate": 0.5}
}
OPTIMIZERS = [
    {"sgd": 0.05},
    {"sgd": {"learning_rate": SCHEDULE, "weight_decay": 0.1}},
    {"sgd": {"learning_rate": SCHEDULE, "momentum": 0.9}},
    {"sgd": {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}},
    {"sgd": {"learning_rate": 0.05, "clipvalue": 0.01}},
    {"sgd": {"learning_rate": 0.05, "clipnorm": 0.1}},
    {"sgd": {"learning_rate": 0.05, "global_clipnorm": 0.1}},
    {"sgd": {"learning_rate": 0.05, "global_clipnorm": 1e6}},
    {"rmsprop": {"learning_rate": 0.002}},
    {"rmsprop": {"learning_rate": SCHEDULE, "epsilon": 0.1, "weight_decay": 0.1}},
    {"rmsprop": {"learning_rate": 0.002, "momentum": 0.5, "centered": True, "epsilon": 0.001}},
    {"adam": {"learning_rate": 0.002}},
    {"adam": {"learning_rate": SCHEDULE, "epsilon": 0.1, "clipnorm": 0.1}},
    {"adamw": {"learning_rate": 0.002, "weight_decay": 0.2}},
]


def both(graph: Graph, training: TrainingSetup, precision: str = "float64") -> list[Program]:
    return [program_of(graph, training, backend, precision) for backend in (REFERENCE, "torch")]


def same(found: Any, expected: Any, tolerance: float) -> None:
    """Assert equality within `tolerance` of the largest expected value, for each name."""
    assert list(found) == list(expected)
    for name, value in expected.items():
        scale = max(np.abs(value).max(initial=0), 1e-3)
        assert found[name].shape == value.shape
        np.testing.assert_allclose(found[name], value, rtol=0, atol=tolerance * scale, err_msg=name)


def agree(
    graph: Graph, training: TrainingSetup, x: np.ndarray, y: np.ndarray, tolerance: float
) -> None:
    """Assert that outputs, gradients, metrics and updated weights are those of NumPy."""
    reference, program = both(graph, training)
    rows = [np.arange(len(x))]
    reference_rows, device_rows = reference.upload(x, y), program.upload(x, y)
    same({"y": program.predict(x)}, {"y": reference.predict(x)}, tolerance)
    expected = reference.gradients(reference_rows, rows[0])
    same(program.gradients(device_rows, rows[0]), expected, tolerance)
    expected = reference.evaluate(reference_rows, rows).sums
    same(program.evaluate(device_rows, rows).sums, expected, tolerance)
    expected = reference.train(reference_rows, rows).sums
    same(program.train(device_rows, rows).sums, expected, tolerance)
    same(program.weights(), reference.weights(), tolerance)


def images(rows: int, shape: tuple[int, ...] = (6, 7, 2)) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    return draw.normal(size=(rows, *shape)), np.eye(3)[draw.integers(0, 3, rows)]


def batches(rows: int, size: int, count: int) -> list[np.ndarray]:
    """`count` batches over shuffled rows, the last of each epoch smaller."""
    draw = np.random.default_rng(4)
    found: list[np.ndarray] = []
    while len(found) < count:
        order = draw.permutation(rows)
        found += [order[batch] for batch in batches_of(rows, size)]
    return found[:count]


# ---------------------------------------------------------------- layers


@pytest.mark.parametrize("activation", ["relu", "heaviside", {"leaky_relu": 0.3}, RANDOM_SLOPE])
def test_derivative_at_a_kink_is_that_of_the_branch_below(activation: Any) -> None:
    """A dense layer with weights 0 gives exactly 0 everywhere."""
    layers = [{"dense": {"units": 3, "kernel_initializer": "zeros"}}, activation]
    graph = graph_of(layers, (2,))
    agree(graph, setup("half_squared_error"), np.ones((4, 2)), np.ones((4, 3)), 1e-15)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(
    "pool",
    [
        {"max_pooling2d": 2},
        {"max_pooling2d": 3},
        {"max_pooling2d": {"pool_size": 3, "strides": 1, "padding": "same"}},
        {"adaptive_max_pooling2d": [4, 3]},
    ],
)
@pytest.mark.parametrize("channels", [1, 3, 16])
def test_a_tie_in_max_pooling_goes_to_the_first_in_row_major_order(
    channels: int, pool: Any, precision: str
) -> None:
    """The gradient shows which element won: each element has its own bias."""
    layers = [{"prelu": {"alpha_initializer": {"constant": 0.5}}}, pool]
    graph = graph_of(layers, (6, 6, channels))
    x, rows = -np.ones((2, 6, 6, channels)), np.arange(2)
    y = np.random.default_rng(0).normal(size=(2, *graph.output_shape))
    reference, program = both(graph, setup("half_squared_error"), precision)
    expected = reference.gradients(reference.upload(x, y), rows)
    same(program.gradients(program.upload(x, y), rows), expected, 1e-6)


def test_batch_normalization_far_from_0_and_of_a_single_row() -> None:
    graph = graph_of([RANDOM_SLOPE, "batch_normalization"], (3, 2, 2))
    x = 1000 + np.random.default_rng(0).normal(size=(6, 3, 2, 2))
    agree(graph, setup(), x, np.ones_like(x), 1e-9)
    flat = graph_of(["batch_normalization"], (3,))
    agree(flat, setup(), np.ones((1, 3)), np.zeros((1, 3)), 1e-12)


def test_flatten_keeps_height_width_channel_order() -> None:
    graph = graph_of(
        [{"conv2d": {"filters": 3, "kernel_size": 2}}, {"max_pooling2d": 2}, "flatten"], (5, 5, 2)
    )
    conv = graph_of([{"conv2d": {"filters": 3, "kernel_size": 2}}, {"max_pooling2d": 2}], (5, 5, 2))
    x, _ = images(4, (5, 5, 2))
    flat, image = (program_of(g, backend="torch").predict(x) for g in (graph, conv))
    np.testing.assert_array_equal(flat, image.reshape(4, -1))


# ---------------------------------------------------------------- losses and metrics


@pytest.mark.parametrize(("loss", "activation", "targets"), LOSSES)
def test_loss(loss: Any, activation: Any, targets: np.ndarray) -> None:
    graph = graph_of([{"dense": {"units": 4, "activation": activation}}], (3,))
    training = setup(loss, {"sgd": 0.1}, ["accuracy", loss])
    agree(graph, training, away_from_kinks((5, 3)), targets, 1e-12)


@pytest.mark.parametrize("scale", [30.0, 1000.0])
@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        ("categorical_crossentropy", "softmax"),
        ("binary_crossentropy", "sigmoid"),
        ("categorical_crossentropy", "sigmoid"),
        ("binary_crossentropy", {"softmax": -1}),
    ],
)
def test_loss_of_confident_networks(loss: str, activation: Any, scale: float) -> None:
    """Computed from logits the loss is exact; otherwise probabilities are clipped."""
    graph = graph_of([RANDOM_SLOPE, activation], (4,))
    x = scale * away_from_kinks((5, 4))
    agree(graph, setup(loss, "sgd", [loss]), x, np.eye(4)[np.arange(5) % 4], 1e-12)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mean_squared_error"])
def test_metrics_of_a_single_column(loss: str) -> None:
    """Targets (rows) are reshaped to the predictions (rows, 1)."""
    graph = graph_of([{"dense": {"units": 1, "activation": "sigmoid"}}], (3,))
    training = setup(loss, "sgd", ["accuracy", "mean_squared_error"])
    agree(graph, training, away_from_kinks((6, 3)), np.array([0, 1, 1, 0, 1, 0]), 1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(4,), (2, 3, 4)])
@pytest.mark.parametrize("mixed", [False, True])
def test_one_hot_targets_are_read_as_classes(
    shape: tuple[int, ...], smoothing: float, mixed: bool
) -> None:
    """Targets with a row that is not one-hot stay as they are."""
    graph = graph_of([RANDOM_SLOPE, "softmax"], shape)
    y = np.eye(4)[np.random.default_rng(0).integers(0, 4, (6, *shape[:-1]))]
    if mixed:
        y.reshape(-1, 4)[3] = 0.25
    loss = {"categorical_crossentropy": {"label_smoothing": smoothing}}
    training, x = setup(loss, {"sgd": 0.1}, ["accuracy"]), away_from_kinks((6, *shape))
    agree(graph, training, x, y, 1e-12)
    device_rows = program_of(graph, training, "torch", "float64").upload(x, y)
    assert device_rows.targets[OUTPUT].shape == (y.shape if mixed else y.shape[:-1])


def test_what_becomes_of_a_batch_does_not_depend_on_other_rows() -> None:
    """One-hot rows are read as classes beside rows that are not, too."""
    graph = graph_of([{"dense": {"units": 4, "activation": "softmax"}}], (3,))
    training = setup("categorical_crossentropy", {"sgd": 0.1}, ["accuracy"])
    y, x = np.eye(4)[np.arange(9) % 4], away_from_kinks((9, 3))
    y[8] = 0.25
    batches = [np.array([5, 1, 3]), np.array([2, 8]), np.array([0, 7])]
    weights = []
    for parts in ([batches], [[batch] for batch in batches]):
        program = program_of(graph, training, "torch", "float32")
        for part in parts:
            rows = np.arange(9) if len(part) > 1 else part[0]
            numbers = part if len(part) > 1 else [np.arange(len(rows))]
            program.train(program.upload(x[rows], y[rows]), numbers)
        weights.append(program.weights()["dense/kernel"])
    assert np.array_equal(*weights)


@pytest.mark.parametrize("output", [{"units": 4, "activation": "sigmoid"}, {"units": 1}])
def test_targets_stay_one_hot_where_the_loss_or_a_metric_reads_them(output: Any) -> None:
    units = output["units"]
    graph = graph_of([{"dense": {"activation": "softmax", **output}}], (3,))
    training = setup("categorical_crossentropy", {"sgd": 0.1}, ["accuracy"])
    agree(graph, training, away_from_kinks((5, 3)), np.eye(units)[np.arange(5) % units], 1e-12)


def test_metrics_count_rows_and_penalties_once_for_each_batch() -> None:
    x, y = images(17)
    graph = graph_of(CONV_NET, (6, 7, 2))
    reference, program = both(graph, setup("categorical_crossentropy", metrics=["accuracy"]))
    in_order = batches_of(17, 7)
    metrics = program.evaluate(program.upload(x, y), in_order)
    expected = reference.evaluate(reference.upload(x, y), in_order)
    assert metrics.rows == (7, 7, 3)
    assert all(sums.dtype == np.float64 for sums in metrics.sums.values())
    same(metrics.sums, expected.sums, 1e-12)
    assert program.evaluate(program.upload(x, y), []).sums["loss"].shape == (0,)


def test_every_component_has_a_rule() -> None:
    from nnspec.backends.torch.registry import RULES

    def kinds(classes: Iterable[type[Any]]) -> set[str]:
        return {cls.kind for cls in classes if cls.__module__.startswith("nnspec.")}

    fusing = [cls for cls in registry.classes("loss") if cls.fuses_with]
    metrics = [cls for cls in registry.classes("metric") if cls.family == "metric"]
    only_metrics = [cls for cls in metrics if not cls.has_state()]
    descents = {cls for cls in registry.classes("optimizer") if issubclass(cls, Optimizer)}
    assert RULES.losses.modules.keys() == kinds(registry.classes("loss"))
    assert RULES.losses_from_logits.modules.keys() == kinds(fusing)
    assert RULES.metrics.modules.keys() == kinds(only_metrics)
    assert RULES.optimizers.modules.keys() == kinds(descents)


# ---------------------------------------------------------------- training


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_updates_of_a_network_with_all_kinds_of_layers(optimizer: Any) -> None:
    x, y = images(17)
    training = setup("categorical_crossentropy", optimizer, ["accuracy"])
    reference, program = both(graph_of(CONV_NET, (6, 7, 2)), training)
    order = batches(17, 7, 50)
    expected = reference.train(reference.upload(x, y), order)
    metrics = program.train(program.upload(x, y), order)
    same(metrics.sums, expected.sums, 1e-12)
    same(program.weights(), reference.weights(), 1e-11)
    state, expected_state = program.state(), reference.state()
    assert state.step == expected_state.step == 50
    assert list(state.slots) == list(expected_state.slots)
    for slot, arrays in expected_state.slots.items():
        same(state.slots[slot], arrays, 1e-10)


SELECTED = [10, 10, 0, 10, 20, 10]  # of 30 columns; a batch that uses all is left out


@pytest.mark.parametrize("optimizer", [OPTIMIZERS[0], OPTIMIZERS[3], OPTIMIZERS[11]])
@pytest.mark.parametrize("shape", [(30,), (5, 3, 2)])
def test_columns_that_are_0_in_a_batch_are_skipped(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], optimizer: Any
) -> None:
    """The batches use different columns: some, all or none."""
    monkeypatch.setattr(sparse_input_linear, "MIN_KERNEL_SIZE", 1)
    shaping = ["flatten"] if len(shape) > 1 else []
    graph = graph_of([*shaping, {"dense": {"units": 5, "activation": "tanh"}}, {"dense": 3}], shape)
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(24, 30)), draw.normal(size=(24, 3))
    x[:6, 10:] = x[6:12, :20] = x[12:18] = 0
    x = x.reshape(24, *shape)
    order = [np.arange(start, start + 6) for start in (0, 6, 12, 18, 0, 3, 9)]
    reference, program = both(graph, setup("half_squared_error", optimizer))
    device_rows = program.upload(x, y)
    selected = device_rows.selection.of_batches(order)
    assert [len(columns) for each in selected for columns in each.values()] == SELECTED
    metrics, expected = (
        program.train(device_rows, order),
        reference.train(reference.upload(x, y), order),
    )
    same(metrics.sums, expected.sums, 1e-12)
    same(program.weights(), reference.weights(), 1e-12)
    metrics = program.evaluate(device_rows, order)
    same(metrics.sums, reference.evaluate(reference.upload(x, y), order).sums, 1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS[2:3] + OPTIMIZERS[10:12])
@pytest.mark.parametrize(("first", "second"), [(REFERENCE, "torch"), ("torch", REFERENCE)])
def test_training_continues_on_another_backend(first: str, second: str, optimizer: Any) -> None:
    x, y = images(17)
    graph = graph_of(CONV_NET, (6, 7, 2))
    training = setup("categorical_crossentropy", optimizer)
    order = batches(17, 7, 20)
    whole, first_part, resumed = (
        program_of(graph, training, name) for name in (first, first, second)
    )
    whole.train(whole.upload(x, y), order)
    first_part.train(first_part.upload(x, y), order[:9])
    resumed.set_weights(first_part.weights())
    resumed.set_state(first_part.state())
    resumed.train(resumed.upload(x, y), order[9:])
    same(resumed.weights(), whole.weights(), 1e-11)


@pytest.mark.parametrize("optimizer", [{"sgd": 0.1}, {"adam": 0.001}])
def test_exact_gives_the_same_bits(optimizer: Any) -> None:
    layers = [{"dense": {"units": 16, "activation": "relu"}}, {"dropout": 0.2}, *DENSE_HEAD]
    x, y = images(40, (3, 4, 1))
    training = setup("categorical_crossentropy", optimizer)
    programs = both(graph_of(["flatten", *layers], (3, 4, 1)), training, "exact")
    for program in programs:
        program.train(program.upload(x, y), batches(40, 8, 300))
        weights = program.weights()
        assert all(np.array_equal(w, w.astype(np.float32)) for w in weights.values())
    assert weights_sha256(programs[0].weights()) == weights_sha256(programs[1].weights())


def test_first_updates_in_float32_are_those_of_the_reference() -> None:
    x, y = images(70)
    graph = graph_of(CONV_NET, (6, 7, 2))
    reference, program = both(graph, setup("categorical_crossentropy", {"sgd": 0.01}), "float32")
    assert all(w.dtype == np.float32 for w in program.weights().values())
    assert program.predict(x).dtype == np.float32
    order = batches(70, 7, 10)
    expected = reference.train(reference.upload(x, y), order)
    same(program.train(program.upload(x, y), order).sums, expected.sums, 2e-6)


def test_training_is_reproducible() -> None:
    x, y = images(17)
    graph, training = graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy", "adam")
    digests = set()
    for _ in range(2):
        program = program_of(graph, training, "torch", "float32")
        program.train(program.upload(x, y), batches(17, 7, 10))
        digests.add(weights_sha256(program.weights()))
    assert len(digests) == 1


def test_chunks_of_updates_do_not_matter() -> None:
    x, y = images(17)
    graph, training = graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy", "adam")
    whole, parts = (program_of(graph, training, "torch") for _ in range(2))
    order = batches(17, 7, 10)
    whole.train(whole.upload(x, y), order)
    for part in (order[:1], order[1:4], [], order[4:]):
        parts.train(parts.upload(x, y), part)
    assert weights_sha256(whole.weights()) == weights_sha256(parts.weights())


def test_gradients_update_nothing() -> None:
    x, y = images(7)
    program = program_of(
        graph_of(CONV_NET, (6, 7, 2)), setup("categorical_crossentropy", "adam"), "torch"
    )
    before = weights_sha256(program.weights())
    first, second = (program.gradients(program.upload(x, y), np.arange(7)) for _ in range(2))
    assert weights_sha256(program.weights()) == before
    assert program.state().step == 0
    assert weights_sha256(first) == weights_sha256(second)


def test_weights_may_be_views_of_any_kind() -> None:
    graph = graph_of([{"dense": 3}], (2,))
    reversed_ = np.arange(6.0).reshape(2, 3)[:, ::-1]
    for program in both(graph, setup()):
        program.set_weights({"dense/kernel": reversed_, "dense/bias": np.zeros(6)[::2]})
        assert program.predict(np.eye(2)).tolist() == reversed_.tolist()


@pytest.mark.parametrize("layers", [["heaviside"], [{"dense": 3}, "heaviside"], ["softmax"]])
def test_networks_with_gradients_of_0(layers: list[Any]) -> None:
    """Momentum and weight decay still change weights whose gradient is 0."""
    optimizer = {
        "sgd": {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.1, "clipnorm": 1.0}
    }
    x, y = away_from_kinks((4, 3)), np.eye(3)[[0, 1, 2, 0]]
    agree(graph_of(layers, (3,)), setup("mean_squared_error", optimizer), x, y, 1e-12)
