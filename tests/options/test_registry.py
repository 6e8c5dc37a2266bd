from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from nnspec.errors import NnspecError
from nnspec.options import registry
from nnspec.options.component import DEFINED, Component
from nnspec.options.validation import read_component


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    for family in registry.families():
        registry.classes(family)  # what is imported later would enter the copy alone
    before = dict(DEFINED)
    registry.entry_points_of.cache_clear()
    yield
    DEFINED.clear()
    DEFINED.update(before)
    registry.entry_points_of.cache_clear()


def _plug_in(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str]) -> None:
    def entry_points(group: str) -> list[EntryPoint]:
        return [
            EntryPoint(kind, value, group) for kind, value in entries if group == "nnspec.layer"
        ]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)


@pytest.mark.parametrize("family", registry.families())
def test_every_kind_is_found_by_its_name(family: str) -> None:
    kinds = registry.kinds(family)
    assert kinds == sorted(set(kinds))
    for cls, kind in zip(registry.classes(family), kinds, strict=True):
        assert registry.find(family, kind) is cls
        assert registry.knows(family, kind)
        assert family in (cls.family, *cls.also)


@pytest.mark.parametrize("family", registry.families())
def test_the_example_of_a_family_can_be_read(family: str) -> None:
    from nnspec.errors import Document
    from nnspec.language.reader import parse

    for text in registry.example(family).split(" or "):
        assert read_component(family, parse(Document("x", text)))


@pytest.mark.parametrize("family", registry.families())
def test_an_unknown_kind_is_none(family: str) -> None:
    assert registry.find(family, "nonsense") is None
    assert not registry.knows(family, "nonsense")


def test_a_second_class_for_a_kind_is_an_error() -> None:
    with pytest.raises(NnspecError, match="two classes claim the layer 'dense'"):
        type("Other", (registry.find("layer", "dense"),), {}, kind="dense")  # type: ignore[misc]


def test_two_plug_ins_for_a_kind_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _plug_in(monkeypatch, ("swish", "one:Swish"), ("swish", "other:Swish"))
    with pytest.raises(NnspecError, match="one:Swish and other:Swish"):
        registry.find("layer", "swish")


def test_a_plug_in_cannot_take_a_built_in_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    _plug_in(monkeypatch, ("dense", "other:Dense"))
    with pytest.raises(NnspecError, match="two classes claim the layer 'dense'"):
        registry.classes("layer")


def test_a_plug_in_adds_a_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "plugged.py").write_text(
        "from nnspec.components.layers.base import Layer\n\n\n"
        "class Twice(Layer, kind='twice'):\n    def output_shape(self, x):\n        return x\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    _plug_in(monkeypatch, ("twice", "plugged:Twice"))
    layer = read_component("layer", "twice")
    assert isinstance(layer, Component)
    assert layer.kind == "twice"
    assert "twice" in registry.kinds("layer")


def test_a_spec_pays_only_for_what_it_uses() -> None:
    code = (
        "import sys; from nnspec.options.validation import read_component;"
        "read_component('layer', 'flatten');"
        "costly = {'nnspec.components.layers.convolution', 'nnspec.components.sources.npz_header',"
        " 'difflib', 'zipfile', 'numpy'};"
        "print(costly & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
