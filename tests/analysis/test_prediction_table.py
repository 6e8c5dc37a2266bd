"""Predictions as named columns, against values that are known."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.analysis.prediction_table import class_table, value_table
from nnspec.data.column_types import TEXT_TYPE
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.inverse import category_names
from nnspec.data.rows import Rows
from nnspec.spec import loader

PRICES = np.array([100.0, 200.0, 600.0])
AGES = np.array([1.0, 2.0, 3.0])
KINDS = np.array(["b", "=a", "b"], TEXT_TYPE)
COLUMNS = {"price": PRICES, "age": AGES, "kind": KINDS}
TYPES = {"price": "float64", "age": "float64", "kind": "text"}


def targets(tmp_path, groups):
    """The fitted steps of targets, and the prepared targets."""
    path = tmp_path / "spec.yaml"
    path.write_text(
        f"name: t\ndata: {{source: {{csv: t.csv}}, inputs: {{columns: age}}, targets: {groups}}}\n"
        "network: {layers: [{dense: 1}]}\n"
    )
    rows = Rows({"age": AGES}, COLUMNS)
    fitted = FittedPreprocessing.fit(loader.load(path), rows)
    return fitted.of("targets", "output"), fitted.apply(rows).targets


@pytest.mark.parametrize("step", ["standardize", "scale", "{log: 1}", "{divide: 10}"])
def test_numbers_are_in_the_unit_of_their_column(tmp_path, step):
    target, prepared = targets(tmp_path, f"{{columns: price, steps: [{step}]}}")
    table = value_table(prepared[:, None].astype(np.float32), target, TYPES)
    assert list(table.columns) == ["row", "prediction"]
    assert table.columns["prediction"] == pytest.approx(PRICES, rel=1e-6)
    assert table.note == ""


def test_each_group_of_columns_has_its_own_unit(tmp_path):
    groups = "[{columns: price, steps: [standardize]}, {columns: [age, price], steps: [scale]}]"
    target, prepared = targets(tmp_path, groups)
    columns = value_table(prepared, target, TYPES).columns
    assert list(columns) == ["row", "prediction_price", "prediction_age"]
    assert columns["prediction_age"] == pytest.approx(AGES)
    assert columns["prediction_price"] == pytest.approx(PRICES)


def test_what_cannot_be_undone_stays_and_is_told(tmp_path):
    target, prepared = targets(tmp_path, "{columns: [price, age], steps: [{normalize: l2}]}")
    table = value_table(prepared, target, TYPES)
    assert table.columns["prediction_price"] == pytest.approx(prepared[:, 0])
    assert "the predictions of price, age are as the network gives them" in table.note


@pytest.mark.parametrize("step", ["one_hot", "ordinal"])
def test_classes_have_the_names_of_their_categories(tmp_path, step):
    target, _ = targets(tmp_path, f"{{columns: kind, steps: [{step}]}}")
    names = category_names(target)
    table = class_table(np.array([[0.75, 0.25], [0.125, 0.875]]), names)
    assert table.columns["prediction"].tolist() == ["=a", "b"]
    assert table.columns["probability_=a"].tolist() == [0.75, 0.125]
    one = class_table(np.array([[0.25], [0.875]]), names)
    assert all((one.columns[name] == table.columns[name]).all() for name in table.columns)


def test_classes_without_names_are_numbers():
    table = class_table(np.array([[0.1, 0.9]]), None)
    assert table.columns["prediction"].tolist() == [1]
    assert list(table.columns) == ["row", "prediction", "probability_0", "probability_1"]
    assert table.classes == ()


def test_no_rows():
    assert value_table(np.zeros((0, 2)), None, {}).columns["prediction_1"].tolist() == []
    assert class_table(np.zeros((0, 2)), ("a", "b")).columns["prediction"].tolist() == []
