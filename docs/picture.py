"""Draws README's picture: runs a command and keeps what it printed as an SVG.

python docs/picture.py docs/run.svg nnspec run specs/mlp.yaml
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 76


def draw(target: Path, command: list[str]) -> None:
    """Run a command that keeps its runs in a temporary folder, and draw its output."""
    with tempfile.TemporaryDirectory() as runs:
        done = subprocess.run([*command, "-o", runs], capture_output=True, text=True, check=True)  # noqa: S603
        shown = done.stdout.replace(runs, "runs")
    console = Console(record=True, width=WIDTH, file=sys.stderr)
    console.print(Text(f"$ {' '.join(command)}\n", style="bold green"))
    console.print(Text(shown), highlight=False)
    console.save_svg(str(target), title="nnspec")


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2:])
