"""Text tables of metrics and expectations."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.runs.expectations import Expectation
from nnspec.runs.report import SplitMetrics


def metrics_table(metrics: SplitMetrics) -> str:
    """A line for each split: its name and its metrics."""
    return "\n".join(f"{split:<6}{metrics_line(values)}" for split, values in metrics.items())


def expectations_table(expectations: Sequence[Expectation]) -> str:
    """A line for each expectation: expected, actual, met."""
    rows = [("", "expected", "actual", "met")]
    rows += [
        (e.name, number(e.expected), number(e.actual), "yes" if e.met else "NO")
        for e in expectations
    ]
    return aligned(rows)


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
