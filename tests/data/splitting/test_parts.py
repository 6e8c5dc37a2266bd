"""Parts of the rows: every class on both sides, groups together, time never backwards."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.splits import load_splits, take_parts
from nnspec.data.splitting.group_rows import GroupSplit, nearest_sum
from nnspec.data.splitting.ordered_rows import OrderedSplit
from nnspec.data.splitting.parts import split_parts
from nnspec.data.splitting.random_rows import RandomSplit
from nnspec.data.splitting.stratified_rows import StratifiedSplit, shares
from nnspec.data.splitting.time_rows import TimeSplit
from nnspec.errors import DataError, SpecError
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from tests.small_runs import rows, spec

FEW = settings(max_examples=25)
KEY = (0, "split", "test")
LABELS = st.lists(st.integers(0, 3), min_size=8, max_size=60)
FRACTIONS = st.floats(0.1, 0.6)


def sides(method, count, row_count):
    """The rows that are kept and the others, which together are all rows."""
    all_rows = np.arange(row_count)
    kept = method.choose(all_rows, count, KEY)
    others = np.setdiff1d(all_rows, kept)
    assert list(kept) == sorted(set(kept))
    assert len(kept) + len(others) == row_count
    return kept, others


def is_partition(folds, row_count):
    """Whether each row is held out once, and never learnt by its own fold."""
    held_out = np.concatenate([fold.validation for fold in folds])
    apart = all(not np.isin(fold.train, fold.validation).any() for fold in folds)
    return apart and sorted(held_out) == list(range(row_count))


@FEW
@given(LABELS, FRACTIONS)
def test_stratified_rows_have_every_class_on_both_sides(labels, fraction):
    labels = np.array([0, 0, 1, 1, *labels])
    several = [label for label in set(labels.tolist()) if (labels == label).sum() > 1]
    count = max(len(several), round(fraction * len(labels)))
    kept, others = sides(StratifiedSplit(labels), count, len(labels))
    assert len(kept) == count
    assert {*several} <= {*labels[kept]}
    assert {*labels} == {*labels[others]}
    for label in several:  # the share of each class, but for rounding and the row that it must have
        share = (labels == label).sum() * count / len(labels)
        assert abs((labels[kept] == label).sum() - share) <= max(1, len(set(labels.tolist())))


@FEW
@given(st.lists(st.integers(2, 40), min_size=1, max_size=8), FRACTIONS)
def test_shares_of_classes_are_exact_within_one(sizes, fraction):
    sizes = np.array(sizes)
    count = round(fraction * sizes.sum())
    if len(sizes) <= count <= sizes.sum() - len(sizes):
        wanted = shares(sizes, count)
        assert wanted.sum() == count
        exact = np.clip(sizes * count / sizes.sum(), 1, sizes - 1)
        assert (np.abs(wanted - exact) < 1 + len(sizes) * (wanted == 1).any()).all()


@FEW
@given(st.lists(st.integers(0, 9), min_size=2, max_size=60), st.integers(2, 5))
def test_stratified_folds(labels, folds):
    labels = np.array(labels * folds)
    dealt = StratifiedSplit(labels).folds(np.arange(len(labels)), folds, KEY)
    assert is_partition(dealt, len(labels))
    counts = np.array([np.bincount(labels[fold.validation], minlength=10) for fold in dealt])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


@FEW
@given(st.lists(st.integers(0, 12), min_size=4, max_size=60), FRACTIONS, st.integers(2, 4))
def test_a_group_is_never_on_both_sides(groups, fraction, folds):
    groups = np.array([*groups, 20, 21, 22, 23])
    kept, others = sides(GroupSplit(groups), round(fraction * len(groups)), len(groups))
    assert len(kept)
    assert len(others)
    assert not np.isin(groups[kept], groups[others]).any()
    dealt = GroupSplit(groups).folds(np.arange(len(groups)), folds, KEY)
    assert is_partition(dealt, len(groups))
    assert not any(np.isin(groups[f.train], groups[f.validation]).any() for f in dealt)


@FEW
@given(st.lists(st.integers(1, 9), min_size=2, max_size=9), st.integers(1, 30))
def test_groups_have_the_nearest_number_of_rows(sizes, count):
    """Against all choices of groups, but none and all."""
    sums = [0]
    for size in sizes:
        sums += [size + one for one in sums]
    count = min(count, sum(sizes) - 1)
    nearest = min(abs(one - count) for one in sums[1:-1])
    assert abs(sum(sizes[number] for number in nearest_sum(sizes, count)) - count) == nearest


def test_many_groups_are_chosen_quickly_and_exactly():
    sizes = [1 + number % 7 for number in range(20_000)]
    chosen = nearest_sum(sizes, 12_345)
    assert sum(sizes[number] for number in chosen) == 12_345
    assert len(set(chosen)) == len(chosen)


@FEW
@given(st.lists(st.integers(0, 30), min_size=6, max_size=60), FRACTIONS, st.integers(2, 4))
def test_time_never_runs_backwards(times, fraction, folds):
    times = np.array([*times, 31, 32, 33, 34, 35])
    count = round(fraction * len(times))
    kept, others = sides(TimeSplit(times), count, len(times))
    assert times[others].max() < times[kept].min()
    ends = np.sort(times)
    nearest = min(abs((times >= end).sum() - count) for end in set(ends.tolist()) - {ends[0]})
    assert abs(len(kept) - count) == nearest
    dealt = TimeSplit(times).folds(np.arange(len(times)), folds, KEY)
    assert len(dealt) == folds
    assert all(times[f.train].max() < times[f.validation].min() for f in dealt)
    assert all(len(a.train) < len(b.train) for a, b in pairwise(dealt))


@FEW
@given(st.integers(4, 60), st.integers(2, 4))
def test_ordered_folds_follow_each_other(row_count, folds):
    dealt = OrderedSplit().folds(np.arange(row_count), folds, KEY)
    held_out = np.concatenate([fold.validation for fold in dealt])
    assert list(held_out) == list(range(row_count))


def test_random_rows_depend_on_the_key():
    one, again, other = (
        list(RandomSplit().choose(np.arange(50), 10, key)) for key in (KEY, KEY, (1, *KEY[1:]))
    )
    assert one == again != other


# ------------------------------------------------------------------ in a spec

SORTED = [0] * 12 + [1] * 8 + [2] * 20
TIMES = list(range(40))
PARTS = (["train"] * 30 + ["val"] * 4 + ["test"] * 6)[::-1]
METADATA = {"group": [number // 4 for number in range(40)], "day": TIMES}


def made(split, **changes):
    inputs = [[float(number), number / 7] for number in range(40)]
    source = {"inputs": inputs, "targets": SORTED, "metadata": METADATA}
    layers = {"layers": [{"dense": {"units": 3, "activation": "softmax"}}]}
    values = rows(source, network=layers, loss="sparse_categorical_crossentropy", **changes)
    values["data"]["split"] = split
    return values


WAYS = ["random", "ordered", "stratified", {"group": "group"}, {"time": "day"}]


@pytest.mark.parametrize("by", WAYS, ids=str)
def test_parts_of_a_source(by):
    splits = load_splits(spec(made({"test": 0.2, "validation": 4, "by": by})))
    assert [part.rows for part in splits.parts()] == [28, 4, 8]
    numbers = [part.origin.numbers.tolist() for part in splits.parts()]
    assert sorted(chain(*numbers)) == list(range(40))
    assert [part.origin.part for part in splits.parts()] == ["training", "validation", "test"]


@pytest.mark.parametrize("by", WAYS, ids=str)
def test_the_test_rows_do_not_depend_on_whether_others_are_for_validation(by):
    one, other = ({"test": 0.2, "by": by}, {"test": 0.2, "validation": 0.2, "by": by})
    first, second = (load_splits(spec(made(split))).test for split in (one, other))
    assert (first.inputs == second.inputs).all()


def test_sorted_labels_are_on_both_sides_where_they_are_stratified():
    splits = load_splits(spec(made({"validation": 0.2, "by": "stratified"})))
    assert np.bincount(splits.validation.targets).tolist() == [2, 2, 4]
    assert np.bincount(splits.train.targets).tolist() == [10, 6, 16]


@pytest.mark.parametrize("by", WAYS, ids=str)
def test_the_mean_is_that_of_the_training_rows(by):
    """Training rows of mean 0.5, and test rows of mean 1000."""
    values = made({"test": 0.2, "by": by})
    tested = load_splits(spec(values)).test.origin.numbers
    inputs = np.empty((40, 1))
    inputs[np.setdiff1d(np.arange(40), tested)] = np.tile([[0.25], [0.75]], (16, 1))
    inputs[tested] = 1000.0
    values["data"]["source"]["rows"]["inputs"] = inputs.tolist()
    values["data"]["inputs"] = ["standardize"]
    again = spec(values)
    fitted = FittedPreprocessing.fit(again, load_splits(again).train)
    assert fitted.inputs[""].pipeline.state[0]["mean"] == [0.5]


def raw(**columns):
    count = len(next(iter(columns.values())))
    arrays = {name: np.array(column) for name, column in columns.items()}
    return RawSplits(Rows(np.arange(count), np.arange(count), metadata=arrays), None)


def test_a_column_says_the_parts():
    parsed = spec(made({"by": {"column": "part"}}))
    text = np.array([" Training", "val", "train", "TEST"], dtype=np.dtypes.StringDType())
    source = raw(part=text)
    splits = take_parts(source, split_parts(parsed, parsed.data.split, source))
    assert [part.inputs.tolist() for part in splits.parts()] == [[0, 2], [1], [3]]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train", "tset"], "row 1 of part is 'tset'.*did you mean 'test'"),
        (["train", ""], "row 1 of part is missing"),
        (["test", "val"], "no row of 'part' is for training"),
    ],
)
def test_a_part_that_is_none(parts, message):
    parsed = spec(made({"by": {"column": "part"}}))
    with pytest.raises(DataError, match=message):
        split_parts(parsed, parsed.data.split, raw(part=np.array(parts, np.dtypes.StringDType())))


@pytest.mark.parametrize(
    ("split", "changes", "message"),
    [
        ({"test": 0.001}, {}, "test: 0 of 40 rows leaves none to test with"),
        ({"test": 40}, {}, "test: 40 of 40 rows leaves none to train on"),
        ({"test": 0.5, "validation": 0.5}, {}, "20 rows that are not for the test leaves none"),
        ({"test": 2, "by": "stratified"}, {}, "stratified: 2 of 40 rows for 3 classes"),
        ({"test": 0.2, "by": {"group": "no"}}, {}, "the source has no metadata 'no'"),
        ({"test": 0.2, "by": {"stratified": "no"}}, {}, "no metadata 'no'|no target 'no'"),
        ({}, {}, "split keeps no rows"),
        ({"by": "stratified"}, {}, "split keeps no rows"),
        ({"test": 0.1}, {"train": {"validation_split": 0.1}}, "and so does train.validation_split"),
        ({"test": 0.1, "by": {"column": "part"}}, {}, "the column says which rows are for test"),
        ({"test": 0.1, "by": "strat"}, {}, "no way to split by 'strat'.*did you mean 'stratified'"),
        ({"test": 0.1, "by": "group"}, {}, "write {group: NAME}"),
        ({"test": 0.1, "by": {"gruop": "a"}}, {}, "by has no option 'gruop'.*did you mean 'group'"),
        ({"test": 0.1, "by": {"group": "a", "time": "b"}}, {}, "write one of stratified, group"),
        ({"test": 1.0}, {}, "test must be a fraction of the rows between 0 and 1"),
        ({"test": True}, {}, "test must be a fraction of the rows between 0 and 1"),
    ],
)  # fmt: skip
def test_splits_that_are_refused(split, changes, message):
    with pytest.raises((DataError, SpecError), match=message):
        load_splits(spec(made(split, **changes)))


def test_quantities_are_not_stratified():
    values = made({"test": 0.2, "by": "stratified"})
    values["data"]["source"]["rows"]["targets"] = [number / 3 for number in range(40)]
    with pytest.raises(DataError, match=r"stratified needs classes, and the target has none"):
        load_splits(spec(values))


def test_a_source_with_test_rows_gets_no_others():
    values = made({"test": 0.2})
    values["data"]["source"]["rows"]["test"] = {"inputs": [[1.0, 2.0]], "targets": [1]}
    with pytest.raises(DataError, match="the source has its own test rows"):
        load_splits(spec(values))
    values["data"]["split"] = {"validation": 0.2}
    assert [part.rows for part in load_splits(spec(values)).parts()] == [32, 8, 1]


def test_a_run_keeps_its_split_and_counts_the_classes(tmp_path):
    values = made({"test": 0.2, "validation": 4, "by": "stratified"}, metrics=["accuracy"])
    report = run(build(values), out=tmp_path)
    classes = {"0": 9, "1": 5, "2": 14}
    assert report.plain()["splits"]["train"] == {"rows": 28, "classes": classes}
    assert [one["rows"] for one in report.plain()["splits"].values()] == [28, 4, 8]
    assert report.metrics.keys() == {"train", "test"}
    assert "val_loss" in report.epochs[0].measured
