"""Comparison of the metrics that a spec expects with the actual ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.spec.document import Expect

SplitMetrics = Mapping[str, Mapping[str, float]]  # split -> metric name -> value


class Expectation(NamedTuple):
    """An expected and an actual metric; `met` if they differ by at most the tolerance."""

    name: str
    expected: float
    actual: float
    met: bool


def compare_expectations(
    expect: Expect | None, parameters: int, metrics: SplitMetrics
) -> list[Expectation]:
    """Compare every expected value that has an actual one, the parameter count first."""
    if expect is None:
        return []
    compared = list(_compare_metrics(expect, metrics))
    if expect.parameters is not None:
        met = expect.parameters == parameters
        compared.insert(0, Expectation("parameters", expect.parameters, parameters, met))
    return compared


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
