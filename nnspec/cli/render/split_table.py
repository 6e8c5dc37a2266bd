"""A text table of the parts of the data: their rows, and how many of each class."""

from __future__ import annotations

from nnspec.cli.render.tables import aligned
from nnspec.errors import cut, visible
from nnspec.training.part_sizes import PartSizes

_MAX_NAME = 20  # characters of a class


def split_table(sizes: PartSizes) -> str:
    """A line for each part: its name, its rows, and the rows of each class where there are some."""
    classes = list(next(iter(sizes.values())).classes or ())
    names = [visible(cut(name))[:_MAX_NAME] or '""' for name in classes]
    rows = [("", "rows", *names)]
    for part, size in sizes.items():
        counts = [f"{(size.classes or {})[name]:,}" for name in classes]
        rows.append((part, f"{size.rows:,}", *counts))
    return aligned(rows)
