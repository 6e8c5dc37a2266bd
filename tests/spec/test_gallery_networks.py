"""The pages of the gallery that are published networks have the published numbers of parameters."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nnspec.cli.commands.check import check
from nnspec.language import reader
from tests import paths

FOLDER = paths.SPECS / "gallery"
PUBLISHED = reader.read_file(Path(__file__).with_name("gallery_networks.yaml"))
KERAS = json.loads((paths.ROOT / "benchmarks" / "results" / "gallery.json").read_text())
MOST_LINES = {"resnet": 45, "mobilenet_v2": 40, "densenet": 35, "efficientnet": 70}


@cache
def checked(page, variant):
    """What `nnspec check` finds, once for each page and variant."""
    return check(FOLDER / f"{page}.yaml", [f"vars.variant={variant}"] if variant else [])


def lines(page):
    return (FOLDER / f"{page}.yaml").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.get("variant", row["page"]))
def test_a_page_has_the_published_number(row):
    """It compiles, expects what it has, and there is no advice on it."""
    found = checked(row["page"], row.get("variant"))
    assert found.problems == ()
    published = {key: row[key] for key in ("parameters", "trainable") if key in row}
    assert {key: getattr(found.summary, key) for key in published} == published


def test_every_page_and_variant_is_published():
    table = {(row["page"], row.get("variant")) for row in PUBLISHED}
    assert len(table) == len(PUBLISHED)
    pages = {path.stem: reader.read_file(path) for path in FOLDER.glob("*.yaml")}
    assert table == {
        (page, variant) for page, written in pages.items() for variant in variants(written)
    }
    assert all(written["expect"] for written in pages.values())


def variants(written):
    """The variants of a page: the keys of one of its variables; None where it has one alone."""
    values = written.get("vars", {})
    if "variant" not in values:
        return [None]
    (table,) = [
        one
        for name, one in values.items()
        if name in ("variants", "parameters") and isinstance(one, dict)
    ]
    return list(table)


def test_a_page_begins_with_its_source_and_what_it_is():
    for page in {row["page"] for row in PUBLISHED}:
        comments = [line for line in lines(page) if line.startswith("#")]
        assert lines(page)[: len(comments)] == comments, page
        assert len(comments) >= 2, page
        assert any(f"({year})" in comments[0] for year in range(1998, 2027)), page


def test_pages_are_short():
    for page, most in MOST_LINES.items():
        written = [
            line for line in lines(page) if line.strip() and not line.strip().startswith("#")
        ]
        assert len(written) <= most, page


@pytest.mark.parametrize("model", KERAS["models"])
def test_a_page_has_the_numbers_that_keras_has(model):
    """As `python -m benchmarks.gallery` recorded them, with outputs that were equal."""
    record = KERAS["models"][model]
    found = checked(record["file"], record["variant"]).summary
    assert found.parameters == record["parameters"]
    assert found.parameters - found.trainable == record["non_trainable"]
    assert all(apart < 1e-5 for apart in record["outputs"]["float32"].values())
    # TensorFlow's gelu is off by 3e-9 in float64.
    bound = 1e-8 if record["file"] == "convnext" else 1e-12
    assert all(apart < bound for apart in record["outputs"]["float64"].values())
    assert all(apart < 1e-9 for mode in record["gradients"].values() for apart in mode.values())


def test_a_spec_extends_a_page(tmp_path):
    """ResNet-101 for ten classes: what Keras counts without its last layer, and 20,490."""
    own = tmp_path / "own.yaml"
    head = "network: {input_shape: [64, 64, 3], layers: {predictions: {units: 10}}}"
    expect = f"expect: {{parameters: {42658176 + 20490}}}"
    page = FOLDER / "resnet.yaml"
    own.write_text(f"extends: {page}\nvars: {{variant: resnet101}}\n{head}\n{expect}\n")
    assert check(own).problems == ()


def test_the_largest_network_is_summarised_quickly_and_without_arrays():
    program = f"""
import sys, time
from nnspec.cli.main import run
assert run(["summary", {str(FOLDER / "efficientnet.yaml")!r}, "vars.variant=efficientnetb7"]) == 0
print(time.process_time() < 1, *{{"numpy", "torch", "keras"}} & sys.modules.keys())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "66,658,687" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "True"
