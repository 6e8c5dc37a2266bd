"""Fitted pipelines: fitted on training rows only, equal for any chunk size, saved as JSON."""

import json
from fractions import Fraction

import numpy as np
import pytest

from nnspec.data.preprocessing import pipeline
from nnspec.data.preprocessing.number_types import StoredTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.errors import DataError
from nnspec.options.validation import read_component

RNG = np.random.default_rng(0)


def located_steps(*steps):
    return [LocatedStep(read_component("preprocessing", step)) for step in steps]


def fit(rows, *steps):
    return FittedPipeline.fit(located_steps(*steps), np.asarray(rows))


def test_standardize_gives_mean_0_and_deviation_1():
    x = RNG.normal(5, 3, (500, 4))
    y = fit(x, "standardize").apply(x)
    assert y.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert y.std(axis=0) == pytest.approx(np.ones(4))


def test_scale_reaches_its_bounds():
    x = RNG.normal(size=(50, 3))
    y = fit(x, {"scale": {"minimum": -1, "maximum": 2}}).apply(x)
    assert y.min(axis=0) == pytest.approx([-1] * 3)
    assert y.max(axis=0) == pytest.approx([2] * 3)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e300, -7, 0])
@pytest.mark.parametrize("rows", [1, 3, 10, 1000])
def test_a_constant_column_becomes_0(value, rows):
    """The mean of equal numbers may be off by a bit; dividing by such a deviation would give 1."""
    x = np.full((rows, 2), value, dtype=float)
    assert (fit(x, "standardize").apply(x) == 0).all()
    assert (fit(x, "scale").apply(x) == 0).all()


@pytest.mark.parametrize(
    ("kind", "size"),
    [("f2", 1), *((kind, size) for kind in ("f4", "f8") for size in (1, 1e-30, 1e30))],
)
@pytest.mark.parametrize("step", ["standardize", "scale"])
def test_a_column_that_is_constant_but_for_rounding_becomes_0(step, size, kind):
    number = np.dtype(kind).type
    x = np.array([[0.3], [np.nextafter(number(0.3), number(1))]]).astype(kind) * number(size)
    assert x[0] != x[1]
    fitted = fit(x, step)
    assert (fitted.apply(x) == 0).all()
    assert (fitted.apply(2 * x) == 0).all()  # a column that taught nothing, in any row


@pytest.mark.parametrize(
    ("kind", "column", "before"),
    [
        ("f2", [300, 300.5, 301], []),
        ("f2", [2016, 2017, 2018], []),
        ("f2", [300, 300.25, 300.5], []),
        ("f2", [36.5, 36.6, 36.7], []),
        ("f4", [1e7, 1e7 + 1, 1e7 + 2], []),
        ("f4", [16000000, 16000001, 16000003], [{"divide": 255}]),
        ("f4", [16000000, 16000001, 16000003], ["flatten", {"shuffle_columns": 1}]),
        ("f8", [16000000, 16000001, 16000003], [{"cast": "float32"}]),
        ("f8", [1e16, 1e16 + 2, 1e16 + 4], []),
    ],
)
@pytest.mark.parametrize("step", ["standardize", "scale"])
def test_numbers_that_are_exact_in_their_type_differ(step, kind, column, before):
    """Whole numbers, halves and quarters are no results of rounding, however near they are."""
    x = np.stack([np.array(column, kind), np.array([0.3, 0.9, 0.1], kind)], axis=1)
    fitted = fit(x, *before, step)
    assert fitted.rounded == ()
    assert (np.ptp(fitted.apply(x), axis=0) > 0.99).all()


def test_columns_taken_for_constant_are_known():
    x = np.array([[1, 0.3, 7], [2, 0.1 + 0.2, 7]])
    fitted = fit(x, "flatten", "standardize")
    (rounded,) = fitted.rounded
    assert (rounded.step, rounded.columns, rounded.first) == (1, 1, (1,))
    assert (rounded.lowest, rounded.highest) == (0.3, 0.1 + 0.2)


@pytest.mark.parametrize(
    "column",
    [
        np.array([1e9, 1e9 + 1]), np.array([1e16, 1e16 + 20]), np.array([0, 1e-310]),
        np.array([-1.7e308, 1.7e308]), np.array([2**53, 2**53 + 1]), np.array([False, True]),
        np.array([-(2**63), 2**63 - 1]), np.array([0, 2**64 - 1], np.uint64),
        np.array([2**64 - 2, 2**64 - 1], np.uint64), np.array([0, 255], np.uint8),
        np.array([60000, 65504], np.float16), np.array([-(2**31), 2**31 - 1], np.int32),
    ],
)  # fmt: skip
def test_two_numbers_are_standardized_to_their_signs_and_scaled_to_the_bounds(column):
    """Whatever their type and size: neither a difference nor a mean wraps, rounds or overflows."""
    x = column[:, None]
    assert fit(x, "standardize").apply(x)[:, 0] == pytest.approx([-1, 1], rel=1e-12)
    assert fit(x, "scale").apply(x)[:, 0].tolist() == [0, 1]


