"""Comparison of what a spec expects with what there is: counts, figures, weights, behaviour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from nnspec.components.behaviour.base import Behaviour
from nnspec.graph.summary import Summary
from nnspec.spec.expect import PARTS, Bounds, Expect, Figure, WeightsHash
from nnspec.training.behaviour.trained_model import Outcome

COUNTS = {"parameters": "parameters", "trainable": "trainable parameters"}  # and what they count
Relation = Literal["equal", "at_least", "at_most"]


class Expectation(NamedTuple):
    """An expected and an actual value, and whether they are related as expected.

    `equal` allows for the tolerance. What was not compared has no actual value, `met` is None, and
    `detail` says why; else it says where the value comes from, such as the row that is worst.
    """

    name: str
    expected: float | str | None
    actual: float | str | None
    met: bool | None
    relation: Relation = "equal"
    detail: str = ""


def compare_expectations(
    expect: Expect | None, summary: Summary, metrics: Mapping[str, Mapping[str, float]]
) -> list[Expectation]:
    """Compare every expected count and figure that has an actual value, the counts first."""
    if expect is None:
        return []
    return [*compare_counts(expect, summary), *_compare_metrics(expect, metrics)]


def compare_counts(expect: Expect, summary: Summary) -> Iterator[Expectation]:
    """Compare the expected numbers of parameters, which are exact."""
    for name in COUNTS:
        expected, actual = getattr(expect, name), getattr(summary, name)
        if expected is not None:
            yield Expectation(name, expected, actual, expected == actual)


def _compare_metrics(
    expect: Expect, metrics: Mapping[str, Mapping[str, float]]
) -> Iterator[Expectation]:
    for part in PARTS:
        for name, figure in getattr(expect, part).items():
            if name in metrics.get(part, {}):
                actual = metrics[part][name]
                yield from _compare_figure(f"{part} {name}", figure, actual, expect.tolerance)


def _compare_figure(
    name: str, figure: Figure, actual: float, tolerance: float
) -> Iterator[Expectation]:
    """A figure and its expected value, or each of its bounds."""
    if not isinstance(figure, Bounds):
        yield Expectation(name, figure, actual, abs(actual - figure) <= tolerance)
        return
    if figure.at_least is not None:
        met = actual >= figure.at_least
        yield Expectation(name, figure.at_least, actual, met, "at_least")
    if figure.at_most is not None:
        met = actual <= figure.at_most
        yield Expectation(name, figure.at_most, actual, met, "at_most")


def compare_weights(expected: WeightsHash, actual: str) -> Expectation:
    """Compare the SHA-256 of weights in precision `exact`."""
    met = actual == expected.value
    detail = "" if met else f"the weights have {actual}"
    return Expectation(_weights_name(expected), expected.value, actual, met, detail=detail)


def uncompared_weights(expected: WeightsHash, reason: str) -> Expectation:
    """An expected SHA-256 of weights that was not compared."""
    return Expectation(_weights_name(expected), expected.value, None, None, detail=reason)


def _weights_name(expected: WeightsHash) -> str:
    if expected.updates is None:
        return "weights_sha256"
    return f"weights_sha256 after {expected.updates:,} updates"


def compare_behaviour(behaviour: Behaviour, outcome: Outcome) -> Expectation:
    """What came out of a behaviour."""
    return Expectation(
        behaviour_name(behaviour), outcome.expected, outcome.actual, outcome.met,
        outcome.relation, outcome.detail,
    )  # fmt: skip


def untested_behaviour(behaviour: Behaviour, reason: str) -> Expectation:
    """A behaviour that was not tested."""
    return Expectation(behaviour_name(behaviour), None, None, None, detail=reason)


def untested(expect: Expect | None, reason: str) -> Iterator[Expectation]:
    """What is expected of weights and behaviour, none of which was tested."""
    if expect is not None:
        if expect.weights_sha256 is not None:
            yield uncompared_weights(expect.weights_sha256, reason)
        yield from (untested_behaviour(behaviour, reason) for behaviour in expect.behaviour)


def behaviour_name(behaviour: Behaviour) -> str:
    """`monotonicity of price: age`: the kind, the output if it is named, and what is tested."""
    output = getattr(behaviour, "output", None)
    name = f"{behaviour.kind} of {output}" if output else behaviour.kind
    return f"{name}: {behaviour.subject}" if behaviour.subject else name


def expectations_to_plain(expectations: Sequence[Expectation]) -> list[dict[str, Any]]:
    """The value of `expectations` in `run --json`."""
    return [expectation._asdict() for expectation in expectations]


def all_met(expectations: Sequence[Expectation]) -> bool:
    """Whether none of the expectations that were compared is missed."""
    return all(expectation.met is not False for expectation in expectations)
