"""Drawn networks, losses, metrics and labels: what does not belong together is refused, the rest
gives the figures of the formulas."""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnspec.backends.arrays import Array
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.graph.compile import compile_spec
from nnspec.lint.rules import advise
from nnspec.training.loop import evaluate
from nnspec.training.prepared_data import check_written_data
from nnspec.training.session import TrainingSession
from tests.small_runs import rows, spec

ROWS = 4
REFERENCE = ComputeConfig("numpy:reference", "float64")
LOSSES = (
    "mean_squared_error", "half_squared_error", "binary_crossentropy",
    "categorical_crossentropy", "sparse_categorical_crossentropy",
)  # fmt: skip
METRICS = ("accuracy", "binary_accuracy", *LOSSES)
ACTIVATIONS = ("linear", "sigmoid", "softmax", "tanh", "relu")
BETWEEN: list[list[Any]] = [[], ["flatten"], [{"dropout": 0.25}]]
OWN = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax",
       "sparse_categorical_crossentropy": "softmax"}  # fmt: skip


class Drawn(NamedTuple):
    units: int
    activations: tuple[str, ...]  # one after the other
    loss: str
    metrics: tuple[str, ...]
    labels: list[Any]

    def values(self) -> dict[str, Any]:
        first, *others = self.activations
        dense = {"dense": {"units": self.units, "activation": first}}
        between = BETWEEN[len(str(self)) % len(BETWEEN)]
        layers = [dense, *(item for name in others for item in [*between, name])]
        source = {"inputs": [[0.3, -1], [0.5, 2], [-2, 0.1], [1, 1]], "targets": self.labels}
        return rows(source, network={"layers": layers}, loss=self.loss, metrics=list(self.metrics))


def drawn(seed: int) -> Drawn:
    rng = random.Random(seed)  # noqa: S311
    units = rng.choice([1, 1, 2, 3])
    activations = tuple(rng.choice(ACTIVATIONS) for _ in range(rng.choice([1, 1, 1, 2])))
    metrics = tuple(rng.sample(METRICS, rng.choice([0, 1, 1, 2])))
    return Drawn(units, activations, rng.choice(LOSSES), metrics, labels(rng, units))


def labels(rng: random.Random, units: int) -> list[Any]:
    """Labels of some form, of which one may be mutated."""
    columns = rng.choice([units, units, units, units + 1])
    rows = {
        "classes": lambda: rng.randrange(max(units, 2)),
        "column": lambda: [rng.randrange(max(units, 2))],
        "one_hot": lambda: np.eye(columns, dtype=int)[rng.randrange(columns)].tolist(),
        "several": lambda: [rng.randrange(2) for _ in range(columns)],
        "soft": lambda: [1 / columns] * columns,
        "numbers": lambda: [rng.choice([-1.5, 0.25, 3.0]) for _ in range(columns)],
    }
    make = rows[rng.choice(list(rows))]
    found = [make() for _ in range(ROWS)]
    if rng.random() < 0.3:
        mutate(found, rng)
    return found


def mutate(found: list[Any], rng: random.Random) -> None:
    row, wrong = rng.randrange(ROWS), rng.choice([-1, 0.5, 1.5, 2, 9, 1e-9, 0.9999])
    if isinstance(found[row], list):
        found[row][rng.randrange(len(found[row]))] = wrong
    else:
        found[row] = wrong


# What belongs together, from the definitions alone, in plain Python.


def numbers(label: Any) -> list[float]:
    return label if isinstance(label, list) else [label]


def fits(case: Drawn) -> bool:
    return all(len(numbers(label)) == case.units for label in case.labels)


def is_class(label: Any, units: int) -> bool:
    (number, *others) = numbers(label)
    return not others and number == int(number) and 0 <= number < units


def is_distribution(label: Any, units: int) -> bool:
    values = numbers(label)
    close = abs(math.fsum(values) - 1) <= 5e-4 * units
    return len(values) == units and min(values) >= 0 and close


