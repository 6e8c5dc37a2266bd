"""The base classes of behaviour: what is tested of a trained network."""

from __future__ import annotations

from typing import ClassVar

from nnspec.options.component import Component
from nnspec.options.types import Name, NonNegativeInt

Column = NonNegativeInt | str  # of a table or a named array by its name, of an array by its number


class Behaviour(Component):
    """Base class of what is tested of a network after its training."""

    family = "behaviour"

    trains: ClassVar[bool] = False
    """Whether it trains networks besides the one that it is about."""

    needs_test: ClassVar[bool] = True
    """Whether it is tested with test rows."""

    takes_classes: ClassVar[bool] = False
    """Whether each row of its output must be of one class."""

    @property
    def subject(self) -> str:
        """What is tested in particular, in a few words; empty where the kind says it."""
        return ""


class OutputBehaviour(Behaviour):
    """Base class of what is tested of the test rows' predictions at an output.

    `output` names it where the network has several.
    """

    output: Name | None = None
