"""What is listed of a run: how it ended, its figures, and options of its spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from nnspec.errors import NnspecError, RunError
from nnspec.language import reader
from nnspec.runs.ending import Ending, read_ending
from nnspec.runs.file_names import ENVIRONMENT, METRICS, SPEC
from nnspec.runs.verified_files import has_file, read_verified, read_verified_json

_SPLITS = ("train", "test")
_PLAIN = ("backend", "precision", "device", "seed", "seconds")


class RunRecord:
    """The record of the run in a folder; `on_note` is told of a file that is damaged."""

    def __init__(self, path: Path, on_note: Callable[[str], None] = lambda _: None) -> None:
        self.path, self.on_note = path, on_note
        self.damage = ""  # of its record
        self.ending: Ending = read_ending(path)

    @property
    def status(self) -> str:
        """The status of the run; `stopped` of one whose process is gone, `damaged` of its files."""
        if self.ending.status == "running" and not self.ending.is_training:
            return "stopped"
        return "damaged" if self._read is None else self.ending.status

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Numbers and texts by their names, such as `epochs` and `test.accuracy`."""
        values, started = self._read or ({}, None)
        return {
            "name": self.path.resolve().parent.name,
            "run": str(self.path),
            "status": self.status,
            **{key: values[key] for key in _PLAIN if key in values},
            "epochs": self.ending.epochs,
            **_parameters(values),
            "started": started,
            **dict(_metrics(values)),
            **dict(_columns(values)),
        }

    def plain(self) -> dict[str, Any]:
        """The figures as an item of `runs --json`: those of a split are in a map of its own."""
        values = {name: value for name, value in self.figures.items() if "." not in name}
        for split in ("train", "validation", "test", "epoch"):
            metrics = {
                name.removeprefix(f"{split}."): value
                for name, value in self.figures.items()
                if name.startswith(f"{split}.")
            }
            values[split] = metrics or None
        return {**values, "message": self.damage or self.ending.message}

    @cached_property
    def spec(self) -> Any:
        """The plain values of the spec; None where it cannot be read."""
        try:
            content = read_verified(self.path, SPEC)
            return reader.parse(reader.decode(content, str(self.path / SPEC)))
        except NnspecError as error:
            self.on_note(error.problems[0].message)
            return None

    @cached_property
    def _read(self) -> tuple[dict[str, Any], str | None] | None:
        """The values of `metrics.json`, and when the run was started; None where it is damaged."""
        try:
            metrics = _map(read_verified_json(self.path, METRICS)) if self._has(METRICS) else {}
            environment = self._has(ENVIRONMENT) and read_verified_json(self.path, ENVIRONMENT)
        except RunError as error:
            self.damage = error.problems[0].message
            self.on_note(self.damage)
            return None
        started = _map(environment).get("started")
        return metrics, started if isinstance(started, str) else None

    def _has(self, name: str) -> bool:
        return has_file(self.path, name)


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    counts = _map(values.get("parameters"))
    return {"parameters": counts["total"]} if "total" in counts else {}


def _metrics(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The metrics of each split."""
    parts = [(split, values.get(split)) for split in _SPLITS]
    for split, metrics in [*parts, ("validation", _validation(values))]:
        for name, value in _map(metrics).items():
            yield f"{split}.{name}", value


def _validation(values: Mapping[str, Any]) -> Any:
    """The metrics of the validation rows: of the weights at the end, else of their epoch."""
    return values.get("validation") or _epoch_of_weights(values).get("validation", {})


def _columns(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What callbacks have added to the epoch of the weights at the end: `epoch.weight_norm`."""
    measured = _map(values.get("train"))
    for name, value in _epoch_of_weights(values).items():
        if measured and name not in (*measured, "epoch", "seconds", "validation"):
            yield f"epoch.{name}", value


def _epoch_of_weights(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The epoch after which a run has the weights at its end; nothing without any."""
    epochs, stopping = values.get("epochs"), _map(values.get("early_stopping"))
    end = stopping.get("best_epoch") if stopping.get("restored") else None
    return _map(epochs[:end][-1]) if isinstance(epochs, list) and epochs[:end] else {}
