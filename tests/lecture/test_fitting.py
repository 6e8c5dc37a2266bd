"""Section 3 of the lecture: losses, descent, backpropagation, initial weights, batches."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.lint.rules import advise
from nnspec.runs.trainer import run
from nnspec.training.loop import evaluate
from nnspec.training.sampling import pass_batches
from nnspec.tuning.tune import tune
from tests.lecture.specs import gradients, lecture_spec, norm, session_of, train, trained

pytestmark = pytest.mark.framework

RNG = np.random.default_rng(0)


def coefficients(weights):
    """The coefficients (w0, w1, w2, w3) of a linear regression."""
    return np.concatenate([weights["dense/bias"], weights["dense/kernel"][:, 0]])


def curvature(name):
    """The largest eigenvalue of the Hessian of a linear regression's mean of 1/2 (y - f)^2."""
    x = session_of(name).splits.train.inputs
    design = np.column_stack([np.ones(len(x)), x])
    return float(np.linalg.eigvalsh(design.T @ design / len(x))[-1])


def loss_at(session, weights):
    """The mean training loss at given weights."""
    session.program.set_weights(weights)
    return evaluate(session.program, session.splits.train)["loss"]


# ---------------------------------------------------------------- 3.1


@pytest.mark.parametrize(
    ("loss", "factor"), [("half_squared_error", 0.5), ("mean_squared_error", 1)]
)
def test_3_1_the_loss_is_chosen_and_its_mean_over_the_rows_is_what_counts(loss, factor, backend):
    session = session_of("1.1-linear-regression", f"loss={loss}", backend=backend)
    x, y = session.splits.train[:2]
    f = session.program.predict(x)
    wanted = factor * np.mean((y.ravel() - f.ravel()) ** 2)
    assert evaluate(session.program, session.splits.train)["loss"] == pytest.approx(
        wanted, rel=1e-12
    )


def test_3_1_fitting_minimises_it(backend):
    """For f = w0 the smallest mean of 1/2 (y - f)^2 is at the mean of y = 1, 2, 6."""
    done = trained("3.1-loss", backend=backend)
    assert done.weights["dense/bias"] == pytest.approx([3], abs=1e-6)
    assert done.metrics()["loss"] == pytest.approx((4 + 1 + 9) / 6)


# ---------------------------------------------------------------- 3.2


def test_3_2_descent_reaches_the_closed_form(backend):
    closed = coefficients(trained("3.2-closed-form", backend=backend).weights)
    descent = coefficients(trained("3.2-descent", backend=backend).weights)
    assert descent == pytest.approx(closed, abs=1e-6)
    x, y = session_of("3.2-closed-form").splits.train[:2]
    design = np.column_stack([np.ones(len(x)), x])
    assert closed == pytest.approx(np.linalg.lstsq(design, y.ravel(), rcond=None)[0], abs=1e-9)


def test_3_2_the_loss_of_ols_is_convex():
    session = session_of("3.2-descent")
    for _ in range(50):
        one, two = ({w: RNG.normal(0, 9, a.shape) for w, a in session.program.weights().items()}
                    for _ in range(2))  # fmt: skip
        middle = {w: (one[w] + two[w]) / 2 for w in one}
        assert loss_at(session, middle) <= (loss_at(session, one) + loss_at(session, two)) / 2


def test_3_2_the_loss_of_a_network_is_not(backend):
    """Neurons in another order give the same loss; half-way between the two orders it is larger."""
    done = trained("3.9-random-start", backend=backend)
    one = done.weights
    two = {
        "dense/kernel": one["dense/kernel"][:, ::-1], "dense/bias": one["dense/bias"][::-1],
        "dense_1/kernel": one["dense_1/kernel"][::-1], "dense_1/bias": one["dense_1/bias"],
    }  # fmt: skip
    middle = {w: (one[w] + two[w]) / 2 for w in one}
    ends = loss_at(done.session, one), loss_at(done.session, two)
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)
    assert loss_at(done.session, middle) > 2 * ends[0]


