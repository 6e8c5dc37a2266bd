"""Section 1 of the lecture: from linear regression to a network."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.data.formats import mnist
from nnspec.graph.compile import compile_spec
from nnspec.lint.rules import advise
from tests.lecture.specs import lecture_spec, session_of, summary, trained

pytestmark = pytest.mark.framework

RNG = np.random.default_rng(0)


def by_hand(weights, x, g):
    """The output by z(k) = w0(k-1) + sum w(k-1) a(k-1), a(k) = g(z(k)), the last layer linear."""
    kernels = [w for name, w in weights.items() if name.endswith("kernel")]
    biases = [w for name, w in weights.items() if name.endswith("bias")]
    a = list(x)
    for k, (w, w0) in enumerate(zip(kernels, biases, strict=True)):
        z = [w0[j] + sum(w[i][j] * a[i] for i in range(len(a))) for j in range(len(w0))]
        a = z if k == len(kernels) - 1 else [g(one) for one in z]
    return a


def nonlinearity(program, a, b):
    """|f((a + b) / 2) - (f(a) + f(b)) / 2|: 0 if f is affine."""
    first, middle, last = program.predict(np.array([a, (a + b) / 2, b]))
    return abs(float((middle - (first + last) / 2)[0]))


# ---------------------------------------------------------------- 1.1


def test_1_1_linear_regression_has_4_parameters():
    assert summary("1.1-linear-regression").parameters == 4


def test_1_1_its_output_is_w0_plus_w1_x1_plus_w2_x2_plus_w3_x3(backend):
    session = session_of("1.1-linear-regression", backend=backend)
    x, w, w0 = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 1)), RNG.normal(size=1)
    session.program.set_weights({"dense/kernel": w, "dense/bias": w0})
    wanted = [w0[0] + w[0, 0] * x1 + w[1, 0] * x2 + w[2, 0] * x3 for x1, x2, x3 in x]
    assert session.program.predict(x)[:, 0] == pytest.approx(wanted, abs=1e-12)


def test_1_1_its_fit_is_that_of_the_textbook(backend):
    done = trained("1.1-linear-regression", backend=backend)
    x, y = done.session.splits.train[:2]
    design = np.column_stack([np.ones(len(x)), x])
    coefficients = np.linalg.solve(design.T @ design, design.T @ y.ravel())
    found = [done.weights["dense/bias"][0], *done.weights["dense/kernel"][:, 0]]
    assert found == pytest.approx(coefficients, rel=1e-9)


# ---------------------------------------------------------------- 1.2


def test_1_2_a_network_has_more_parameters():
    assert summary("1.2-hidden-layer").parameters == (3 + 1) * 3 + (3 + 1) * 1 == 16
    assert summary("1.1-linear-regression").parameters < 16


def test_1_2_linear_combinations_and_an_activation_that_is_not(backend):
    a, b = RNG.normal(size=(2, 3))
    network = session_of("1.2-hidden-layer", backend=backend).program
    assert network.predict(a[None])[0] == pytest.approx(by_hand(network.weights(), a, np.tanh))
    assert nonlinearity(network, a, b) > 1e-3
    assert nonlinearity(session_of("1.1-linear-regression", backend=backend).program, a, b) < 1e-12


def test_1_2_with_them_it_follows_the_rows_more_closely(backend):
    losses = [
        trained(name, backend=backend).metrics()["loss"]
        for name in ("1.2-hidden-layer", "1.1-linear-regression")
    ]
    assert losses[0] < losses[1] / 2


# ---------------------------------------------------------------- 1.3


def test_1_3_an_image_is_a_matrix_from_0_to_255_where_larger_is_darker():
    images = mnist.images("train")
    assert images.shape[1:] == (28, 28)
    assert (images.min(), images.max()) == (0, 255)
    ink, paper = images[:100, 10:18, 10:18], images[:100, :3]
    assert ink.mean() > 50 > 1 > paper.mean()


def test_1_3_stretched_into_784_factors_row_by_row():
    session = session_of("1.3-image-as-vector")
    image, vector = mnist.images("train")[0], session.splits.train.inputs[0]
    assert vector.shape == (784,)
    assert all(vector[28 * i + j] == image[i, j] for i in range(28) for j in range(28))
    assert session.program.weights()["dense/kernel"].shape[0] == 784


# ---------------------------------------------------------------- 1.4


@pytest.mark.parametrize("name", ["1.4-three-layers", "1.4-k-layers"])
def test_1_4_every_layer_takes_the_activations_of_the_one_before(name, backend):
    program = session_of(name, backend=backend).program
    weights = {w: RNG.normal(size=array.shape) for w, array in program.weights().items()}
    program.set_weights(weights)
    for x in RNG.normal(size=(4, 2)):
        assert program.predict(x[None])[0] == pytest.approx(by_hand(weights, x, np.tanh), rel=1e-9)


def test_1_4_the_numbers_of_the_example():
    program = session_of("1.4-three-layers").program
    z = [0.1 + 0.5 * 1 + 0.25 * 2, -0.1 - 0.5 * 1 + 0.75 * 2]
    wanted = 0.5 + np.tanh(z[0]) - np.tanh(z[1])
    assert program.predict(np.array([[1.0, 2.0]]))[0, 0] == pytest.approx(wanted, rel=1e-7)


def test_1_4_weights_and_biases_are_the_parameters():
    rows = summary("1.4-k-layers").rows
    assert [row.parameters for row in rows if row.parameters] == [
        (2 + 1) * 4, (4 + 1) * 3, (3 + 1) * 2, (2 + 1) * 1,
    ]  # fmt: skip


# ---------------------------------------------------------------- 1.5, 1.6


def truth(x):
    return 1 - 2 * x - 3 * x**2 + 4 * x**3


def test_1_5_a_polynomial_follows_the_curve_that_a_line_does_not(backend):
    x = np.linspace(-1, 1, 101)
    line, curve = (
        trained(name, backend=backend).predict(x[:, None])[:, 0]
        for name in ("1.5-straight-line", "1.5-polynomial")
    )
    assert np.sqrt(np.mean((line - truth(x)) ** 2)) > 1
    assert np.sqrt(np.mean((curve - truth(x)) ** 2)) < 0.1
    assert np.diff(line, 2) == pytest.approx(0, abs=1e-12)


def test_1_5_the_basis_is_x_x2_and_x3():
    prepared = session_of("1.5-polynomial").preprocessing.prepared(
        "inputs", np.array([[0.5], [-2.0]])
    )
    assert prepared.tolist() == [[0.5, 0.25, 0.125], [-2, 4, -8]]


def test_1_6_a_learned_basis_adapts_where_a_given_one_does_not(backend):
    """As many parameters, and a quarter of the error; a polynomial of degree 9 has more of both."""
    learned = trained("1.6-network", backend=backend)
    given = trained("1.6-polynomial", backend=backend)
    higher = trained(
        "1.6-polynomial", "data.inputs=[standardize, {polynomial: 9}]", backend=backend
    )
    counts = [sum(array.size for array in one.weights.values()) for one in (learned, given, higher)]
    assert counts == [4, 4, 10]
    loss, *others = (one.metrics()["loss"] for one in (learned, given, higher))
    assert loss < others[0] / 4
    assert loss < others[1]
    moved = learned.weights["dense/kernel"] / learned.start["dense/kernel"]
    assert abs(moved.item()) > 2  # the basis itself was learned


# ---------------------------------------------------------------- 1.7


def test_1_7_a_stack_of_linear_layers_is_one_linear_layer(backend):
    stack = session_of("1.7-linear-hidden", backend=backend).program
    weights = {w: RNG.normal(size=array.shape) for w, array in stack.weights().items()}
    stack.set_weights(weights)
    (k1, b1), (k2, b2), (k3, b3) = zip(*[iter(weights.values())] * 2, strict=True)
    one = session_of("1.5-straight-line", backend=backend).program
    one.set_weights({"dense/kernel": k1 @ k2 @ k3, "dense/bias": (b1 @ k2 + b2) @ k3 + b3})
    x = np.linspace(-1, 1, 50)[:, None]
    assert stack.predict(x) == pytest.approx(one.predict(x), abs=1e-12)


def test_1_7_trained_it_predicts_what_linear_regression_predicts(backend):
    x = np.linspace(-1, 1, 50)[:, None]
    stack = trained("1.7-linear-hidden", backend=backend).predict(x)
    assert stack == pytest.approx(trained("1.5-straight-line").predict(x), abs=1e-5)


def test_1_7_nnspec_advises_against_it():
    spec = lecture_spec("1.7-linear-hidden")
    codes = [problem.code for problem in advise(spec, compile_spec(spec))]
    assert codes == ["linear-hidden", "linear-hidden"]
