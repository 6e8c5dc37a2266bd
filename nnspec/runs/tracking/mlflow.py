"""Runs of an MLflow experiment, in a local database or on a server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnspec.components.trackers.mlflow import MLflow
from nnspec.errors import NnspecError, RunError, visible
from nnspec.optional_packages import optional_package
from nnspec.runs.file_names import ENVIRONMENT, HISTORY, METRICS, PREPROCESSING, SPEC
from nnspec.runs.tracking.base import TrackedEpoch, TrackedRun, TrackerWriter
from nnspec.system_errors import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient

_FOLDER_TAG = "nnspec.folder"
_STATUSES = {"finished": "FINISHED", "interrupted": "KILLED"}  # else FAILED
_MAX_VALUE = 500  # characters of an option that are kept
_FILES = SPEC, HISTORY, METRICS, ENVIRONMENT, PREPROCESSING  # that a run is kept with


class MLflowWriter(TrackerWriter):
    """Parameters, metrics and files of one run of an experiment."""

    def __init__(self, options: MLflow) -> None:
        self.options, self.make = options, _client_class()

    def begin(self, run: TrackedRun) -> None:
        """Make a run of the experiment, or find the one of the folder."""
        self.run, uri = run, self.options.uri or _local_uri(run)
        with _as_run_error(uri):
            self.client = self.make(tracking_uri=uri)
            experiment = self._experiment(self.options.experiment or run.name)
            self.id = (self._find(experiment) if run.epochs else None) or self._new(experiment)
            self.client.update_run(self.id, "RUNNING")

    def end_epoch(self, epoch: TrackedEpoch) -> None:
        """Log the metrics at the epoch's number."""
        for name, value in epoch.metrics.items():
            self.client.log_metric(self.id, name, value, step=epoch.number)

    def end(self, figures: Mapping[str, float], status: str) -> None:
        """Log the figures and the run's files."""
        for name, value in figures.items():
            self.client.log_metric(self.id, name, value)
        for name in _FILES:
            if (path := self.run.folder / name).exists():
                self.client.log_artifact(self.id, str(path))
        self.client.log_text(self.id, self.run.summary, "summary.txt")
        self.client.set_terminated(self.id, _STATUSES.get(status, "FAILED"))

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        files = None if self.options.uri else (self.run.folder.parents[1] / "mlflow").as_uri()
        return str(self.client.create_experiment(name, artifact_location=files))

    def _find(self, experiment: str) -> str | None:
        """The id of the run of this folder."""
        folder = str(self.run.folder).replace("'", "")
        found = self.client.search_runs([experiment], f"tags.`{_FOLDER_TAG}` = '{folder}'")
        return found[0].info.run_id if found else None

    def _new(self, experiment: str) -> str:
        """A new run, with the options of the spec as its parameters."""
        folder = str(self.run.folder).replace("'", "")
        name = f"{self.run.name}/{self.run.folder.name}"
        made = self.client.create_run(experiment, run_name=name, tags={_FOLDER_TAG: folder})
        run_id: str = made.info.run_id
        for path, value in self.run.options.items():
            self.client.log_param(run_id, path, str(value)[:_MAX_VALUE])
        return run_id


def _local_uri(run: TrackedRun) -> str:
    """A database beside the folders of the runs."""
    return f"sqlite:///{run.folder.parents[1] / 'mlflow.db'}"


def _client_class() -> type[MlflowClient]:
    with optional_package("the tracker needs mlflow", "mlflow"):
        import mlflow
        import sqlalchemy  # noqa: F401  (of the local database)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)  # the tables of a new database are no news
    return mlflow.MlflowClient


@contextmanager
def _as_run_error(uri: str) -> Iterator[None]:
    """Context that turns errors of MLflow and of its database into a RunError."""
    try:
        yield
    except (NnspecError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise RunError(f"cannot track at {visible(uri)}: {first_line(error)}") from None
