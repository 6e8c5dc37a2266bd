"""Compiled networks: shapes and counts, without an array library."""

from __future__ import annotations

import subprocess
import sys

import pytest

import nnspec
from tests.paths import ROOT


def test_shapes_and_counts():
    network = nnspec.compile(ROOT / "specs" / "mlp.yaml")
    assert network.parameters == network.trainable == 784 * 512 + 512 + 512 * 10 + 10
    assert network.inputs["input"].shape == (784,)
    assert [output.shape for output in network.outputs.values()] == [(10,)]
    assert [layer.output_shape for layer in network.layers] == [(512,), (10,)]
    assert "401,920" in str(network)
    assert network.svg().startswith("<svg")


def test_shapes_that_only_data_tell(tmp_path):
    (tmp_path / "x.csv").write_text("city,price\nTaipei,1\nTainan,2\nTaipei,3\n")
    network = nnspec.compile({
        "data": {
            "source": {"csv": str(tmp_path / "x.csv")},
            "inputs": {"columns": "city", "steps": ["one_hot"]}, "targets": {"columns": "price"},
        },
        "network": {"layers": [{"dense": 1}]},
    })  # fmt: skip
    assert network.parameters == 2 + 1


def test_a_wrong_shape_is_told_at_its_layer():
    with pytest.raises(nnspec.SpecError, match="spec:1:45"):
        nnspec.compile("network: {input_shape: [4], layers: [relu, {max_pooling2d: 2}]}")


def test_neither_the_import_nor_a_summary_imports_numpy():
    program = (
        "import sys, nnspec\n"
        "assert {'pydantic', 'yaml', 'numpy'}.isdisjoint(sys.modules)\n"
        "print(nnspec.compile('specs/mlp.yaml'))\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)
