"""Text tables of metrics and expectations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they import NumPy
    from nnspec.runs.expectations import Expectation
    from nnspec.runs.report import SplitMetrics


def metrics_table(metrics: SplitMetrics) -> str:
    """A line for each split: its name and its metrics."""
    width = max(6, *(len(split) + 1 for split in metrics)) if metrics else 0
    return "\n".join(f"{split:<{width}}{metrics_line(values)}" for split, values in metrics.items())


def expectations_table(expectations: Sequence[Expectation]) -> str:
    """A line for each expectation: expected, actual, met; then where actual values come from."""
    rows = [("", "expected", "actual", "met")]
    rows += [
        (e.name, f"{_SIGNS[e.relation]}{_value(e.expected)}", _value(e.actual), _MET[e.met])
        for e in expectations
    ]
    details = [f"{e.name}: {e.detail}" for e in expectations if e.detail]
    return "\n".join([aligned(rows), *([""] if details else []), *details])


_SIGNS = {"equal": "", "at_least": ">= ", "at_most": "<= "}
_MET = {True: "yes", False: "NO", None: "not compared"}


def _value(value: float | str | None) -> str:
    """A number, the first digits of a hash, or a dash for what there is not."""
    if isinstance(value, str):
        return value[:12]
    return "-" if value is None else number(value)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column left-aligned, the others right-aligned."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([name.ljust(first), *numbers]).rstrip())
    return "\n".join(lines)


def metrics_line(metrics: dict[str, float]) -> str:
    """Metrics by name on one line."""
    return "  ".join(f"{name} {number(value)}" for name, value in metrics.items())


def number(value: float) -> str:
    """Four decimals, or scientific notation for very small and very large values."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"
