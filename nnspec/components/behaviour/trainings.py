"""Behaviour of further trainings: overfits_one_batch, shuffled_targets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.components.behaviour.base import Behaviour
from nnspec.options.types import PositiveInt, UnitInterval


class OverfitsOneBatch(Behaviour, kind="overfits_one_batch", primary="updates"):
    """A new network, trained on the first batch alone, brings its loss near 0.

    After at most so many `updates`, the loss of the batch is at most `loss_ratio` times that before
    the first one, as training reports it: with dropout and penalties where the network has them.
    A network that cannot do so has too few parameters, too low a learning rate, or a mistake.
    """

    updates: PositiveInt = 200
    loss_ratio: Annotated[float, Field(gt=0, lt=1)] = 0.1

    trains, needs_test = True, False


class ShuffledTargets(Behaviour, kind="shuffled_targets", primary="tolerance"):
    """A new network, trained as the spec says on shuffled targets, has learnt nothing of them.

    The targets of the training rows are shuffled, and with them a column among the inputs that is
    a target itself. Then L >= (1 - tolerance) C, where L is the network's loss of the test rows and
    C, that of chance, the mean loss for five shuffles of the test targets. Of a network that gives
    all rows the same answer L is C: ln K of K equally frequent classes, the variance of numbers.
    Of few rows and columns a network learns something by accident, so the tolerance is wide. It
    takes as long as the whole training.
    """

    tolerance: UnitInterval = 0.5

    trains = True
