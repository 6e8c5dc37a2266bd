"""The learning rate above which gradient descent on a linear model diverges; its advice."""

import numpy as np
import pytest

from nnspec.cli.main import INVALID
from nnspec.cli.main import run as command
from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.runs.listener import RunListener
from nnspec.runs.trainer import run
from nnspec.training.least_squares.learning_rate_bound import (
    learning_rate_advice,
    learning_rate_bound,
)
from nnspec.training.session import TrainingSession
from tests.small_runs import spec, trained

NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}


def linear(optimizer, dense=1, epochs=400, **changes):
    values = {
        "name": "line",
        "data": {"source": {"synthetic": {"function": "linear", "rows": 50}}},
        "network": {"layers": [{"dense": dense}]},
        "loss": "mean_squared_error",
        "optimizer": optimizer,
        "train": {"epochs": epochs, "batch_size": "all"},
    }
    return values | changes


def prepared(*arguments, **options):
    session = TrainingSession.prepare(
        spec(linear(*arguments, **options)), ComputeConfig(precision="float64")
    )
    return session.spec, session.graph, session.splits.train


def bound_of(**options):
    bound = learning_rate_bound(*prepared({"sgd": 0.1}, **options))
    assert bound is not None
    return bound


@pytest.mark.parametrize(("loss", "factor"), [("mean_squared_error", 2), ("half_squared_error", 1)])
@pytest.mark.parametrize("l2", [0, 0.25])
def test_the_bound_is_2_over_the_largest_eigenvalue_of_the_hessian(loss, factor, l2):
    dense = {"units": 1, "kernel_regularizer": {"l2": l2}}
    _, _, train = prepared({"sgd": 0.1}, dense, loss=loss)
    a = np.column_stack([train.inputs, np.ones(50)])
    hessian = factor * a.T @ a / 50 + np.diag([2 * l2] * 3 + [0])
    expected = 2 / np.linalg.eigvalsh(hessian)[-1]
    assert bound_of(dense=dense, loss=loss) == pytest.approx(expected)


@pytest.mark.parametrize("backend", NEEDS)
def test_below_the_bound_descent_converges_and_above_it_diverges(tmp_path, backend):
    pytest.importorskip(NEEDS[backend])
    compute, rate = {"backend": backend, "precision": "float64"}, bound_of()
    best = trained(linear("least_squares", epochs=1), tmp_path, **compute).metrics["train"]["loss"]
    below = trained(linear({"sgd": 0.98 * rate}), tmp_path, **compute).metrics["train"]["loss"]
    assert below == pytest.approx(best, rel=1e-6)
    with pytest.raises(SpecError, match=r"diverged: the loss is not finite at .* of epoch \d+"):
        trained(linear({"sgd": 2 * rate}), tmp_path, **compute)


def test_just_above_the_bound_the_loss_rises_in_every_epoch(tmp_path):
    report = trained(linear({"sgd": 1.1 * bound_of()}, epochs=100), tmp_path, precision="float64")
    losses = [epoch.metrics["loss"] for epoch in report.epochs[50:]]
    assert losses == sorted(losses)
    assert losses[-1] > 100 * losses[0]


@pytest.mark.parametrize("steps", [[], ["standardize"], [{"polynomial": 2}]])
def test_the_bound_is_computed_from_preprocessed_rows(tmp_path, steps):
    data = {"source": {"synthetic": {"function": "income_and_hours", "rows": 50}}, "inputs": steps}
    rate = bound_of(data=data)
    a = np.column_stack([prepared({"sgd": 1.0}, data=data)[2].inputs, np.ones(50)])
    assert rate == pytest.approx(50 / np.linalg.norm(a, 2) ** 2)


LABELS = {"data": {"source": {"rows": {"inputs": [[0, 1], [1, 0]], "targets": [0, 1]}}}}


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam"},
        {"optimizer": {"sgd": {"momentum": 0.9}}},
        {"optimizer": {"sgd": {"clipnorm": 1}}},
        {"optimizer": {"sgd": {"weight_decay": 0.1}}},
        {"optimizer": "least_squares", "epochs": 1},
        {"dense": {"units": 1, "activation": "tanh"}},
        {"dense": {"units": 1, "bias_constraint": "non_neg"}},
        {"dense": {"units": 1, "trainable": False}},
        {"dense": {"units": 1, "activation": "sigmoid"}, "loss": "binary_crossentropy", **LABELS},
    ],
    ids=str,
)
def test_other_models_and_optimizers_have_no_bound(changes):
    assert learning_rate_bound(*prepared(**{"optimizer": {"sgd": 0.1}} | changes)) is None


def test_zero_rows_have_an_infinite_bound():
    rows = {"inputs": [[0, 0], [0, 0]], "targets": [1, 2]}
    dense = {"units": 1, "use_bias": False}
    assert bound_of(dense=dense, data={"source": {"rows": rows}}) == np.inf


def test_huge_numbers_do_not_overflow():
    rows = {"inputs": [[1e200], [2e200]], "targets": [1, 2]}
    assert bound_of(data={"source": {"rows": rows}}) == 0


# ---------------------------------------------------------------- advice


class AdviceRecorder(RunListener):
    def __init__(self):
        self.advice = []

    def on_advice(self, advice):
        self.advice.append(advice)


@pytest.mark.parametrize(
    ("optimizer", "is_advised"),
    [
        ({"sgd": 2.5}, True),
        ({"sgd": 0.5}, False),
        ({"sgd": {"learning_rate": {"exponential_decay": {
            "initial_learning_rate": 2.5, "decay_steps": 1, "decay_rate": 0.1}}}}, False),
    ],
)  # fmt: skip
def test_advice_before_training(tmp_path, optimizer, is_advised):
    recorder = AdviceRecorder()
    run(spec(linear(optimizer, epochs=1)), ComputeConfig(), tmp_path, recorder)
    assert bool(recorder.advice) == is_advised


def test_silenced_advice_is_not_given():
    assert learning_rate_advice(*prepared({"sgd": 2.5}))
    assert learning_rate_advice(*prepared({"sgd": 2.5}, silence=["learning-rate"])) is None


def test_the_command_prints_advice_and_the_error(tmp_path, capsys):
    path = tmp_path / "line.yaml"
    path.write_text(
        "data: {source: {synthetic: {function: linear, rows: 50}}}\n"
        "network: {layers: [{dense: 1}]}\n"
        "loss: mean_squared_error\n"
        "optimizer: {sgd: 2.5}\n"
        "train: {epochs: 600, batch_size: all}\n"
    )
    assert command(["run", str(path), "-o", str(tmp_path)]) == INVALID
    stderr = capsys.readouterr().err
    rate = f"{bound_of():.3g}"
    advice, error = stderr.split("line.yaml:4:18: ")[1:]
    assert advice.startswith(
        f"advice: descent over all rows diverges with a learning rate above {rate}"
    )
    assert error.startswith("error: training diverged: the loss is not finite at update 1 of epoch")
    assert f"lower the learning rate below {rate}" in error
    assert command(["run", str(path), "-o", str(tmp_path), "--json", "train.epochs=2"]) == 0
    assert "advice: descent" in capsys.readouterr().err


def test_a_closed_form_that_overflows_gets_a_hint(tmp_path):
    rows = {"inputs": [[1e-30], [2e-30]], "targets": [1e30, 3e30]}
    values = linear("least_squares", epochs=1, data={"source": {"rows": rows}})
    with pytest.raises(SpecError, match=r"diverged(.|\n)*targets reach 3e.30.*scale it"):
        trained(values, tmp_path)
