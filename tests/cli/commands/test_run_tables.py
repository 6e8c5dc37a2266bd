"""`nnspec run` of a table whose rows are not all as they should be."""

import json

import pytest

from tests.cli.conftest import written

pytest.importorskip("polars")
ROWS = "age,city,price\n30,Taipei,1.5\n40,Tainan,\n130,Taipei,2\n50,Tainan,2.5\n20,Taipei,1\n"


def spec(tmp_path, **source):
    (tmp_path / "houses.csv").write_text(ROWS, encoding="utf-8")
    return written(tmp_path, {
        "name": "houses",
        "data": {
            "source": {"csv": {"path": "houses.csv", **source}},
            "inputs": [
                {"columns": "age", "steps": ["standardize"]},
                {"columns": "city", "steps": ["one_hot"]},
            ],
            "targets": {"columns": "price"},
            "columns": {
                "age": {"maximum": 120},
                "city": {"type": "category", "values": ["Tainan", "Taipei", "Hualien"]},
            },
        },
        "network": {"layers": [{"dense": 1}]},
        "loss": "mean_squared_error", "optimizer": "sgd",
    })  # fmt: skip


def test_each_broken_rule_is_an_error_and_no_run_is_made(nnspec, tmp_path):
    done = nnspec("run", spec(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert "houses.csv:4:age: 130 is more than the maximum, 120" in done.err
    assert "houses.csv:3:price: the target is missing" in done.err
    assert done.err.count("on_error: skip") == 2
    assert not (tmp_path / "runs").exists()


def test_rows_that_are_left_out_are_counted_and_said(nnspec, tmp_path):
    done = nnspec("run", spec(tmp_path, on_error="skip"), "--json")
    assert done.code == 0
    age, price = (
        "houses.csv:4:age: 130 is more than the maximum, 120",
        "houses.csv:3:price: the target is missing",
    )
    assert done.err == f"5 rows read, 3 used, 2 refused ({price}; {age})\n"
    assert done.json["rows"] == {"read": 5, "used": 3, "refused": 2, "refusals": [price, age]}


def test_stated_categories_are_known_without_the_file(nnspec, tmp_path):
    path = spec(tmp_path, on_error="skip")
    run = nnspec("run", path, "--json").json["run"]
    (tmp_path / "houses.csv").unlink()
    assert "(4+1)*1" in nnspec("summary", path).out  # age and three cities
    kept = json.loads((tmp_path / run / "preprocessing.json").read_text(encoding="utf-8"))
    state = kept["inputs"][1]["state"] if "state" in kept["inputs"][1] else kept["inputs"][1]
    assert '["Tainan", "Taipei", "Hualien"]' in json.dumps(state)
