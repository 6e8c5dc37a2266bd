"""Published networks, each compiled once."""

from __future__ import annotations

from functools import cache

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec.loader import load
from tests.paths import ROOT


@cache
def _summary(name):
    return summarise(compile_spec(load(ROOT / "specs" / "gallery" / f"{name}.yaml")))


@pytest.fixture
def published():
    """The summary of a published network, by the name of its page."""
    return _summary
