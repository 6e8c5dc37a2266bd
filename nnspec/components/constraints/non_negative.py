"""The constraint to numbers that are not negative."""

from __future__ import annotations

from nnspec.components.constraints.base import Constraint


class NonNeg(Constraint, kind="non_neg"):
    """w <- max(w, 0): each number that an update makes negative becomes 0."""

    lower_bound = 0.0
