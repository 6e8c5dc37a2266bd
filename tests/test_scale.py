"""Large specs take linear work: counted in function calls, which no busy machine changes."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from time import process_time

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.graph.summary_table import table
from nnspec.lint.rules import advise
from nnspec.spec import loader

LAYERS = 150

CHAIN = "    - dense: {units: 16, activation: relu}\n"
SKIPS = "    - residual: [{dense: 16}, relu]\n"
GROUPS = (
    "    - sequential: {name: g%d, layers: [{dense: 16}, {branches: [[relu], []]}, {dense: 16}]}\n"
)
NAMED = """\
    - dense: {name: dense_%d, units: 16}
    - relu: {name: relu_%d}
    - add: {inputs: [relu_%d, dense_%d, x]}
"""


def _spec(path: Path, item: str, layers: int) -> Path:
    written = "".join(item.replace("%d", str(number)) for number in range(layers))
    path.write_text(f"network:\n  inputs: {{x: {{shape: [16]}}}}\n  layers:\n{written}")
    return path


def _calls(path: Path, *, expand: bool = False) -> int:
    """The calls, of Python's and of C's functions, that a summary and advice take."""
    counts: Counter[str] = Counter()
    sys.setprofile(lambda _, event, __: counts.update([event]))
    try:
        spec = loader.load(path)
        graph = compile_spec(spec)
        table(summarise(graph), expand=expand)
        advise(spec, graph)
    finally:
        sys.setprofile(None)
    return counts["call"] + counts["c_call"]


OTHERS = (SKIPS, GROUPS, NAMED)


@pytest.mark.parametrize(
    "item", [CHAIN, *(pytest.param(item, marks=pytest.mark.framework) for item in OTHERS)]
)
@pytest.mark.parametrize("expand", [False, True])
def test_twice_the_layers_take_twice_the_calls(tmp_path: Path, item: str, expand: bool) -> None:
    small, large = (_spec(tmp_path / f"{n}.yaml", item, n * LAYERS) for n in (1, 2))
    _calls(small)  # what is made once, is made
    assert _calls(large, expand=expand) < 2.05 * _calls(small, expand=expand)


def test_a_layer_takes_a_few_hundred_calls(tmp_path: Path) -> None:
    path = _spec(tmp_path / "a.yaml", CHAIN, LAYERS)
    _calls(path)
    assert _calls(path) < 700 * LAYERS


@pytest.mark.framework
def test_thousands_of_residual_blocks_take_seconds(tmp_path: Path) -> None:
    path = _spec(tmp_path / "a.yaml", SKIPS, 10_000)  # 20,000 layers
    start = process_time()
    text = table(summarise(compile_spec(loader.load(path))))
    assert process_time() - start < 10
    assert text.count("(16)") == 30_001  # with the sums and the input