def takes(case: Drawn, kind: str) -> bool:
    """Whether a loss or a metric takes the labels."""
    flat = [number for label in case.labels for number in numbers(label)]
    if kind.endswith("squared_error"):
        return fits(case)
    if kind == "binary_crossentropy":
        return fits(case) and all(0 <= number <= 1 for number in flat)
    if kind == "categorical_crossentropy":
        return case.units > 1 and all(is_distribution(y, case.units) for y in case.labels)
    if kind == "sparse_categorical_crossentropy":
        return case.units > 1 and all(is_class(y, case.units) for y in case.labels)
    if case.loss == "binary_crossentropy":
        yes_or_no = fits(case) and all(0 <= y <= 1 for y in flat)
    else:  # but for rounding
        yes_or_no = fits(case) and all(y in (0, 1, 1e-9) for y in flat)
    if kind == "binary_accuracy" or case.units == 1:
        return yes_or_no
    by_rows = [is_distribution if len(numbers(y)) == case.units else is_class for y in case.labels]
    return all(right(y, case.units) for right, y in zip(by_rows, case.labels, strict=True))


def twice(case: Drawn) -> bool:
    """Whether an activation is applied to what another one gives, and changes it."""
    first, second = (*case.activations, "linear")[:2]
    return "linear" not in (first, second) and (first, second) != ("relu", "relu")


def advised(case: Drawn) -> set[str] | None:
    """The codes of advice on a spec; None where it is refused."""
    try:
        made = spec(case.values())
        graph = compile_spec(made)
        check_written_data(made, graph)
    except NnspecError:
        return None
    return {one.code for one in advise(made, graph)}


@pytest.mark.parametrize("start", range(0, 2000, 250))
def test_what_does_not_belong_together_is_refused(start):
    for seed in range(start, start + 250):
        case = drawn(seed)
        belongs = all(takes(case, kind) for kind in (case.loss, *case.metrics))
        advice = advised(case)
        assert (advice is not None) == belongs, (seed, case)
        if advice is None:
            continue
        assert ("activation-twice" in advice) == twice(case), (seed, case)
        last = next((name for name in reversed(case.activations) if name != "linear"), "linear")
        foreign = [kind for kind in (case.loss, *case.metrics) if OWN.get(kind, last) != last]
        assert ("output-activation" in advice) == bool(foreign), (seed, case)


# The figures of what is taken, from the formulas.


def figure(kind: str, p: Array, labels: list[Any]) -> float:
    per_row = [row_figure(kind, row, numbers(y)) for row, y in zip(p.tolist(), labels, strict=True)]
    return math.fsum(per_row) / len(per_row)


def row_figure(kind: str, p: list[float], y: list[float]) -> float:
    one_hot = y if len(y) == len(p) else [float(m == y[0]) for m in range(len(p))]
    pairs = list(zip(p, one_hot, strict=True))
    if kind.endswith("squared_error"):
        half = 0.5 if kind.startswith("half") else 1
        return half * math.fsum((a - b) ** 2 for a, b in pairs) / len(p)
    if kind == "binary_crossentropy":
        return -math.fsum(b * math.log(a) + (1 - b) * math.log(1 - a) for a, b in pairs) / len(p)
    if kind.endswith("categorical_crossentropy"):
        return -math.fsum(b * math.log(a) for a, b in pairs if b)
    if kind == "binary_accuracy" or len(p) == 1:
        return sum((a > 0.5) == (b > 0.5) for a, b in pairs) / len(p)
    return float(p.index(max(p)) == one_hot.index(max(one_hot)))


@pytest.mark.parametrize("start", [0, 1000])
def test_what_belongs_together_has_the_figures_of_the_formulas(start):
    checked = 0
    for seed in range(start, start + 1000):
        case = drawn(seed)
        kinds = (case.loss, *case.metrics)
        own = all(OWN.get(kind, case.activations[-1]) == case.activations[-1] for kind in kinds)
        if not own or not all(takes(case, kind) for kind in kinds):
            continue
        session = TrainingSession.prepare(spec(case.values()), REFERENCE)
        rows = session.splits.train
        found = evaluate(session.program, rows)
        p = session.program.predict(rows.inputs)
        for name, kind in zip(found, kinds, strict=True):
            assert found[name] == pytest.approx(figure(kind, p, case.labels), abs=1e-9), (
                seed,
                kind,
            )
        checked += 1
    assert checked > 20