@pytest.mark.parametrize("kind", ["f8", "f4", "i8", "u1"])
def test_the_fitted_mean_is_exact_for_any_chunks_and_order(monkeypatch, kind):
    x = RNG.normal(100, 10, (500, 3)).astype(kind)
    exact = [float(sum(map(Fraction, column.tolist())) / 500) for column in x.T]
    for chunk_rows, rows in ((10_000, x), (7, x), (500, x[::-1])):
        monkeypatch.setattr(pipeline, "CHUNK_ROWS", chunk_rows)
        assert fit(rows, "standardize").state[0]["mean"] == exact


@pytest.mark.parametrize("step", [{"divide": 255}, "standardize", "scale", {"polynomial": 2}])
def test_the_type_of_a_source_does_not_change_the_result(step):
    x = RNG.integers(0, 256, (40, 3))
    fitted = fit(x.astype(np.uint8), step, "standardize")
    for kind in ("f2", "f4", "f8", "i8", ">i2", ">f4"):
        assert (fitted.apply(x.astype(kind)) == fitted.apply(x)).all()


def test_rows_are_stored_in_the_type_of_the_network():
    x = np.array([[1, 2], [3, 4]], np.uint8)
    for kind in (np.dtype(np.float32), np.dtype(np.float64)):
        types = StoredTypes(kind)
        assert fit(x, {"divide": 3}).apply(x, types).dtype == kind
        assert fit(x, {"cast": "float32"}).apply(x, types).dtype == kind
        assert fit(x.astype(np.float16)).apply(x.astype(">f8"), types).dtype == kind
        assert fit(x, "flatten").apply(x, types).dtype == np.uint8
        assert fit(x, "flatten").apply(x, StoredTypes(kind, kind)).dtype == kind
        assert fit(x).apply(x, StoredTypes(kind, kind)).tolist() == x.tolist()


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], r"row 5 of the array, at \[1, 2\]: nan is no number"),
        (["standardize"], r"row 5 .*\[1, 2\]: standardize gets nan and would spread it"),
        ([{"divide": 2}, "flatten", "scale"], r"row 5 .*\[1, 2\]: scale gets nan"),
        ([{"shuffle_columns": 0}, {"cast": "int32"}], r"row 5 .*\[1, 2\]: cast gets nan"),
        (["flatten", {"polynomial": 2}, "scale"], r"row 5 .*\[1, 2\]: nan is no number"),
        ([{"cast": "float32"}], r"gets nan, which is no float32 \(take the row out"),
    ],
)
def test_a_number_that_cannot_be_taken_is_told_by_its_place_in_the_source(
    monkeypatch, steps, message
):
    monkeypatch.setattr(pipeline, "CHUNK_ROWS", 2)
    x = RNG.normal(size=(7, 2, 3)).round()
    x[5, 1, 2] = np.nan
    with pytest.raises(DataError, match=message):
        fit(x, *steps).apply(x)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"divide": 1e-320}], "divide gets 1.0, and the result is beyond float64"),
        (
            [{"polynomial": 2}],
            r"polynomial gets 1e\+200, and the result is beyond float64",
        ),
        ([{"polynomial": 2}, "standardize"], r"column 1: polynomial gets 1e\+200"),
        ([{"cast": "float32"}], r"column 1: cast gets 1e\+200, which is no float32"),
        ([], r"column 1: 1e\+200 is too large for float32"),
    ],
)
def test_a_number_that_overflows_is_told_with_its_step(steps, message):
    x = np.array([[1.0, 1], [3, 1e200]])
    with pytest.raises(DataError, match=f"row [01] of the array.*{message}"):
        fit(x, *steps).apply(x, StoredTypes(np.dtype(np.float32)))


@pytest.mark.parametrize("step", ["standardize", "scale"])
def test_applying_does_not_change_the_fitted_state(step):
    train, later = RNG.normal(size=(30, 2)), RNG.normal(9, 1, (10, 2))
    fitted = fit(train, step)
    before = json.dumps(fitted.plain())
    one_by_one = np.concatenate([fitted.apply(later[i : i + 1]) for i in range(10)])
    assert (fitted.apply(later) == one_by_one).all()
    assert json.dumps(fitted.plain()) == before
    assert fitted.rows == 30


@pytest.mark.parametrize("chunk_rows", [1, 7, 50, 10_000])
def test_the_chunk_size_does_not_change_the_result(monkeypatch, chunk_rows):
    x = RNG.integers(0, 256, (50, 3, 2)).astype(np.uint8)
    steps = ({"cast": "float64"}, "flatten", "standardize", "scale", {"divide": 3})
    whole = fit(x, *steps).apply(x)
    monkeypatch.setattr(pipeline, "CHUNK_ROWS", chunk_rows)
    assert fit(x, *steps).apply(x) == pytest.approx(whole, abs=1e-12)


