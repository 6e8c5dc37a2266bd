"""Comparison of the counts and metrics that a spec expects with the actual ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.graph.summary import Summary
from nnspec.spec.document import Expect

COUNTS = {"parameters": "parameters", "trainable": "trainable parameters"}  # and what they count
SplitMetrics = Mapping[str, Mapping[str, float]]  # split -> metric name -> value


class Expectation(NamedTuple):
    """An expected and an actual value; `met` if they differ by at most the tolerance."""

    name: str
    expected: float
    actual: float
    met: bool


def compare_expectations(
    expect: Expect | None, summary: Summary, metrics: SplitMetrics
) -> list[Expectation]:
    """Compare every expected value that has an actual one, the parameter counts first."""
    if expect is None:
        return []
    return [*compare_counts(expect, summary), *_compare_metrics(expect, metrics)]


def compare_counts(expect: Expect, summary: Summary) -> Iterator[Expectation]:
    """Compare the expected numbers of parameters, which are exact."""
    for name in COUNTS:
        expected, actual = getattr(expect, name), getattr(summary, name)
        if expected is not None:
            yield Expectation(name, expected, actual, expected == actual)


def _compare_metrics(expect: Expect, metrics: SplitMetrics) -> Iterator[Expectation]:
    for split, expected in (("train", expect.train), ("test", expect.test)):
        for name, value in expected.items():
            if name in metrics.get(split, {}):
                actual = metrics[split][name]
                yield Expectation(
                    f"{split} {name}", value, actual, abs(actual - value) <= expect.tolerance
                )


def expectations_to_plain(expectations: list[Expectation]) -> list[dict[str, Any]]:
    """The value of `expectations` in `run --json`."""
    return [expectation._asdict() for expectation in expectations]
