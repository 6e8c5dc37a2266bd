"""Trackers of which one cannot begin."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from nnspec.errors import RunError, SpecError
from nnspec.runs.tracking.trackers import Trackers
from nnspec.spec.loader import build
from tests.small_runs import rows


def test_only_those_that_have_begun_are_told_of_the_end():
    told, notes = [], []

    def refuse(_):
        raise RunError("no server")

    good = SimpleNamespace(begin=told.append, end=lambda *end: told.append(end))
    bad = SimpleNamespace(begin=refuse, end=lambda *_: pytest.fail("it has not begun"))
    trackers = Trackers(build(rows()), notes.append)
    trackers.writers = [("good", good), ("bad", bad)]
    with pytest.raises(SpecError, match="no server"):
        trackers.begin("run")
    assert (told, notes) == (["run", ({}, "failed")], [])
