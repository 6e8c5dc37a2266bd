"""Unique labels of several runs in tables and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nnspec.runs.folder import RunFolder


def label_runs(
    paths: Sequence[Path], open_folder: Callable[[Path], RunFolder]
) -> dict[str, RunFolder]:
    """Run folders by label: the run's name, with its number if names repeat."""
    folders = {folder.path.resolve(): folder for folder in map(open_folder, paths)}
    names = [path.parent.name for path in folders]
    labels = [
        f"{name} {path.name}" if names.count(name) > 1 else name
        for name, path in zip(names, folders, strict=True)
    ]
    if len(set(labels)) < len(labels):
        labels = [str(path) for path in folders]
    return dict(zip(labels, folders.values(), strict=True))
