"""The YAML examples of the documents are valid, the table of `docs/data.md` trains, Python runs."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from itertools import chain
from pathlib import Path

import polars as pl
import pytest

from nnspec.cli.main import run
from tests.paths import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_REST = {  # what an example leaves out
    "network": "network: {layers: [flatten, {dense: 1}]}",
    "loss": "loss: mean_squared_error",
    "optimizer": "optimizer: sgd",
}


def examples(document: Path) -> list[str]:
    """The YAML blocks of a document."""
    return re.findall(r"```yaml\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


def completed(example: str) -> str:
    """An example as a whole spec: with the sections that it leaves out, and nothing elided."""
    text = example.replace(", ...", "").replace("extends: specs", f"extends: {ROOT}/specs")
    if "inputs:" not in text and "targets:" not in text:
        text = re.sub(r"(data: \{.*)\}", r"\1, inputs: {columns: x}, targets: {columns: y}}", text)
    rest = [line for key, line in _REST.items() if not re.search(rf"^{key}:", text, re.MULTILINE)]
    return "\n".join([text, *rest, ""])


ALL = list(chain.from_iterable(map(examples, DOCUMENTS)))


def test_there_are_examples():
    assert len(ALL) >= 8


@pytest.mark.parametrize("number", range(len(ALL)))
def test_an_example_is_valid(number, tmp_path, capsys):
    from nnspec.spec import loader

    path = tmp_path / "example.yaml"
    path.write_text(completed(ALL[number]), encoding="utf-8")
    assert loader.load(path).network.layers


def test_the_example_of_a_table_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = range(60)
    columns = {
        "id": list(rows), "age": [float(n % 9) for n in rows], "area": [30.0 + n for n in rows],
        "city": [("Taipei", "Tainan", "Hualien")[n % 3] for n in rows],
        "sold": [f"2024-{1 + n // 6:02}-{1 + n % 28:02}" for n in rows],
        "price": [100.0 + n for n in rows],
    }  # fmt: skip
    pl.DataFrame(columns).write_csv("houses.csv")
    example = next(one for one in examples(ROOT / "docs" / "data.md") if "date_parts" in one)
    Path("houses.yaml").write_text(completed(example), encoding="utf-8")
    assert run(["run", "houses.yaml"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_the_python_examples_run(name, tmp_path, monkeypatch, capsys):
    if name != "README.md":
        pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, name, "exec"), namespace)  # noqa: S102
    shown = re.findall(r"^    (overrides:1:.*?)\n\n", text, re.DOTALL | re.MULTILINE)
    for message in shown:
        assert message.replace("\n    ", "\n") in capsys.readouterr().out


@pytest.mark.parametrize(
    "module",
    ["api.network", "api.specs", "sklearn.classifier", "sklearn.regressor"],
)
def test_the_examples_of_docstrings_are_true(module):
    if module.startswith("sklearn"):
        pytest.importorskip("sklearn")
    found = doctest.testmod(import_module(f"nnspec.{module}"))
    assert found.attempted
    assert not found.failed
