"""Arrays and tables in memory as the data of a run."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import nnspec
from nnspec.cli.main import run as command_line

ARRAYS = """
network: {layers: [{dense: 1}]}
loss: mean_squared_error
optimizer: sgd
train: {epochs: 2, batch_size: 4}
"""
TABLE = """
data:
  source: frame
  inputs:
    - {columns: [bill, mass], steps: [impute, standardize]}
    - {columns: island, steps: [one_hot]}
  targets: {columns: species, steps: [one_hot]}
network: {layers: [{dense: {units: 2, activation: softmax}}]}
loss: categorical_crossentropy
optimizer: adam
metrics: [accuracy]
train: {epochs: 2, batch_size: 8}
"""
X = np.random.default_rng(0).normal(size=(12, 2))
Y = X.sum(axis=1)
COLUMNS = {
    "island": ["Biscoe", "Dream", "Biscoe", "Dream"] * 3,
    "bill": [39.1, None, 40.3, 36.7] * 3,
    "mass": [3750, 3800, 3250, 3450] * 3,
    "species": ["Adelie", "Gentoo", "Adelie", "Adelie"] * 3,
}
FRAME = pl.DataFrame(COLUMNS)


STOPPING = {"train.epochs": 9, "train.early_stopping": {"monitor": "val_loss", "patience": 1}}


@pytest.mark.parametrize("part", [(X[:4], Y[:4]), None])
def test_given_validation_rows_are_monitored(part, tmp_path):
    if part is None:
        with pytest.raises(nnspec.DataError, match=r"overrides:1:.*early_stopping monitors"):
            nnspec.run(ARRAYS, STOPPING, data=(X, Y), folder=tmp_path)
        assert not any(tmp_path.iterdir())
        return
    run = nnspec.run(ARRAYS, STOPPING, data=(X, Y), validation_data=part, folder=tmp_path)
    losses = run.history["val_loss"]
    assert len(losses) == 9 or losses[-1] >= losses[-2]
    assert nnspec.open(tmp_path / "network").history["val_loss"] == losses


def test_a_frame_trains_as_its_csv_file_does(tmp_path):
    FRAME.write_csv(tmp_path / "penguins.csv")
    spec = {"data.source": {"csv": str(tmp_path / "penguins.csv")}}
    of_file, of_frame = nnspec.run(TABLE, spec), nnspec.run(TABLE, data=FRAME)
    assert of_file.metrics == of_frame.metrics == nnspec.run(TABLE, spec, data=FRAME).metrics
    assert of_frame.evaluate(FRAME) == of_frame.metrics["train"]


@pytest.mark.parametrize(
    "data",
    [
        COLUMNS, FRAME.lazy(), (FRAME.drop("species"), FRAME["species"]),
        (FRAME.drop("species"), COLUMNS["species"]),
        (FRAME.drop("species"), FRAME.select("species")),
        ({name: COLUMNS[name] for name in ("mass", "bill", "island")}, COLUMNS["species"]),
    ],
)  # fmt: skip
def test_all_forms_of_a_table_are_the_same(data):
    assert nnspec.run(TABLE, data=data).metrics == nnspec.run(TABLE, data=FRAME).metrics


def test_a_frame_gives_a_frame_of_predictions():
    run = nnspec.run(TABLE, data=FRAME)
    found = run.predict(FRAME.head(3))
    assert found.columns == ["prediction", "probability_Adelie", "probability_Gentoo"]
    shares = run.predict(COLUMNS)
    np.testing.assert_array_equal(found.drop("prediction").to_numpy(), shares[:3])
    names = np.array(["Adelie", "Gentoo"])[shares.argmax(axis=1)]
    assert found["prediction"].to_list() == names[:3].tolist()
    shuffled = FRAME.select("mass", "island", "bill")
    assert_frame_equal(run.predict(shuffled.head(3)), found)


def test_the_command_line_uses_a_run_over_a_frame(tmp_path, capsys):
    run = nnspec.run(TABLE, data=FRAME, folder=tmp_path)
    new, found = tmp_path / "new.csv", tmp_path / "found.csv"
    FRAME.drop("species").write_csv(new)
    assert command_line(["predict", str(run.folder), str(new), "-o", str(found)]) == 0
    assert_frame_equal(
        pl.read_csv(found).drop("row"), run.predict(FRAME), check_dtypes=False, abs_tol=1e-6
    )
    assert command_line(["evaluate", str(run.folder)]) == 2
    assert "the rows are given in Python" in capsys.readouterr().err


def test_numbers_come_back_in_their_own_unit():
    spec = f"{ARRAYS}\ndata: {{source: arrays, targets: [standardize]}}"
    columns = {"a": X[:, 0], "b": X[:, 1], "price": 1000 + Y}
    run = nnspec.run(spec, data=columns, targets="price")
    found = run.predict(pl.DataFrame(columns))["prediction"].to_numpy()
    unit = run.predict(columns)[:, 0] * Y.std() + 1000 + Y.mean()
    np.testing.assert_allclose(found, unit, rtol=1e-6)


def test_a_spec_without_data_takes_all_other_columns():
    table = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "price": Y})
    run = nnspec.run(ARRAYS, data=table, targets="price")
    arrays = nnspec.run(ARRAYS, data=(X, Y))
    assert (run.predict(table)["prediction"].to_numpy() == arrays.predict(X)[:, 0]).all()
    two = nnspec.run(ARRAYS, {"network.layers.0.units": 2}, data=table, targets=["a", "price"])
    assert two.predict(table).columns == ["prediction_a", "prediction_price"]


def test_columns_without_names_get_some():
    run = nnspec.run(ARRAYS, data=(pl.DataFrame(X), pl.Series(Y)))
    arrays = nnspec.run(ARRAYS, data=(X, Y))
    assert (run.predict(pl.DataFrame(X))["prediction"].to_numpy() == arrays.predict(X)[:, 0]).all()


def test_pandas_frames_come_back_with_their_index():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(COLUMNS, index=range(100, 112))
    frame["island"], frame["mass"] = (
        frame["island"].astype("category"),
        frame["mass"].astype("Int64"),
    )
    run = nnspec.run(TABLE, data=frame)
    assert run.metrics == nnspec.run(TABLE, data=FRAME).metrics
    found = run.predict(frame.head(2))
    assert isinstance(found, pd.DataFrame)
    assert list(found.index) == [100, 101]


def test_parts_are_evaluated_apart():
    run = nnspec.run(ARRAYS, data=(X, Y), validation_data=(X[:4], Y[:4]), test_data=(X[4:], Y[4:]))
    assert run.evaluate("validation") == run.evaluate((X[:4], Y[:4]))
    assert run.evaluate("test") == run.metrics["test"] == run.evaluate((X[4:], Y[4:]))
    assert run.history["val_loss"][-1] == run.evaluate("validation")["loss"]
    table = nnspec.run(TABLE, data=FRAME, validation_data=FRAME.head(4), test_data=FRAME.tail(4))
    assert table.evaluate("test") == table.evaluate(FRAME.tail(4))
    assert len(
        nnspec.run(ARRAYS, {"train.validation_split": 0.25}, data=(X, Y)).history["val_loss"]
    )


def test_a_row_of_weight_two_is_a_row_that_comes_twice():
    weights = np.array([2.0] * 6 + [0.0] * 6)
    twice = np.concatenate([X[:6], X[:6]]), np.concatenate([Y[:6], Y[:6]])
    overrides = {"train.batch_size": "all"}
    one = nnspec.run(ARRAYS, overrides, data=(X, Y), sample_weight=weights, precision="float64")
    two = nnspec.run(ARRAYS, overrides, data=twice, precision="float64")
    np.testing.assert_allclose(one.predict(X), two.predict(X), rtol=1e-12)
    table = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": Y})
    three = nnspec.run(
        ARRAYS, overrides, data=table, targets="y", sample_weight=weights, precision="float64"
    )
    assert (three.predict(table)["prediction"].to_numpy() == one.predict(X)[:, 0]).all()
    four = nnspec.run(
        ARRAYS, data=table, targets="y", sample_weight=weights, test_data=table.head(4)
    )
    assert four.metrics["test"] == four.evaluate(table.head(4))


NAN = np.where(np.arange(24).reshape(12, 2) == 7, np.nan, X)


@pytest.mark.parametrize(
    ("spec", "given", "message"),
    [
        (ARRAYS, {"data": (NAN, Y)}, "Python:1:1: error: training row 3 of x, column 1: nan"),
        (ARRAYS, {"data": (X, Y[:5])}, "12 rows in x and 5 rows in y"),
        (ARRAYS, {"data": (X, np.stack([Y, Y], 1))}, "spec:3:7: error: the targets have 2 columns"),
        (ARRAYS, {"data": (X, ["a"] * 12)}, "y must hold real numbers"),
        (ARRAYS, {"data": (X[:0], Y[:0])}, "y is|0 rows|are empty"),
        (ARRAYS, {"data": (X, Y), "test_data": (X[:, :1], Y)}, "a test row of x is"),
        (ARRAYS, {"data": (X, Y), "test_data": ({"a": X}, Y)}, "test rows have the arrays 'a'"),
        (ARRAYS, {"data": (X, Y), "targets": "y"}, "the data are arrays"),
        (ARRAYS, {"data": (X, Y), "sample_weight": Y[:3]}, "sample_weight has 3 rows"),
        (ARRAYS, {"data": (X, Y), "sample_weight": -np.ones(12)}, "is -1"),
        (ARRAYS, {"data": (X, Y, Y)}, "a tuple of 3"),
        (ARRAYS, {"data": (X, None)}, "without targets"), (ARRAYS, {"data": [X, Y]}, "the list"),
        (ARRAYS, {"data": X}, "data are the ndarray"),
        (ARRAYS, {"validation_data": (X, Y)}, "give the training rows as data"),
        (ARRAYS, {"data": FRAME}, "does not say which columns are targets"),
        (ARRAYS, {"data": FRAME, "targets": "species"}, "island holds text"),
        (ARRAYS, {"data": FRAME, "targets": "nope"}, "no column 'nope'"),
        (ARRAYS, {"data": FRAME, "targets": []}, "targets are names of columns"),
        (ARRAYS, {"data": FRAME, "targets": 3}, "targets are names of columns, not the int 3"),
        (ARRAYS, {"data": FRAME.select("mass"), "targets": "mass"}, "no columns besides"),
        (ARRAYS, {"data": {"a": [1, "x"], "b": [1, 2]}, "targets": "b"}, "several types"),
        (ARRAYS, {"data": {"a": [1, 2], "b": [1]}, "targets": "b"}, "2 in 'a', 1 in 'b'"),
        (ARRAYS, {"data": {"a": 5, "b": [1]}, "targets": "b"}, "'a' is the int 5"),
        (TABLE, {}, "spec:3:11: error: the rows are given in Python"),
        (TABLE, {"data": FRAME, "targets": "species"}, "the spec says which columns are targets"),
        (TABLE, {"data": FRAME.drop("mass")}, "spec:5:24: error: data has no column 'mass'"),
        (TABLE, {"data": (X, Y)}, "names columns, and the data are arrays"),
        (TABLE, {"data": (FRAME, FRAME["species"])}, "among the inputs and the targets"),
        (TABLE, {"data": FRAME.head(0)}, "data has no rows"),
        (TABLE, {"data": FRAME.with_columns(species=pl.lit(None, pl.String))}, "data:0:species"),
        (TABLE, {"data": FRAME, "sample_weight": [1, 2]}, "2 in 'sample_weight'"),
    ],
)  # fmt: skip
def test_data_that_do_not_fit_are_told(spec, given, message):
    with pytest.raises(nnspec.NnspecError, match=message):
        nnspec.run(spec, **given)


def test_rows_that_the_spec_splits_off_and_given_ones_are_refused_together():
    overrides = {"train.validation_split": 0.2}
    with pytest.raises(nnspec.DataError, match="validation rows are given"):
        nnspec.run(ARRAYS, overrides, data=(X, Y), validation_data=(X, Y))


def test_new_rows_must_fit():
    run = nnspec.run(TABLE, data=FRAME)
    for wrong in (FRAME.drop("bill"), X, FRAME.with_columns(bill=pl.lit("x"))):
        with pytest.raises(nnspec.DataError):
            run.predict(wrong)


def test_rows_that_are_left_out_are_warned_of(tmp_path):
    species = pl.when(pl.col("mass") != 3750).then(pl.col("species"))
    lacking, skip = FRAME.with_columns(species), {"data.source": {"frame": {"on_error": "skip"}}}
    for folder in (None, tmp_path):
        with pytest.warns(UserWarning, match="12 rows read, 9 used, 3 refused .data:0:species"):
            nnspec.run(TABLE, skip, data=lacking, folder=folder)
