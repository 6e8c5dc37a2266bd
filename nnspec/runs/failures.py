"""The record of a run that diverged, failed, or was interrupted a second time."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.runs.ending import Status
from nnspec.runs.first_updates import recorded_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.training.history import Epoch
from nnspec.training.loop import DivergenceError


def write_failure(
    folder: RunFolder, compute: ComputeConfig, epochs: Sequence[Epoch], error: BaseException,
    known: Mapping[str, Any] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Write the completed epochs, and why there are no more, as far as files can be written.

    `known` are further values, such as the diagnosis of a training that diverged.
    """
    with contextlib.suppress(NnspecError, OSError, MemoryError):
        folder.write_history(epochs)
        recorded = recorded_first_updates(folder)
        folder.write_metrics(
            {
                "run": str(folder.path),
                **compute._asdict(),
                "epochs": [epoch.plain() for epoch in epochs],
                "train": None,
                "test": None,
                "interrupted": _status(error) == "interrupted",
                "status": _status(error),
                "message": _message(error),
                "first_updates": recorded and recorded.plain(),
                **known,
            }
        )


def _status(error: BaseException) -> Status:
    if isinstance(error, DivergenceError):
        return "diverged"
    return "failed" if isinstance(error, Exception) else "interrupted"  # a second Ctrl-C


def _message(error: BaseException) -> str:
    """The reason in one line."""
    text = error.problems[0].message if isinstance(error, NnspecError) else str(error)
    return " ".join(text.split()) or type(error).__name__
