"""Drawn types, ranges and steps, against the same steps in exact fractions.

A preparation gives what exact computing gives but for rounding, in the type that is declared, or an
error that names a row to blame: it never warns and never wraps around.
"""

import re
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from nnspec.components.preprocessing.base import prepared, unprepared
from nnspec.data.preprocessing.number_types import StoredTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.errors import DataError, ShapeError
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.options.validation import read_component

TYPES = [
    "?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">f4", ">i4", ">u8",
]  # fmt: skip
STEPS = [
    "standardize", "standardize", "scale", {"scale": {"minimum": -3, "maximum": 0.1}},
    {"divide": 255}, {"divide": -0.1}, {"divide": 1e-320}, {"divide": 1e300}, {"polynomial": 2},
    {"cast": "float32"}, {"cast": "float64"}, {"cast": "int64"}, {"cast": "int32"},
    {"cast": "uint8"}, {"one_hot": 3}, "flatten", {"reshape": [-1, 1]}, {"shuffle_columns": 3},
]  # fmt: skip
FLOAT64_MAX, FLOAT32_MAX = (Fraction(float(np.finfo(t).max)) for t in ("f8", "f4"))
NO_NUMBER = None


class UnclearError(Exception):
    """A result that rounding decides."""


class GuiltyError(Exception):
    """Rows to blame."""


def drawn_array(rng):
    dtype = np.dtype(rng.choice(TYPES))
    shape = (int(rng.integers(1, 6)), *((3,), (1,), (1, 2))[rng.integers(3)])
    if dtype.kind != "f":
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        ends = [(low, high), (max(low, -3), 3), (high - min(high, 5), high)][rng.integers(3)]
        numbers = [
            low + int(f * (ends[1] - ends[0])) + ends[0] - low for f in rng.random(shape).flat
        ]
        return np.array(numbers, dtype).reshape(shape)
    scale = rng.choice([1, 1, 1e3, 1e-5, 1e-40, 1e-310, 1e30, 1e200, 1.7e308])
    spread = rng.choice([1, 1, 1e-3, 1e-8, 2.0**-52, 0])
    with np.errstate(over="ignore"):
        x = np.asarray(scale * (1 - spread * rng.random(shape)), dtype)
        x *= rng.choice([-1, 1], shape) if rng.random() < 0.3 else 1
    if rng.random() < 0.15:
        x[rng.integers(len(x)), ..., 0] = rng.choice([np.nan, np.inf, -np.inf])
    return x


class Exact:
    """Rows of fractions, flat, each with a bound of the error that rounding may have made of it."""

    def __init__(self, x):
        self.kind, self.shape, self.eps = x.dtype.kind, x.shape[1:], Fraction(0)
        self.rows = [[cell(number) for number in row.flat] for row in x]
        if x.dtype.kind == "f":
            self.eps = Fraction(float(np.finfo(x.dtype).eps))
        self.errors = [[Fraction(0)] * len(row) for row in self.rows]
        self.unit = Fraction(2) ** -52  # of a result's rounding
        self.bad = {i for i, row in enumerate(self.rows) if NO_NUMBER in row}

    def columns(self):
        yield from zip(zip(*self.rows, strict=True), zip(*self.errors, strict=True), strict=True)

    def put(self, function, limit=None):
        """Replace each number by function(number, error); beyond the limit it is no number."""
        in_float32 = self.unit == Fraction(2) ** -23
        limit = limit or (FLOAT32_MAX if in_float32 else FLOAT64_MAX)
        tiny = Fraction(2) ** (-149 if in_float32 else -1074)
        for i, row in enumerate(self.rows):
            for j, number in enumerate(row):
                if number is NO_NUMBER:
                    continue
                y, error = function(number, self.errors[i][j], j)
                row[j], self.errors[i][j] = y, error + 2 * self.unit * abs(y) + tiny
                if abs(abs(y) - limit) <= self.errors[i][j]:
                    raise UnclearError
                if abs(y) > limit:
                    row[j] = NO_NUMBER
                    self.bad.add(i)

    def compute(self, function):
        self.kind, self.eps = "f", max(self.eps, self.unit)
        self.put(function)

    def require(self, *valid):
        """All numbers must be valid; a test is ternary, as rounding may decide it."""
        bad = {
            i for i, row in enumerate(self.rows) for n in row if n is NO_NUMBER or not valid[0](n)
        }
        if bad | self.bad:
            raise GuiltyError(bad | self.bad)


