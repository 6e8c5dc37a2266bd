"""Layers with random options and shapes, against Keras' own in float64: outputs and gradients.

    python -m benchmarks.layers [--cases 300] [--kinds conv2d,dense,...]

Prints the largest difference of each kind of layer, and writes `benchmarks/results/layers.md` when
all kinds were asked for. 300 cases of every kind take about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.layers.draws import DRAWS, Drawn, draw
from benchmarks.results import FOLDER
from nnspec.backends.keras.bootstrap import patch_float64

TOLERANCE = 1e-10


class Result(NamedTuple):
    """The largest difference among the cases of a kind of layer, and where it is."""

    kind: str
    cases: int
    largest: float
    drawn: Drawn | None

    @property
    def row(self) -> str:
        """A row of the table."""
        return f"| `{self.kind}` | {self.cases} | {self.largest:.1e} |"


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--kinds", default=",".join(DRAWS))
    given = parser.parse_args()
    os.environ |= {"KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1"}
    kinds = given.kinds.split(",")
    results = []
    for result in compared(kinds, given.cases):
        print(result.row, "" if result.largest <= TOLERANCE else result.drawn, flush=True)
        results.append(result)
    if kinds == list(DRAWS):
        (FOLDER / "layers.md").write_text(table(results), encoding="utf-8")
    sys.exit(any(result.largest > TOLERANCE for result in results))


def compared(kinds: Sequence[str], cases: int) -> Iterator[Result]:
    """The result of each kind of layer."""
    from benchmarks.layers.comparison import difference

    patch_float64()
    for kind in kinds:
        found = Result(kind, cases, 0.0, None)
        for seed in range(cases):
            drawn = draw(kind, seed)
            amount = difference(drawn, seed)
            if not amount <= found.largest:
                found = found._replace(largest=amount, drawn=drawn)
        yield found


def table(results: Sequence[Result]) -> str:
    """The results as a table in Markdown."""
    import jax
    import keras

    versions = f"Keras {keras.__version__} on JAX {jax.__version__}"
    return "\n".join([
        f"# Layers with random options and shapes against {versions}, in float64", "",
        "The largest difference of an output or a gradient, relative to numbers above 1, as",
        "`python -m benchmarks.layers` finds it.", "",
        "| layer | cases | largest difference |", "|---|---|---|",
        *(result.row for result in results), "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
