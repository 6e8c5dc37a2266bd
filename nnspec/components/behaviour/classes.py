"""Behaviour of a classifier, class by class: class_recall, predicted_share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.components.behaviour.base import OutputBehaviour

_Share = Annotated[float, Field(gt=0, le=1)]


class ClassRecall(OutputBehaviour, kind="class_recall", primary="at_least"):
    """Of the test rows of each class, at least such a share is predicted to be of it.

    With tp right rows of a class and fn others of it: tp / (tp + fn) >= at_least. A class without
    test rows counts as missed.
    """

    at_least: _Share

    takes_classes = True
    example = "{class_recall: 0.8}"


class PredictedShare(OutputBehaviour, kind="predicted_share", primary="at_least"):
    """Each class is predicted for at least such a share of the test rows.

    Missed, for example, by a network that has learnt to answer with the most frequent class.
    """

    at_least: _Share

    takes_classes = True
    example = "{predicted_share: 0.05}"
