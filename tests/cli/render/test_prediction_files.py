"""Cells of predictions that a spreadsheet would compute."""

import csv
import io

import numpy as np
import pytest

from nnspec.cli.render import prediction_files
from nnspec.cli.render.prediction_files import harmless


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+cmd|'/C calc'!A0", "'+cmd|'/C calc'!A0"),
        ("-2+3", "'-2+3"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("＝1", "'＝1"),
        ("-1.5", "-1.5"), ("+3e-05", "+3e-05"), ("cheap", "cheap"), ("", ""), ("a=1", "a=1"),
    ],
)  # fmt: skip
def test_a_text_that_begins_like_a_formula_is_made_harmless(text, cell):
    assert harmless(text) == cell


def test_numbers_stay_numbers_with_the_digits_of_their_type(tmp_path):
    columns = {
        "row": np.arange(2), "prediction": np.array(["=a", "b,\n\"c\""]),
        "=p": np.array([-0.1, 1e-7], np.float32),
    }  # fmt: skip
    prediction_files.write_columns(tmp_path / "t.csv", columns)
    text = (tmp_path / "t.csv").read_text()
    head, *rows = csv.reader(io.StringIO(text))
    assert head == ["row", "prediction", "'=p"]
    assert rows == [["0", "'=a", "-0.1"], ["1", 'b,\n"c"', "1e-07"]]