# ---------------------------------------------------------------- 3.3


@pytest.mark.parametrize(
    ("start", "path"), [(5, [5, 3.5, 2.75, 2.375]), (-1, [-1, 0.5, 1.25, 1.625])]
)
def test_3_3_subtract_when_positive_and_add_when_negative(start, path, backend):
    for steps, wanted in enumerate(path):
        overrides = (f"vars.start={start}", f"train.epochs={steps}")
        done = trained("3.3-descent", *overrides, backend=backend)
        (w,) = done.weights["dense/kernel"].ravel()
        assert w == pytest.approx(wanted, abs=1e-12)
        (slope,) = gradients(done.session)["dense/kernel"].ravel()
        assert slope == pytest.approx(w - 2, abs=1e-12)


def test_3_3_until_the_gradient_is_0(backend):
    done = trained("3.3-descent", "train.epochs=60", backend=backend)
    assert norm(gradients(done.session)["dense/kernel"]) < 1e-12


@pytest.mark.parametrize("name", ["1.2-hidden-layer", "3.6-backpropagation"])
def test_3_3_an_update_is_w_minus_alpha_times_the_gradient(name, backend):
    overrides = ("optimizer={sgd: 0.05}", "train.epochs=1", "train.batch_size=all")
    session = session_of(name, *overrides, backend=backend)
    rate, slopes = session.spec.optimizer.rate(0), gradients(session)
    done = train(session)
    for weight, before in done.start.items():
        wanted = before - rate * slopes[weight]
        assert done.weights[weight] == pytest.approx(wanted, rel=1e-9, abs=1e-12)


# ---------------------------------------------------------------- 3.4


def test_3_4_the_gradient_of_the_mean_is_the_mean_of_the_gradients(backend):
    session = session_of("1.2-hidden-layer", backend=backend)
    each = [gradients(session, np.array([row])) for row in range(session.splits.train.rows)]
    for weight, of_all in gradients(session).items():
        mean = np.mean([one[weight] for one in each], axis=0)
        assert of_all == pytest.approx(mean, rel=1e-9, abs=1e-10)


def test_3_4_the_numbers_of_the_example(backend):
    session = session_of("3.4-mean-of-gradients", backend=backend)
    each = [gradients(session, np.array([row]))["dense/kernel"].item() for row in (0, 1)]
    assert each == pytest.approx([-4, 2])
    assert train(session).weights["dense/kernel"].item() == pytest.approx(0.5)


# ---------------------------------------------------------------- 3.5


