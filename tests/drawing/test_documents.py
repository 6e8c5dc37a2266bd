"""The pictures of networks in the documents are what is drawn now."""

from __future__ import annotations

from docs.networks import FOLDER, pictures
from tests.paths import ROOT


def test_pictures_are_current():
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    assert found == pictures(), "python -m docs.networks"


def test_the_page_shows_each_picture():
    page = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
    assert all(f"(networks/{path.name})" in page for path in pictures())
