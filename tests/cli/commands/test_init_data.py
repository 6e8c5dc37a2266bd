"""`nnspec init DATA`: specs that train as they are, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nnspec.cli.commands import init
from nnspec.cli.main import run
from tests.image_folders import pixels, write_classes, write_image
from tests.scaffold.tables import houses, written

COLOURS = {
    "size": [n % 13 for n in range(40)],
    "weight": [n * 7 % 11 / 2 for n in range(40)],
    "colour": ["red", "blue"] * 20,
}


def made(nnspec, *arguments: str, spec: str = "data.yaml") -> str:
    """The text of the spec that `init` writes, on which `lint` has no advice."""
    done = nnspec("init", *arguments)
    assert done.code == 0, done.err
    assert done.out == f"wrote {spec}; train it with `nnspec run {spec}`\n"
    assert nnspec("lint", spec).out == f"{spec}: no advice\n"
    return Path(spec).read_text(encoding="utf-8")


def trained(nnspec, *arguments: str, spec: str = "data.yaml") -> str:
    """The text of a spec that trains unedited."""
    text = made(nnspec, *arguments, spec=spec)
    run = nnspec("run", spec, "train.epochs=1", "-o", "runs")
    assert run.code == 0, run.err
    return text


def test_numbers(nnspec, tmp_path):
    written(tmp_path, houses())
    text = trained(nnspec, "data.csv")
    assert "  # - id: identifies each row" in text
    assert "targets: {columns: price, steps: [standardize]}" in text


def test_two_classes(nnspec, tmp_path):
    written(tmp_path, COLOURS)
    text = made(nnspec, "data.csv", "--target", "colour", "-o", "data.yaml")
    assert "named by --target; blue becomes 0 and red becomes 1" in text
    assert "by: stratified" in text


def test_several_classes(nnspec, tmp_path):
    written(tmp_path, {**COLOURS, "kind": [("a", "b", "c")[n % 3] for n in range(40)]})
    text = trained(nnspec, "data.csv")
    assert "dense: {units: 3, activation: softmax}" in text


def test_a_rare_class(nnspec, tmp_path):
    rows = range(100)
    columns = {"x": [n * 7 % 101 for n in rows], "fraud": [int(n % 10 == 0) for n in rows]}
    written(tmp_path, columns)
    text = trained(nnspec, "data.csv")
    assert "class_weight: balanced" in text
    assert "auc" in text


def test_true_and_false(nnspec, tmp_path):
    written(tmp_path, {**COLOURS, "sold": ["true", "false"] * 20})
    assert "targets: {columns: sold}" in made(nnspec, "data.csv")


def test_free_text_alone(nnspec, tmp_path):
    words = ["the quick brown fox", "a lazy dog sleeps"]
    texts = [f"{words[n % 2]} on day {n}" if n % 9 else "" for n in range(40)]
    written(tmp_path, {"text": texts, "label": [n % 2 for n in range(40)]})
    assert "tokenize" in trained(nnspec, "data.csv")


def test_dates_and_many_categories(nnspec, tmp_path):
    rows = 240
    columns = {
        "when": [f"20{20 + n % 5}-01-{1 + n % 28:02} 0{n % 9}:00:00" for n in range(rows)],
        "street": [f"street {n % 60}" if n % 9 else "" for n in range(rows)],
        "store_id": [n % 5 for n in range(rows)],
        "y": [n % 17 / 4 for n in range(rows)],
    }
    written(tmp_path, columns)
    text = trained(nnspec, "data.csv")
    assert "by: {time: when}" in text
    assert "hash" in text


DIRTY = [
    "größe;art;tag;preis",
    *[
        f"1.{100 + n},5 €;{'-' if n % 8 == 3 else 'äö'[n % 2]};{1 + n % 28:02}/03/2024;{n % 13},5"
        for n in range(60)
    ],
    "Summe",
]


def test_a_dirty_table_trains_and_is_applied(nnspec, tmp_path):
    """Latin-1, decimal commas, thousands, a unit, placeholders, the day first, a row of a sum."""
    Path("data.csv").write_text("\n".join(DIRTY) + "\n", encoding="cp1252")
    text = trained(nnspec, "data.csv")
    assert '{type: number, unit: "€"}  # 1100.5 to 1159.5' in text
    assert '{type: date, format: "%d/%m/%Y"}' in text
    Path("new.csv").write_text("\n".join([*DIRTY[:4], ""]), encoding="cp1252")
    assert nnspec("predict", "runs/data", "new.csv", "--json").json["rows"] == 3
    contract = nnspec("data", "data.yaml", "--contract").out
    assert 'format: "%d/%m/%Y"' in contract
    assert "unit: " in contract


def test_names_that_need_quotes(nnspec, tmp_path):
    names = ["a: b", "# c", "é", "d, e", "* f"]
    frame = pl.DataFrame(
        {name: [float(n * k % 7) for n in range(40)] for k, name in enumerate(names, 2)}
    )
    frame.write_parquet(tmp_path / "data.parquet")
    made(nnspec, "data.parquet")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators(nnspec, tmp_path, separator):
    text = written(tmp_path, COLOURS).read_text().replace(",", separator)
    (tmp_path / "data.csv").write_text(text)
    made(nnspec, "data.csv")


def test_a_test_file_beside_it(nnspec, tmp_path):
    written(tmp_path, COLOURS, "train.csv")
    written(tmp_path, {name: values[:10] for name, values in COLOURS.items()}, "test.csv")
    text = trained(nnspec, "train.csv", spec="train.yaml")
    assert "{csv: {path: train.csv, test: test.csv}}" in text
    assert "test: 0.2" not in text


def test_a_folder_of_two_tables(nnspec, tmp_path):
    (tmp_path / "paint").mkdir()
    written(tmp_path / "paint", COLOURS, "train.csv")
    written(tmp_path / "paint", {"size": [1], "weight": [2]}, "test.csv")
    done = nnspec("init", "paint")
    assert done.code == 0
    assert "test.csv is no test: it has no column colour" in done.err
    assert "csv: paint/train.csv" in (tmp_path / "paint.yaml").read_text()


def test_a_spec_elsewhere_finds_its_data(nnspec, tmp_path):
    (tmp_path / "specs").mkdir()
    written(tmp_path, COLOURS)
    assert "../data.csv" in made(nnspec, "data.csv", "-o", "specs/a.yaml", spec="specs/a.yaml")


def test_rows_without_a_target_are_left_out(nnspec, tmp_path):
    colours = ["red", "blue", "", "red"] * 10
    written(tmp_path, {**COLOURS, "colour": colours}, "train.csv")
    written(tmp_path, COLOURS, "test.csv")
    assert "on_error: skip" in trained(nnspec, "train.csv", spec="train.yaml")


@pytest.mark.parametrize("rows", [4, 8, 15])
def test_a_table_of_few_rows_is_not_split(nnspec, tmp_path, rows):
    columns = {"x": [n * 7 % 11 / 2 for n in range(rows)], "y": [n % 2 for n in range(rows)]}
    written(tmp_path, columns)
    assert "no split" in trained(nnspec, "data.csv")


def test_a_class_of_two_rows(nnspec, tmp_path):
    """Of few rows it may be in none to train on: then the spec says that there is such a class."""
    kinds = [("ab"[n % 2] if n % 20 else "c") for n in range(40)]
    written(tmp_path, {**COLOURS, "colour": kinds})
    assert "by: stratified" in trained(nnspec, "data.csv")
    few = {name: values[:22] for name, values in COLOURS.items()}
    written(tmp_path, {**few, "colour": kinds[:22]})
    text = trained(nnspec, "data.csv", "-o", "few.yaml", spec="few.yaml")
    assert "one_hot: {categories: [a, b, c]}" in text
    numbers = [{"a": 3, "b": 5, "c": 9}[kind] for kind in kinds[:22]]
    written(tmp_path, {**few, "colour": numbers})
    text = trained(nnspec, "data.csv", "-o", "numbers.yaml", spec="numbers.yaml")
    assert "one_hot: {categories: [3, 5, 9]}" in text


def test_images(nnspec, tmp_path):
    from PIL import Image

    draw = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(10):
            pixels = draw.integers(0, 255, (9, 8, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{number}.png")
    text = trained(nnspec, "pets", spec="pets.yaml")
    assert "cat becomes 0 and dog becomes 1" in text
    assert "images: pets" in text
    assert nnspec("init", "pets", "-o", "b.yaml", "--target", "x").code == 2


def test_images_among_other_files(nnspec, tmp_path):
    write_classes(tmp_path / "pets", each=10)
    write_image(tmp_path / "pets/c/one.png", pixels(1, channels=4))
    (tmp_path / "pets/empty").mkdir()
    (tmp_path / "pets/a/notes.txt").write_text("x")
    (tmp_path / "pets/a/3.png").write_bytes(b"nonsense")
    text = trained(nnspec, "pets", spec="pets.yaml")
    assert "on_error: skip" in text
    assert "# 6x4 pixels, in colours; what is no image is left out: a/notes.txt:" in text


def test_images_that_are_no_classes(nnspec, tmp_path):
    write_image(tmp_path / "pets/1.png", pixels(1))
    done = nnspec("init", "pets")
    assert_refused(done, tmp_path)
    assert "that are in no folder of a class" in done.err
    write_classes(tmp_path / "cut", each=3)
    for path in (tmp_path / "cut/a").glob("*.png"):
        path.write_bytes(b"nonsense")
    assert_refused(nnspec("init", "cut"), tmp_path)


@pytest.mark.parametrize("shape", [(5,), (8, 9)])
def test_arrays(nnspec, tmp_path, shape):
    draw = np.random.default_rng(0)
    x, y = draw.random((40, *shape)), np.arange(40) % 3
    np.savez(tmp_path / "data.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    assert "units: 3" in trained(nnspec, "data.npz")
    np.savez(tmp_path / "named.npz", pictures=x, kinds=y)
    text = trained(nnspec, "named.npz", "--target", "kinds", spec="named.yaml")
    assert "{npz: {path: named.npz, inputs: pictures, targets: kinds}}" in text


@pytest.fixture
def terminal(monkeypatch):
    """A function that sets which streams are terminals; it gives the list of what was asked."""
    asked = list[tuple]()

    def set_terminals(*streams: str, answer: str = "weight") -> list[tuple]:
        for stream in ("stdin", "stdout"):
            kind = type("Stream", (io.StringIO,), {"isatty": lambda _, s=stream: s in streams})
            monkeypatch.setattr(f"sys.{stream}", kind())
        prompt = lambda *words, **options: asked.append((words, options["default"])) or answer  # noqa: E731
        monkeypatch.setattr(init.click, "prompt", prompt)
        return asked

    return set_terminals


def written_target(path: Path, *arguments: str) -> str:
    """The line of the target in the spec that `init` writes."""
    assert run(["init", "data.csv", "-o", str(path), *arguments]) == 0
    text = path.read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if "targets:" in line)


def test_the_target_is_asked_for_at_a_terminal(tmp_path, monkeypatch, terminal):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, COLOURS)
    asked = terminal("stdin", "stdout")
    assert "{columns: weight" in written_target(tmp_path / "asked.yaml")
    assert asked == [(("Column to predict",), "colour")]
    terminal("stdin")
    assert "{columns: colour" in written_target(tmp_path / "piped.yaml")
    terminal("stdout")
    assert "{columns: colour" in written_target(tmp_path / "in.yaml")
    terminal("stdin", "stdout")
    assert "{columns: size" in written_target(tmp_path / "named.yaml", "--target", "size")
    written(tmp_path, {**COLOURS, "price": COLOURS["size"]})
    assert "{columns: price" in written_target(tmp_path / "certain.yaml")
    assert len(asked) == 1


def test_an_answer_that_is_no_column(tmp_path, monkeypatch, terminal, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, COLOURS)
    terminal("stdin", "stdout", answer="wait")
    assert run(["init", "data.csv"]) == 2
    assert "has no column 'wait'" in capsys.readouterr().err


# ---------------------------------------------------------------- what is refused

CONTENTS = {
    "empty": "",
    "without rows": "a,b\n",
    "one column": "a\n1\n2\n",
    "numbers as names": "1,2\n3,4\n5,6\n",
    "a longer line": "a,b\n1,2\n3,4,5\n",
    "an open quote": 'a,b\n1,"x\n',
    "constant": "a,b\n1,7\n2,7\n",
    "texts that differ": "a,b\n" + "".join(f"{n},t{n}\n" for n in range(20)),
    "nothing to learn from": "a,b\n" + "".join(f"{n},{n % 2}\n" for n in range(20)),
    "missing": "a,b\n,\n,\n",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_tables_that_are_refused(nnspec, tmp_path, content):
    (tmp_path / "data.csv").write_text(content)
    assert_refused(nnspec("init", "data.csv", "--target", "b"), tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "ndjson", "feather", "npz", "txt"])
def test_damaged_files(nnspec, tmp_path, suffix):
    (tmp_path / f"data.{suffix}").write_bytes(b"\x1f\x8b\x00\xffPAR1 junk \xfe\n\x00")
    assert_refused(nnspec("init", f"data.{suffix}"), tmp_path)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet", "none.npz"])
def test_files_that_are_missing(nnspec, tmp_path, name):
    done = nnspec("init", name)
    assert_refused(done, tmp_path)
    assert f"there is no file '{name}'" in done.err


def test_folders_that_are_refused(nnspec, tmp_path):
    (tmp_path / "folder").mkdir()
    assert_refused(nnspec("init", "folder"), tmp_path)
    for name in ("a.csv", "b.csv"):
        written(tmp_path / "folder", COLOURS, name)
    done = nnspec("init", "folder")
    assert_refused(done, tmp_path)
    assert "a.csv, b.csv" in done.err


def assert_refused(done, folder):
    """One located message, exit code 2, no spec."""
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert done.err.count(": error: ") == 1, done.err
    assert done.err.startswith(("command line:1:1: error:", "--target:1:1: error:"))
    assert not list(folder.glob("*.yaml"))


def test_a_target_that_is_not_there(nnspec, tmp_path):
    written(tmp_path, COLOURS)
    done = nnspec("init", "data.csv", "--target", "color")
    assert_refused(done, tmp_path)
    assert "did you mean 'colour'?" in done.err


def test_a_spec_that_is_there_is_kept(nnspec, tmp_path):
    written(tmp_path, COLOURS)
    (tmp_path / "data.yaml").write_text("precious")
    done = nnspec("init", "data.csv")
    assert (done.code, done.out) == (2, "")
    assert "data.yaml is there already" in done.err
    assert (tmp_path / "data.yaml").read_text() == "precious"


def test_options_that_contradict(nnspec, tmp_path):
    written(tmp_path, COLOURS)
    for words in (["data.csv", "--from", "xor"], ["--target", "x"], ["a.yaml", "-o", "b.yaml"]):
        assert nnspec("init", *words).code == 2
