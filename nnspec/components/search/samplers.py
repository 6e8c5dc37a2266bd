"""Samplers: which settings `tune` tries."""

from __future__ import annotations

from nnspec.options.component import Component
from nnspec.options.types import PositiveInt

DEFAULT_TRIALS = 20


class Sampler(Component):
    """Base class of samplers: which settings are tried."""

    family = "sampler"


class Grid(Sampler, kind="grid"):
    """Every combination of the candidates, in the order in which they are written."""


class Random(Sampler, kind="random"):
    """Settings drawn independently of each other, from the seed alone."""


class TPE(Sampler, kind="tpe", primary="startup_trials"):
    """Tree-structured Parzen estimator: settings like the best so far (Bergstra et al., 2011).

    The first `startup_trials` are random. With several processes what is tried depends on which
    of them ends first.
    """

    startup_trials: PositiveInt = 10
