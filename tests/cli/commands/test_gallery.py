"""`nnspec gallery`: the published networks, with figures and sources."""

from __future__ import annotations

from nnspec.language import reader
from nnspec.spec import gallery
from tests.paths import ROOT

PUBLISHED = reader.read_file(ROOT / "tests" / "spec" / "gallery_networks.yaml")


def test_all_networks_are_listed_with_what_is_published(nnspec):
    found = {row["name"]: row for row in nnspec("gallery", "--json").json}
    assert list(found) == list(gallery.networks())
    assert {row.get("variant", row["page"]) for row in PUBLISHED} == found.keys()
    for row in PUBLISHED:
        one = found[row.get("variant", row["page"])]
        assert {key: row[key] for key in row if key in one}.items() <= one.items()
        assert one["flops"] > 0
        assert one["source"]
        assert one["about"].endswith(".")


def test_the_table(nnspec):
    done = nnspec("gallery")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].split() == [
        "network", "parameters", "FLOPs", "input", "accuracy", "source",
    ]  # fmt: skip
    assert ["0.9918" in line for line in lines if line.startswith("mnist_convnet ")] == [True]
    (vgg,) = (line for line in lines if line.startswith("vgg16 "))
    assert vgg.split()[1] == "138,357,544"
    assert "224x224x3" in vgg
    assert "Simonyan and Zisserman" in vgg
