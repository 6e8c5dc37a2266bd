"""`nnspec predict` and other commands on runs over tables, away from the training data."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nnspec.errors import DataError
from nnspec.runs.trained import TrainedRun
from tests.cli.conftest import written

ROWS = 40
RUN = "elsewhere/1"
HOUSE = "{age: 3, city: Taipei, garden: true}"


def houses(rows=ROWS):
    """Columns of which the price follows from the others, and the kind from the price."""
    age = [float(n % 9) for n in range(rows)]
    city = [("Taipei", "Tainan")[n % 2] for n in range(rows)]
    price = [100 + 10 * a + 40 * (c == "Taipei") for a, c in zip(age, city, strict=True)]
    kind = ["=dear" if p > 160 else "cheap" for p in price]
    return {
        "age": age, "city": city, "garden": [n % 3 == 0 for n in range(rows)],
        "price": price, "kind": kind,
    }  # fmt: skip


def spec(targets, units, loss, metrics, activation="linear", source=None):
    groups = [
        {"columns": "age", "steps": ["standardize"]},
        {"columns": "city", "steps": ["one_hot"]},
        {"columns": "garden"},
    ]
    return {
        "name": "houses",
        "data": {
            "source": source or {"csv": {"path": "houses.csv", "test": "test.csv"}},
            "inputs": groups, "targets": targets,
        },
        "network": {"layers": [{"dense": {"units": units, "activation": activation}}]},
        "loss": loss, "optimizer": {"adam": 0.1}, "metrics": metrics,
        "train": {"epochs": 3, "batch_size": 8},
    }  # fmt: skip


CLASSIFIER = spec(
    {"columns": "kind", "steps": ["one_hot"]}, 2, "categorical_crossentropy", ["accuracy"],
    "softmax",
)  # fmt: skip
BINARY = spec(
    {"columns": "kind", "steps": ["ordinal"]}, 1, "binary_crossentropy", ["binary_accuracy"],
    "sigmoid",
)  # fmt: skip
REGRESSION = spec(
    {"columns": ["price", "age"], "steps": ["standardize"]}, 2, "mean_squared_error", []
)


@pytest.fixture
def trained(nnspec, tmp_path):
    """A function that trains a spec, moves the run and deletes the data; metrics as evaluated."""

    def train(values, backend="numpy", written_rows=True):
        if written_rows:
            pl.DataFrame(houses()).write_csv("houses.csv")
            pl.DataFrame(houses(15)).write_csv("test.csv")
        assert nnspec("run", written(tmp_path, values)).code == 0
        metrics = nnspec("evaluate", "runs/houses", "--backend", backend, "--json").json
        shutil.move("runs/houses", "elsewhere")
        Path("houses.csv").unlink()
        Path("test.csv").rename("new.csv")
        return metrics

    return train


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_rows_with_labels_give_the_metrics_of_evaluate(nnspec, trained, backend):
    metrics = trained(CLASSIFIER, backend)["test"]
    done = nnspec("predict", RUN, "new.csv", "--backend", backend, "--json")
    assert done.json["metrics"] == metrics
    found = table(done.json["table"])
    shares = [float(one["probability_=dear"]) for one in found]
    right = [
        one["prediction"].lstrip("'") == kind
        for one, kind in zip(found, houses(15)["kind"], strict=True)
    ]
    assert np.mean(right) == pytest.approx(metrics["accuracy"])
    assert [one["prediction"] for one in found] == [
        "'=dear" if share > 0.5 else "cheap" for share in shares
    ]
    out = nnspec("predict", RUN, "new.csv", "--backend", backend).out
    assert out.splitlines()[-1].startswith("loss ")


def test_frames_that_are_not_computed_yet_and_numbers_beyond_all(trained):
    trained(REGRESSION)
    run, rows = TrainedRun.open(RUN), pl.DataFrame(houses(15))
    assert np.array_equal(run.predict(rows.lazy()), run.predict(rows))
    rows = {"age": [10**400], "city": ["Taipei"], "garden": [True]}
    with pytest.raises(DataError, match=r"row 0 of age: 1000.* is no number"):
        run.predict(rows)


def test_every_format_holds_the_same_columns(nnspec, trained):
    trained(BINARY)
    rows = pl.DataFrame(houses(15))
    rows.write_parquet("new.parquet")
    rows.write_ndjson("new.ndjson")
    rows.write_ipc("new.feather")
    Path("new.csv.gz").write_bytes(gzip.compress(Path("new.csv").read_bytes()))
    first = nnspec("predict", RUN, "new.csv", "-o", "out.csv", "--json").json
    expected = Path("out.csv").read_bytes()
    assert list(table("out.csv")[0]) == [
        "row", "prediction", "probability_=dear", "probability_cheap",
    ]  # fmt: skip
    for name in ("new.parquet", "new.ndjson", "new.feather", "new.csv.gz"):
        assert nnspec("predict", RUN, name, "-o", "out.csv", "--json").json == first
        assert Path("out.csv").read_bytes() == expected
    nnspec("predict", RUN, "new.csv", "-o", "out.parquet")
    nnspec("predict", RUN, "new.csv", "-o", "out.ndjson")
    frame = pl.read_parquet("out.parquet")
    assert frame["prediction"].to_list()[0] in ("=dear", "cheap")
    lines = Path("out.ndjson").read_text().splitlines()
    assert [json.loads(line) for line in lines] == frame.to_dicts()


def test_a_regression_is_in_the_unit_of_its_columns(nnspec, trained):
    metrics = trained(REGRESSION)["test"]
    done = nnspec("predict", RUN, "new.csv", "-o", "out.csv", "--json").json
    assert done["metrics"] == metrics
    found = table("out.csv")
    assert list(found[0]) == ["row", "prediction_price", "prediction_age"]
    train = houses()
    squares = [
        np.mean(np.square((np.array([float(one[f"prediction_{name}"]) for one in found])
                           - houses(15)[name]) / np.std(train[name])))
        for name in ("price", "age")
    ]  # fmt: skip
    assert np.mean(squares) == pytest.approx(metrics["loss"], rel=1e-5)


def test_rows_without_labels_in_another_order(nnspec, trained):
    trained(CLASSIFIER)
    rows = pl.DataFrame(houses(15))
    nnspec("predict", RUN, "new.csv", "-o", "all.csv")
    rows.select("garden", "city", pl.lit(1).alias("more"), "age").write_csv("some.csv")
    done = nnspec("predict", RUN, "some.csv", "-o", "some.ndjson", "--json")
    assert done.json["metrics"] is None
    assert done.err == "note: some.csv has columns that the run does not use: more\n"
    partly = rows.with_columns(kind=pl.Series(["cheap", *[None] * 14]), price=None)
    partly.write_csv("partly.csv")
    done = nnspec("predict", RUN, "partly.csv", "-o", "partly.csv2.csv", "--json")
    assert done.json["metrics"] is None
    assert "partly.csv lacks kind in 14 rows: there are no metrics" in done.err
    assert Path("all.csv").read_bytes() == Path("partly.csv2.csv").read_bytes()


def test_a_value_that_does_not_fit_is_told_with_its_line(nnspec, trained):
    trained(CLASSIFIER)
    for column, value, message in (
        ("city", "Tokyo", "one_hot gets 'Tokyo', which no training row has"),
        ("age", "old", "'old' is no number"),
        ("age", None, ""),
        ("garden", "maybe", "'maybe' is neither true nor false"),
    ):
        cells = [str(one) for one in houses(15)[column]]
        cells[2] = value
        pl.DataFrame({**houses(15), column: cells}).write_csv("bad.csv")
        done = nnspec("predict", RUN, "bad.csv")
        assert (done.code, done.out) == (2, "")
        assert f"bad.csv:4:{column}: {message}" in done.err


@pytest.mark.parametrize("contract", [None, {"kind": {"values": ["=dear", "cheap"]}}])
def test_a_label_that_is_wrong_is_not_needed(nnspec, trained, contract):
    data = {**CLASSIFIER["data"], **({"columns": contract} if contract else {})}
    trained({**CLASSIFIER, "data": data})
    nnspec("predict", RUN, "new.csv", "-o", "all.csv")
    kinds = [*houses(15)["kind"][:-1], "odd"]
    pl.DataFrame({**houses(15), "kind": kinds}).write_csv("odd.csv")
    done = nnspec("predict", RUN, "odd.csv", "-o", "odd-predictions.csv", "--json")
    assert (done.code, done.json["metrics"]) == (0, None)
    assert "note: odd.csv:16:kind: " in done.err
    assert "'odd'" in done.err
    assert "there are no metrics" in done.err
    assert Path("all.csv").read_bytes() == Path("odd-predictions.csv").read_bytes()
    pl.DataFrame({**houses(15), "kind": kinds, "age": ["x"] * 15}).write_csv("worse.csv")
    worse = nnspec("predict", RUN, "worse.csv")
    assert (worse.code, worse.out) == (2, "")
    assert "worse.csv:2:age: 'x' is no number" in worse.err


def test_new_rows_keep_the_contract_by_the_names_of_the_spec(nnspec, trained):
    values = {**CLASSIFIER, "data": {**CLASSIFIER["data"]}}
    values["data"]["rename"] = {"years": "age"}
    values["data"]["columns"] = {"age": {"maximum": 8}, "kind": {"missing": False}}
    for name in ("houses.csv", "test.csv"):
        pl.DataFrame(houses(15)).rename({"age": "years"}).write_csv(name)
    trained(values, written_rows=False)
    assert nnspec("predict", RUN, "new.csv", "--json").json["rows"] == 15
    rows = pl.DataFrame(houses(15)).rename({"age": "years"}).drop("kind")
    rows.with_columns(years=pl.col("years") * 2).write_csv("old.csv")
    done = nnspec("predict", RUN, "old.csv")
    assert (done.code, done.out) == (2, "")
    assert "old.csv:7:age: 10 is more than the maximum, 8 (and 4 more rows)" in done.err


def test_inputs_that_are_no_rows(nnspec, trained):
    trained(CLASSIFIER)
    pl.DataFrame({"agee": [1], "city": ["Taipei"]}).write_csv("bad.csv")
    Path("text.txt").write_text("age\n3\n")
    Path("empty.csv").write_text("age,city,garden\n")
    for given, message in {
        "bad.csv": "bad.csv has no column 'age'", "text.txt": "tells no format of a table",
        "empty.csv": "empty.csv has no rows", "missing.csv": "there is no file",
        "[1, 2]": "must be a map from columns to values",
        "{age: 3, city: Taipei}": "the rows have no column 'garden'",
        "{age: x, city: Taipei, garden: true}": "INPUT:1:7: error: row 0 of age: 'x' is no number",
    }.items():  # fmt: skip
        done = nnspec("predict", RUN, given)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
    assert "did you mean 'agee'?" in nnspec("predict", RUN, "bad.csv").err
    done = nnspec("predict", RUN, "new.csv", "-o", "new.csv")
    assert done.code == 2
    assert Path("new.csv").read_text().startswith("age,")


def test_a_row_in_words_is_that_of_a_file(nnspec, trained):
    trained(CLASSIFIER)
    Path("one.csv").write_text("city,age,garden\nTaipei,3,true\n")
    nnspec("predict", RUN, "one.csv", "-o", "file.csv")
    assert nnspec("predict", RUN, HOUSE, "-o", "words.csv").code == 0
    assert Path("file.csv").read_bytes() == Path("words.csv").read_bytes()
    assert nnspec("apply", RUN, "--input", HOUSE).code == 0
    assert nnspec("backprop", RUN, "--input", HOUSE, "--target", "{kind: cheap}").code == 0
    done = nnspec("apply", RUN, "--input", "{age: 3}")
    assert (done.code, done.err.splitlines()[0][:20]) == (2, "--input:1:1: error: ")
    assert nnspec("weights", RUN).code == 0


def test_columns_from_python(trained):
    trained(CLASSIFIER)
    run = TrainedRun.open(RUN)
    columns = {name: houses(5)[name] for name in ("age", "city", "garden")}
    expected = run.predict(columns)
    assert expected.shape == (5, 2)
    assert (run.predict(pl.DataFrame(houses(5))) == expected).all()
    arrays = {name: np.array(column, object) for name, column in columns.items()}
    assert (run.predict(arrays) == expected).all()
