"""Parity of every backend with NumPy in each precision, as the README promises it.

    python -m benchmarks.parity [--quick] [--backends numpy,torch,...]

Prints a line for each comparison, and writes `benchmarks/results/parity.md`. This takes an hour or
two on two cores; `--quick` makes 100 updates in each comparison.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BACKENDS = "numpy,torch,keras:tensorflow,keras:torch,keras:jax"
OPTIMIZERS = ("sgd", "{sgd: {learning_rate: 0.01, momentum: 0.9}}", "rmsprop", "adam")
TANH = ("network.layers.0.dense.activation=tanh",)


class Comparison(NamedTuple):
    """One call of `nnspec parity`."""

    spec: str
    precision: str
    steps: str
    overrides: tuple[str, ...] = ()


def comparisons() -> Iterator[Comparison]:
    """The comparisons behind the promises of the README and the documentation."""
    for optimizer in ("sgd", "adam"):
        yield Comparison("mlp", "exact", "all", (f"optimizer={optimizer}",))
    yield Comparison("cnn", "exact", "400", ("optimizer=adam",))
    for optimizer in OPTIMIZERS:
        yield Comparison("mlp", "float64", "all", (f"optimizer={optimizer}",))
        yield Comparison("cnn", "float64", "900", (f"optimizer={optimizer}",))
    for spec in ("mlp", "cnn"):
        yield Comparison(spec, "float32", "10")
    yield Comparison("mlp", "float32", "1400", TANH)
    yield Comparison("mlp", "float32", "all")
    yield Comparison("cnn", "float32", "all")


def measure(comparison: Comparison, backends: str) -> dict[str, Any]:
    """The parsed output of `nnspec parity --json`."""
    command = [sys.executable, "-m", "nnspec", "parity", f"specs/{comparison.spec}.yaml"]
    command += [*comparison.overrides, "--backends", backends, "--json"]
    command += ["--precision", comparison.precision, "--steps", comparison.steps]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(comparison: Comparison, found: dict[str, Any]) -> Iterator[str]:
    """A table row for each backend except the reference."""
    what = " ".join([comparison.spec, *comparison.overrides])
    for name, one in found["backends"].items():
        same = "same" if one["weights_sha256"] == found["weights_sha256"] else "differs"
        first = one["first_difference"]
        where = f"update {first['step'] + 1}, {first['what']} of {first['name']}" if first else ""
        cells = [what, comparison.precision, str(found["steps"]), name]
        cells += [f"{one[key]:.1e}" for key in ("loss", "gradient", "weights")]
        cells += ["" if one["accuracy"] is None else f"{one['accuracy']:.4f}", same, where]
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Run all comparisons and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--backends", default=BACKENDS)
    arguments = parser.parse_args()
    titles = ["spec", "precision", "updates", "backend", "loss", "gradient", "weights", "accuracy"]
    titles += ["SHA-256", "first beyond rounding"]
    rows = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for comparison in comparisons():
        steps = "100" if arguments.quick else comparison.steps
        limited = comparison._replace(steps=steps)
        for line in lines(limited, measure(limited, arguments.backends)):
            print(line, flush=True)
            rows.append(line)
        RESULTS.mkdir(parents=True, exist_ok=True)
        head = f"Largest relative differences from NumPy; {platform.platform()}.\n\n"
        (RESULTS / "parity.md").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
