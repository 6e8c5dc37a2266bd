"""Histograms of weights for TensorBoard."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.components.trackers.tensorboard import TensorBoard
from nnspec.runs.tracking.base import TrackedEpoch, TrackedRun
from nnspec.runs.tracking.tensorboard import TensorBoardWriter


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "numbers",
    [
        [0.5, -0.5], [1e-30], [1e19, 1.0], [1e25], [1e20, 2e20, -3e30], [np.float32(3e38)] * 3,
        [1e308, -1e308], [np.nan, 1.0], [np.inf],
    ],
)  # fmt: skip
def test_each_finite_number_of_a_weight_is_counted(tmp_path, numbers):
    pytest.importorskip("tensorboardX")
    writer = TensorBoardWriter(TensorBoard())
    writer.begin(TrackedRun(tmp_path, "x", "", {}, "", 0))
    added = []
    add = writer.writer._get_file_writer().add_summary
    writer.writer._get_file_writer().add_summary = lambda *a: (added.append(a[0]), add(*a))
    weight = np.array(numbers)
    writer.end_epoch(TrackedEpoch(1, {}, lambda: {"dense/kernel": weight}))
    writer.end({}, "finished")
    counted = sum(sum(value.histo.bucket) for summary in added for value in summary.value)
    assert counted == np.isfinite(weight).sum()
