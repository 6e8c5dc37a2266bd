"""Leaks: equal rows, groups and times on both sides, columns that tell the target or the row."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.data.row_origin import RowOrigin, TableFile
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.errors import DataError
from nnspec.runs.listener import RunListener
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training.leaks.equal_rows import _equal
from nnspec.training.leaks.purity import purity
from nnspec.training.leaks.row_hashes import comparable
from nnspec.training.leaks.rules import leaks
from tests.small_runs import rows

TEXT = np.dtypes.StringDType()
RNG = np.random.Generator(np.random.Philox(7))
NOISE = RNG.normal(size=(100, 3))


def spec(split=None, **data):
    values = rows({"inputs": [[1.0]] * 4, "targets": [0, 1, 0, 1]})
    values["data"] |= {"split": split or {"test": 0.2}, **data}
    return build(values)


def table(inputs, target, part="training", **metadata):
    origin = RowOrigin(part, table=TableFile("t.csv", 2))
    return Rows(inputs, {"y": np.asarray(target)}, origin, metadata)


def found(raw, made=None):
    return {one.code: one.message for one in leaks(made or spec(), raw)}


def parts(inputs, other, **kinds):
    train = Rows(inputs, np.zeros(len(inputs)), RowOrigin("training"))
    return Splits(train, None, Rows(other, np.zeros(len(other)), RowOrigin("test")), **kinds)


def test_equal_rows_are_told_with_their_numbers():
    raw = parts(NOISE, np.concatenate([RNG.normal(size=(3, 3)), NOISE[[41, 7]]]))
    message = "2 of 5 test rows have the inputs of a training row: "
    pairs = "test row 3 is training row 41; test row 4 is training row 7"
    assert found(raw) == {"equal-rows": message + pairs}


def test_rows_of_a_table_are_told_by_their_lines():
    columns = {"a": NOISE[:, 0], "b": np.array([f"w{n % 9}" for n in range(100)], TEXT)}
    taken = {name: column[[5]] for name, column in columns.items()}
    raw = Splits(table(columns, NOISE[:, 2]), None, table(taken, [0.0], "test"))
    assert found(raw)["equal-rows"].endswith("t.csv:2 is t.csv:7")


def test_rows_that_repeat_by_chance_are_no_leak():
    bits = RNG.integers(0, 2, size=(100, 3))
    assert found(parts(bits, bits[:20])) == {}


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int64"])
@pytest.mark.parametrize("width", [1, 3, 8, 500])
def test_equal_rows_are_found_exactly(dtype, width):
    """Against a comparison of all pairs."""
    first, other = (RNG.integers(0, 3, size=(60, width)).astype(dtype) for _ in range(2))
    other[::4] = first[:15]
    if dtype == "float32":
        first[0], other[0] = np.nan, np.nan
    same = (first[None] == other[:, None]) | (
        (first[None] != first[None]) & (other[:, None] != other[:, None])
    )
    wanted = np.flatnonzero(same.all(axis=2).any(axis=1))
    assert _equal(comparable(first, other))[:, 0].tolist() == wanted.tolist()


def test_types_of_two_files_may_differ():
    found_rows = _equal(comparable(np.arange(6)[:, None], np.array([[4.0], [-0.0], [9.0]])))
    assert found_rows.tolist() == [[0, 4], [1, 0]]


def test_groups_and_times_of_a_second_file():
    train = {"a": NOISE[:, 0], "b": NOISE[:, 1]}
    test = {"a": RNG.normal(size=4), "b": RNG.normal(size=4)}
    days = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]").astype("datetime64[us]")
    groups = np.arange(100) // 10
    raw = Splits(
        table(train, NOISE[:, 2], day=days, group=groups), None,
        table(test, NOISE[:4, 2], "test", day=days[[3, 99, 99, 99]] + np.timedelta64(1, "D"),
              group=np.array([9, 10, 11, 3])),
    )  # fmt: skip
    by_time = found(raw, spec({"validation": 0.1, "by": {"time": "day"}}))["time-leak"]
    assert by_time.startswith("1 of 4 test rows are not later than the training rows")
    by_group = found(raw, spec({"validation": 0.1, "by": {"group": "group"}}))["equal-groups"]
    assert by_group == "2 groups of group are in training and test rows: 3, 9"
    assert found(raw) == {}


CLASSES = np.arange(100) % 2
LEAKS = {
    "copy": (CLASSES, CLASSES),
    "words": (np.array(["no", "yes"], TEXT)[CLASSES], CLASSES),
    "threshold": (CLASSES + RNG.uniform(0, 0.5, 100), CLASSES),
    "three": (np.arange(100) % 3 + RNG.uniform(0, 0.5, 100), np.arange(100) % 3),
    "text target": (CLASSES * 2.0, np.array(["a", "b"], TEXT)[CLASSES]),
    "linear": (3 - 2 * NOISE[:, 1], NOISE[:, 1]),
    "logarithm": (-np.exp(3 * NOISE[:, 1]), NOISE[:, 1]),
}
FINE = {
    "noise": (NOISE[:, 1], CLASSES),
    "nearly": (CLASSES ^ (np.arange(100) < 3), CLASSES),
    "correlated": (NOISE[:, 1] + 0.1 * NOISE[:, 2], NOISE[:, 1]),
    "one class": (CLASSES, np.zeros(100, int)),
    "each its own": (RNG.permutation(1000)[:100] * 10, CLASSES),
}


@pytest.mark.parametrize("case", [*LEAKS, *FINE])
def test_a_column_that_alone_tells_the_target(case):
    column, target = {**LEAKS, **FINE}[case]
    codes = found(Splits(table({"x": NOISE[:, 0], "c": column}, target), None, None))
    assert list(codes) == (["target-leak"] if case in LEAKS else [])
    assert all(message.startswith("'c' alone tells the target") for message in codes.values())


def test_the_only_column_is_meant_to_tell_the_target():
    assert found(Splits(table({"c": CLASSES}, CLASSES), None, None)) == {}


def test_purity_is_the_share_of_right_rows():
    assert purity(np.array([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]), np.array([0] * 4 + [1] * 6)) == 0.9
    values = np.array([1.0, 2.0, np.nan, 3.0, 4.0, 5.0])
    assert purity(values, np.array([0, 0, 0, 1, 1, 1])) == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("column", "is_id"),
    [
        (np.arange(100) + 500, True),
        (np.array([f"id-{number}" for number in range(100)], TEXT), True),
        (np.arange(100) * 7, False),
        (np.array([f"a long review {number}" for number in range(100)], TEXT), False),
        (np.arange(100) // 2, False),
    ],
)
def test_columns_that_number_the_rows(column, is_id):
    codes = found(Splits(table({"x": NOISE[:, 0], "c": column}, NOISE[:, 1]), None, None))
    assert list(codes) == (["id-column"] if is_id else [])


def test_advice_is_silenced_and_may_be_an_error():
    raw = Splits(table({"x": NOISE[:, 0], "c": CLASSES}, CLASSES), None, None)
    assert leaks(spec().replace(silence=("target-leak",)), raw) == []
    with pytest.raises(DataError, match="error: 'c' alone tells the target"):
        leaks(spec(leaks="error"), raw)


class Advised(RunListener):
    def __init__(self):
        self.codes = []

    def on_advice(self, advice):
        self.codes.append(advice.code)


def test_a_run_with_leaks_as_errors_leaves_no_folder(tmp_path):
    inputs = [[n * 0.37 % 1, n * 0.73 % 1] for n in range(8)] * 2
    values = rows({"inputs": inputs, "targets": [0, 1] * 8})
    values["data"]["split"] = {"test": 0.25, "by": "ordered"}
    listener = Advised()
    run(build(values), out=tmp_path / "advised", listener=listener)
    assert listener.codes == ["equal-rows"]
    values["data"]["leaks"] = "error"
    with pytest.raises(DataError, match="4 of 4 test rows have the inputs of a training row"):
        run(build(values), out=tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
