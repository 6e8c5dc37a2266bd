"""A component is changed by an override as it is by a spec that extends another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.options.component import to_plain
from nnspec.spec.resolver import read_unresolved

BASE = """\
data: {source: {npz: a.npz}}
optimizer: {sgd: 0.1}
network:
  layers:
    - dense: {name: d, units: 1, kernel_initializer: zeros, kernel_regularizer: {l1_l2: {l1: 0.1}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[0]["dense"] if step == "d" else value[step]
    return value


@pytest.mark.parametrize(
    ("path", "value", "place", "expected"),
    [
        (
            "optimizer.sgd.momentum",
            0.9,
            "optimizer",
            {"sgd": {"learning_rate": 0.1, "momentum": 0.9}},
        ),
        ("optimizer.sgd.learning_rate", 0.2, "optimizer", {"sgd": {"learning_rate": 0.2}}),
        ("optimizer.adam.beta_1", 0.8, "optimizer", {"adam": {"beta_1": 0.8}}),
        (
            "optimizer.sgd.learning_rate.cosine_decay.alpha",
            0.5,
            "optimizer.sgd.learning_rate",
            {"cosine_decay": {"alpha": 0.5}},
        ),
        ("data.source.npz.inputs", "x", "data.source", {"npz": {"path": "a.npz", "inputs": "x"}}),
        ("data.source.mnist.train_rows", 5, "data.source", {"mnist": {"train_rows": 5}}),
        (
            "network.layers.d.kernel_initializer.constant",
            3,
            "network.layers.d.kernel_initializer",
            {"constant": 3},
        ),
        (
            "network.layers.d.kernel_regularizer.l1_l2.l2",
            0.2,
            "network.layers.d.kernel_regularizer",
            {"l1_l2": {"l1": 0.1, "l2": 0.2}},
        ),
        (
            "network.layers.d.kernel_regularizer.l2",
            0.2,
            "network.layers.d.kernel_regularizer",
            {"l2": 0.2},
        ),
    ],
)
def test_short_forms_are_kept_and_other_kinds_replaced(
    path: str, value: Any, place: str, expected: Any
) -> None:
    overridden = to_plain(read_unresolved("base.yaml", [f"{path}={value}"]))
    nested = str(value)
    for name in reversed(path.split(".")):
        nested = f"{{{name}: {nested}}}"
    Path("top.yaml").write_text(f"extends: base.yaml\n{nested[1:-1]}\n")
    extended = to_plain(read_unresolved("top.yaml"))
    assert _at(overridden, place) == _at(extended, place) == expected
