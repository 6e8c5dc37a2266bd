"""Unique labels of several runs in tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnspec.runs.folder import RunFolder


def label_runs(paths: Sequence[Path]) -> dict[str, Path]:
    """Run folders by label: the run's name, with its number if names repeat."""
    folders = list(dict.fromkeys(RunFolder.open(path).path.resolve() for path in paths))
    names = [folder.parent.name for folder in folders]
    labels = [
        f"{name} {folder.name}" if names.count(name) > 1 else name
        for name, folder in zip(names, folders, strict=True)
    ]
    if len(set(labels)) < len(labels):
        labels = [str(folder) for folder in folders]
    return dict(zip(labels, folders, strict=True))
