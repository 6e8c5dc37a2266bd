"""What the options of several commands share."""

import pytest

from tests.cli.conftest import written
from tests.small_runs import rows


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run small.yaml -oruns -or2", "-o is given twice"),
        ("run small.yaml -o runs --out=r2", "-o is given twice"),
        ("run small.yaml --seed 7 train.seed=2", "--seed and train.seed=2 are both given"),
        ("loss-surface small.yaml --batch-size 2 train.batch_size=3", "are both given"),
        ("loss-surface small.yaml --weights dense/bias,dense/bias[0]", "dense/bias[0] is named"),
    ],
)
def test_what_is_asked_twice_is_refused(nnspec, tmp_path, line, message):
    written(tmp_path, rows())
    done = nnspec(*line.split())
    assert (done.code, message in done.err) == (2, True)
    assert not (tmp_path / "runs").exists()