def test_3_5_past_2_by_the_largest_curvature_descent_diverges_and_nnspec_says_so(backend, tmp_path):
    limit = 2 / curvature("3.5-learning-rate")
    assert limit == pytest.approx(1.149, abs=0.001)
    good = session_of("3.2-descent").spec.optimizer.rate(0)
    assert good < limit < 2 * good
    assert lecture_spec("3.5-learning-rate").optimizer.rate(0) == 2 * good
    with pytest.raises(SpecError, match="training diverged") as caught:
        run(lecture_spec("3.5-learning-rate"), ComputeConfig(backend), tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["diverged"]


@pytest.mark.parametrize("share", [0.99, 1.01])
def test_3_5_the_limit_is_sharp(share, backend):
    rate = share * 2 / curvature("3.5-learning-rate")
    losses = trained("3.5-learning-rate", f"vars.alpha={rate}", backend=backend).losses
    assert (losses[-1] < losses[10]) == (share < 1)


def test_3_5_too_small_converges_slowly(backend):
    best = trained("3.2-closed-form").metrics()["loss"]
    slow, good = (
        trained("3.5-learning-rate", f"vars.alpha={rate}", backend=backend).losses[-1]
        for rate in (0.001, 0.75)
    )
    assert good == pytest.approx(best, rel=1e-9)
    assert slow > 100 * best


def test_3_5_the_rate_is_chosen_by_cross_validation(tmp_path):
    """The best of five rates is neither too small nor divergent."""
    pytest.importorskip("optuna")
    report = tune(lecture_spec("3.5-cross-validation"), ComputeConfig(), tmp_path, 1)
    (best,) = report.results.best.parameters.values()
    assert best in (0.5, 0.75)
    assert report.results.rows[0].mean > 100 * report.results.best.mean


# ---------------------------------------------------------------- 3.6


def test_3_6_backpropagation_by_hand(backend):
    """delta(K) = -(y - a) g'(z); delta(k) = (sum w delta(k+1)) g'(z); dL/dw_lj = delta_l a_j."""
    session = session_of("3.6-backpropagation", backend=backend)
    (x,), (y,) = session.splits.train.inputs, session.splits.train.targets.ravel()
    k1, b1, k2, b2 = session.program.weights().values()
    a1 = 1 / (1 + np.exp(-(x @ k1 + b1)))
    a2 = 1 / (1 + np.exp(-(a1 @ k2 + b2)))
    delta2 = -(y - a2) * a2 * (1 - a2)
    delta1 = (k2 @ delta2) * a1 * (1 - a1)
    found = gradients(session)
    assert found["dense_1/kernel"] == pytest.approx(np.outer(a1, delta2), rel=1e-10)
    assert found["dense_1/bias"] == pytest.approx(delta2, rel=1e-10)
    assert found["dense/kernel"] == pytest.approx(np.outer(x, delta1), rel=1e-10)
    assert found["dense/bias"] == pytest.approx(delta1, rel=1e-10)


def test_3_6_the_chain_rule_gives_the_slope_of_the_loss(backend):
    """Each number of the gradient is what the loss changes by when its weight alone does."""
    session = session_of("1.2-hidden-layer", backend=backend)
    weights, found, h = session.program.weights(), gradients(session), 1e-5
    for name, array in weights.items():
        for index in np.ndindex(array.shape):
            up, down = (
                loss_at(session, {**weights, name: array + step * unit(array.shape, index)})
                for step in (h, -h)
            )
            assert found[name][index] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-6)


def unit(shape, index):
    array = np.zeros(shape)
    array[index] = 1
    return array


# ---------------------------------------------------------------- 3.7


@pytest.mark.parametrize("g", ["tanh", "relu"])
def test_3_7_from_zero_no_weight_moves_but_the_last_bias(g, backend):
    done = trained("3.7-zero-start", f"vars.g={g}", backend=backend)
    *others, last = done.weights.values()
    assert all((array == 0).all() for array in others)
    targets = done.session.splits.train.targets
    assert last == pytest.approx([targets.mean()], abs=1e-3)


def test_3_7_with_sigmoid_the_last_weights_move_at_once_and_the_others_after_them(backend):
    found = gradients(session_of("3.7-zero-start-sigmoid", backend=backend))
    assert norm(found["dense/kernel"]) == norm(found["dense/bias"]) == 0
    assert norm(found["dense_1/kernel"]) > 0.1
    done = trained("3.7-zero-start-sigmoid", backend=backend)
    assert norm(done.weights["dense/kernel"]) > 0.1


def test_3_7_nnspec_advises_against_it():
    assert "zero-start" in codes("3.7-zero-start")


def codes(name, *overrides):
    """Codes of the advice on an example."""
    spec = lecture_spec(name, "silence=[]", *overrides)
    return {problem.code for problem in advise(spec, compile_spec(spec))}


# ---------------------------------------------------------------- 3.8, 3.9


@pytest.mark.parametrize("name", ["3.8-equal-start", "3.7-zero-start-sigmoid"])
def test_3_8_neurons_that_start_equal_stay_equal(name, backend):
    done = trained(name, backend=backend)
    for weights in (done.weights, gradients(done.session)):
        kernel, bias = weights["dense/kernel"], weights["dense/bias"]
        assert kernel == pytest.approx(np.repeat(kernel[:, :1], 3, axis=1), abs=1e-9)
        assert bias == pytest.approx(np.repeat(bias[:1], 3), abs=1e-9)
        out = weights["dense_1/kernel"]
        assert out == pytest.approx(np.repeat(out[:1], 3, axis=0), abs=1e-9)
    assert norm(done.weights["dense/kernel"] - done.start["dense/kernel"]) > 0.1


