"""The tables of the results, in Markdown: medians with quartiles, and ratios within each round."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import bounds
from benchmarks.cold_start import PROGRAMS
from benchmarks.implementations import IMPLEMENTATIONS
from benchmarks.results import Section
from benchmarks.sections import NAMES
from benchmarks.statistics import Spread, ratio

BACKENDS = (  # nnspec's backends, and hand-written code in the same framework
    ("torch", "eager"), ("torch", "kept"), ("torch", "channels"), ("torch", "loader"),
    ("torch", "compile"),
    ("keras", "fit"), ("keras", "fit-kept"),
)  # fmt: skip
SCALES = {"s": (1e3, "ms"), "bytes": (2.0**-20, "MiB")}
LABELS = {implementation.key: implementation.label for implementation in IMPLEMENTATIONS}
HEAD = """# Measured, side by side

`make bench` writes this. A number is the median of several rounds, and behind it stand the
quartiles. In each round the implementations take turns, each in a process of its own; a ratio is
the median of the ratios within each round. "x NumPy" says how many times as long (or as much) it
takes as nnspec's NumPy backend: above 1, NumPy is ahead.
"""


def document(sections: dict[str, Section]) -> str:
    """The whole document."""
    bound = sections.get("bounds")
    measured = [name for name in NAMES if name in sections]
    tables = ("\n".join(lines(name, sections[name], bound)) for name in measured)
    return "\n".join([HEAD, *_machines([sections[name] for name in measured]), *tables])


def _machines(sections: list[Section]) -> Iterator[str]:
    """A paragraph for each machine description, with the sections measured there."""
    machines = [
        "; ".join(f"{key}: {value}" for key, value in one.machine.items()) for one in sections
    ]
    for text in dict.fromkeys(machines):
        labels = [one.label for one, other in zip(sections, machines, strict=True) if other == text]
        where = "Everything" if len(labels) == len(sections) else ", ".join(labels)
        yield f"{where}: {text}.\n"


def lines(name: str, section: Section, bound: Section | None) -> Iterator[str]:
    """A section: its table, comparisons, and the load of the machine."""
    yield f"## {section.label}\n"
    yield from _bounds(section) if name == "bounds" else _table(name, section)
    if bound and name in ("mlp", "cnn"):
        yield f"\n{_bound(name, section, bound)}"
    before, after = section.load
    yield f"\nLoad average before: {before:.2f}, after: {after:.2f}.\n"


def _table(name: str, section: Section) -> Iterator[str]:
    factor, unit = SCALES[section.unit]
    compared = _compared(section) if name != "cold" else []
    yield f"| | {unit} | quartiles | x NumPy | quartiles |"
    yield "|---|---:|---:|---:|---:|"
    for key in section.times:
        low, median, high = (f"{factor * value:.4g}" for value in section.spread(key))
        cells = [label(name, key), median, f"{low} to {high}"]
        cells += _cells(ratio(section.times, key, "numpy")) if "numpy" in section.times else []
        yield f"| {' | '.join(cells)} |"
    if compared:
        yield f"\n{'; '.join(compared)}."


def _cells(spread: Spread) -> list[str]:
    return [f"{spread.median:.2f}", f"{spread.low:.2f} to {spread.high:.2f}"]


def _compared(section: Section) -> list[str]:
    """Ratios of hand-written code to nnspec's backend in the same framework."""
    found = []
    for ours, theirs in BACKENDS:
        if ours in section.times and theirs in section.times:
            median, quartiles = _cells(ratio(section.times, theirs, ours))
            found.append(f"{LABELS[theirs]} / {LABELS[ours]}: {median} ({quartiles})")
    return found


def label(name: str, key: str) -> str:
    """The label of an implementation in a section."""
    if name == "cold":
        return PROGRAMS[key].label
    first, _, coretype = key.partition("@")
    return LABELS[first] + (f", OPENBLAS_CORETYPE={coretype}" if coretype else "")


def _bound(name: str, section: Section, bound: Section) -> str:
    """A sentence: the time of a step's matrix products, and that of NumPy's steps."""
    settings = dict.fromkeys(key.rpartition(" | ")[2] for key in bound.times)
    products = ", ".join(f"{1e3 * _sum(name, one, bound):.3g} ms with {one}" for one in settings)
    measured = "; ".join(
        f"{label(name, key)}: {1e3 * section.spread(key).median:.3g} ms"
        for key in section.times
        if key.startswith("numpy")
    )
    return f"The step's matrix products alone: {products}. {measured}."


def _sum(name: str, setting: str, bound: Section) -> float:
    """Seconds of all products of a step, with a setting of threads and kernels."""
    return sum(
        bound.spread(f"{name}: {product.what} | {setting}").median
        for product in bounds.products(name)
    )


def _bounds(section: Section) -> Iterator[str]:
    """GFLOP/s of each product and GB/s of a copy (read and write), a column for each setting."""
    settings = list(dict.fromkeys(key.rpartition(" | ")[2] for key in section.times))
    yield f"| | shape | {' | '.join(settings)} |"
    yield f"|---|---|{'---:|' * len(settings)}"
    for network in ("mlp", "cnn"):
        for what, rows, inner, columns, *_ in bounds.products(network):
            key, flops = f"{network}: {what}", 2 * rows * inner * columns
            rates = [flops / section.spread(f"{key} | {one}").median / 1e9 for one in settings]
            cells = " | ".join(f"{rate:.4g} GFLOP/s" for rate in rates)
            yield f"| {key} | {rows}x{inner}x{columns} | {cells} |"
    rates = [2 * bounds.COPIED / section.spread(f"copy | {one}").median / 1e9 for one in settings]
    yield f"| memory, copied | | {' | '.join(f'{rate:.3g} GB/s' for rate in rates)} |"
