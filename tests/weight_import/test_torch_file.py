"""Numbers in safetensors files that NumPy has no type for."""

from __future__ import annotations

import json

import numpy as np

from nnspec.runs.trained import TrainedRun
from nnspec.spec import loader
from nnspec.weight_import.importer import import_weights

SPEC = {"network": {"input_shape": [3], "layers": [{"dense": {"units": 1, "use_bias": False}}]}}


def test_bfloat16_becomes_float32(tmp_path):
    halves = np.array([0x3F80, 0xC000, 0x3EAB], "<u2")  # 1, -2 and a third to 8 bits
    header = {"fc.weight": {"dtype": "BF16", "shape": [1, 3], "data_offsets": [0, 6]}}
    text = json.dumps(header).encode()
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + halves.tobytes())
    report = import_weights(file, loader.build(SPEC), tmp_path / "runs")
    (weight,) = TrainedRun.open(report.run).program.weights().values()
    assert weight.dtype == np.float32
    assert weight.ravel().tolist() == [1.0, -2.0, 0.333984375]
