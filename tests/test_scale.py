"""Large specs take linear work: counted in function calls, which no busy machine changes."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.graph.summary_table import table
from nnspec.spec import loader

LAYERS = 500


def _spec(path: Path, layers: int) -> Path:
    written = "    - dense: {units: 16, activation: relu}\n" * layers
    path.write_text(f"network:\n  input_shape: [16]\n  layers:\n{written}", encoding="utf-8")
    return path


def _calls(path: Path) -> int:
    """The calls, of Python's and of C's functions, that summarising a spec takes."""
    counts: Counter[str] = Counter()
    sys.setprofile(lambda _, event, __: counts.update([event]))
    try:
        table(summarise(compile_spec(loader.load(path))))
    finally:
        sys.setprofile(None)
    return counts["call"] + counts["c_call"]


def test_twice_the_layers_take_twice_the_calls(tmp_path: Path) -> None:
    small, large = (_spec(tmp_path / f"{n}.yaml", n * LAYERS) for n in (1, 2))
    _calls(small)  # what is made once, is made
    assert _calls(large) < 2.05 * _calls(small)


def test_a_layer_takes_a_few_hundred_calls(tmp_path: Path) -> None:
    path = _spec(tmp_path / "a.yaml", LAYERS)
    _calls(path)
    assert _calls(path) < 400 * LAYERS
