"""`python -m benchmarks`: measure, print, and write tables, numbers and a figure."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from benchmarks import plot, report, results, sections
from benchmarks.implementations import CORETYPE, IMPLEMENTATIONS

KEYS = tuple(implementation.key for implementation in IMPLEMENTATIONS)


def main() -> None:
    """Measure the requested sections in order; each is written as soon as it is done."""
    given = arguments()
    for name in given.only:
        measured = results.write(name, sections.run(name, given))
        lines = report.lines(name, measured[name], measured.get("bounds"))
        print("\n".join(lines), flush=True)
        (results.FOLDER / "benchmarks.md").write_text(report.document(measured), encoding="utf-8")
        plot.draw(measured, results.FOLDER / "benchmarks.svg")


def arguments() -> argparse.Namespace:
    """The parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--only", type=_among(sections.NAMES), default=sections.NAMES, metavar="SECTION,...",
        help=f"some of {', '.join(sections.NAMES)}")  # fmt: skip
    add("--implementations", "--contestants", type=_among(KEYS), default=KEYS, metavar="NAME,...",
        help=f"some of {', '.join(KEYS)}")  # fmt: skip
    add("--rounds", type=int, default=7, help="turns of each implementation (%(default)s)")
    add("--seconds", type=float, default=1.0, help="about how long a turn is (%(default)s)")
    add("--repeats", type=int, default=3,
        help="new processes for cold start and memory (%(default)s)")  # fmt: skip
    add("--coretype", default=os.environ.get(CORETYPE, ""),
        help="NumPy also with these kernels of OpenBLAS (Haswell, SkylakeX, Zen...)")  # fmt: skip
    return parser.parse_args()


def _among(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """An argument type: known names separated by commas."""

    def names(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        for unknown in set(found) - set(known):
            raise argparse.ArgumentTypeError(f"{unknown!r} is none of {', '.join(known)}")
        return found

    return names


if __name__ == "__main__":
    main()
