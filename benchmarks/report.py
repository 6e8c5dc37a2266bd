"""The tables: medians with quartiles, and ratios within each round."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import bounds
from benchmarks.cold import STARTS
from benchmarks.contestants import CONTESTANTS
from benchmarks.results import Section
from benchmarks.sections import NAMES
from benchmarks.statistics import Spread, ratio

BACKENDS = (  # nnspec's backends, and what one would write in their frameworks
    ("torch", "eager"), ("torch", "kept"), ("torch", "channels"), ("torch", "loader"),
    ("torch", "compile"),
    ("keras", "fit"), ("keras", "fit-kept"),
)  # fmt: skip
SCALES = {"s": (1e3, "ms"), "bytes": (2.0**-20, "MiB")}
LABELS = {contestant.key: contestant.label for contestant in CONTESTANTS}
HEAD = """# Measured, side by side

`make bench` writes this. A number is the median of several rounds, and behind it stand the
quartiles. In each round the contestants take turns, every one in a process of its own; a ratio is
the median of the ratios within each round. "x NumPy" says how many times as long (or as much) it
takes as nnspec's NumPy backend: above 1, NumPy is ahead.
"""


def document(sections: dict[str, Section]) -> str:
    """All of it, as Markdown."""
    floor = sections.get("bounds")
    there = [name for name in NAMES if name in sections]
    tables = ("\n".join(lines(name, sections[name], floor)) for name in there)
    return "\n".join([HEAD, *_machines([sections[name] for name in there]), *tables])


def _machines(sections: list[Section]) -> Iterator[str]:
    """Each machine, or state of one, that something was measured on."""
    described = [
        "; ".join(f"{what}: {told}" for what, told in one.machine.items()) for one in sections
    ]
    for text in dict.fromkeys(described):
        here = [one.label for one, other in zip(sections, described, strict=True) if other == text]
        where = "Everything" if len(here) == len(sections) else ", ".join(here)
        yield f"{where}: {text}.\n"


def lines(name: str, section: Section, floor: Section | None) -> Iterator[str]:
    """A section: its table, what follows from it, and the load that the machine had."""
    yield f"## {section.label}\n"
    yield from _bounds(section) if name == "bounds" else _table(name, section)
    if floor and name in ("mlp", "cnn"):
        yield f"\n{_floor(name, section, floor)}"
    before, after = section.load
    yield f"\nLoad average before: {before:.2f}, after: {after:.2f}.\n"


def _table(name: str, section: Section) -> Iterator[str]:
    factor, unit = SCALES[section.unit]
    compared = _compared(section) if name != "cold" else []
    yield f"| | {unit} | quartiles | x NumPy | quartiles |"
    yield "|---|---:|---:|---:|---:|"
    for key in section.times:
        low, middle, high = (f"{factor * value:.4g}" for value in section.spread(key))
        cells = [label(name, key), middle, f"{low} to {high}"]
        cells += _cells(ratio(section.times, key, "numpy")) if "numpy" in section.times else []
        yield f"| {' | '.join(cells)} |"
    if compared:
        yield f"\n{'; '.join(compared)}."


def _cells(spread: Spread) -> list[str]:
    return [f"{spread.median:.2f}", f"{spread.low:.2f} to {spread.high:.2f}"]


def _compared(section: Section) -> list[str]:
    """nnspec's backends against their frameworks by hand."""
    found = []
    for ours, theirs in BACKENDS:
        if ours in section.times and theirs in section.times:
            middle, around = _cells(ratio(section.times, theirs, ours))
            found.append(f"{LABELS[theirs]} / {LABELS[ours]}: {middle} ({around})")
    return found


def label(name: str, key: str) -> str:
    """How a contestant is called in a section."""
    if name == "cold":
        return STARTS[key].label
    first, _, coretype = key.partition("@")
    return LABELS[first] + (f", OPENBLAS_CORETYPE={coretype}" if coretype else "")


def _floor(name: str, section: Section, floor: Section) -> str:
    """What the step's products take at the least, beside what the step takes."""
    ways = dict.fromkeys(key.rpartition(" | ")[2] for key in floor.times)
    told = ", ".join(f"{1e3 * _sum(name, way, floor):.3g} ms with {way}" for way in ways)
    measured = "; ".join(
        f"{label(name, key)}: {1e3 * section.spread(key).median:.3g} ms"
        for key in section.times
        if key.startswith("numpy")
    )
    return f"The step's matrix products alone: {told}. {measured}."


def _sum(name: str, way: str, floor: Section) -> float:
    return sum(
        floor.spread(f"{name}: {product.what} | {way}").median for product in bounds.products(name)
    )


def _bounds(section: Section) -> Iterator[str]:
    """GFLOP/s of each product and GB/s of a copy (read and written), a column for each way."""
    ways = list(dict.fromkeys(key.rpartition(" | ")[2] for key in section.times))
    yield f"| | shape | {' | '.join(ways)} |"
    yield f"|---|---|{'---:|' * len(ways)}"
    for network in ("mlp", "cnn"):
        for what, rows, inner, columns, *_ in bounds.products(network):
            key, flops = f"{network}: {what}", 2 * rows * inner * columns
            rates = [flops / section.spread(f"{key} | {way}").median / 1e9 for way in ways]
            cells = " | ".join(f"{rate:.4g} GFLOP/s" for rate in rates)
            yield f"| {key} | {rows}x{inner}x{columns} | {cells} |"
    rates = [2 * bounds.COPIED / section.spread(f"copy | {way}").median / 1e9 for way in ways]
    yield f"| memory, copied | | {' | '.join(f'{rate:.3g} GB/s' for rate in rates)} |"
