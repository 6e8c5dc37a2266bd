"""The base class of trackers."""

from __future__ import annotations

from nnspec.options.component import Component


class Tracker(Component):
    """Base class of trackers: each is told the metrics of every epoch."""

    family = "tracker"
