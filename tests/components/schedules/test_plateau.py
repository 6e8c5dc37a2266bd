"""`reduce_on_plateau`, against Keras' rule followed by hand."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.messages import LocatedError
from nnspec.options.validation import read_component
from nnspec.spec import loader
from nnspec.spec.loader import build
from nnspec.training.session import training_setup
from tests.small_runs import rows


def schedule(**options):
    values = {"initial_learning_rate": 1.0, **options}
    return read_component("schedule", {"reduce_on_plateau": values})


def rates(of, losses, name="loss"):
    """The rate of each epoch, the first one included, by the losses of those before."""
    epochs = [{name: loss} for loss in losses]
    return [of.rate_after(epochs[:count])(123) for count in range(len(epochs) + 1)]


def test_by_hand():
    """Two epochs without an improvement halve the rate; then one epoch is not counted."""
    of = schedule(factor=0.5, patience=2, cooldown=2, min_delta=0.1, min_lr=0.2)
    losses = [3.0, 2.95, 2.92, 2.95, 2.95, 2.95, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    #         best  1     2 *   -     1     2 *   best 1    2 *  -    1    2    3: at min_lr
    expected = [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2]
    assert rates(of, losses) == expected


def keras_rule(losses, factor, patience, min_delta, cooldown, min_lr, sign):
    """`ReduceLROnPlateau.on_epoch_end`, as Keras writes it."""
    rate, best, wait, left, found = 1.0, sign * inf, 0, 0, [1.0]
    for loss in losses:
        if left > 0:
            left -= 1
            wait = 0
        if sign * loss < sign * (best - sign * min_delta):
            best, wait = loss, 0
        elif left == 0:
            wait += 1
            if wait >= patience and rate > min_lr:
                rate, left, wait = max(rate * factor, min_lr), cooldown, 0
        found.append(rate)
    return found


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("mode", ["min", "max"])
def test_as_keras(seed, mode):
    draw = np.random.default_rng(seed)
    options = {
        "factor": float(draw.choice([0.1, 0.5, 0.9])), "patience": int(draw.integers(1, 5)),
        "min_delta": float(draw.choice([0.0, 0.05])), "cooldown": int(draw.integers(0, 4)),
        "min_lr": float(draw.choice([0.0, 0.3])),
    }  # fmt: skip
    losses = draw.uniform(size=30).tolist()
    expected = keras_rule(losses, **options, sign=1 if mode == "min" else -1)
    assert rates(schedule(mode=mode, **options), losses) == expected


def test_the_rate_before_anything_is_measured_is_the_initial_one():
    assert schedule().rate(0) == schedule().rate(1000) == schedule().rate_after([])(7) == 1


def test_validation_is_monitored_where_there_is_any():
    of = schedule(patience=1, factor=0.5)
    epochs = [{"loss": 1.0, "val_loss": 1.0}, {"loss": 0.5, "val_loss": 1.0}]
    assert of.rate_after(epochs)(0) == 0.5
    assert of.rate_after([{"loss": e["loss"]} for e in epochs])(0) == 1


def test_monitor_and_mode_are_those_of_the_metrics():
    metrics = {"loss": True, "accuracy": False}
    both = metrics | {"val_loss": True, "val_accuracy": False}
    assert schedule().bind(metrics).monitor == "loss"
    assert schedule().bind(both).monitor == "val_loss"
    assert schedule(monitor="val_accuracy").bind(both).mode == "max"
    assert schedule(monitor="accuracy", mode="min").bind(both).mode == "min"
    with pytest.raises(LocatedError, match="no epoch has the metric 'acuracy'"):
        schedule(monitor="acuracy").bind(both)


def with_schedule(**options):
    optimizer = {"sgd": {"learning_rate": {"reduce_on_plateau": options}}}
    return rows(optimizer=optimizer, metrics=["accuracy"])


def test_the_setup_has_the_resolved_schedule():
    spec = build(with_schedule(initial_learning_rate=0.1, monitor="accuracy"))
    found = training_setup(spec, compile_spec(spec)).optimizer.learning_rate
    assert (found.monitor, found.mode) == ("accuracy", "max")


@pytest.mark.parametrize("name", ["acuracy", "val_loss"])
def test_an_unknown_monitor_is_located(tmp_path, name):
    path = tmp_path / "s.yaml"
    path.write_text(f"""
network: {{input_shape: 2, layers: [{{dense: 1}}]}}
loss: mean_squared_error
metrics: [accuracy]
optimizer:
  sgd:
    learning_rate:
      reduce_on_plateau: {{initial_learning_rate: 0.1, monitor: {name}}}
""")
    with pytest.raises(SpecError, match=rf"s.yaml:8:64: error: no epoch has the metric '{name}'"):
        compile_spec(loader.load(path))


@pytest.mark.parametrize("option", [{"factor": 1.0}, {"factor": 0.0}, {"patience": 0}])
def test_options_without_a_meaning_are_refused(option):
    with pytest.raises(SpecError):
        schedule(**option)
