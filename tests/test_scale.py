"""The time to load, compile and summarise a spec grows with its size, not with its square."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from nnspec.passes import compile_spec
from nnspec.spec import load
from nnspec.summary import summarise


def _deep(path: Path, layers: int) -> Path:
    lines = "".join("    - dense: {units: 8, activation: relu}\n" for _ in range(layers))
    path.write_text(f"network:\n  input_shape: [8]\n  layers:\n{lines}")
    return path


def _seconds(path: Path) -> float:
    begin = time.process_time()
    summarise(compile_spec(load(path)))
    return time.process_time() - begin


def test_time_grows_linearly_with_the_layers(tmp_path: Path) -> None:
    small, large = _deep(tmp_path / "a.yaml", 2_000), _deep(tmp_path / "b.yaml", 4_000)
    _seconds(small)  # the first builds the validators
    pairs = [(_seconds(small), _seconds(large)) for _ in range(5)]
    assert median(one for one, _ in pairs) < 2
    assert median(two / one for one, two in pairs) < 3  # linear: 2, quadratic: 4
