"""`python -m benchmarks`: measure, print, and keep the table."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np
import torch

from benchmarks import steps

RESULTS = Path(__file__).parent / "results" / "steps.md"


def main() -> None:
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(threads or 1)
    about = (
        f"{threads} threads, {platform.machine()}, NumPy {np.__version__}, "
        f"PyTorch {torch.__version__}, Python {platform.python_version()}"
    )
    print(about)
    text = "\n".join(["# A step of training, side by side", "", about, "", *steps.main(), ""])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
