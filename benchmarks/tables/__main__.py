"""`python -m benchmarks.tables [NAME ...]`: `nnspec init` and `run` on real data, unedited.

Of each data set: `nnspec init` writes a spec, `nnspec run` trains it, and five folds are trained
with nnspec and with scikit-learn's network of the same width on the same rows. The table is written
to `benchmarks/results/tables.md`. The exit code is 1 where a set does not train, or where nnspec's
mean is below scikit-learn's less its standard deviation.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import results
from benchmarks.tables.datasets import DATA_SETS, DataSet
from benchmarks.tables.folds import Figures, compare
from nnspec.spec import loader

HEADER = "| data | from | figure | nnspec | scikit-learn | |\n|---|---|---|---|---|---|"


class Result(NamedTuple):
    """What came of a data set: its figures, or why there are none."""

    name: str
    data: DataSet
    figures: Figures | None
    error: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the spec trained, and is no worse than scikit-learn."""
        return self.figures is not None and self.figures.is_level

    def line(self) -> str:
        """A line of the table."""
        if self.figures is None:
            return f"| {self.name} | {self.data.source} | {self.data.metric} | {self.error} | | ✗ |"
        cells = (f"{np.mean(one):.3f} ± {np.std(one):.3f}" for one in self.figures)
        mark = "✓" if self.is_good else "✗"
        head = f"{self.name} | {self.data.source} | {self.data.metric}"
        return f"| {head} | {' | '.join(cells)} | {mark} |"


def main(names: list[str]) -> int:
    """Measure data sets, all where none is named; print and write a table of the results."""
    found = []
    print(HEADER)
    for name in names or DATA_SETS:
        found.append(measure(name, DATA_SETS[name]))
        print(found[-1].line(), flush=True)
    if not names:
        text = "\n".join([__doc__ or "", HEADER, *(one.line() for one in found), ""])
        (results.FOLDER / "tables.md").write_text(text, encoding="utf-8")
    return 0 if all(one.is_good for one in found) else 1


def measure(name: str, data: DataSet) -> Result:
    """Write a data set into a folder that is removed again, and what comes of it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = data.write(Path(folder))
        except ImportError as error:
            return Result(name, data, None, str(error))
        spec = Path(folder) / "spec.yaml"
        target = ["--target", data.target] if data.target else []
        for command in (["init", str(path), "-o", str(spec), *target], ["run", str(spec)]):
            done = nnspec(command, folder)
            if done.returncode:
                return Result(name, data, None, done.stderr.strip().replace("\n", " ")[:200])
        return Result(name, data, compare(loader.load(spec), data.metric))


def nnspec(arguments: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    """Run a command line of nnspec in a folder."""
    command = [sys.executable, "-m", "nnspec", *arguments]
    return subprocess.run(
        command, cwd=folder, text=True, capture_output=True, check=False, encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
