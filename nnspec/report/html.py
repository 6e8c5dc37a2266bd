"""The report on data as one HTML page, in which nothing is loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from nnspec.analysis.data_report.model import DataReport, Picture
from nnspec.errors import visible
from nnspec.optional_packages import optional_package
from nnspec.options.shapes import format_shape
from nnspec.plotting import thumbnails
from nnspec.report import svg

if TYPE_CHECKING:
    from jinja2 import Environment

_PICTURE_PIXELS = 96  # the height of a picture, about


def require_jinja() -> None:
    """Raise NnspecError unless Jinja2 is installed."""
    with optional_package("pages are made by Jinja2", "report"):
        import jinja2  # noqa: F401


def page(report: DataReport) -> str:
    """The page of a report; every text in it is escaped."""
    return _environment().get_template("data.html").render(
        report=report, pictures=[(one.label, _data_uri(one)) for one in report.pictures]
    )  # fmt: skip


def _environment() -> Environment:
    """Templates of this package, which escape all texts."""
    require_jinja()
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nnspec.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "histogram": svg.histogram,  # of numbers alone: the template takes it as it is
        "bar": svg.bar,
        "shape": format_shape,
        "visible": _visible,
        "visible_lines": lambda text: "\n".join(map(_visible, text.split("\n"))),
    }
    return environment


def _data_uri(picture: Picture) -> str:
    """An image as the bytes of a PNG file in a URI."""
    zoom = max(1, _PICTURE_PIXELS // max(picture.image.shape[:2]))
    return f"data:image/png;base64,{b64encode(thumbnails.png(picture.image, zoom)).decode()}"


def _visible(text: str) -> str:
    """A text that UTF-8 can write, and no character that turns the direction of others."""
    return visible(text.encode(errors="backslashreplace").decode())
