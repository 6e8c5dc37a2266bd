"""The weights of a run after its first updates, as `metrics.json` records them."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.errors import RunError
from nnspec.runs.file_names import METRICS
from nnspec.runs.folder import RunFolder
from nnspec.runs.verified_files import read_verified_json


class FirstUpdates(NamedTuple):
    """The SHA-256 of the weights after the first updates of a run: ten, or all if it has fewer."""

    updates: int
    weights_sha256: str

    def plain(self) -> dict[str, Any]:
        """The value of `first_updates` in `run --json`."""
        return self._asdict()


def recorded_first_updates(folder: RunFolder) -> FirstUpdates | None:
    """What a run records of its first updates; None before they are made, and of an older run."""
    match _metrics(folder):
        case {"first_updates": {"updates": int(updates), "weights_sha256": str(sha256)}}:
            return FirstUpdates(updates, sha256)
    return None


def record_first_updates(folder: RunFolder, found: FirstUpdates) -> None:
    """Record the first updates in the `metrics.json` of a run, whose other values stay."""
    values = _metrics(folder)
    if isinstance(values, dict):
        folder.write_metrics({**values, "first_updates": found.plain()})


def _metrics(folder: RunFolder) -> Any:
    """The content of `metrics.json`; None where it is not to be read."""
    try:
        return read_verified_json(folder.path, METRICS)
    except RunError:
        return None
