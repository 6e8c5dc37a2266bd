"""Schedules of the number of updates: warm-up, restarts and one cycle by hand and as PyTorch's."""

from __future__ import annotations

from math import inf

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.validation import read_component
from nnspec.spec import loader


def schedule(kind, **options):
    return read_component("schedule", {kind: options})


def test_a_rate_warms_up():
    of = schedule("warmup", warmup_steps=4, schedule=0.4, initial_learning_rate=0.2)
    assert [of.rate(step) for step in range(6)] == pytest.approx([0.2, 0.25, 0.3, 0.35, 0.4, 0.4])
    assert of.highest == 0.4
    assert not of.uses_metrics()


def test_a_schedule_starts_after_the_warm_up():
    inner = {"exponential_decay": {
        "initial_learning_rate": 0.5, "decay_steps": 1, "decay_rate": 0.5,
    }}  # fmt: skip
    of = schedule("warmup", warmup_steps=2, schedule=inner)
    assert [of.rate(step) for step in range(5)] == [0, 0.25, 0.5, 0.25, 0.125]


def test_warm_up_before_a_cosine_is_that_of_cosine_decay():
    decay = {"decay_steps": 9, "alpha": 0.1}
    whole = schedule(
        "cosine_decay", initial_learning_rate=0.0, warmup_target=0.3, warmup_steps=5, **decay
    )
    inner = {"cosine_decay": {"initial_learning_rate": 0.3, **decay}}
    outer = schedule("warmup", warmup_steps=5, schedule=inner)
    assert [outer.rate(step) for step in range(20)] == [whole.rate(step) for step in range(20)]


def test_a_plateau_is_found_after_a_warm_up():
    inner = {"reduce_on_plateau": {"initial_learning_rate": 1.0, "factor": 0.5, "patience": 1}}
    of = schedule("warmup", warmup_steps=2, schedule=inner)
    assert of.uses_metrics()
    assert [of.rate_after([])(step) for step in range(4)] == [0, 0.5, 1, 1]
    assert of.rate_after([{"loss": 1.0}, {"loss": 1.0}])(9) == 0.5
    assert of.bind({"loss": True}).schedule.monitor == "loss"


def test_restarts_by_hand():
    """Decays of 2, 20 and 200 steps: log 1000 / log 10 is below 3 in floating point."""
    of = schedule(
        "cosine_decay_restarts", initial_learning_rate=1.0, first_decay_steps=2, t_mul=10.0,
        m_mul=0.5,
    )  # fmt: skip
    assert [of.rate(step) for step in (0, 1, 2, 12, 22, 122, 222)] == pytest.approx(
        [1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    )


@pytest.mark.parametrize("total", [5, 10, 33])
@pytest.mark.parametrize("options", [{}, {"pct_start": 0.5, "div_factor": 3.0}])
def test_one_cycle_is_that_of_torch(total, options):
    torch = pytest.importorskip("torch")
    native = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(native, 0.5, total, cycle_momentum=False, **options)
    expected = []
    for _ in range(total):
        expected.append(cycle.get_last_lr()[0])
        native.step()
        if len(expected) < total:
            cycle.step()
    of = schedule("one_cycle", max_learning_rate=0.5, total_steps=total, **options)
    assert [of.rate(step) for step in range(total)] == pytest.approx(expected, rel=1e-12)
    assert of.rate(total + 5) == of.rate(total - 1)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("exponential_decay", {"initial_learning_rate": 1.0, "decay_steps": 1, "decay_rate": 9.0}),
        ("cosine_decay_restarts", {
            "initial_learning_rate": 1.0, "first_decay_steps": 1, "t_mul": 1.0, "m_mul": 9.0,
        }),
    ],
)  # fmt: skip
def test_a_rate_beyond_float64_is_infinite(kind, options):
    assert schedule(kind, **options).rate(1000) == inf


def test_restarts_that_never_come():
    of = schedule(
        "cosine_decay_restarts", initial_learning_rate=1.0, first_decay_steps=1, t_mul=1e300
    )
    assert of.rate(5) == pytest.approx(1.0)


SPEC = """
network: {input_shape: 2, layers: [{dense: 1}]}
loss: mean_squared_error
optimizer:
  sgd:
    learning_rate: RATE
"""


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ("{cosine_decay: {initial_learning_rate: 0.0, decay_steps: 9}}",
         "6:59: .*initial_learning_rate must be above 0 without a warmup_target"),
        ("{cosine_decay: {initial_learning_rate: 1, decay_steps: 9, warmup_target: 2}}",
         "warmup_target needs warmup_steps above 0"),
        ("{cosine_decay: {initial_learning_rate: 1, decay_steps: 9, warmup_steps: 2}}",
         "warmup_steps needs a warmup_target"),
        ("{cosine_decay_restarts: {initial_learning_rate: 1, first_decay_steps: 9, t_mul: 0.5}}",
         "t_mul must be at least 1"),
        ("{one_cycle: {max_learning_rate: 1, total_steps: 3}}",
         "pct_start is to be more than one of the 3 steps"),
        ("{warmup: {warmup_steps: 0, schedule: 0.1}}", "warmup_steps must be above 0"),
        ("{warmup: {warmup_steps: 5, schedule: {reduce_on_plateau: UNKNOWN}}}",
         "6:115: error: no epoch has the metric 'acuracy'"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_are_refused_where_they_stand(tmp_path, rate, message):
    path = tmp_path / "s.yaml"
    unknown = "{initial_learning_rate: 0.1, monitor: acuracy}"
    path.write_text(SPEC.replace("RATE", rate.replace("UNKNOWN", unknown)))
    with pytest.raises(SpecError, match=message):
        compile_spec(loader.load(path))
