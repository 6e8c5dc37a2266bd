"""The place of weights that are not finite, which no file takes."""

import numpy as np
import pytest

from nnspec.backends.contract import BatchMetrics
from nnspec.runs.checkpoint import Provenance
from nnspec.runs.checkpoint_writer import CheckpointWriter
from nnspec.runs.folder import RunFolder
from nnspec.spec.loader import build
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.loop import DivergenceError
from nnspec.training.session import TrainingSession
from tests.small_runs import rows

EPOCHS = [Epoch(1, {"loss": 1.0}, 0.1), Epoch(2, {"loss": 9.0}, 0.1)]


@pytest.mark.parametrize(
    ("batches", "said", "place"),
    [(0, "after epoch 2", (2, None)), (3, "after update 3 of epoch 3", (3, 3))],
)
def test_weights_that_are_not_finite_are_told_with_their_place(tmp_path, batches, said, place):
    session = TrainingSession.prepare(build(rows()))
    program = session.program
    program.set_weights({name: np.full_like(w, np.nan) for name, w in program.weights().items()})
    done = BatchMetrics((4,) * batches, {"loss": np.ones(batches)}) if batches else None
    folder = RunFolder.create(tmp_path, "x")
    files = CheckpointWriter(
        session, folder, Provenance("{}", "float32", ""), TrainingHistory(EPOCHS, done)
    )
    try:
        with pytest.raises(DivergenceError, match=f"a weight is not finite {said}$") as caught:
            files.save()
    finally:
        folder.close()
    assert (caught.value.epoch, caught.value.update) == place
    assert not any(tmp_path.rglob("*.safetensors"))
