"""The pages of the gallery that train expect what `benchmarks.gallery_training` recorded."""

from __future__ import annotations

import pytest

from benchmarks import gallery_training
from nnspec.spec import loader
from tests.paths import SPECS

RECORD = gallery_training.read()


def test_every_page_with_figures_is_recorded():
    pages = {path.stem: loader.load(path) for path in (SPECS / "gallery").glob("*.yaml")}
    assert {name for name, spec in pages.items() if spec.expect.test} == RECORD.keys()


@pytest.mark.parametrize("page", RECORD)
def test_a_page_expects_its_recorded_figures(page):
    spec, record = loader.load(SPECS / "gallery" / f"{page}.yaml"), RECORD[page]
    assert record["epochs"] == spec.train.epochs
    assert record["seed"] == spec.train.seed
    assert spec.expect.test == {name: round(value, 4) for name, value in record["test"].items()}
    assert spec.expect.tolerance <= 0.005


def test_the_convnet_has_99_percent_right():
    assert RECORD["mnist_convnet"]["test"]["accuracy"] >= 0.99
