"""CSV files as people and programs write them: what `nnspec init` makes of each, before any run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from nnspec.errors import DataError
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.csv_layout import encoding_of
from nnspec.scaffold.data_files import table_file
from nnspec.scaffold.tables import read_columns

ROWS = [f"{n}.25,{'ab'[n % 2]},{n * 3}" for n in range(40)]
HEADER = "size,kind,price"


def read(
    folder: Path, text: str, encoding: str = "utf-8", name: str = "data.csv"
) -> tuple[dict, dict[str, ColumnSummary]]:
    """The options of the source, and the columns."""
    (folder / name).write_bytes(text.encode(encoding))
    file, columns = read_columns(table_file(folder / name))
    return dict(file.layout.options), {one.name: one for one in columns}


def lines(*above: str, rows=ROWS, below: tuple[str, ...] = ()) -> str:
    return "\n".join([*above, *rows, *below]) + "\n"


def column(name: str, cells: list[str], separator: str = ",") -> str:
    """A table of a column and a number."""
    rows = [f"{cell}{separator}{n * 7 % 11}" for n, cell in enumerate(cells)]
    return lines(f"{name}{separator}y", rows=rows)


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize(("encoding", "text", "found"), [
    ("utf-8", "größe,p\n1,2\n", "utf-8"), ("utf-8-sig", "größe,p\n1,2\n", "utf-8"),
    ("utf-16", "größe,p\n1,2\n", "utf-16"), ("cp1252", "größe €,p\n1,2\n", "cp1252"),
    ("latin-1", "gr\x81,p\n1,2\n", "latin-1"),
])  # fmt: skip
def test_encodings(tmp_path, encoding, text, found):
    (tmp_path / "data.csv").write_bytes(text.encode(encoding))
    assert encoding_of(tmp_path / "data.csv") == found


def test_a_letter_behind_the_first_piece(tmp_path):
    options, columns = read(tmp_path, lines("a,b", rows=["1,x"] * 3_000_000 + ["2,é"]), "cp1252")
    assert options == {"encoding": "cp1252"}
    assert set(columns["b"].counts) == {"x", "é"}


# ---------------------------------------------------------------- names and lines above them


@pytest.mark.parametrize(("above", "options"), [
    ([HEADER], {}),
    (["# made by hand", "# on a Monday", HEADER], {"skip_lines": 2}),
    (["Sales of 2024", "", HEADER], {"skip_lines": 1}),
    ([], {"names": ["column_1", "column_2", "column_3"]}),
    (["size,kind,size"], {"skip_lines": 1, "names": ["size", "kind", "size_2"]}),
    ([",kind,price"], {"skip_lines": 1, "names": ["index", "kind", "price"]}),
    (["size,kind,"], {"skip_lines": 1, "names": ["size", "kind", "column_3"]}),
    (["kind,price"], {"skip_lines": 1, "names": ["index", "kind", "price"]}),
    (["0,1,2"], {}),
    (["size,2019,2021"], {}),
])  # fmt: skip
def test_names(tmp_path, above, options):
    found, columns = read(tmp_path, lines(*above))
    assert found == options
    assert len(columns) == 3
    assert next(iter(columns.values())).rows == 40


def test_spaces_separate_where_nothing_else_does(tmp_path):
    options, columns = read(tmp_path, lines("n k", rows=[f"{n} {n % 7}" for n in range(9)]))
    assert (options, list(columns)) == ({"separator": " "}, ["n", "k"])
    options, _ = read(tmp_path, lines("first name,k", rows=[f"Ann Lee {n},b c" for n in range(9)]))
    assert options == {}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_among_others(tmp_path, separator):
    rows = [f"{n}.5{separator}{'a, b; c' if separator not in ',;' else 'x'}" for n in range(9)]
    _, columns = read(tmp_path, lines(f"n{separator}t", rows=rows))
    assert list(columns) == ["n", "t"]


def test_the_line_that_names_a_separator(tmp_path):
    options, _ = read(tmp_path, lines("sep=;", "a;b", rows=["1;2", "3;4"]))
    assert options == {"separator": ";", "skip_lines": 1}


def test_names_that_come_again(tmp_path):
    options, columns = read(tmp_path, lines(HEADER, rows=[*ROWS, HEADER, *ROWS]))
    assert set(columns) == {"size", "kind", "price"}
    assert columns["price"].missing == 1
    assert options["missing"][-2:] == ["size", "price"]


def test_quotes_inside_cells(tmp_path):
    options, columns = read(tmp_path, lines("n,k", rows=[f'{n},{n % 2}" pipe' for n in range(9)]))
    assert options == {"quote": False}
    assert set(columns["k"].counts) == {'0" pipe', '1" pipe'}


def test_a_line_behind_the_rows(tmp_path):
    options, columns = read(tmp_path, lines(HEADER, below=("Total: 40 rows",)))
    assert options == {"on_error": "skip"}
    assert columns["price"].rows == 40
    with pytest.raises(DataError, match="has 1 cell"):
        read(tmp_path, lines(HEADER, below=("Total",) * 9))


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(("number", "options"), [
    ("{0}.5", {}),
    ("{0},5", {"separator": ";", "decimal": ","}),
    ("1.2{0},5", {"separator": ";", "decimal": ",", "thousands": "."}),
    ("1\u202f2{0},5", {"separator": ";", "decimal": ",", "thousands": " "}),
    ("1'2{0}.5", {"thousands": "'"}),
    ('"1,2{0}.5"', {"thousands": ","}),
    ('"1,2{0}"', {"thousands": ","}),
])  # fmt: skip
def test_marks_of_numbers(tmp_path, number, options):
    separator = options.get("separator", ",")
    found, columns = read(
        tmp_path, column("n", [number.format(n) for n in range(10, 50)], separator)
    )
    assert found == options
    assert (columns["n"].kind, columns["n"].distinct) == ("numbers", 40)


@pytest.mark.parametrize(("number", "unit", "least"), [
    ("{0}%", "%", 10), ("${0}", "$", 10), ("-$ {0}", "$", -49), ("{0} €", "€", 10),
    ("{0} m2", "m2", 10), ("EUR {0}", "EUR", 10), ("{0}kg", "kg", 10),
])  # fmt: skip
def test_units(tmp_path, number, unit, least):
    _, columns = read(tmp_path, column("n", [number.format(n) for n in range(10, 50)]))
    assert (columns["n"].kind, columns["n"].unit) == ("numbers", unit)
    assert columns["n"].least == least


@pytest.mark.parametrize("cell", ["0{0}", "no. {0}", "{0}/7", "12:{0}", "A{0}", "{0}-99"])
def test_texts_with_digits_stay_text(tmp_path, cell):
    _, columns = read(tmp_path, column("n", [cell.format(n) for n in range(10, 50)]))
    assert columns["n"].kind == "text"


# ---------------------------------------------------------------- missing cells


@pytest.mark.parametrize("text", ["-", "None", "n/a", "#N/A", ".", "not known", "-999", "99999"])
def test_cells_that_are_missing(tmp_path, text):
    cells = [text if n % 9 == 1 else f"{n}.5" for n in range(40)]
    options, columns = read(tmp_path, column("n", cells))
    assert text in options["missing"]
    assert (columns["n"].kind, columns["n"].missing) == ("numbers", 5)


def test_a_word_beside_numbers_that_is_a_category_elsewhere(tmp_path):
    rows = [f"{'low' if n == 3 else n},{('low', 'high')[n % 2]}" for n in range(40)]
    options, columns = read(tmp_path, lines("a,b", rows=rows))
    assert (options, columns["a"].kind) == ({}, "text")


def test_a_number_that_another_column_holds_is_none_that_is_missing(tmp_path):
    rows = [f"{-999 if n % 9 == 1 else n},{-970 - n}" for n in range(40)]
    options, _ = read(tmp_path, lines("a,b", rows=rows))
    assert options == {}


@pytest.mark.parametrize("texts", [["a", "b"], ["small", "none"]])
def test_categories_are_no_missing_cells(tmp_path, texts):
    options, columns = read(tmp_path, column("n", texts * 20))
    assert (options, columns["n"].kind) == ({}, "text")


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(("format_", "found"), [
    ("%d/%m/%Y", "%d/%m/%Y"), ("%m/%d/%Y", "%m/%d/%Y"), ("%d/%m/%y", "%d/%m/%y"),
    ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M"), ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
    ("%Y%m%d", "%Y%m%d"), ("%d-%b-%Y", "%d-%b-%Y"), ("%Y-%m-%d", None),
])  # fmt: skip
def test_dates(tmp_path, format_, found):
    days = [datetime(2023 + n % 2, 1 + n % 12, 1 + n % 28, n % 24) for n in range(60)]
    _, columns = read(tmp_path, column("d", [f"{day:{format_}}" for day in days]))
    assert (columns["d"].kind, columns["d"].format) == ("dates", found)
    assert f"{columns['d'].least:%Y-%m-%d}" == f"{min(days):%Y-%m-%d}"
    assert columns["d"].other_format is None


def test_day_and_month_that_may_be_exchanged(tmp_path):
    days = [f"0{1 + n % 9}/0{1 + n % 7}/2024" for n in range(40)]
    _, columns = read(tmp_path, column("d", days))
    assert (columns["d"].format, columns["d"].other_format) == ("%m/%d/%Y", "%d/%m/%Y")
    _, columns = read(tmp_path, lines("d;n", rows=[f"{day};{n},5" for n, day in enumerate(days)]))
    assert columns["d"].format == "%d/%m/%Y"
    rows = [f"{day},{13 + n % 9}/02/2024,{n}" for n, day in enumerate(days)]
    _, columns = read(tmp_path, lines("d,e,n", rows=rows))
    assert columns["d"].format == "%d/%m/%Y"