def cell(number):
    return Fraction(number.item()) if np.isfinite(number) else NO_NUMBER


def root(square):
    with localcontext() as context:
        context.prec = 60
        context.Emin, context.Emax = -9999, 9999
        return Fraction((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())


def is_constant(low, high, error, eps):
    magnitude = max(abs(low), abs(high))
    limit = 4 * eps * magnitude
    if abs(high - low - limit) <= 2 * error + limit / 2**20 + Fraction(5e-324) and high > low:
        raise UnclearError
    return high - low <= limit


def fit(exact, learn):
    """What is learnt from each column, or None where it is constant; and its largest error."""
    exact.require(lambda _: True)
    found = []
    for numbers, errors in exact.columns():
        low, high, error = min(numbers), max(numbers), max(errors)
        constant = is_constant(low, high, error, exact.eps)
        found.append((None if constant else learn(numbers), error))
    return found


def standardize(exact, _):
    def learn(numbers):
        mean = sum(numbers) / len(numbers)
        return mean, root(sum((n - mean) ** 2 for n in numbers) / len(numbers))

    columns = fit(exact, learn)

    def value(number, _, j):
        learnt, error = columns[j]
        if learnt is None:
            return Fraction(0), Fraction(0)
        mean, std = learnt
        y = (number - mean) / std
        tiny = Fraction(5e-324) * 8 / std  # of a deviation without all its digits
        rest = (abs(mean) * Fraction(2) ** -100) / std + Fraction(2) ** -48
        return y, (8 * error / std + tiny) * (1 + abs(y)) + rest + 16 * exact.unit * abs(y)

    exact.compute(value)


def scale(exact, step):
    columns = fit(exact, lambda numbers: (min(numbers), max(numbers)))
    low, high = Fraction(step.minimum), Fraction(step.maximum)

    def value(number, _, j):
        learnt, error = columns[j]
        if learnt is None:
            return low, Fraction(0)
        width = learnt[1] - learnt[0]
        share = (number - learnt[0]) / width
        size = abs(low) + abs(high)
        tiny = 4 * Fraction(5e-324) / width
        return low + share * (high - low), (4 * error / width + tiny) * size + 8 * exact.unit * size

    exact.compute(value)


def divide(exact, step):
    divisor = Fraction(step.divisor)
    exact.compute(
        lambda n, error, _: (n / divisor, abs(error / divisor) + 2 * exact.unit * abs(n / divisor))
    )


def polynomial(exact, _):
    rows, errors = exact.rows, exact.errors
    exact.rows, exact.errors = [], []
    for row, error in zip(rows, errors, strict=True):
        pairs = [(i, j) for i in range(len(row)) for j in range(i, len(row))]
        blank = [NO_NUMBER if NO_NUMBER in (row[i], row[j]) else row[i] * row[j] for i, j in pairs]
        bounds = [
            0 if y is NO_NUMBER else abs(row[i]) * error[j] + (abs(row[j]) + error[j]) * error[i]
            for (i, j), y in zip(pairs, blank, strict=True)
        ]
        exact.rows.append([*row, *blank])
        exact.errors.append([*error, *map(Fraction, bounds)])
    exact.shape = (len(exact.rows[0]),)
    exact.compute(lambda n, error, _: (n, error + 2 * exact.unit * abs(n)))


def cast(exact, step):
    dtype = np.dtype(step.dtype)
    if dtype.kind == "f":
        if dtype == np.float32:
            exact.require(lambda n: abs(n) <= FLOAT32_MAX)
        exact.kind, exact.unit = "f", Fraction(float(np.finfo(dtype).eps))
        exact.eps = max(exact.eps, exact.unit) if dtype == np.float32 or exact.eps else exact.unit
        exact.put(
            lambda n, error, _: (
                n,
                error
                + exact.unit * abs(n)
                + Fraction(2) ** (-149 if dtype == np.float32 else -1074),
            )
        )
        return
    if exact.kind == "f" and any(error for row in exact.errors for error in row):
        raise UnclearError
    limits = np.iinfo(dtype)
    exact.require(lambda n: n.denominator == 1 and limits.min <= n <= limits.max)
    exact.kind, exact.unit, exact.eps = "i", Fraction(2) ** -52, Fraction(0)


def one_hot(exact, step):
    if any(error for row in exact.errors for error in row):
        raise UnclearError
    exact.require(lambda n: n in range(step.classes))
    exact.rows = [[Fraction(row[0] == k) for k in range(step.classes)] for row in exact.rows]
    exact.errors = [[Fraction(0)] * step.classes for _ in exact.rows]
    exact.kind, exact.shape, exact.eps = "f", (step.classes,), Fraction(2) ** -23
    exact.unit = Fraction(2) ** -23


def rearrange(exact, step):
    positions = np.arange(len(exact.rows[0])).reshape(1, *exact.shape)
    moved = FittedPipeline.fit([LocatedStep(step)], positions).apply(positions)[0]
    exact.shape = moved.shape
    exact.rows = [[row[i] for i in moved.flat] for row in exact.rows]
    exact.errors = [[row[i] for i in moved.flat] for row in exact.errors]


REFERENCE = {
    "standardize": standardize, "scale": scale, "divide": divide, "polynomial": polynomial,
    "cast": cast, "one_hot": one_hot,
}  # fmt: skip


def expected(x, steps, dtype):
    """The exact rows; a GuiltyError where a number cannot be taken."""
    exact = Exact(x)
    for step in steps:
        REFERENCE.get(step.kind, rearrange)(exact, step)
    if exact.kind == "f":
        exact.unit = max(exact.unit, Fraction(float(np.finfo(dtype).eps)))
        limit = FLOAT32_MAX if dtype == np.float32 else FLOAT64_MAX
        tiny = Fraction(2) ** (-149 if dtype == np.float32 else -1074)
        exact.put(lambda n, error, _: (n, error + tiny), limit)
    exact.require(lambda _: True)
    return exact


def signature(x, steps):
    row = unprepared(TensorSpec(x.shape[1:], x.dtype.name))
    for step in steps:
        row = step.apply(row)
    return prepared(row)


def check_error(located, x, dtype, guilty):
    """The error names one of the rows to blame."""
    with pytest.raises(DataError) as raised:
        FittedPipeline.fit(located, x).apply(x, StoredTypes(dtype))
    row = re.search(r"row (\d+) of", str(raised.value))
    assert row, str(raised.value)
    assert int(row[1]) in guilty, (x, located, str(raised.value))


def check_result(y, exact, case):
    """Each number is the exact one but for rounding."""
    for row, wanted, bounds in zip(y, exact.rows, exact.errors, strict=True):
        for found, number, bound in zip(row.flat, wanted, bounds, strict=True):
            assert abs(Fraction(found.item()) - number) <= bound, case


@pytest.mark.parametrize("seed", range(10))
def test_the_result_is_that_of_exact_computing_or_an_error_with_its_row(seed):
    rng = np.random.default_rng(seed)
    compared = 0
    for _ in range(100):
        x = drawn_array(rng)
        numbers = rng.integers(len(STEPS), size=rng.integers(4))
        steps = [read_component("preprocessing", STEPS[i]) for i in numbers]
        dtype = np.dtype(rng.choice([np.float32, np.float64]))
        located = [LocatedStep(step) for step in steps]
        try:
            (shape, name, _), exact = signature(x, steps), expected(x, steps, dtype)
        except (ShapeError, UnclearError):
            continue
        except GuiltyError as error:
            check_error(located, x, dtype, *error.args)
            continue
        y = FittedPipeline.fit(located, x).apply(x, StoredTypes(dtype))
        check_result(y, exact, f"{x!r} {steps} {dtype}")
        assert (shape, name if name != FLOAT else dtype.name) == (y.shape[1:], y.dtype.name)
        compared += 1
    assert compared > 20
