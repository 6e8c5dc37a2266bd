"""How often checkpoints are written: by steps, by minutes, or by what one takes."""

from __future__ import annotations

import pytest

from nnspec.runs import checkpoint_schedule
from nnspec.runs.checkpoint_schedule import CheckpointSchedule
from nnspec.spec.checkpoint_options import CheckpointOptions


@pytest.fixture
def clock(monkeypatch):
    """A function that sets the clock, which stands at 0."""
    now = [0.0]
    monkeypatch.setattr(checkpoint_schedule.time, "perf_counter", lambda: now[0])
    return lambda seconds: now.__setitem__(0, seconds)


@pytest.mark.parametrize(("took", "pause"), [(0.001, 1.0), (0.01, 1.0), (0.05, 5.0), (2.0, 200.0)])
def test_a_checkpoint_takes_at_most_a_hundredth_of_the_time(clock, took, pause):
    schedule = CheckpointSchedule(None)
    clock(10.0)
    schedule.record(3, took)
    clock(10.0 + 0.99 * pause)
    assert not schedule.is_due(1000)
    clock(10.0 + pause)
    assert schedule.is_due(4)


def test_minutes_are_those_since_the_last_one(clock):
    schedule = CheckpointSchedule(CheckpointOptions(every_minutes=0.5))
    clock(29.0)
    assert not schedule.is_due(100)
    clock(30.0)
    assert schedule.is_due(100)
    schedule.record(100, 20.0)
    clock(59.0)
    assert not schedule.is_due(200)


def test_steps_do_not_depend_on_time(clock):
    schedule = CheckpointSchedule(CheckpointOptions(every_steps=4))
    clock(10.0**6)
    assert [step for step in range(9) if schedule.is_due(step)] == [4, 5, 6, 7, 8]
    schedule.record(5, 0.1)
    assert [step for step in range(6, 13) if schedule.is_due(step)] == [8, 9, 10, 11, 12]
