"""How every picture looks, and how it becomes a file.

A picture is a card with a light ground of its own, so that it reads on light and on dark pages.
The same figures give the same bytes: no dates, no user's settings, no state of pyplot's.
"""

from __future__ import annotations

import io
import logging
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
GROUND, INK, FAINT = "#fbfaf7", "#22272e", "#dcdad3"
LINES = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b", "#56707f")  # for the colour-blind
HEAT = "viridis"  # of amounts
SIGNED = "RdBu_r"  # of numbers around 0

_CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "SimHei")
_METADATA = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
_SETTINGS = {
    "axes.axisbelow": True, "axes.edgecolor": INK, "axes.facecolor": GROUND, "axes.grid": True,
    "axes.labelcolor": INK, "axes.spines.right": False, "axes.spines.top": False,
    "axes.titlelocation": "left", "axes.titlesize": 11, "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.16, "figure.dpi": 160,
    "figure.facecolor": GROUND, "figure.titlesize": 12, "font.size": 10, "grid.color": FAINT,
    "legend.frameon": False, "lines.linewidth": 2, "savefig.facecolor": GROUND,
    "svg.fonttype": "none", "svg.hashsalt": "nnspec", "text.color": INK, "text.parse_math": False,
    "xtick.color": INK, "ytick.color": INK,
}  # fmt: skip


def save(path: Path, size: tuple[float, float], paint: Paint) -> None:
    """What `paint` draws on a figure of `size` inches as a file, replaced at once."""
    atomic_files.make_folder(path.parent)
    atomic_files.write_file(path, picture(path.suffix, size, paint))


def picture(suffix: str, size: tuple[float, float], paint: Paint) -> bytes:
    """The bytes of a `.png` or `.svg`. Raises NnspecError where Matplotlib is missing."""
    with _settings():
        from matplotlib.figure import Figure

        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        file = io.BytesIO()
        figure.savefig(file, format=suffix[1:], metadata=_METADATA[suffix])
        return file.getvalue()


def matplotlib() -> ModuleType:
    """The library, imported when the first picture is drawn; an NnspecError where it is missing."""
    try:
        import matplotlib
        import matplotlib.font_manager
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise NnspecError(f"Matplotlib cannot be imported: {error}") from None
        hint = "install it with: pip install 'nnspec[plots]'"
        raise NnspecError("pictures need Matplotlib, which is not installed", hint) from None
    except ImportError as error:
        raise NnspecError(f"Matplotlib cannot be imported: {error}") from None
    return matplotlib


def bare(axes: Axes) -> None:
    """No frame, ticks or grid: for images."""
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


@contextmanager
def _settings() -> Iterator[None]:
    """Inside, Matplotlib's own defaults and the settings above hold, and it is silent."""
    with _silence(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box is drawn instead
        library = matplotlib()
        with library.rc_context():
            library.rcdefaults()
            library.rcParams.update(_SETTINGS)
            library.rcParams["font.family"] = ["DejaVu Sans", *_installed(library)]
            yield


@contextmanager
def _silence() -> Iterator[None]:
    """Where there is no home to write to, Matplotlib says that it keeps its fonts elsewhere."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _installed(library: ModuleType) -> list[str]:
    """A font for Chinese names, where there is one."""
    known = set(library.font_manager.fontManager.get_font_names())
    return [name for name in _CHINESE if name in known][:1]
