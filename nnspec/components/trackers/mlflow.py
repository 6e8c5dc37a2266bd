"""Curves for MLflow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.components.trackers.base import Tracker

Text = Annotated[str, Field(min_length=1)]


class MLflow(Tracker, kind="mlflow", primary="uri"):
    """A run of an MLflow experiment: options of the spec, curves, figures, and the run's files.

    `uri` is a tracking server or database; by default a file `mlflow.db` beside the runs, which
    `mlflow ui --backend-store-uri sqlite:///runs/mlflow.db` shows. The experiment has the spec's
    name, unless it has one of its own. A run that goes on is continued.
    """

    uri: Text | None = None
    experiment: Text | None = None
