"""Shared Matplotlib settings, and saving figures to files.

Figures have a light background of their own, so that they are readable on light and dark pages.
Equal input gives equal bytes: no dates, no user settings, no pyplot state.
"""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nnspec.errors import NnspecError
from nnspec.runs import atomic_files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Paint = Callable[[Figure], None]

SUFFIXES = (".png", ".svg")
BACKGROUND, INK, FAINT = "#fbfaf7", "#22272e", "#dcdad3"
LINES = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b", "#56707f")  # colour-blind safe
SEQUENTIAL = "viridis"  # colour map of amounts
SIGNED = "RdBu_r"  # colour map of numbers around 0

_CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "SimHei")
_HIDDEN = ("MPLBACKEND", "MATPLOTLIBRC", "SOURCE_DATE_EPOCH")
_METADATA = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
_SETTINGS = {
    "axes.axisbelow": True, "axes.edgecolor": INK, "axes.facecolor": BACKGROUND, "axes.grid": True,
    "axes.labelcolor": INK, "axes.spines.right": False, "axes.spines.top": False,
    "axes.titlelocation": "left", "axes.titlesize": 11, "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.16, "figure.dpi": 160,
    "figure.facecolor": BACKGROUND, "figure.titlesize": 12, "font.size": 10, "grid.color": FAINT,
    "legend.frameon": False, "lines.linewidth": 2, "savefig.facecolor": BACKGROUND,
    "svg.fonttype": "none", "svg.hashsalt": "nnspec", "text.color": INK, "text.parse_math": False,
    "xtick.color": INK, "ytick.color": INK,
}  # fmt: skip


def save(path: Path, size: tuple[float, float], paint: Paint) -> None:
    """Write a figure of `size` inches that `paint` draws to a file, atomically."""
    atomic_files.make_folder(path.parent)
    atomic_files.write_file(path, picture(path.suffix.lower(), size, paint))


def picture(suffix: str, size: tuple[float, float], paint: Paint) -> bytes:
    """The bytes of a `.png` or `.svg` file. Raises NnspecError if Matplotlib is missing."""
    with _settings():
        from matplotlib.figure import Figure

        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        _escape_bytes(figure)
        file = io.BytesIO()
        with _own_environment():
            figure.savefig(file, format=suffix[1:], metadata=_METADATA[suffix])
        return file.getvalue()


def matplotlib() -> ModuleType:
    """Import Matplotlib on first use; NnspecError if it is missing or cannot be imported."""
    try:
        with _quiet_log(), _own_environment():
            import matplotlib
            import matplotlib.font_manager
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise NnspecError(f"Matplotlib cannot be imported: {error}") from None
        hint = "install it with: pip install 'nnspec[plots]'"
        raise NnspecError("pictures need Matplotlib, which is not installed", hint) from None
    except (ImportError, OSError, RuntimeError, ValueError) as error:  # ValueError: its settings
        hint = "see its settings in matplotlibrc and MPLCONFIGDIR"
        raise NnspecError(f"Matplotlib cannot be imported: {error}", hint) from None
    return matplotlib


@contextmanager
def _own_environment() -> Iterator[None]:
    """Hide variables that Matplotlib reads and refuses if wrong: pictures do not need them."""
    hidden = {name: os.environ.pop(name, None) for name in _HIDDEN}
    try:
        yield
    finally:
        os.environ.update({name: value for name, value in hidden.items() if value is not None})


def _escape_bytes(figure: Figure) -> None:
    """Escape lone surrogates in all texts: the bytes of file names that are no Unicode."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_text(text.get_text().encode(errors="backslashreplace").decode())


def hide_axes(axes: Axes) -> None:
    """Remove frame, ticks and grid, for images."""
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


@contextmanager
def _settings() -> Iterator[None]:
    """Apply Matplotlib's defaults with the settings above, and suppress its messages."""
    with _quiet_log(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box is drawn instead
        library = matplotlib()
        with library.rc_context():
            library.rcdefaults()
            library.rcParams.update(_SETTINGS)
            library.rcParams["font.family"] = ["DejaVu Sans", *_chinese_font(library)]
            yield


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Suppress log messages, such as that of a font cache outside the home directory."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _chinese_font(library: ModuleType) -> list[str]:
    """The first installed font with Chinese characters, if any."""
    known = set(library.font_manager.fontManager.get_font_names())
    return [name for name in _CHINESE if name in known][:1]
