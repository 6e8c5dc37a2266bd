"""`nnspec data`: text, JSON, and a page without anything from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import written
from tests.small_runs import named, rows

HOSTILE = "<script>alert('1')</script>&\x1b[31m"


def spec(target="kind", **settings):
    return {
        "name": "tables",
        "data": {
            "source": {"csv": "rows.csv"},
            "inputs": [
                {"columns": "age", "steps": ["standardize"]},
                {"columns": "city", "steps": ["one_hot"]},
            ],
            "targets": {"columns": target, "steps": ["one_hot"]},
        },
        "network": {"layers": [{"dense": {"units": 2, "activation": "softmax"}}]},
        "loss": "categorical_crossentropy", "optimizer": "adam",
        "train": {"validation_split": 0.25}, **settings,
    }  # fmt: skip


def table(**columns):
    return {
        "age": [float(n) for n in range(40)],
        "city": [("Taipei", "Tainan")[n % 2] for n in range(40)],
        "kind": [("cheap", "dear")[n % 3 == 0] for n in range(40)],
        **columns,
    }


@pytest.fixture
def houses(tmp_path):
    pl.DataFrame(table()).write_csv(tmp_path / "rows.csv")
    return written(tmp_path, spec(), "tables.yaml")


class Page(HTMLParser):
    """The tags of a page with their attributes, and all text."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(Path(path).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_what_the_columns_are_and_what_is_learnt(nnspec, houses):
    done = nnspec("data", houses)
    assert (done.code, done.err) == (0, "")
    words = " ".join(done.out.split())
    for part in (
        "tables, csv: 30 training rows, 10 validation rows", "0.25 of the training rows",
        "age float64 - 0 14.5 29", "city text - Tainan 15, Taipei 15",
        "dear 10 33.3 %", "standardize; mean 14.5; std", "one_hot; categories Tainan, Taipei",
        "city=Tainan city=Taipei", "kind=cheap kind=dear",
    ):  # fmt: skip
        assert part in words
    assert len(done.out.splitlines()) < 50


def test_json_has_the_same_figures(nnspec, houses):
    done = nnspec("data", houses, "--json", "--rows", "2").json
    assert done["parts"] == [
        {"name": "training", "rows": 30}, {"name": "validation", "rows": 10},
    ]  # fmt: skip
    (age, city, kind) = done["columns"]
    assert (age["mean"], age["least"], age["greatest"]) == (14.5, "0", "29")
    assert city["categories"] == [
        {"value": "Tainan", "rows": 15}, {"value": "Taipei", "rows": 15},
    ]  # fmt: skip
    assert kind["side"] == "targets"
    (balance,) = done["balances"]
    assert dict(zip(balance["classes"], balance["counts"], strict=True)) == {
        "cheap": [20, 6], "dear": [10, 4],
    }  # fmt: skip
    assert done["before"]["rows"] == [["0", "Taipei", "dear"], ["1", "Tainan", "cheap"]]
    assert done["after"][0]["columns"] == ["age", "city=Tainan", "city=Taipei"]
    assert done["problems"] == []


def test_the_contract_that_the_rows_keep_is_one_that_they_pass(nnspec, houses, tmp_path):
    text = nnspec("data", houses, "--contract").out
    assert text.splitlines()[:2] == [
        "columns:", "  age: {type: number, minimum: 0.0, maximum: 39.0, missing: false}",
    ]  # fmt: skip
    contract = nnspec("data", houses, "--contract", "--json").json["columns"]
    assert contract["city"]["values"] == ["Tainan", "Taipei"]
    values = spec()
    values["data"]["columns"] = contract
    bound = written(tmp_path, values)
    assert nnspec("data", bound).code == 0
    pl.DataFrame(table(age=[-1.0] * 40)).write_csv(tmp_path / "rows.csv")
    assert "rows.csv:2:age: -1 is less than the minimum" in nnspec("data", bound).err
    written(tmp_path, rows({"inputs": [[1, 2]], "targets": [1]}))
    done = nnspec("data", "small.yaml", "--contract")
    assert (done.code, "the source has arrays" in done.err) == (2, True)


