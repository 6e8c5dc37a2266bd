"""Training of the gallery's pages that have data, as `nnspec run` does it, with NumPy.

    python -m benchmarks.gallery_training [--pages mnist_convnet,nielsen,...]

Writes the figures of each page to `benchmarks/results/gallery_training.json`, where those of the
other pages stay. A page's `expect` has the recorded figures, which a test compares.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.results import FOLDER
from nnspec.spec import loader

FILE = FOLDER / "gallery_training.json"
GALLERY = Path(__file__).parents[1] / "specs" / "gallery"


def main() -> None:
    """Train, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", default=",".join(pages()))
    for page in parser.parse_args().pages.split(","):
        found = trained(page)
        record(page, found)
        print(f"{page}: {found['test']} in {found['seconds']:.0f} s", flush=True)


def pages() -> Iterator[str]:
    """The pages that have data."""
    for path in sorted(GALLERY.glob("*.yaml")):
        if loader.load(path).data is not None:
            yield path.stem


def trained(page: str) -> dict[str, Any]:
    """What `nnspec run --json` prints of a page."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "nnspec", "run", str(GALLERY / f"{page}.yaml")]
        done = subprocess.run([*command, "--json", "-o", folder], stdout=subprocess.PIPE)
    if done.returncode not in (0, 1):  # 1: an expectation is missed
        sys.exit(done.returncode)
    return dict(json.loads(done.stdout))


def record(page: str, found: Mapping[str, Any]) -> None:
    """Write the figures of a run beside those of other pages."""
    rows = {**read(), page: {
        "train": found["train"], "test": found["test"], "epochs": len(found["epochs"]),
        "seed": found["seed"], "seconds": round(found["seconds"]),
        "backend": found["backend"], "load": round(machine.load(), 1),
        "machine": machine.describe(),
    }}  # fmt: skip
    FILE.write_text(json.dumps(dict(sorted(rows.items())), indent=2) + "\n", encoding="utf-8")


def read() -> dict[str, Any]:
    """The recorded figures by page."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


if __name__ == "__main__":
    main()
