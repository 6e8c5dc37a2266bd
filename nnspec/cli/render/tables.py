"""Tables of metrics and expectations as text."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.runs.expectations import Expectation
from nnspec.runs.trainer import SplitMetrics


def figures_table(figures: SplitMetrics) -> str:
    """`train` and `test`, a line each."""
    return "\n".join(f"{part:<6}{figures_line(values)}" for part, values in figures.items())


def expectations_table(expectations: Sequence[Expectation]) -> str:
    """Expected, actual, met: a line each."""
    rows = [("", "expected", "actual", "met")]
    rows += [
        (e.name, number(e.expected), number(e.actual), "yes" if e.met else "NO")
        for e in expectations
    ]
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([name.ljust(first), *numbers]).rstrip())
    return "\n".join(lines)


def figures_line(figures: dict[str, float]) -> str:
    """Names and values on one line."""
    return "  ".join(f"{name} {number(value)}" for name, value in figures.items())


def number(value: float) -> str:
    """Four decimals, or four digits where they would say nothing or too much."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"