def test_rows_that_cannot_be_prepared_are_shown_nevertheless(nnspec, houses, tmp_path):
    ages = [None, *table()["age"][1:]]
    pl.DataFrame(table(age=ages)).write_csv(tmp_path / "rows.csv")
    done = nnspec("data", houses, "--html", "page.html")
    assert done.code == 2
    assert "rows.csv:2:age: standardize gets nan" in done.out
    assert "Taipei" in done.out
    assert "standardize gets nan" in Page("page.html").text


def test_the_advice_of_a_run_is_given(nnspec, tmp_path):
    kinds = ["cheap"] * 39 + ["dear"]
    pl.DataFrame(table(kind=kinds)).write_csv(tmp_path / "rows.csv")
    values = spec()
    values["train"] = {}
    values["data"]["inputs"][0]["steps"] = []
    pl.DataFrame(table(age=[n * 1e6 for n in range(40)])).write_csv(tmp_path / "rows.csv")
    name = written(tmp_path, values, "tables.yaml")
    given = nnspec("data", name).out
    assert "[unscaled-inputs]" in given
    assert "[unscaled-inputs]" in nnspec("run", name, "train.epochs=1").err


def test_a_page_escapes_everything_and_loads_nothing(nnspec, tmp_path):
    columns = table()
    columns[HOSTILE] = [HOSTILE, "=1+1", *columns.pop("kind")[2:]]
    pl.DataFrame(columns).write_csv(tmp_path / "rows.csv")
    network = {"layers": [{"dense": {"units": 4, "activation": "softmax"}}]}
    values = spec(HOSTILE, name="tables", network=network)
    done = nnspec("data", written(tmp_path, values), "--html", "pages/page.html")
    assert "\x1b" not in done.out
    assert done.code == 0, done.err
    page = Page("pages/page.html")
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe", "object"})
    assert not any(name in ("src", "href") for _, found in page.tags for name in found)
    assert "<script>alert('1')</script>&" in page.text
    assert "\x1b" not in Path("pages/page.html").read_text()
    assert any(tag == "svg" for tag, _ in page.tags)


def test_images_are_in_the_page_and_in_the_terminal(nnspec, small):
    done = nnspec("data", small, "--html", "page.html")
    assert any(0x2800 < ord(character) < 0x2900 for character in done.out)
    pictures = [found["src"] for tag, found in Page("page.html").tags if tag == "img"]
    assert len(pictures) == 8
    assert all(one.startswith("data:image/png;base64,") for one in pictures)


def test_arrays_of_other_sources(nnspec, tmp_path):
    drawn = {"name": "drawn", "data": {"source": {"synthetic": {"function": "sine", "rows": 20}}}}
    network = {"network": {"layers": [{"dense": 1}]}}
    for values in (named(), {**drawn, **network}, rows({"inputs": [[1, 2]], "targets": [1]})):
        done = nnspec("data", written(tmp_path, values), "--html", "page.html")
        assert done.code == 0, done.err + done.out
    assert "inputs[0]" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--html", "page.txt"), "a page is a .html file"),
        (("--html", "tables.html"), "would be overwritten"),
        (("--rows", "0"), "0 is not in the range"),
        (("data.source.csv=none.csv",), "there is no file"),
    ],
)
def test_mistakes(nnspec, houses, arguments, message):
    Path("rows.csv").rename("tables.html")
    Path("rows.csv").write_bytes(Path("tables.html").read_bytes())
    source = () if "data.source.csv=none.csv" in arguments else ("data.source.csv=tables.html",)
    done = nnspec("data", houses, *source, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert Path("tables.html").read_bytes() == Path("rows.csv").read_bytes()


def test_without_jinja_it_is_said_how_to_install_it(nnspec, houses, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    done = nnspec("data", houses, "--html", "page.html")
    assert (done.code, done.out) == (2, "")
    assert "pip install 'nnspec[report]'" in done.err
    assert nnspec("data", houses).code == 0
