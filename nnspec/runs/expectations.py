"""The figures that a spec expects beside those that came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.spec.document import Expect

SplitMetrics = Mapping[str, Mapping[str, float]]  # part of the data -> name -> value


class Expectation(NamedTuple):
    """One expected figure; `met` if it lies within the tolerance."""

    name: str
    expected: float
    actual: float
    met: bool


def compare_expectations(
    expect: Expect | None, parameters: int, figures: SplitMetrics
) -> list[Expectation]:
    """Every expected figure that there is an actual one for."""
    if expect is None:
        return []
    found = list(_figures(expect, figures))
    if expect.parameters is not None:
        met = expect.parameters == parameters
        found.insert(0, Expectation("parameters", expect.parameters, parameters, met))
    return found


def _figures(expect: Expect, figures: SplitMetrics) -> Iterator[Expectation]:
    for part, expected in (("train", expect.train), ("test", expect.test)):
        for name, value in expected.items():
            if name in figures.get(part, {}):
                actual = figures[part][name]
                yield Expectation(
                    f"{part} {name}", value, actual, abs(actual - value) <= expect.tolerance
                )


def expectations_to_plain(expectations: list[Expectation]) -> list[dict[str, Any]]:
    """The `expectations` of `run --json`."""
    return [expectation._asdict() for expectation in expectations]
