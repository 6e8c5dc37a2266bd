"""Section 2 of the lecture: activations, their formulas, and training with them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnspec.analysis.gradients import gradient, gradient_stats
from nnspec.components.layers.activations import LeakyReLU, ReLU, Sigmoid
from nnspec.graph.compile import compile_spec
from nnspec.lint.rules import advise
from tests.lecture.specs import lecture_spec, norm, session_of, summary, trained
from tests.networks import graph_of, program_of, setup

pytestmark = pytest.mark.framework

X = np.linspace(-6, 6, 48)  # 0, where ReLU has a kink, is not among them
INFINITY = math.inf


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def tanh(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


# written, formula, range, derivative
FUNCTIONS = {
    "2.1": ("heaviside", lambda x: np.where(x > 0, 1, 0), (0, 1), lambda x: 0 * x),
    "2.2": ("linear", lambda x: x, (-INFINITY, INFINITY), lambda x: 1 + 0 * x),
    "2.4": ("sigmoid", sigmoid, (0, 1), lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "2.5": ("tanh", tanh, (-1, 1), lambda x: 1 - tanh(x) ** 2),
    "2.6": ("relu", lambda x: np.maximum(0, x), (0, INFINITY), lambda x: np.where(x > 0, 1, 0)),
    "2.7": (
        {"leaky_relu": 0.01},
        lambda x: np.maximum(0.01 * x, x),
        (-INFINITY, INFINITY),
        lambda x: np.where(x > 0, 1, 0.01),
    ),
    "2.7 learned": (
        {"prelu": {"alpha_initializer": {"constant": 0.25}}},
        lambda x: np.maximum(0.25 * x, x),
        (-INFINITY, INFINITY),
        lambda x: np.where(x > 0, 1, 0.25),
    ),
}


def values_and_slopes(activation, x, backend):
    """f(x) and f'(x), the latter from the gradient of a loss.

    The biases of as many neurons are x. The loss is the mean of 1/2 (a - t)^2 with t = a - 1, so
    that dL/db = f'(b) / n.
    """
    layers = [{"dense": {"units": len(x)}}, activation]
    program = program_of(graph_of(layers, (1,)), setup("half_squared_error"), backend)
    program.set_weights({**program.weights(), "dense/bias": x})
    zeros = np.zeros((1, 1))
    values = program.predict(zeros)
    device_rows = program.upload(zeros, values - 1)
    slopes = program.gradients(device_rows, np.arange(1))["dense/bias"]
    return values[0], slopes * len(x)


@pytest.mark.parametrize("number", FUNCTIONS)
def test_2_formula_range_and_derivative(number, backend):
    written, formula, (low, high), derivative = FUNCTIONS[number]
    activation = written if isinstance(written, dict) else {"activation": written}
    values, slopes = values_and_slopes(activation, X, backend)
    assert values == pytest.approx(formula(X), abs=1e-9)
    assert slopes == pytest.approx(derivative(X), abs=1e-9)
    assert values.min() >= low
    assert values.max() <= high


# ---------------------------------------------------------------- 2.1, 2.2, 2.3


def test_2_1_a_step_has_a_threshold(backend):
    values, _ = values_and_slopes({"heaviside": 2}, np.array([1.9, 2.0, 2.1]), backend)
    assert values.tolist() == [0, 0, 1]


def test_2_1_nothing_before_a_step_learns(backend):
    done = trained("2.1-step", backend=backend)
    moved = {w: norm(array - done.start[w]) for w, array in done.weights.items()}
    assert moved["dense/kernel"] == moved["dense/bias"] == 0
    assert moved["dense_1/kernel"] > 0.1


@pytest.mark.parametrize(
    ("name", "code"), [("2.1-step", "heaviside"), ("1.7-linear-hidden", "linear-hidden")]
)
def test_2_nnspec_advises_against_steps_and_linear_hidden_layers(name, code):
    spec = lecture_spec(name)
    assert code in {problem.code for problem in advise(spec, compile_spec(spec))}


def test_2_3_softmax_gives_a_probability_for_each_class(backend):
    session = session_of("2.3-softmax", backend=backend)
    e = np.exp([0, 1, 2])
    assert session.program.predict(np.zeros((1, 1)))[0] == pytest.approx(e / e.sum(), rel=1e-12)
    z = np.random.default_rng(0).normal(0, 5, (50, 7))
    program = program_of(graph_of([{"activation": "softmax"}], (7,)), backend=backend)
    p = program.predict(z)
    assert ((p > 0) & (p < 1)).all()
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert p == pytest.approx(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), rel=1e-12)


# ---------------------------------------------------------------- 2.4 to 2.6: deep networks


def test_2_4_sigmoid_passes_back_at_most_a_quarter(backend):
    _, slopes = values_and_slopes({"activation": "sigmoid"}, np.array([0.0, 0.1, 5.0]), backend)
    assert slopes[0] == pytest.approx(0.25)
    assert slopes[1] < 0.25
    assert slopes[2] < 0.007


def test_2_5_tanh_passes_everything_at_0_and_next_to_nothing_far_away(backend):
    _, slopes = values_and_slopes({"activation": "tanh"}, np.array([0.0, 5.0]), backend)
    assert slopes[0] == pytest.approx(1)
    assert slopes[1] == pytest.approx(0.00018, abs=1e-5)


def test_2_6_relu_passes_everything_wherever_x_is_positive(backend):
    _, slopes = values_and_slopes({"activation": "relu"}, np.array([1e-3, 5.0, 1e6]), backend)
    assert slopes == pytest.approx(1)


def gradient_ratio(name, backend):
    """|gradient of the first layer| / |gradient of the last layer| at the initial weights."""
    session = session_of(name, backend=backend)
    found = gradient(session.program, session.splits.train)
    return norm(found["dense/kernel"]) / norm(found["dense_5/kernel"])


def test_2_4_to_2_6_the_first_layers_gradient_vanishes_with_sigmoid_alone(backend):
    assert gradient_ratio("2.4-deep-sigmoid", backend) < 0.01
    assert gradient_ratio("2.5-deep-tanh", backend) > 1
    assert gradient_ratio("2.6-deep-relu", backend) > 1


def epochs_to(losses, level):
    """The first epoch whose loss is below a level, or infinity."""
    return next((n for n, loss in enumerate(losses, 1) if loss < level), INFINITY)


def test_2_4_to_2_6_epochs_to_a_given_loss(backend):
    sigmoid, tanh, relu = (
        trained(name, backend=backend, precision="float32").losses
        for name in ("2.4-deep-sigmoid", "2.5-deep-tanh", "2.6-deep-relu")
    )
    assert epochs_to(sigmoid, 2.2) == INFINITY
    assert epochs_to(tanh, 1) < 5 > epochs_to(relu, 1)
    assert epochs_to(relu, 0.03) < epochs_to(tanh, 0.03)


def test_2_4_and_2_6_the_exponential_costs():
    cost = [kind().flops((64,)) for kind in (ReLU, LeakyReLU, Sigmoid)]
    assert cost == sorted(cost)
    assert cost[0] < cost[2]
    assert summary("2.6-deep-relu").flops < summary("2.4-deep-sigmoid").flops


# ---------------------------------------------------------------- 2.6, 2.7: dying


def idle_share(done):
    """The share of hidden neurons with a gradient of 0 over all rows."""
    hidden = list(gradient_stats(gradient(done.session.program, done.session.splits.train)))[:-2]
    return sum(one.idle for one in hidden) / sum(one.neurons for one in hidden)


def test_2_6_a_large_rate_kills_relus_and_2_7_no_leaky_ones(backend):
    """In `exact` precision all backends give the same weights, even in an unstable descent."""
    dead, leaky = (
        trained(name, backend=backend, precision="exact")
        for name in ("2.6-dying-relu", "2.7-leaky-relu")
    )
    assert idle_share(dead) > 0.5
    assert idle_share(leaky) == 0
    assert dead.metrics()["accuracy"] < 0.5 < leaky.metrics()["accuracy"]


def test_2_6_a_dead_relu_never_comes_back(backend):
    """A bias of -9 makes it 0 for every row; its weights do not change any more."""
    start = "network.layers.0.dense.bias_initializer={constant: -9}"
    done = trained("2.6-dying-relu", start, "train.epochs=2", backend=backend)
    assert idle_share(done) == 1
    assert (done.weights["dense/kernel"] == done.start["dense/kernel"]).all()
    leaky = trained("2.7-leaky-relu", start, "train.epochs=2", backend=backend)
    assert norm(leaky.weights["dense/kernel"] - leaky.start["dense/kernel"]) > 0


def test_2_7_the_slope_is_learned(backend):
    done = trained("2.7-learned-slope", backend=backend, precision="float32")
    slopes = done.weights["prelu/alpha"]
    assert (done.start["prelu/alpha"] == np.float32(0.01)).all()
    assert np.abs(slopes - 0.01).max() > 0.01
    assert done.losses[-1] < done.losses[0] / 2
