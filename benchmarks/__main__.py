"""`python -m benchmarks`: measure, print, and keep tables, numbers and a picture."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from benchmarks import plot, report, results, sections
from benchmarks.contestants import CONTESTANTS, CORETYPE

KEYS = tuple(contestant.key for contestant in CONTESTANTS)


def main() -> None:
    """Measure the wished-for sections one after the other; each is kept as soon as it is done."""
    given = arguments()
    for name in given.only:
        kept = results.keep(name, sections.run(name, given))
        print("\n".join(report.lines(name, kept[name], kept.get("bounds"))), flush=True)
        (results.FOLDER / "benchmarks.md").write_text(report.document(kept), encoding="utf-8")
        plot.draw(kept, results.FOLDER / "benchmarks.svg")


def arguments() -> argparse.Namespace:
    """What the user wishes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--only", type=_among(sections.NAMES), default=sections.NAMES, metavar="SECTION,...",
        help=f"some of {', '.join(sections.NAMES)}")  # fmt: skip
    add("--contestants", type=_among(KEYS), default=KEYS, metavar="NAME,...",
        help=f"some of {', '.join(KEYS)}")  # fmt: skip
    add("--rounds", type=int, default=7, help="turns of each contestant (%(default)s)")
    add("--seconds", type=float, default=1.0, help="about how long a turn is (%(default)s)")
    add("--repeats", type=int, default=3,
        help="new processes for cold start and memory (%(default)s)")  # fmt: skip
    add("--coretype", default=os.environ.get(CORETYPE, ""),
        help="NumPy also with these kernels of OpenBLAS (Haswell, SkylakeX, Zen...)")  # fmt: skip
    return parser.parse_args()


def _among(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """A list of names with commas between them, all of them known."""

    def names(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        for unknown in set(found) - set(known):
            raise argparse.ArgumentTypeError(f"{unknown!r} is none of {', '.join(known)}")
        return found

    return names


if __name__ == "__main__":
    main()