def test_3_8_weights_of_different_inputs_may_differ_but_those_on_the_way_out_may_not(backend):
    out = "network.layers.1.dense.kernel_initializer={values: [[1], [2], [3]]}"
    kernel = trained("3.8-equal-start", out, backend=backend).weights["dense/kernel"]
    assert np.abs(kernel[:, 0] - kernel[:, 1]).max() > 0.01


def test_3_9_a_random_start_breaks_the_symmetry(backend):
    """One pattern does not separate two moons, three do."""
    equal = trained("3.8-equal-start", backend=backend)
    random = trained("3.9-random-start", backend=backend)
    assert equal.metrics("test")["accuracy"] < 0.92
    assert random.metrics("test")["accuracy"] > 0.96
    kernel = random.weights["dense/kernel"]
    assert min(norm(kernel[:, i] - kernel[:, j]) for i, j in [(0, 1), (0, 2), (1, 2)]) > 0.5


@pytest.mark.parametrize("start", ["random_uniform", "random_normal"])
def test_3_9_uniform_or_gaussian(start):
    kernel = f"network.layers.0.dense.kernel_initializer={start}"
    assert codes("3.9-random-start", kernel) == set()
    session = session_of("3.9-random-start", kernel)
    assert len(np.unique(session.program.weights()["dense/kernel"])) == 6


def test_3_8_nnspec_advises_against_it():
    ones = "network.layers.0.dense.kernel_initializer=ones"
    assert codes("3.8-equal-start", ones) == {"equal-start"}


# ---------------------------------------------------------------- 3.10


@pytest.mark.parametrize(("w1", "w2", "z"), [(0.5, -0.5, 499_996), (-0.5, 0.5, -499_996)])
def test_3_10_two_starts(w1, w2, z, backend):
    session = session_of("3.10-two-starts", f"vars.w1={w1}", f"vars.w2={w2}", backend=backend)
    assert session.splits.train.inputs.tolist() == [[1_000_000, 8]]
    assert session.program.predict(session.splits.train.inputs).item() == z


def spread(name, backend):
    """The range of the final losses of ten seeds, which differ in the initial weights only."""
    losses = [
        trained(name, f"train.seed={seed}", backend=backend).metrics()["loss"] for seed in range(10)
    ]
    return max(losses) - min(losses)


def test_3_10_unscaled_features_make_the_result_depend_on_the_start(backend):
    assert spread("3.10-unscaled", backend) > 1e6
    assert spread("3.10-standardised", backend) < 0.01


def test_3_10_standardised_features_have_mean_0_and_deviation_1():
    x = session_of("3.10-standardised").splits.train.inputs
    assert x.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert x.std(axis=0) == pytest.approx([1, 1])
    raw = session_of("3.10-unscaled").splits.train.inputs
    assert (raw.min() >= 0, raw[:, 0].max() <= 5_000_000, raw[:, 1].max() <= 24) == (True,) * 3


def test_3_10_nnspec_advises_to_standardise():
    assert "unscaled-inputs" in codes("3.10-unscaled")
    assert "unscaled-inputs" not in codes("3.10-standardised")


# ---------------------------------------------------------------- 3.11


@pytest.mark.parametrize(("batch", "updates"), [("200", 5), ("all", 1)])
def test_3_11_1000_rows_in_batches_of_200_are_5_updates_an_epoch(batch, updates, backend):
    session = session_of("3.11-minibatches", f"train.batch_size={batch}", backend=backend)
    assert session.splits.train.rows == 1000
    before = session.program.state().step
    assert train(session).session.program.state().step - before == updates


def test_3_11_an_epoch_sees_every_row_once():
    session = session_of("3.11-minibatches")
    batches = pass_batches(1000, session.spec.train, 1)
    assert [len(batch) for batch in batches] == [200] * 5
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
