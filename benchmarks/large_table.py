"""Peak memory and time of training from a table that is larger than the memory it may take.

    python -m benchmarks.large_table [--rows 10000000] [--folder DIR]

Writes a CSV file of 20 columns (18 numbers, a text, the target; 10 million rows are 1.8 GB), and
trains two epochs of a small network from it with `data: {stream: true}`. Prints the peak memory of
the process, the seconds of each epoch, and beside them what polars needs to scan the file once. A
second run finds the columns in the cache.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_BLOCK = 100_000
_SPEC = """
name: large
data:
  source: {csv: large.csv}
  stream: true
  inputs:
    - {columns: "x*", steps: [standardize]}
    - {columns: city, steps: [one_hot]}
  targets: {columns: y}
network: {layers: [{dense: {units: 32, activation: relu}}, {dense: 1}]}
loss: mean_squared_error
optimizer: {adam: 0.001}
train: {epochs: 2, batch_size: 1024, shuffle_window: 200000}
"""
_SCAN = """
import sys, polars as pl
pl.scan_csv(sys.argv[1]).select(pl.all().count()).collect(engine="streaming")
"""
_RUN = """
import resource, sys
from nnspec.cli.main import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB")
sys.exit(code)
"""


def main() -> None:
    """Write the file, train from it twice, and scan it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "large-table")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    table = given.folder / "large.csv"
    write_table(table, given.rows)
    (given.folder / "large.yaml").write_text(_SPEC, encoding="utf-8")
    print(f"{given.rows:,} rows, {table.stat().st_size / 1e9:.2f} GB")
    for name in ("first run", "second run"):
        print(f"{name}: {measured(given.folder)}")
        print(f"  polars scans the file in {scan_seconds(table):.1f} s")


def write_table(path: Path, rows: int) -> None:
    """Write a CSV file with a known relation of the target to five columns."""
    import polars as pl

    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join([*(f"x{n}" for n in range(18)), "city", "y"]) + "\n")
        for start in range(0, rows, _BLOCK):
            count = min(_BLOCK, rows - start)
            x = rng.normal(size=(count, 18)).round(6)
            columns = {f"x{n}": x[:, n] for n in range(18)}
            city = rng.choice(["Taipei", "Tainan", "Hualien"], count)
            y = (x[:, :5].sum(1) + rng.normal(size=count) * 0.1).round(5)
            frame = pl.DataFrame({**columns, "city": city, "y": y})
            file.write(frame.write_csv(include_header=False))


def measured(folder: Path) -> str:
    """What a run says of its epochs, its seconds and its peak memory."""
    started = time.perf_counter()
    command = [sys.executable, "-c", _RUN, "run", str(folder / "large.yaml"), "-o", str(folder)]
    environment = {**os.environ, "NNSPEC_CACHE": str(folder / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    epochs = re.findall(r"^epoch .* ([\d.]+) s", done.stdout + done.stderr, re.MULTILINE)
    peak = done.stdout.strip().splitlines()[-1]
    seconds = time.perf_counter() - started
    return f"{seconds:.1f} s in all, epochs of {' and '.join(epochs)} s, peak {peak}"


def scan_seconds(path: Path) -> float:
    """The seconds in which a new process scans a file with polars."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", _SCAN, str(path)], check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
