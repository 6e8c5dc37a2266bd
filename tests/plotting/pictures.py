"""Reading of SVG and PNG files in tests."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

MISSING = "pictures need Matplotlib, which is not installed"

needs_matplotlib = pytest.mark.skipif(not find_spec("matplotlib"), reason="needs matplotlib")


def texts(svg: bytes | Path) -> list[str]:
    """The texts of an SVG."""
    root = ElementTree.fromstring(svg if isinstance(svg, bytes) else svg.read_bytes())  # noqa: S314 (our own)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return ["".join(text.itertext()).strip() for text in root.iter(f"{root.tag[:-3]}text")]


def size(png: bytes | Path) -> tuple[int, int]:
    """Width and height of a complete PNG."""
    from PIL import Image

    data = png if isinstance(png, bytes) else png.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.format == "PNG"
        return image.size
