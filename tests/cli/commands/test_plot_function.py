"""`nnspec plot-function`."""

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.plotting.pictures import needs_matplotlib, texts
from tests.small_runs import rows

TRUTH = [1, -2, -3, 4]


def spec(**changes):
    return {
        "name": "cubic",
        "data": {
            "source": {"synthetic": {"function": {"polynomial": TRUTH}, "rows": 60, "noise": 0.1}},
            "inputs": [{"polynomial": 3}],
        },
        "network": {"layers": [{"dense": 1}]},
        "loss": "mean_squared_error",
        "optimizer": "least_squares",
        "train": {"batch_size": "all"},
        **changes,
    }


@pytest.fixture
def two_runs(nnspec, tmp_path):
    """Runs of a cubic and of a straight line on the same rows."""
    path = written(tmp_path, spec())
    nnspec("run", path)
    nnspec("run", path, "name=line", "data.inputs=[]")


def test_rows_truth_and_functions(nnspec, two_runs):
    found = nnspec("plot-function", "runs/cubic", "runs/line", "--json").json
    x, truth = (np.array(found["truth"][axis]) for axis in "xy")
    np.testing.assert_allclose(truth, np.polynomial.polynomial.polyval(x, TRUTH), atol=1e-12)
    assert found["rows"]["x"] == sorted(found["rows"]["x"]) == x.tolist()
    assert 0.05 < np.std(np.array(found["rows"]["y"]) - truth) < 0.15  # the noise
    line = np.array(found["runs"]["line"]["y"])
    np.testing.assert_allclose(np.diff(line, 2), 0, atol=1e-5)
    cubic = found["runs"]["cubic"]
    np.testing.assert_allclose(
        cubic["y"], np.polynomial.polynomial.polyval(cubic["x"], TRUTH), atol=0.2
    )


def test_a_table(nnspec, two_runs):
    done = nnspec("plot-function", "runs/cubic", "runs/line")
    header, *lines = done.out.splitlines()
    assert header.split() == ["x", "truth", "cubic", "line"]
    assert len(lines) == 9
    assert done.err == ""


@needs_matplotlib
def test_a_picture(nnspec, two_runs, tmp_path):
    done = nnspec("plot-function", "runs/cubic", "runs/line", "-o", "both.svg")
    assert done.out.endswith("drawn in both.svg\n")
    assert {"rows", "truth", "cubic", "line"} <= set(texts(tmp_path / "both.svg"))


def test_rows_without_a_known_truth(nnspec, tmp_path):
    table = {"source": {"rows": {"inputs": [0, 1, 2], "targets": [1, 3, 5]}}, "inputs": [
        {"reshape": [1]}
    ]}  # fmt: skip
    nnspec("run", written(tmp_path, spec(data=table)))
    found = nnspec("plot-function", "runs/cubic", "--json").json
    assert found["truth"] is None
    assert found["rows"] == {"x": [0, 1, 2], "y": [1, 3, 5]}
    assert found["runs"]["cubic"]["y"][::100] == pytest.approx([1, 3, 5], abs=1e-5)


def test_what_cannot_be_drawn(nnspec, two_runs, tmp_path):
    nnspec("run", written(tmp_path, spec(name="other")), "data.source.synthetic.seed=1")
    done = nnspec("plot-function", "runs/cubic", "runs/other")
    assert (done.code, done.out) == (2, "")
    assert "other was trained on other data" in done.err
    nnspec("run", written(tmp_path, {**rows(), "name": "wide"}))
    done = nnspec("plot-function", "runs/wide")
    assert done.code == 2
    assert "only functions of one number can be drawn" in done.err


def test_a_row_that_is_no_number_any_more_is_named(nnspec, tmp_path):
    x, y = np.array([0.0, 1, 2]), np.array([1.0, 3, 5])
    np.savez(tmp_path / "line.npz", x_train=x, y_train=y)
    data = {"source": {"npz": "line.npz"}, "inputs": [{"reshape": [1]}]}
    nnspec("run", written(tmp_path, spec(data=data)))
    x[1] = np.nan
    np.savez(tmp_path / "line.npz", x_train=x, y_train=y)
    done = nnspec("plot-function", "runs/cubic")
    assert done.code == 2
    assert "error: training row 1 of x_train: nan is no number" in done.err
