"""How many rows the parts of the data have, and how many of each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nnspec.components.targets import are_numbers
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.data.splitting.classes import classes_of_parts
from nnspec.data.splitting.targets import only_target
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import objectives
from nnspec.spec.document import Spec

MAX_CLASSES = 20  # that are counted


class PartSize(NamedTuple):
    """The number of rows of a part, and that of each class; None where rows have no classes."""

    rows: int
    classes: dict[str, int] | None = None

    def plain(self) -> dict[str, Any]:
        """The part's item in `run --json`."""
        counted = {} if self.classes is None else {"classes": self.classes}
        return {"rows": self.rows, **counted}


PartSizes = Mapping[str, PartSize]


def part_sizes(spec: Spec, graph: Graph, raw: Splits) -> PartSizes:
    """The sizes of `train`, `validation` and `test`, as far as there are such parts of raw rows.

    Classes are counted where the only output is trained for at most `MAX_CLASSES` of them.
    """
    named = {"train": raw.train, "validation": raw.validation, "test": raw.test}
    parts = {name: rows for name, rows in named.items() if rows is not None}
    counts = _class_counts(spec, list(parts.values())) if _has_classes(spec, graph) else None
    return {
        name: PartSize(rows.rows, counts[number] if counts else None)
        for number, (name, rows) in enumerate(parts.items())
    }


def _has_classes(spec: Spec, graph: Graph) -> bool:
    """Whether the only output is trained, or measured, for classes."""
    trained = objectives(spec, graph)
    if len(trained) != 1:
        return False
    metrics = {one.metric.kind for one in trained[0].metrics}
    return not are_numbers(trained[0].loss.targets) or "accuracy" in metrics


def _class_counts(spec: Spec, parts: list[Rows]) -> list[dict[str, int]] | None:
    """The number of rows of each class in each part, by the classes of all parts together."""
    targets = [target for rows in parts if (target := only_target(spec, rows)) is not None]
    found = classes_of_parts(targets)
    if not found or len(found[0].names) > MAX_CLASSES:
        return None
    return [one.counts() for one in found]
