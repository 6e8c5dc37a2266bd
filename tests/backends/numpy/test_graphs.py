"""The reference engine on graphs, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.contract import batches_of
from tests.backends.numpy.small_graphs import ROWS, X, case, named, predict, program_of


def dense(weights: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]


def test_a_layer_reads_what_it_names_and_not_what_stands_before_it():
    layers = [named("dense", "a", units=3), named("dense", "b", "input", units=2)]
    which = case([*layers, named("concatenate", "both", "a", "b")])
    *_, program = program_of(which)
    weights = program.weights()
    expected = np.concatenate([dense(weights, "a", X), dense(weights, "b", X)], axis=1)
    np.testing.assert_allclose(program.predict(X), expected, rtol=1e-15)


def test_several_inputs_are_read_by_their_names():
    inputs = {"left": {"shape": [3]}, "right": {"shape": [3]}}
    which = case([named("subtract", "difference", "right", "left")], inputs=inputs)
    other = X[::-1]
    np.testing.assert_array_equal(predict(which, {"left": X, "right": other}), other - X)
    np.testing.assert_array_equal(predict(which, {"right": other, "left": X}), other - X)


def test_the_outputs_are_named_and_may_be_read_by_layers():
    layers = [named("dense", "first", units=2), named("tanh", "second")]
    which = case(
        layers, outputs={"out": "second", "raw": "first"},
        loss={"out": "half_squared_error", "raw": "half_squared_error"},
    )  # fmt: skip
    *_, program = program_of(which)
    outputs = program.predict_outputs({"input": X})
    assert list(outputs) == ["out", "raw"]
    np.testing.assert_array_equal(outputs["out"], np.tanh(outputs["raw"]))


def test_prediction_of_many_rows_of_several_inputs_is_that_of_each_row():
    inputs = {"left": {"shape": [3]}, "right": {"shape": [2]}}
    *_, program = program_of(case([named("concatenate", "both", "left", "right")], inputs=inputs))
    left = np.arange(3 * 600.0).reshape(600, 3)
    right = -np.arange(2 * 600.0).reshape(600, 2)
    expected = np.concatenate([left, right], axis=1)
    np.testing.assert_array_equal(program.predict({"left": left, "right": right}), expected)
    assert program.predict({"left": left[:0], "right": right[:0]}).shape == (0, 5)


def test_whole_numbers_stay_whole_numbers():
    which = case(
        [named("embedding", "tokens", "words", input_dim=5, output_dim=1)],
        inputs={"words": {"shape": [1], "dtype": "int64"}},
    )
    *_, program = program_of(which)
    words = np.array([[4], [0]])
    assert program.upload(words, np.zeros((2, 1, 1))).inputs["words"].dtype == np.int64
    table = program.weights()["tokens/embeddings"]
    np.testing.assert_array_equal(program.predict(words)[:, 0], table[[4, 0]])


def test_an_index_that_is_repeated_gets_the_sum_of_its_gradients():
    which = case(
        [named("embedding", "tokens", "words", input_dim=5, output_dim=2)],
        inputs={"words": {"shape": [3], "dtype": "int32"}},
    )
    *_, program = program_of(which)
    words, targets = np.array([[1, 1, 4], [4, 1, 0]]), np.zeros((2, 3, 2))
    gradient = program.gradients(program.upload(words, targets), ROWS[:2])["tokens/embeddings"]
    table = program.weights()["tokens/embeddings"]
    counts = np.array([1, 3, 0, 0, 2])
    np.testing.assert_allclose(gradient, counts[:, None] * table / targets.size, rtol=1e-14)


def test_the_gradient_of_a_broadcast_input_is_summed_over_the_axes_that_were_repeated():
    inputs = {"image": {"shape": [2, 3, 2]}, "gate": {"shape": [1, 1, 2]}}
    slope = {"constant": 1.0}
    layers = [
        named("prelu", "a", "image", alpha_initializer=slope),  # the identity
        named("prelu", "b", "gate", alpha_initializer=slope),
        named("multiply", "product", "a", "b"),
    ]
    *_, program = program_of(case(layers, inputs=inputs))
    rng = np.random.default_rng(1)
    image, gate = rng.normal(size=(4, 2, 3, 2)), -rng.uniform(1, 2, size=(4, 1, 1, 2))
    rows = program.upload({"image": image, "gate": gate}, np.zeros((4, 2, 3, 2)))
    gradient = program.gradients(rows, ROWS)["b/alpha"]
    by_gate = (image * gate * image).sum(axis=(1, 2), keepdims=True) / image.size
    np.testing.assert_allclose(gradient, (by_gate * gate).sum(axis=0), rtol=1e-13)


def test_shared_weights_get_the_sum_of_the_gradients_of_their_uses():
    twice = [named("dense", "a", units=3, use_bias=False), named("shared", "again", layer="a")]
    apart = [
        named("dense", "a", units=3, use_bias=False),
        named("dense", "b", units=3, use_bias=False),
    ]
    *_, shared = program_of(case(twice))
    *_, separate = program_of(case(apart))
    assert list(shared.weights()) == ["a/kernel"]
    kernel = shared.weights()["a/kernel"]
    separate.set_weights({"a/kernel": kernel, "b/kernel": kernel})
    got, parts = (p.gradients(p.upload(X, X), ROWS) for p in (shared, separate))
    np.testing.assert_allclose(got["a/kernel"], parts["a/kernel"] + parts["b/kernel"], rtol=1e-14)


def test_batch_normalization_used_twice_updates_its_statistics_twice_in_order():
    layers = [
        named("batch_normalization", "norm", momentum=0.5, center=False, scale=False),
        named("multiply", "square", "input", "input"),
        named("shared", "again", "square", layer="norm"),
        named("add", "sum", "norm", "again"),
    ]
    *_, program = program_of(case(layers))
    program.train(program.upload(X, X), [ROWS])
    mean = 0.5 * (0.5 * X.mean(0)) + 0.5 * np.square(X).mean(0)
    variance = 0.5 * (0.5 + 0.5 * X.var(0)) + 0.5 * np.square(X).var(0)
    np.testing.assert_allclose(program.weights()["norm/moving_mean"], mean, rtol=1e-14)
    np.testing.assert_allclose(program.weights()["norm/moving_variance"], variance, rtol=1e-14)


def test_a_shared_dropout_draws_a_mask_for_each_use():
    layers = [
        named("prelu", "a", alpha_initializer={"constant": 1.0}),
        named("dropout", "drop", rate=0.5),
        named("shared", "again", "a", layer="drop"),
        named("subtract", "difference", "drop", "again"),
    ]
    *_, program = program_of(case(layers))
    x = -np.ones((4, 3))
    sums = program.train(program.upload(x, np.zeros((4, 3))), [ROWS]).sums
    assert sums["loss"][0] > 0  # one mask would leave nothing


def test_the_total_is_the_weighted_sum_of_the_losses_and_the_penalty_counts_once():
    layers = [
        named("dense", "first", units=2, kernel_regularizer={"l2": 0.1}),
        named("shared", "again", "input", layer="first"),
    ]
    outputs = {"one": "first", "two": "again"}
    which = case(
        layers, outputs=outputs, loss_weights={"one": 0.25},
        loss={"one": "mean_squared_error", "two": "half_squared_error"},
    )  # fmt: skip
    *_, program = program_of(which)
    weights = program.weights()
    y, zeros = dense(weights, "first", X), np.zeros((4, 2))
    targets = {"one": zeros, "two": zeros + 1}
    results = program.evaluate(program.upload(X, targets), [ROWS]).results
    one, two = np.square(y).mean(), np.square(y - 1).mean() / 2
    penalty = 0.1 * np.square(weights["first/kernel"]).sum()
    assert results == pytest.approx({
        "loss": 0.25 * one + two + penalty, "one_loss": one, "two_loss": two,
    }, rel=1e-14)  # fmt: skip


def test_learning_rates_are_those_that_are_given():
    which = case([named("dense", "a", units=1)], optimizer={"sgd": {"learning_rate": 0.5}})
    given, own = program_of(which)[2], program_of(which)[2]
    batches, y = batches_of(4, 2), np.ones((4, 1))
    given.train(given.upload(X, y), batches, [0.5, 0.5])
    own.train(own.upload(X, y), batches)
    np.testing.assert_array_equal(given.weights()["a/kernel"], own.weights()["a/kernel"])
    before = given.weights()
    gradient = given.gradients(given.upload(X, y), ROWS)
    given.train(given.upload(X, y), [ROWS], [0.125])
    for name, weight in given.weights().items():
        np.testing.assert_array_equal(weight, before[name] - 0.125 * gradient[name])
    assert given.state().step == 3


def test_rates_follow_the_schedule_from_the_step_that_was_reached():
    decay = {
        "exponential_decay": {"initial_learning_rate": 1.0, "decay_steps": 1, "decay_rate": 0.5}
    }
    which = case([named("dense", "a", units=1)], optimizer={"sgd": {"learning_rate": decay}})
    scheduled, given = program_of(which)[2], program_of(which)[2]
    y = np.ones((4, 1))
    for program, rates in ((scheduled, None), (given, [1.0, 0.5])):
        program.train(program.upload(X, y), batches_of(4, 2), rates)
    scheduled.train(scheduled.upload(X, y), [ROWS])
    given.train(given.upload(X, y), [ROWS], [0.25])
    np.testing.assert_array_equal(given.weights()["a/kernel"], scheduled.weights()["a/kernel"])
