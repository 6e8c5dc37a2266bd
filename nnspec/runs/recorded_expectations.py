"""The expectations of a run, as its `metrics.json` keeps them."""

from __future__ import annotations

from nnspec.errors import RunError, visible
from nnspec.runs.expectations import Expectation
from nnspec.runs.file_names import METRICS
from nnspec.runs.folder import RunFolder
from nnspec.runs.verified_files import read_verified_json


def recorded_expectations(folder: RunFolder) -> list[Expectation] | None:
    """What a run has compared; None of one that has not finished."""
    if folder.ending().status != "finished":
        return None
    try:
        return [
            Expectation(**one) for one in read_verified_json(folder.path, METRICS)["expectations"]
        ]
    except (KeyError, TypeError):
        raise RunError(f"{visible(str(folder.path / METRICS))} is damaged") from None
