"""What a study gave: a row for each setting, and the best of them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, Literal, NamedTuple

from nnspec.tuning.trial_spec import Direction

State = Literal["done", "pruned", "diverged", "failed", "open"]


class TrialResult(NamedTuple):
    """A setting; `number` counts them from 1, in the order in which they were begun."""

    number: int
    parameters: dict[str, Any]
    state: State
    values: tuple[float, ...] = ()  # of the metric, a fold each
    processes: tuple[int, ...] = ()  # that trained them
    message: str = ""  # why it failed or diverged

    @property
    def mean(self) -> float | None:
        """The mean over the folds done; None where there is none, or where one diverged."""
        return fmean(self.values) if self.values and self.state != "diverged" else None

    @property
    def std(self) -> float | None:
        """The standard deviation of the folds' values: sqrt(mean of (value - mean)^2)."""
        return None if self.mean is None else pstdev(self.values)

    def plain(self) -> dict[str, Any]:
        """An item of `trials` in `tune --json`."""
        return {**self._asdict(), "mean": self.mean, "std": self.std}


class Results(NamedTuple):
    """All settings of a study, in the order in which they were begun."""

    folder: Path
    metric: str
    direction: Direction
    folds: int
    settings: int
    rows: list[TrialResult]

    @property
    def best(self) -> TrialResult | None:
        """The best mean over all folds; of equal ones the first."""
        sign = 1 if self.direction == "maximize" else -1
        done = [row for row in self.rows if row.state == "done" and row.mean is not None]
        return max(done, key=lambda row: sign * (row.mean or 0.0), default=None)

    @property
    def folds_done(self) -> int:
        """How many folds need no more training: those done, and those of ended settings."""
        return sum(len(r.values) if r.state == "open" else self.folds for r in self.rows)

    @property
    def complete(self) -> bool:
        """Whether every setting has ended."""
        return self.folds_done == self.folds * self.settings

    def csv(self) -> str:
        """`trials.csv`: a line for each setting, its parameters in columns of their own."""
        paths = list(self.rows[0].parameters) if self.rows else []
        folds = [f"fold_{number}" for number in range(1, self.folds + 1)]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["number", *paths, "state", "mean", "std", *folds, "message"])
        for row in self.rows:
            values = [row.parameters.get(path, "") for path in paths]
            missing = [""] * (self.folds - len(row.values))
            figures = [row.mean, row.std, *row.values, *missing]
            writer.writerow([row.number, *values, row.state, *figures, row.message])
        return text.getvalue()

    def plain(self) -> dict[str, Any]:
        """The keys of `tune --json`, but for the files."""
        values = {key: value for key, value in self._asdict().items() if key != "rows"}
        rows = [row.plain() for row in self.rows]
        best = self.best and self.best.plain()
        return {**values, "folder": str(self.folder), "trials": rows, "best": best}


def worst(direction: Direction) -> float:
    """What stands for a metric that is no number."""
    return -math.inf if direction == "maximize" else math.inf


def most_complete(rows: Sequence[TrialResult]) -> TrialResult:
    """The row of a setting that was begun more than once: one that has ended, if any has."""
    return min(rows, key=lambda row: (row.state == "open", -len(row.values)))
