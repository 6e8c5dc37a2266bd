"""Pages on which folded groups can be unfolded: well-formed, complete, and by themselves."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from nnspec.drawing.diagram import diagram
from nnspec.drawing.html import to_html
from nnspec.drawing.svg import to_svg

MOST_BYTES = 300_000
PAGES = ["resnet", "nasnet_mobile", "unet", "lenet5", "efficientnet"]


def parsed(text):
    """The page as a tree: it is XML too, but for its first line."""
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_needs_nothing_else(name, published):
    summary = published(name)
    text = to_html(summary, diagram(summary))
    tree = parsed(text)
    assert len(text.encode()) < MOST_BYTES
    assert not {"script", "img", "link", "iframe", "object"} & {one.tag for one in tree.iter()}
    assert not re.search(r"url\(|@import|https?:|src=", text)
    assert {key for one in tree.iter() for key in one.attrib}.isdisjoint({"onclick", "onload"})


@pytest.mark.parametrize("name", PAGES)
def test_every_folded_box_leads_to_its_picture_and_back(name, published):
    """From each picture links lead back to the network, however deep it is unfolded."""
    summary = published(name)
    tree = parsed(to_html(summary, drawn := diagram(summary)))
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    main, sections = tree.find("body/main"), tree.findall("body/aside/section")
    links = [one.get("href") for one in main.iter("a")]
    assert len(links) == sum(bool(box.layers) for box in drawn.boxes)
    reached, left = set(), links
    while left:
        reached |= {*left}
        left = [
            one.get("href")
            for section in sections
            if f"#{section.get('id')}" in reached
            for one in section.findall("svg//a")
            if one.get("href") not in reached
        ]
    assert reached == {f"#{section.get('id')}" for section in sections}
    back = {f"#{one.get('id')}": one.find("h2/a").get("href") for one in sections}
    for target in reached:
        steps = 0
        while target != "#network":
            target, steps = back[target], steps + 1
            assert steps <= len(sections)


def test_the_folded_network_is_the_picture_of_the_svg_file(published):
    summary = published("resnet")
    drawn = diagram(summary)
    page, picture = parsed(to_html(summary, drawn)), parsed(to_svg(drawn))
    shown = ["".join(one.itertext()) for one in page.find("body/main/svg").iter("text")]
    assert shown == [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]


def test_a_network_without_groups_has_nothing_beside_it(published):
    summary = published("lenet5")
    assert parsed(to_html(summary, diagram(summary))).find("body/aside") is None


def test_the_page_of_a_hostile_name_is_well_formed(published):
    name = 'a <script> & "c"'
    summary = published("unet")._replace(name=name)
    tree = parsed(to_html(summary, diagram(summary, 0)))
    assert tree.find("head/title").text.startswith(f"{name}, ")
