"""Tables that are not what a spec takes them for: one located message, and no run."""

import json

import polars as pl
import pytest

from tests.cli.conftest import written

ROWS = [{"when": f"2024-01-{day:02}", "x": day, "y": day % 3} for day in range(1, 21)]


def spec(tmp_path, rows, *, kind="csv", train=None, **data):
    """A spec of a table, which is written, too."""
    table = tmp_path / f"t.{kind}"
    if kind == "csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    table.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return written(tmp_path, {
        "name": "t",
        "data": {
            "source": {kind: table.name},
            "inputs": {"columns": ["x"], "steps": ["standardize"]},
            "targets": {"columns": "y"}, **data,
        },
        "network": {"layers": [{"dense": 1}]},
        "loss": "mean_squared_error", "optimizer": "sgd", "train": train or {},
    })  # fmt: skip


def with_cell(row, **cells):
    return [{**one, **cells} if number == row else one for number, one in enumerate(ROWS)]


@pytest.fixture
def refused(nnspec, tmp_path, monkeypatch):
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))

    def call(path, *command):
        done = nnspec(*(command or ("run",)), path)
        assert done.code == 2
        assert done.err.count(" error: ") == 1
        assert not (tmp_path / "runs").exists()
        return done.err

    return call


@pytest.mark.parametrize("stream", [False, True])
def test_a_text_among_numbers_is_told_by_its_line(refused, tmp_path, stream):
    path = spec(
        tmp_path, with_cell(12, x="abc"), stream=stream, train={"shuffle_window": 8}
    )  # fmt: skip
    assert "t.csv:14:x: 'abc' is no number" in refused(path)


@pytest.mark.parametrize("stream", [False, True])
def test_a_text_among_numbers_is_told_though_no_training_row_holds_it(refused, tmp_path, stream):
    path = spec(
        tmp_path, with_cell(19, x="abc"), stream=stream, train={"shuffle_window": 8},
        split={"validation": 0.2, "by": "ordered"},
    )  # fmt: skip
    assert "t.csv:21:x: 'abc' is no number" in refused(path)


def test_the_column_of_a_number_beyond_64_bits_is_named_where_it_is_streamed(refused, tmp_path):
    rows = with_cell(12, x=10**22)
    err = refused(spec(tmp_path, rows, stream=True, train={"shuffle_window": 8}))
    assert "'x' holds 10000000000000000000000" in err
    assert "columns: {x: text}" in err


def test_streamed_rows_need_a_window_that_is_written_as_the_hint_says(refused, nnspec, tmp_path):
    path = spec(tmp_path, ROWS, stream=True)
    assert "train: {shuffle_window: 100000}" in refused(path, "check") == refused(path)
    path = spec(tmp_path, ROWS, stream=True, train={"shuffle_window": 100000})
    assert nnspec("run", path).code == 0


def test_the_first_row_is_told_by_its_line_too(refused, tmp_path):
    inputs = {"columns": ["x"], "steps": [{"log": 1}]}
    assert "t.csv:2:x: log gets -3" in refused(spec(tmp_path, with_cell(0, x=-3), inputs=inputs))


def test_a_table_that_changed_is_told_by_its_line_where_a_run_reads_it_again(nnspec, tmp_path):
    assert nnspec("run", spec(tmp_path, ROWS)).code == 0
    spec(tmp_path, with_cell(12, x="abc"))
    done = nnspec("predict", "runs/t", "train")
    assert done.code == 2
    assert "t.csv:14:x: 'abc' is no number" in done.err


def test_nan_is_no_json(refused, tmp_path):
    err = refused(spec(tmp_path, with_cell(12, x=float("nan")), kind="ndjson"))
    assert "t.ndjson:13: the line is no JSON (it has no NaN: a missing value is null)" in err


def test_the_cell_that_is_no_time_is_told(refused, tmp_path):
    path = spec(tmp_path, with_cell(12, when="soon"), split={"test": 0.2, "by": {"time": "when"}})
    assert "when holds no times: t.csv:14:when is 'soon'" in refused(path)


def test_an_infinite_number_is_told_without_a_warning(nnspec, tmp_path):
    done = nnspec("data", spec(tmp_path, with_cell(12, x="inf")))
    assert (done.code, done.err) == (2, "")
    assert "t.csv:14:x: standardize gets inf" in done.out


def test_another_separator_is_told_once(refused, tmp_path):
    path = spec(tmp_path, ROWS)
    table = tmp_path / "t.csv"
    table.write_text(table.read_text().replace(",", ";"))
    assert 'write separator: ";"' in refused(path)


def test_a_list_in_a_column_of_numbers_is_told_by_its_type(nnspec, tmp_path):
    assert nnspec("run", spec(tmp_path, ROWS)).code == 0
    pl.DataFrame({"x": [[1, 2], [3]]}).write_parquet("new.parquet")
    done = nnspec("predict", "runs/t", "new.parquet")
    assert done.code == 2
    assert "INPUT:1:1: error: the column 'x' holds values of the type List(Int64)" in done.err


def test_predictions_never_replace_the_data_of_the_run(nnspec, tmp_path):
    path = spec(tmp_path, ROWS)
    before = (tmp_path / "t.csv").read_text()
    assert nnspec("run", path).code == 0
    pl.DataFrame({"x": [1, 2]}).write_csv("new.csv")
    done = nnspec("predict", "runs/t", "new.csv", "-o", "t.csv")
    assert "t.csv is an input of this command and would be overwritten" in done.err
    assert (tmp_path / "t.csv").read_text() == before


@pytest.mark.parametrize("stream", [False, True])
def test_rows_of_streamed_tables_are_checked_like_others(nnspec, tmp_path, monkeypatch, stream):
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    rows = with_cell(12, y="")
    options = {
        "stream": stream, "columns": {"x": {"maximum": 19}, "y": {"values": ["a", "b", "c"]}},
        "targets": {"columns": "y", "steps": ["ordinal"]}, "train": {"shuffle_window": 8},
    }  # fmt: skip
    rows = [{**row, "y": "abc"[row["y"]] if row["y"] != "" else ""} for row in rows]
    path = spec(tmp_path, rows, **options)
    done = nnspec("run", path)
    assert done.code == 2
    assert "t.csv:14:y: the target is missing" in done.err
    assert "t.csv:21:x: 20 is more than the maximum, 19" in done.err
    assert done.err.count(" error: ") == 2
    path = spec(tmp_path, rows, **options, source={"csv": {"path": "t.csv", "on_error": "skip"}})
    done = nnspec("run", path, "--json")
    assert (done.code, done.json["rows"]["used"], done.json["rows"]["refused"]) == (0, 18, 2)
