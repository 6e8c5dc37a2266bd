"""Results of a study: one row per setting, the best setting, CSV and JSON."""

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
    """The result of a setting; `number` counts settings from 1 in the order of their start."""

    number: int
    parameters: dict[str, Any]
    state: State
    values: tuple[float, ...] = ()  # of the metric, one per fold
    processes: tuple[int, ...] = ()  # process ids, one per fold
    message: str = ""  # why it failed or diverged

    @property
    def mean(self) -> float | None:
        """The mean over the completed folds; None if there is none, or if one diverged."""
        return fmean(self.values) if self.values and self.state != "diverged" else None

    @property
    def std(self) -> float | None:
        """The standard deviation over the folds: sqrt(mean of (value - mean)^2)."""
        return None if self.mean is None else pstdev(self.values)

    def plain(self) -> dict[str, Any]:
        """The setting as an item of `trials` in `tune --json`."""
        return {**self._asdict(), "mean": self.mean, "std": self.std}


class Results(NamedTuple):
    """The results of all settings of a study, in the order of their start."""

    folder: Path
    metric: str
    direction: Direction
    folds: int
    settings: int
    rows: list[TrialResult]

    @property
    def best(self) -> TrialResult | None:
        """The setting with the best mean over all folds; the first of equals."""
        sign = 1 if self.direction == "maximize" else -1
        done = [row for row in self.rows if row.state == "done" and row.mean is not None]
        return max(done, key=lambda row: sign * (row.mean or 0.0), default=None)

    @property
    def folds_done(self) -> int:
        """The number of completed folds; all folds of a finished setting count."""
        return sum(len(r.values) if r.state == "open" else self.folds for r in self.rows)

    @property
    def complete(self) -> bool:
        """Whether every setting has finished."""
        return self.folds_done == self.folds * self.settings

    def csv(self) -> str:
        """The content of `trials.csv`: one line per setting, one column per parameter."""
        paths = list(self.rows[0].parameters) if self.rows else []
        folds = [f"fold_{number}" for number in range(1, self.folds + 1)]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["number", *paths, "state", "mean", "std", *folds, "message"])
        for row in self.rows:
            values = [row.parameters.get(path, "") for path in paths]
            missing = [""] * (self.folds - len(row.values))
            metrics = [row.mean, row.std, *row.values, *missing]
            writer.writerow([row.number, *values, row.state, *metrics, row.message])
        return text.getvalue()

    def plain(self) -> dict[str, Any]:
        """The content of `tune --json` except the files."""
        values = {key: value for key, value in self._asdict().items() if key != "rows"}
        rows = [row.plain() for row in self.rows]
        best = self.best and self.best.plain()
        return {**values, "folder": str(self.folder), "trials": rows, "best": best}


def worst_value(direction: Direction) -> float:
    """The infinity that stands for the metric of a diverged setting."""
    return -math.inf if direction == "maximize" else math.inf


def most_complete(rows: Sequence[TrialResult]) -> TrialResult:
    """The most complete of several rows of one setting: finished first, then most folds."""
    return min(rows, key=lambda row: (row.state == "open", -len(row.values)))