def test_a_step_is_fitted_on_the_output_of_the_steps_before_it():
    x = RNG.integers(0, 256, (50, 3))
    fitted = fit(x, {"divide": 255}, "standardize")
    assert fitted.state[1]["mean"] == pytest.approx(x.mean(axis=0) / 255)


def test_a_pipeline_round_trips_through_json():
    x = RNG.normal(size=(40, 3))
    steps = ("standardize", {"scale": {"maximum": 2}}, {"reshape": [3, 1]})
    fitted = fit(x, *steps)
    again = FittedPipeline.from_plain(json.loads(json.dumps(fitted.plain())), located_steps(*steps))
    assert (again.apply(x) == fitted.apply(x)).all()


@pytest.mark.parametrize("steps", [(), ("scale",), ("standardize", "flatten")])
def test_state_of_other_steps_is_an_error(steps):
    values = fit(np.ones((2, 2)), "standardize").plain()
    with pytest.raises(ValueError, match="other steps"):
        FittedPipeline.from_plain(values, located_steps(*steps))


def test_output_dtypes():
    x = np.array([[1, 2], [3, 4]], np.uint8)
    assert fit(x, {"cast": "float32"}, {"divide": 255}).apply(x).dtype == np.float32
    assert fit(x, {"divide": 2}).apply(x).tolist() == [[0.5, 1], [1.5, 2]]
    assert fit(x, "standardize").apply(x).dtype == np.float64
    assert fit(x, {"cast": "float32"}, "scale").apply(x).dtype == np.float32


def test_zero_rows_keep_the_output_shape():
    fitted = fit(np.ones((3, 2, 2)), "flatten", "standardize")
    assert fitted.apply(np.ones((0, 2, 2))).shape == (0, 4)


@pytest.mark.parametrize("shape", [(), (1,), (6,), (4, 3, 2)])
def test_shuffle_columns_permutes_all_rows_alike(shape):
    x = RNG.normal(size=(20, *shape))
    y = fit(x, "shuffle_columns").apply(x)
    assert y.shape == x.shape
    before, after = x.reshape(20, -1), y.reshape(20, -1)
    order = [int(np.flatnonzero(before[0] == number)[0]) for number in after[0]]
    assert sorted(order) == list(range(before.shape[1]))
    assert (after == before[:, order]).all()
    assert (fit(x[:1], "shuffle_columns").apply(x[7:]) == y[7:]).all()


def test_the_order_of_shuffle_columns_depends_on_its_seed():
    x = np.arange(784).reshape(1, 28, 28, 1)
    one, again, other = (fit(x, {"shuffle_columns": seed}).apply(x) for seed in (0, 0, 1))
    assert (one == again).all()
    assert all((one != two).mean() > 0.9 for two in (x, other))


def test_one_hot():
    assert fit([2, 0], {"one_hot": 3}).apply(np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert fit([[1.0]], {"one_hot": 2}).apply(np.array([[1.0]])).tolist() == [[0, 1]]


@pytest.mark.parametrize("label", [3, -1, 0.5, np.nan, np.inf])
def test_one_hot_rejects_a_label_that_is_no_class(label):
    hint = "classes are counted from 0" if np.isfinite(label) else "take the row out"
    with pytest.raises(DataError, match=f"no whole number from 0 to 2 .{hint}"):
        fit([0, 1], {"one_hot": 3}).apply(np.array([0, label]))


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (256.0, "uint8"),
        (-1, "uint8"),
        (np.nan, "int32"),
        (3e9, "int32"),
        (1e300, "float32"),
        (3.7, "int32"),
        (2.0**63, "int64"),
        (2**63, "int64"),
        (-0.5, "uint8"),
        (np.inf, "float32"),
    ],
)
def test_cast_rejects_values_out_of_range(value, dtype):
    with pytest.raises(DataError, match=f"is no {dtype}"):
        fit([[1.0]], {"cast": dtype}).apply(np.array([[value]]))


@pytest.mark.parametrize(
    ("shape", "steps"),
    [
        ((2, 3), [{"reshape": [2, 2]}]),
        ((2, 3), [{"one_hot": 3}]),
        ((2, 6), ["flatten", {"reshape": 5}]),
    ],
)
def test_rows_of_the_wrong_shape_are_errors(shape, steps):
    with pytest.raises(DataError):
        fit(np.ones(shape), *steps)


@pytest.mark.parametrize("step", ["standardize", "scale"])
def test_the_fitted_state_is_not_broadcast(step):
    """NumPy would broadcast a row of one number over a state of three."""
    fitted = fit(RNG.normal(size=(5, 3)), step)
    with pytest.raises(DataError, match=r"fitted on rows of \(3\) and gets \(1\)"):
        fitted.apply(np.ones((2, 1)))
